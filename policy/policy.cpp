#include "policy/policy.h"

#include <algorithm>

namespace whytls::policy {

namespace {

constexpr Failure kFirstCertificateFailure = Failure::cert_unparsable;
constexpr Failure kLastCertificateFailure = Failure::crl_unusable;

// The block is one run of rows: what lies outside of it is no finding about a certificate.
constexpr bool in_certificate_block(Failure failure) {
  return failure >= kFirstCertificateFailure && failure <= kLastCertificateFailure;
}
static_assert(kFirstCertificateFailure == Failure{0});
static_assert(in_certificate_block(Failure::pin_mismatch) && in_certificate_block(Failure::chain_invalid));
static_assert(!in_certificate_block(Failure::tls_version_refused_by_us));

constexpr std::array<std::string_view, 4> kBuiltInNames = {"browser", "strict", "legacy", "observe"};

constexpr tls::WireVersion kTls10 = 0x0301;
constexpr tls::WireVersion kTls12 = 0x0303;

// Forward secrecy and AEAD, nothing else (RFC 9325, 4.2; TR-02102-2, 3.3.1; Mozilla's "intermediate").
// Without DHE: the server alone chooses its group, and one of 2048 bits looks like any other until it is
// there.
const char* const kStrictCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
// Those of Mozilla's "intermediate".
const char* const kStrictGroups = "X25519:P-256:P-384";
constexpr int kStrictEcBits = 256;

// Everything that this OpenSSL has but what proves nothing about the server or encrypts nothing.
const char* const kOldCiphers = "ALL:!aNULL:!eNULL";
constexpr int kOldRsaBits = 1024;

void speak_old_tls(tls::UpstreamOptions* tls) {
  tls->min_version = kTls10;
  tls->security_level = tls::kOldVersionsSecurityLevel;
  tls->ciphers = kOldCiphers;
  tls->legacy_server_connect = true;
}

Rule built_in_rule(Action action, std::string_view policy_name) {
  Rule rule;
  rule.action = action;
  rule.policy = policy_name;
  return rule;
}

bool goes_on(const std::optional<Rule>& rule) {
  return rule && rule->action != Action::refuse;
}

}  // namespace

std::string Place::text() const {
  if (file.empty()) return "built-in";
  std::string out = file;
  if (line > 0) out.append(":").append(std::to_string(line));
  if (line > 0 && column > 0) out.append(":").append(std::to_string(column));
  return out;
}

std::string_view name(Action action) {
  switch (action) {
    case Action::refuse:
      return "refuse";
    case Action::warn:
      return "warn";
    case Action::allow:
      return "allow";
  }
  return "";
}

std::string_view name(Chooser chooser) {
  switch (chooser) {
    case Chooser::listener:
      return "listener";
    case Chooser::route:
      return "route";
    case Chooser::policy_for:
      return "policy_for";
  }
  return "";
}

bool can_be_forgiven(Failure failure) {
  // A certificate that can't be read says nothing that a rule could accept; only a pin could know its key.
  return in_certificate_block(failure) && failure != Failure::cert_unparsable;
}

bool says_whom_to_trust(const Policy& policy) {
  if (!policy.pins.empty() || policy.first_use) return true;
  if (policy.tls.trust.system || !policy.tls.trust.ca_files.empty()) return true;
  const auto goes_on_after = [&policy](Failure failure) {
    return goes_on(policy.on[static_cast<std::size_t>(failure)]);
  };
  return goes_on(policy.without_rule) || goes_on_after(Failure::cert_self_signed) ||
         goes_on_after(Failure::chain_untrusted_root) || goes_on_after(Failure::chain_missing_intermediate) ||
         goes_on_after(Failure::chain_unknown_issuer);
}

Policy browser_policy() {
  return Policy{};
}

Policy strict_policy() {
  Policy out = browser_policy();
  out.name = "strict";
  out.extends = "browser";
  out.tls.min_version = kTls12;
  out.tls.ciphers = kStrictCiphers;
  out.tls.groups = kStrictGroups;
  out.tls.security_level = tls::kDefaultSecurityLevel;
  out.min_ec_bits = kStrictEcBits;
  out.without_rule = built_in_rule(Action::refuse, out.name);
  return out;
}

Policy legacy_policy() {
  Policy out = browser_policy();
  out.name = "legacy";
  out.extends = "browser";
  speak_old_tls(&out.tls);
  out.tls.trust.system = false;
  out.demands_trust = true;
  out.min_rsa_bits = kOldRsaBits;
  out.on[static_cast<std::size_t>(Failure::cert_weak_signature)] = built_in_rule(Action::warn, out.name);
  return out;
}

Policy observe_policy() {
  Policy out = browser_policy();
  out.name = "observe";
  out.extends = "browser";
  speak_old_tls(&out.tls);
  out.without_rule = built_in_rule(Action::warn, out.name);
  return out;
}

std::vector<Policy> built_in_policies() {
  return {browser_policy(), strict_policy(), legacy_policy(), observe_policy()};
}

bool is_built_in(std::string_view policy_name) {
  return std::find(kBuiltInNames.begin(), kBuiltInNames.end(), policy_name) != kBuiltInNames.end();
}

}  // namespace whytls::policy
