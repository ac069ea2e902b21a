// What the policy says about one finding. Internal to policy/: decide() and the list of checks both ask it,
// so that they cannot disagree.
#pragma once

#include "policy/verdict.h"

namespace whytls::policy {

struct Judgement {
  Action action = Action::refuse;
  DecidingRule rule;
};

// For a finding that a rule may forgive the rule of Policy::on decides; where there is none, a pin on the key
// may (see README.md, "Pins"); then Policy::without_rule; else the finding's own default. A rule whose
// `until` has passed refuses.
[[nodiscard]] Judgement judge(const Finding& finding, PinMatch pin, const Policy& policy, UnixSeconds now);

}  // namespace whytls::policy
