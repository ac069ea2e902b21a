// The list of checks: every kind with its outcome, also when it passed or could not be made.
#include <algorithm>
#include <array>

#include "policy/findings.h"
#include "policy/handshake_end.h"
#include "policy/judgement.h"
#include "policy/profile_findings.h"
#include "policy/revocation_findings.h"
#include "policy/sentence.h"

namespace whytls::policy {

namespace {

enum class Kind {
  pin,
  trust,
  signature,
  issuers,
  constraints,
  usage,
  key_strength,
  name,
  validity,
  profile,
  revocation
};

struct KindRow {
  Kind kind;
  const char* name;
  Word passed;  // what is true when nothing of this kind was found
};

constexpr std::array<KindRow, 11> kKinds = {{
    {Kind::pin, "pin", Word::check_pin_leaf},
    {Kind::trust, "trust", Word::check_trust},
    {Kind::signature, "signature", Word::check_signature},
    {Kind::issuers, "issuers", Word::check_issuers},
    {Kind::constraints, "constraints", Word::check_constraints},
    {Kind::usage, "usage", Word::check_usage},
    {Kind::key_strength, "key_strength", Word::check_key_strength},
    {Kind::name, "name", Word::check_name},
    {Kind::validity, "validity", Word::check_validity},
    {Kind::profile, "profile", Word::check_profile},
    {Kind::revocation, "revocation", Word::check_revocation},
}};

// The kind of a certificate failure; leaf and CA separate the usages from the issuers.
Kind kind_of(const Finding& finding) {
  switch (finding.failure) {
    case Failure::pin_mismatch:
    case Failure::key_changed:
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
      if (is_revocation_failure(finding.failure)) return Kind::revocation;
      if (finding.failure == Failure::cert_reused_serial) return Kind::profile;
      return is_profile_failure(finding.failure) ? Kind::profile : Kind::constraints;
  }
}

std::vector<Said> passed_said(const KindRow& row, const Attempt& attempt, const Policy& policy,
                              PinMatch pin) {
  const tls::ChainEvidence& chain = attempt.handshake.chain;
  if (row.kind == Kind::name) return {{row.passed, {{"expected_name", expected_name(attempt, policy)}}}};
  if (row.kind == Kind::pin && pin == PinMatch::remembered) {
    const bool is_first = attempt.history->key == KeyMemory::none_yet;
    return {{is_first ? Word::check_pin_first : Word::check_pin_remembered, {}}};
  }
  if (row.kind == Kind::pin)
    return {{pin == PinMatch::leaf ? Word::check_pin_leaf : Word::check_pin_issuer, {}}};
  if (row.kind == Kind::revocation) return revocation_said(chain);
  if (row.kind == Kind::trust && !chain.built.empty()) {
    return {{Word::check_trust_store, {{"trust_store", chain.trust_description}}}};
  }
  return {{row.passed, {}}};
}

// Why a kind could not be checked; nullopt: it was.
std::optional<Word> why_not_checked(Kind kind, const Attempt& attempt, const Policy& policy) {
  if (!attempt.tls_used) return Word::unchecked_plain_upstream;
  if (!has_certificates(attempt)) return Word::unchecked_no_certificate;
  if (!attempt.handshake.presented.front().parse_error.empty()) return Word::unchecked_unparsable;
  const bool is_first_use = policy.first_use && attempt.history;
  if (kind == Kind::pin && policy.pins.empty() && !is_first_use) return Word::unchecked_no_pins;
  const bool needs_path =
      kind == Kind::trust || kind == Kind::signature || kind == Kind::issuers || kind == Kind::constraints;
  if (needs_path && !attempt.handshake.chain.verified) return Word::unchecked_not_verified;
  if (kind == Kind::revocation && !attempt.handshake.chain.anchored) return Word::unchecked_no_anchor;
  if (kind == Kind::revocation && revocation_said(attempt.handshake.chain).empty())
    return Word::unchecked_revocation;
  if (kind == Kind::profile && !is_profile_checked(attempt.handshake.chain)) return Word::unchecked_no_anchor;
  return std::nullopt;
}

CheckOutcome outcome_of(Action action) {
  return action == Action::refuse ? CheckOutcome::fail : CheckOutcome::warn;
}

Check make_check(const char* name, CheckOutcome outcome, Said said) {
  return {name, outcome, "", std::nullopt, {std::move(said)}};
}

Check unchecked(const char* name, Word why) {
  return make_check(name, CheckOutcome::not_checked, {why, {}});
}

Check certificate_check(const KindRow& row, const Attempt& attempt, const Policy& policy,
                        const Diagnosis& diagnosis, UnixSeconds now) {
  Check check{row.name, CheckOutcome::pass, "", std::nullopt, {}};
  for (std::size_t i = 0; i < diagnosis.findings.size(); ++i) {
    const Finding& finding = diagnosis.findings[i];
    if (!can_be_forgiven(finding.failure) || kind_of(finding) != row.kind) continue;
    const CheckOutcome outcome = outcome_of(judge(finding, diagnosis.pin, policy, now).action);
    check.outcome = std::max(check.outcome, outcome);
    if (!check.failure) check.failure = finding.failure;
    check.said.push_back({Word::check_clause, {}, i});
  }
  if (check.failure) return check;
  if (const auto reason = why_not_checked(row.kind, attempt, policy)) return unchecked(row.name, *reason);
  check.said = passed_said(row, attempt, policy, diagnosis.pin);
  return check;
}

Check parse_check(const Attempt& attempt, const Policy& policy, const Diagnosis& diagnosis, UnixSeconds now) {
  for (std::size_t i = 0; i < diagnosis.findings.size(); ++i) {
    const Finding& finding = diagnosis.findings[i];
    if (finding.failure != Failure::cert_unparsable) continue;
    const CheckOutcome outcome = diagnosis.failed_before_verdict
                                     ? CheckOutcome::fail
                                     : outcome_of(judge(finding, diagnosis.pin, policy, now).action);
    return {"parsing", outcome, "", finding.failure, {{Word::check_clause, {}, i}}};
  }
  if (!has_certificates(attempt)) return unchecked("parsing", Word::unchecked_no_certificate);
  return make_check("parsing", CheckOutcome::pass, {Word::check_parsing, {}});
}

// The way to the peer as one check, and the handshake as another.
Check stage_check(const char* name, const Diagnosis& diagnosis, bool reached, Said passed) {
  if (reached) return make_check(name, CheckOutcome::pass, std::move(passed));
  const Finding* primary = diagnosis.primary();
  if (!diagnosis.failed_before_verdict || primary == nullptr)
    return unchecked(name, Word::unchecked_not_tried);
  return {name, CheckOutcome::fail, "", primary->failure, {{Word::check_summary, {}, 0}}};
}

// The first warning of the server that ended nothing.
const tls::Alert* warning_of(const tls::HandshakeEvidence& handshake) {
  const auto found =
      std::find_if(handshake.alerts.begin(), handshake.alerts.end(), [](const tls::Alert& alert) {
        return alert.direction == tls::Alert::Direction::received && alert.level == 1 &&
               !alert.after_handshake && alert.number != 0;
      });
  return found == handshake.alerts.end() ? nullptr : &*found;
}

bool handshake_is_done(const Attempt& attempt, const Diagnosis& diagnosis) {
  if (attempt.handshake.end != tls::HandshakeEnd::done) return false;
  // An alert after the handshake belongs to it (RFC 8446, 4.4.2.4: the client certificate).
  return !diagnosis.failed_before_verdict || attempt.http != HttpFault::none ||
         !first_fatal_alert(attempt.handshake);
}

Check handshake_check(const Attempt& attempt, const Diagnosis& diagnosis) {
  if (!attempt.tls_used) return unchecked("handshake", Word::unchecked_plain_leg);
  if (!attempt.handshake_started) return unchecked("handshake", Word::unchecked_no_connection);
  const std::string version = version_text(attempt.handshake.answered.version);
  Check check = stage_check("handshake", diagnosis, handshake_is_done(attempt, diagnosis),
                            {Word::check_handshake, {{"version", version}}});
  const tls::Alert* warning = warning_of(attempt.handshake);
  if (check.outcome != CheckOutcome::pass || warning == nullptr) return check;
  check.outcome = CheckOutcome::warn;
  check.said.push_back(
      {Word::check_warning_alert,
       {{"alert", std::to_string(warning->number)}, {"alert_name", tls::alert_name(warning->number)}}});
  return check;
}

Said connected_text(const Attempt& attempt) {
  if (attempt.address.empty()) return {Word::check_connected, {}};
  return {Word::check_connected_to, {{"address", attempt.address}}};
}

}  // namespace

std::vector<Check> make_checks(const Attempt& attempt, const Policy& policy, const Diagnosis& diagnosis,
                               UnixSeconds now) {
  std::vector<Check> out;
  const bool connected = attempt.handshake_started || attempt.phase == Phase::http ||
                         attempt.http != HttpFault::none || attempt.leg == Leg::client;
  out.push_back(stage_check("transport", diagnosis, connected, connected_text(attempt)));
  out.push_back(handshake_check(attempt, diagnosis));
  if (attempt.leg == Leg::upstream) {
    out.push_back(parse_check(attempt, policy, diagnosis, now));
    for (const KindRow& row : kKinds) out.push_back(certificate_check(row, attempt, policy, diagnosis, now));
    out.push_back(unchecked("certificate_transparency", Word::unchecked_transparency));
  }
  for (Check& check : out) check.detail = check_text(english(), check, diagnosis.findings);
  return out;
}

}  // namespace whytls::policy
