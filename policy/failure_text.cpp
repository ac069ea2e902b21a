#include "policy/failure_text.h"

#include <array>

namespace whytls::policy {

const FailureText& text(Failure failure) {
  // Made from failure_text.toml by the build, in the order of failures.def.
  static const std::array<FailureText, kFailureCount> kTexts = {{
#include "policy/failure_text.inc"
  }};
  return kTexts[static_cast<std::size_t>(failure)];
}

}  // namespace whytls::policy
