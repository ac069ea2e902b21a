// By which policy an upstream is judged: [[policy_for]], and what follows for the file as a whole.
#pragma once

#include <vector>

#include "config/policies.h"

namespace whytls::config {

[[nodiscard]] std::vector<PolicyFor> read_policy_for(Table& top, Policies& policies);
// Tells `policies` which of them judge upstreams, and where each is named.
void note_judges(const Reading& reading, const Settings& settings, Policies& policies);
// A warning for each listener that others than this machine reach and that forwards whatever it finds.
void warn_of_observers(Reading& reading, const Settings& settings);

}  // namespace whytls::config
