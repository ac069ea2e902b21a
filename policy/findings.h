// How findings are put together: facts, dates and bounded text. Used by the classifiers of policy/.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnosis.h"

namespace whytls::policy {

inline constexpr std::size_t kMaxFactBytes = 1024;  // one value of a fact
inline constexpr std::size_t kMaxPieceBytes = 128;  // one piece of peer text in a sentence
inline constexpr std::size_t kMaxListedNames = 12;  // names of a list in a fact; the rest is counted
inline constexpr std::int64_t kSecondsPerDay = 86'400;

// A finding in the phase where the failure normally happens. Facts with an empty value are left out.
[[nodiscard]] Finding make_finding(Failure failure, int depth, std::initializer_list<Fact> facts);
void add_fact(Finding& finding, std::string_view key, std::string_view value);

// At most `limit` bytes, cut at a UTF-8 boundary, with "..." when something was cut.
[[nodiscard]] std::string bounded(std::string_view text, std::size_t limit);
// "a, b and 7 more"
[[nodiscard]] std::string bounded_list(const std::vector<std::string>& items);

[[nodiscard]] std::string date_text(UnixSeconds time);  // "2020-06-24", UTC
[[nodiscard]] std::string time_text(UnixSeconds time);  // "2020-06-24T00:00:00Z"
// How long, in the largest unit that leaves two or more of it: "2341 days", "7 hours", "1 second".
[[nodiscard]] std::string duration_text(std::int64_t seconds);
// "0x0303" -> "TLSv1.2"; "unknown" for 0.
[[nodiscard]] std::string version_text(tls::WireVersion version);
// "10.0.7.12:443", "[::1]:443", "a.example:8443"
[[nodiscard]] std::string peer_text(const Attempt& attempt);

// The classifiers. Each looks at its part of the attempt and adds what it finds, unranked.
struct Ended {
  Finding finding;     // what ended the attempt
  bool ended = false;  // false: nothing did; `finding` means nothing
};
[[nodiscard]] Ended classify_own(const Attempt& attempt);
[[nodiscard]] Ended classify_transport(const Attempt& attempt);
[[nodiscard]] Ended classify_http(const Attempt& attempt);
[[nodiscard]] Ended classify_upstream_handshake(const Attempt& attempt);
[[nodiscard]] Ended classify_upstream_alert(const Attempt& attempt, const tls::Alert& alert);
[[nodiscard]] Ended classify_client_handshake(const Attempt& attempt);
// What a client means by an alert.
[[nodiscard]] Failure failure_of_client_alert(std::uint8_t number);

// The certificates of the upstream, judged on their own: order of discovery, nothing twice.
[[nodiscard]] std::vector<Finding> certificate_findings(const Attempt& attempt, const Policy& policy,
                                                        UnixSeconds now);
// Of pins, and of what is remembered.
[[nodiscard]] PinMatch match_keys(const Attempt& attempt, const Policy& policy);
[[nodiscard]] PinMatch match_pins(const tls::HandshakeEvidence& handshake, const Policy& policy);

// True when certificates came, so that they can be judged.
[[nodiscard]] bool has_certificates(const Attempt& attempt);
// The certificate at a depth of the path: as built, else the leaf as presented; nullptr: none.
[[nodiscard]] const tls::Certificate* certificate_at(const tls::HandshakeEvidence& handshake, int depth);
// The name that the certificate has to have: what the policy says, else what the client asked for.
[[nodiscard]] std::string expected_name(const Attempt& attempt, const Policy& policy);

// Rank within the certificate block; smaller is more important. See diagnosis.h.
[[nodiscard]] int certificate_rank(const Finding& finding);

// Every check and its outcome, for a diagnosis whose findings are complete and ranked.
[[nodiscard]] std::vector<Check> make_checks(const Attempt& attempt, const Policy& policy,
                                             const Diagnosis& diagnosis, UnixSeconds now);

}  // namespace whytls::policy
