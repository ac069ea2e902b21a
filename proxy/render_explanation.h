// `whytls explain` in text and JSON. Pure.
#pragma once

#include <string>
#include <string_view>

#include "policy/explain.h"

namespace whytls::proxy {

// For a terminal, lines of at most 80 columns where words allow it. `text` is what was explained; what it
// holds is made visible.
[[nodiscard]] std::string explanation_text(const policy::Explanation& explanation, std::string_view text);
// One JSON object with its newline: members as in docs/explain.md.
[[nodiscard]] std::string explanation_json(const policy::Explanation& explanation, std::string_view text);

}  // namespace whytls::proxy
