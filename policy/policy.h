// The owner's rules, as a value. Made by config from the file (with `extends` already resolved), or built in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/failure.h"
#include "tls/context.h"

namespace whytls::policy {

using tls::UnixSeconds;

// Where a value was written. file empty: built in.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  [[nodiscard]] std::string text() const;  // "whytls.toml:12:3", "built-in"
};

enum class Action : std::uint8_t { refuse, warn, allow };
[[nodiscard]] std::string_view name(Action action);

// What to do about one failure. After `until` (exclusive) the rule no longer holds and the failure is
// refused.
struct Rule {
  Action action = Action::refuse;
  std::optional<UnixSeconds> until;
  std::string reason;
  Place place;
  std::string policy;  // the policy in which it was written, "browser" for built-in ones
};

// Who named the policy by which an upstream is judged, and where. A place without a file: nobody did, it is
// the default.
enum class Chooser : std::uint8_t { listener, route, policy_for };
[[nodiscard]] std::string_view name(Chooser chooser);
struct Choice {
  Chooser by = Chooser::listener;
  Place place;
};

enum class SniMode : std::uint8_t { upstream_name, fixed, off };

// What is done when nobody says whether a certificate was revoked: soft: that is said; hard: it is refused.
enum class RevocationMode : std::uint8_t { soft, hard };

// Which table of the file a policy stands in: [policy.NAME], or, when it is made of keys of their own,
// [[listener]] or [[listener.route]].
enum class PolicyHome : std::uint8_t { policy_table, listener, route };

struct Policy {
  std::string name =
      "browser";        // as in [policy.NAME], or "listener rev, route c.test/ui": no NAME has a blank
  std::string extends;  // as written; the values below are already merged
  Place place;
  PolicyHome home = PolicyHome::policy_table;
  // What its own table says, without what is inherited: "pins", "tls", "tls.min_version", "on.cert_expired".
  std::vector<std::string> own_keys;
  bool shared = false;       // more than one upstream of the configuration is judged by it
  tls::UpstreamOptions tls;  // transport and trust
  SniMode sni = SniMode::upstream_name;
  std::string sni_name;           // for SniMode::fixed
  std::string expected_name;      // the name to check; empty: the one of the attempt
  std::vector<std::string> pins;  // base64 SPKI SHA-256, without the "sha256/" prefix
  Place pins_place;
  // A rule for each failure that can be forgiven; nullopt: the default of the finding.
  std::array<std::optional<Rule>, kFailureCount> on;
  // Trust on first use: the key of the first certificate of each upstream is remembered, and another one
  // refused.
  bool first_use = false;
  Place first_use_place;
  RevocationMode revocation = RevocationMode::soft;
  // Decides over every finding that neither a rule of `on` nor a pin decides over. nullopt: the default of
  // the finding, which is to refuse most and to warn of some.
  std::optional<Rule> without_rule;
  // The values alone trust nobody: who uses the policy for an upstream has to add whom (see
  // says_whom_to_trust).
  bool demands_trust = false;
  int min_rsa_bits = 2048;
  int min_ec_bits = 224;
};

// Failures that a rule may forgive: those of the certificate block, for after them a connection exists.
[[nodiscard]] bool can_be_forgiven(Failure failure);

// Whether a server that is the right one could be told from any other by this policy: by a CA, by a key, or
// by a rule of the owner that goes on without either.
[[nodiscard]] bool says_whom_to_trust(const Policy& policy);

// The policy "browser": what browsers refuse is refused.
[[nodiscard]] Policy browser_policy();
// "strict": TLS as auditors want it, and what is only a warning by default is refused.
[[nodiscard]] Policy strict_policy();
// "legacy": old transport; which server is the right one has to be said beside it.
[[nodiscard]] Policy legacy_policy();
// "observe": whatever leaves a connection goes on with a warning. Protects nobody.
[[nodiscard]] Policy observe_policy();

// All of them, "browser" first. They cannot be changed, only extended.
[[nodiscard]] std::vector<Policy> built_in_policies();
[[nodiscard]] bool is_built_in(std::string_view policy_name);

}  // namespace whytls::policy
