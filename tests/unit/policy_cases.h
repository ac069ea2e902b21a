// One attempt for each failure of the catalogue, with the phase in which it is to be seen.
#pragma once

#include <vector>

#include "policy_attempts.h"

namespace whytls::policy::test {

struct Case {
  Failure failure;
  Phase phase;
  Attempt attempt;
  Policy policy = browser_policy();
};

[[nodiscard]] std::vector<Case> certificate_cases();
[[nodiscard]] std::vector<Case> handshake_cases();
[[nodiscard]] std::vector<Case> alert_cases();
[[nodiscard]] std::vector<Case> connection_cases();
[[nodiscard]] std::vector<Case> client_cases();

}  // namespace whytls::policy::test
