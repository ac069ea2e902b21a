// A language in which every text of the catalogue stands between ⟦ and ⟧: what a page in it shows outside of
// them has not come from the catalogue.
#pragma once

#include <string>

#include "policy/words.h"

namespace whytls::policy::test {

[[nodiscard]] const Language& pseudo_language();

// What is left of `text` when everything between the marks is taken away.
[[nodiscard]] std::string outside_of_marks(const std::string& text);

}  // namespace whytls::policy::test
