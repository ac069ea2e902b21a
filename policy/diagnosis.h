// From evidence to meaning: every finding, and which of them is the failure.
//
// THE RANKING. One attempt may show many faults; the primary failure is chosen so:
//  1. A fault of the proxy itself (OwnFault) comes first: the peer was never the problem.
//  2. Then what ended the attempt by itself (transport, handshake, HTTP): no rule could have saved it. There
//  is
//     one such finding: the first cause. What followed it (a reset after an alert) is attached as a fact.
//  3. Then what was found on the certificates, in the order of the certificate block in failures.def. A weak
//  key,
//     a weak signature, a key usage or an extended key usage at fault on a CA (depth > 0) ranks with
//     chain_issuer_not_ca, since every path through that CA is broken.
//  4. Equal failures: the smaller depth.
// Findings are returned in that order; findings[0] is the primary one when there is any.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/evidence.h"
#include "policy/failure.h"
#include "policy/policy.h"
#include "policy/words.h"

namespace whytls::policy {

// A fact: stable key (snake_case, listed in docs/facts.md) and value. Values may hold peer text, raw.
struct Fact {
  std::string key;
  std::string value;
};

// A code as browsers show it.
struct NssCode {
  std::string_view symbol;
  int number = 0;
};

struct Finding {
  Failure failure = Failure::unclassified;
  Phase phase = Phase::certificate;
  int depth = -1;           // depth of the certificate concerned, 0 is the leaf; -1: none
  std::vector<Fact> facts;  // both halves of each mismatch: expected and presented, now and notAfter ...

  // What is done about it when no rule and no pin says otherwise.
  Action default_action = Action::refuse;
  // By itself no more than a warning, and no rule of the policy makes more of it.
  bool is_minor = false;
  // What a browser shows in this case when that is not the code of the failure: the alert that the server
  // chose, or the message that was malformed.
  std::optional<NssCode> exact_code{};

  // The value of a fact, or empty.
  [[nodiscard]] std::string_view fact(std::string_view key) const;
  // The exact code, or that of the failure.
  [[nodiscard]] NssCode code() const;
};

// The outcome of one check, also when it passed or could not be made: silence is never a pass.
enum class CheckOutcome : std::uint8_t { pass, warn, fail, not_checked };
[[nodiscard]] std::string_view name(CheckOutcome outcome);
// One thing that a check says: a word of the catalogue with the facts that it fills in, or with a finding.
struct Said {
  static constexpr std::size_t kNoFinding = static_cast<std::size_t>(-1);
  Word word;
  std::vector<Fact> facts;
  std::size_t finding = kNoFinding;  // of the diagnosis; fills in {clause} and {summary}
};
struct Check {
  std::string name;  // "validity", "name", "trust", "signature", "key_strength", "usage", "pin",
                     // "constraints", "revocation", "certificate_transparency", "transport" ...
  CheckOutcome outcome = CheckOutcome::not_checked;
  std::string detail;              // facts, or why it was not checked, in English
  std::optional<Failure> failure;  // the failure of a check that did not pass
  std::vector<Said> said{};        // what `detail` says, for other languages: see check_text()
};

// Which certificate has a pinned key (Policy::pins).
enum class PinMatch : std::uint8_t {
  none,        // no pin in the policy, no certificate, or no match
  leaf,        // the server's own key: it is exactly the one that the owner expects
  issuer,      // a CA of the path, whose signatures down to the leaf hold
  remembered,  // trust on first use: the server's own key, seen now for the first time or remembered
};

struct Diagnosis {
  std::vector<Finding> findings;  // ranked; empty: nothing is wrong
  std::vector<Check> checks;
  std::string sentence;  // one English sentence, cause first, with the facts in it; peer text raw
  PinMatch pin = PinMatch::none;
  bool failed_before_verdict = false;  // the attempt ended by itself: no rule can forgive it

  [[nodiscard]] bool healthy() const { return findings.empty(); }
  [[nodiscard]] const Finding* primary() const { return findings.empty() ? nullptr : &findings.front(); }
};

// Judges one attempt. Pure: the same input gives the same diagnosis. `now` in Unix seconds.
[[nodiscard]] Diagnosis diagnose(const Attempt& attempt, const Policy& policy, UnixSeconds now);

// What an alert of the peer is when it ends the handshake of this attempt. nullopt: it is one of ours, or the
// close_notify by which a connection ends in order.
[[nodiscard]] std::optional<Failure> failure_of(const Attempt& attempt, const tls::Alert& alert);

// True when `host` (lower case, no trailing dot) matches the dNSName `pattern` by RFC 9525, 6.3.
[[nodiscard]] bool matches_dns_name(std::string_view pattern, std::string_view host);
// True when any name of the certificate is `host` (DNS or IP by `is_ip`).
[[nodiscard]] bool certificate_names(const tls::Certificate& certificate, std::string_view host, bool is_ip);

}  // namespace whytls::policy
