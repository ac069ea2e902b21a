// Whether certificates of the path were revoked, and what could not be found out. Internal to policy/.
#pragma once

#include <vector>

#include "policy/chain_findings.h"

namespace whytls::policy {

// Nothing for a path that leads to no anchor: nobody is there whose word on revocation would count.
void add_revocation_findings(const Attempt& attempt, const Policy& policy, FindingSet& out);

[[nodiscard]] bool is_revocation_failure(Failure failure);

// What the check says when nothing is wrong: who answered for the server's certificate, and that nobody
// answered for its CAs. Empty: nobody answered for the server's certificate either.
[[nodiscard]] std::vector<Said> revocation_said(const tls::ChainEvidence& chain);

}  // namespace whytls::policy
