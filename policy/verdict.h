// From meaning to a decision: forward, forward with a warning, or refuse; and the rule that decided.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/diagnosis.h"
#include "policy/policy.h"

namespace whytls::policy {

enum class Decision : std::uint8_t { forward, forward_with_warning, refuse };
[[nodiscard]] std::string_view name(Decision decision);

struct JudgedFinding {
  Finding finding;
  Action action = Action::refuse;
};

// The rule that decided, as it is shown: policy, file, line, key ("on.cert_expired"), effective value.
struct DecidingRule {
  std::string policy;
  Place place;
  std::string key;  // empty: no key of a configuration decides this
  std::string value;
};

// What one has to know of the policy in force to say how it could be changed.
struct PolicyInForce {
  PolicyHome home = PolicyHome::policy_table;
  std::string extends;
  Place place;
  std::vector<std::string> own_keys;
  std::vector<std::string> ca_files;  // also the inherited ones
  bool shared = false;
};

struct Verdict {
  Decision decision = Decision::forward;
  std::optional<Failure> failure;       // the primary failure that was refused (or warned about)
  std::vector<JudgedFinding> findings;  // all of them, refused ones first, each group in ranking order
  DecidingRule rule;
  PolicyInForce policy;
};

// Pure. A diagnosis that failed before a connection existed is always refused.
[[nodiscard]] Verdict decide(const Diagnosis& diagnosis, const Policy& policy, UnixSeconds now);

}  // namespace whytls::policy
