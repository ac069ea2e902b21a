// The list of checks: every kind with its outcome, also when it passed or could not be made.
#include <algorithm>
#include <array>

#include "policy/findings.h"
#include "policy/handshake_end.h"
#include "policy/judgement.h"

namespace whytls::policy {

namespace {

enum class Kind { pin, trust, signature, issuers, constraints, usage, key_strength, name, validity };

struct KindRow {
  Kind kind;
  const char* name;
  const char* passed;  // what is true when nothing of this kind was found
};

constexpr std::array<KindRow, 9> kKinds = {{
    {Kind::pin, "pin", "a presented key is pinned"},
    {Kind::trust, "trust", "the chain leads to a certificate of the trust store"},
    {Kind::signature, "signature", "every signature of the chain verifies and uses a strong digest"},
    {Kind::issuers, "issuers", "every issuer is a CA that may sign certificates"},
    {Kind::constraints, "constraints", "path lengths, name constraints and critical extensions are kept"},
    {Kind::usage, "usage", "the certificate may be used by TLS servers"},
    {Kind::key_strength, "key_strength", "every key is large enough"},
    {Kind::name, "name", "the certificate is for the expected name"},
    {Kind::validity, "validity", "every certificate is within its validity period"},
}};

// The kind of a certificate failure; leaf and CA separate the usages from the issuers.
Kind kind_of(const Finding& finding) {
  switch (finding.failure) {
    case Failure::pin_mismatch:
      return Kind::pin;
    case Failure::cert_self_signed:
    case Failure::chain_untrusted_root:
    case Failure::chain_missing_intermediate:
    case Failure::chain_unknown_issuer:
      return Kind::trust;
    case Failure::cert_bad_signature:
    case Failure::cert_weak_signature:
      return Kind::signature;
    case Failure::chain_issuer_not_ca:
      return Kind::issuers;
    case Failure::cert_weak_key:
      return Kind::key_strength;
    case Failure::cert_key_usage:
    case Failure::cert_wrong_eku:
      return finding.depth > 0 ? Kind::issuers : Kind::usage;
    case Failure::cert_ca_as_leaf:
      return Kind::usage;
    case Failure::cert_name_mismatch:
    case Failure::cert_ip_mismatch:
    case Failure::cert_no_san:
      return Kind::name;
    case Failure::cert_expired:
    case Failure::cert_not_yet_valid:
    case Failure::chain_issuer_expired:
    case Failure::chain_issuer_not_yet_valid:
      return Kind::validity;
    default:
      return Kind::constraints;
  }
}

std::string passed_detail(Kind kind, const KindRow& row, const Attempt& attempt, const Policy& policy,
                          PinMatch pin) {
  if (kind == Kind::name) return "the certificate is for " + expected_name(attempt, policy);
  if (kind == Kind::pin) {
    return pin == PinMatch::leaf ? "the server's key is pinned" : "the key of a CA in the chain is pinned";
  }
  if (kind == Kind::trust && !attempt.handshake.chain.built.empty()) {
    return std::string(row.passed) + " (" + attempt.handshake.chain.trust_description + ")";
  }
  return row.passed;
}

// Why a kind could not be checked; empty: it was.
std::string why_not_checked(Kind kind, const Attempt& attempt, const Policy& policy) {
  if (!attempt.tls_used) return "not checked: the upstream is plain HTTP";
  if (!has_certificates(attempt)) return "not checked: no certificate was received";
  if (!attempt.handshake.presented.front().parse_error.empty()) {
    return "not checked: the certificate cannot be parsed";
  }
  if (kind == Kind::pin && policy.pins.empty()) return "not checked: the policy has no pins";
  const bool needs_path =
      kind == Kind::trust || kind == Kind::signature || kind == Kind::issuers || kind == Kind::constraints;
  if (needs_path && !attempt.handshake.chain.verified) return "not checked: the chain was not verified";
  return {};
}

CheckOutcome outcome_of(Action action) {
  return action == Action::refuse ? CheckOutcome::fail : CheckOutcome::warn;
}

Check certificate_check(const KindRow& row, const Attempt& attempt, const Policy& policy,
                        const Diagnosis& diagnosis, UnixSeconds now) {
  Check check{row.name, CheckOutcome::pass, "", std::nullopt};
  for (const Finding& finding : diagnosis.findings) {
    if (!can_be_forgiven(finding.failure) || kind_of(finding) != row.kind) continue;
    const CheckOutcome outcome = outcome_of(judge(finding, diagnosis.pin, policy, now).action);
    check.outcome = std::max(check.outcome, outcome);
    if (!check.failure) check.failure = finding.failure;
    if (!check.detail.empty()) check.detail += "; ";
    check.detail += "the certificate " + certificate_clause(finding);
  }
  if (check.failure) return check;
  if (std::string reason = why_not_checked(row.kind, attempt, policy); !reason.empty()) {
    check.outcome = CheckOutcome::not_checked;
    check.detail = std::move(reason);
  } else {
    check.detail = passed_detail(row.kind, row, attempt, policy, diagnosis.pin);
  }
  return check;
}

Check parse_check(const Attempt& attempt, const Diagnosis& diagnosis) {
  for (const Finding& finding : diagnosis.findings) {
    if (finding.failure != Failure::cert_unparsable) continue;
    return {"parsing", CheckOutcome::fail, "the certificate " + certificate_clause(finding), finding.failure};
  }
  if (!has_certificates(attempt)) {
    return {"parsing", CheckOutcome::not_checked, "not checked: no certificate was received", std::nullopt};
  }
  return {"parsing", CheckOutcome::pass, "every certificate that was sent can be parsed", std::nullopt};
}

// The way to the peer as one check, and the handshake as another.
Check stage_check(const char* name, const Diagnosis& diagnosis, bool reached, const std::string& passed) {
  Check check{name, CheckOutcome::pass, passed, std::nullopt};
  if (reached) return check;
  const Finding* primary = diagnosis.primary();
  if (!diagnosis.failed_before_verdict || primary == nullptr) {
    return {name, CheckOutcome::not_checked, "not checked: it was not tried", std::nullopt};
  }
  return {name, CheckOutcome::fail, std::string(info(primary->failure).summary), primary->failure};
}

// Warnings of the server that ended nothing.
std::string warning_note(const tls::HandshakeEvidence& handshake) {
  for (const tls::Alert& alert : handshake.alerts) {
    if (alert.direction == tls::Alert::Direction::received && alert.level == 1 && !alert.after_handshake &&
        alert.number != 0) {
      return "; on the way the peer sent the warning alert " + std::to_string(alert.number) + " (" +
             tls::alert_name(alert.number) + ")";
    }
  }
  return {};
}

bool handshake_is_done(const Attempt& attempt, const Diagnosis& diagnosis) {
  if (attempt.handshake.end != tls::HandshakeEnd::done) return false;
  // An alert after the handshake belongs to it (RFC 8446, 4.4.2.4: the client certificate).
  return !diagnosis.failed_before_verdict || attempt.http != HttpFault::none ||
         !first_fatal_alert(attempt.handshake);
}

Check handshake_check(const Attempt& attempt, const Diagnosis& diagnosis) {
  if (!attempt.tls_used) {
    return {"handshake", CheckOutcome::not_checked, "not checked: this leg is plain HTTP", std::nullopt};
  }
  if (!attempt.handshake_started) {
    return {"handshake", CheckOutcome::not_checked, "not checked: no connection was made", std::nullopt};
  }
  const std::string note = warning_note(attempt.handshake);
  Check check =
      stage_check("handshake", diagnosis, handshake_is_done(attempt, diagnosis),
                  "the handshake is complete, " + version_text(attempt.handshake.answered.version) + note);
  if (check.outcome == CheckOutcome::pass && !note.empty()) check.outcome = CheckOutcome::warn;
  return check;
}

}  // namespace

std::vector<Check> make_checks(const Attempt& attempt, const Policy& policy, const Diagnosis& diagnosis,
                               UnixSeconds now) {
  std::vector<Check> out;
  const bool connected = attempt.handshake_started || attempt.phase == Phase::http ||
                         attempt.http != HttpFault::none || attempt.leg == Leg::client;
  out.push_back(stage_check("transport", diagnosis, connected,
                            attempt.address.empty() ? "connected" : "connected to " + attempt.address));
  out.push_back(handshake_check(attempt, diagnosis));
  if (attempt.leg != Leg::upstream) return out;
  out.push_back(parse_check(attempt, diagnosis));
  for (const KindRow& row : kKinds) out.push_back(certificate_check(row, attempt, policy, diagnosis, now));
  out.push_back({"revocation", CheckOutcome::not_checked,
                 "not checked: this version of whytls reads no CRL and asks no OCSP responder",
                 std::nullopt});
  out.push_back({"certificate_transparency", CheckOutcome::not_checked,
                 "not checked: this version of whytls does not look at signed certificate timestamps",
                 std::nullopt});
  return out;
}

}  // namespace whytls::policy
