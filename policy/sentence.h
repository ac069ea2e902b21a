// The texts from which sentences are made. Internal to policy/.
#pragma once

#include <string_view>

#include "policy/failure.h"

namespace whytls::policy {

// What a sentence about this failure looks like. {peer} is the other side, any other {key} a fact of the
// finding; a part in [brackets] is left out when a fact in it is missing. Certificate failures have clauses
// that go after "presents a certificate that ".
[[nodiscard]] std::string_view sentence_template(Failure failure);

}  // namespace whytls::policy
