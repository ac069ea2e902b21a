// The form that certificates must have by RFC 5280 and, under a public CA, by the Baseline Requirements of
// the CA/Browser Forum. Internal to policy/.
#pragma once

#include "policy/chain_findings.h"

namespace whytls::policy {

// Adds a finding for each rule that a certificate of an anchored path breaks: OpenSSL checks few of them, and
// only when asked to. Nothing for a path that leads to no anchor, where trust itself is the fault.
void add_profile_findings(const Attempt& attempt, FindingSet& out);

// False for a path that leads to no anchor, or begins with one: that one is trusted as it is.
[[nodiscard]] bool is_profile_checked(const tls::ChainEvidence& chain);
// True for the failures that add_profile_findings() finds.
[[nodiscard]] bool is_profile_failure(Failure failure);

}  // namespace whytls::policy
