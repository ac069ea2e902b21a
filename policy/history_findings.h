// What a certificate is found to be by comparing it with those that were seen before. Internal to policy/.
#pragma once

#include "policy/chain_findings.h"

namespace whytls::policy {

// Nothing where nothing is kept (Attempt::history).
void add_history_findings(const Attempt& attempt, const Policy& policy, FindingSet& out);

}  // namespace whytls::policy
