// Attempts as the proxy would hand them over, made by hand: a healthy one, to be broken in one way by each
// test.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "policy/diagnosis.h"
#include "policy/verdict.h"

namespace whytls::policy::test {

inline constexpr UnixSeconds kNow = 1'795'000'000;  // 2026-11-18
inline constexpr std::int64_t kDay = 86'400;

inline tls::Certificate certificate(const std::string& subject, const std::string& issuer) {
  tls::Certificate out;
  out.der = "DER of " + subject;
  out.version = 3;
  out.subject = "CN=" + subject;
  out.subject_cn = subject;
  out.issuer = "CN=" + issuer;
  out.issuer_cn = issuer;
  out.serial_hex = "0123456789abcdef";
  out.not_before = kNow - 100 * kDay;
  out.not_after = kNow + 100 * kDay;
  out.key_type = "RSA";
  out.key_bits = 2048;
  out.signature_algorithm = "sha256WithRSAEncryption";
  out.signature_digest = "SHA256";
  out.sha256_hex = "sha256 of " + subject;
  out.spki_sha256_base64 = "pin of " + subject;
  out.subject_key_id = "ski of " + subject;
  out.authority_key_id = "ski of " + issuer;
  out.self_issued = subject == issuer;
  out.rsa_exponent = 65'537;
  out.extensions = {{"2.5.29.14"}, {"2.5.29.35"}, {"2.5.29.15", true}, {"2.5.29.19", true}};
  return out;
}

inline tls::Certificate leaf_certificate() {
  tls::Certificate out = certificate("a.example", "Inter");
  out.has_san = true;
  out.names = {{tls::AltName::Kind::dns, "a.example"}};
  out.extensions.push_back({"2.5.29.17"});
  out.extensions.push_back({"2.5.29.37"});
  out.basic_constraints_ca = false;
  out.key_usage = 0x00A0;
  out.has_extended_key_usage = true;
  out.extended_key_usage = {"serverAuth", "clientAuth"};
  return out;
}

inline tls::Certificate ca_certificate(const std::string& subject, const std::string& issuer) {
  tls::Certificate out = certificate(subject, issuer);
  out.basic_constraints_ca = true;
  out.key_usage = 0x0006;
  out.self_signed = subject == issuer;
  return out;
}

// A complete handshake with a.example; leaf and intermediate sent, root trusted.
inline Attempt healthy() {
  Attempt out;
  out.phase = Phase::http;
  out.host = "a.example";
  out.port = 443;
  out.address = "192.0.2.7";
  out.handshake_started = true;
  tls::HandshakeEvidence& handshake = out.handshake;
  handshake.progress = tls::HandshakeProgress::finished;
  handshake.end = tls::HandshakeEnd::done;
  handshake.offered.sni = "a.example";
  handshake.offered.min_version = 0x0303;
  handshake.offered.max_version = 0x0304;
  handshake.offered.cipher_suites = {0x1301, 0x1302};
  handshake.answered.version = 0x0304;
  handshake.bytes_received = 4000;
  handshake.presented = {leaf_certificate(), ca_certificate("Inter", "Root")};
  handshake.chain.verified = true;
  handshake.chain.anchored = true;
  handshake.chain.trust_description = "system store";
  handshake.chain.built = {leaf_certificate(), ca_certificate("Inter", "Root"),
                           ca_certificate("Root", "Root")};
  return out;
}

// The same change to the leaf as it was sent and as it stands in the path.
template <typename Change>
Attempt with_leaf(Change change) {
  Attempt out = healthy();
  change(out.handshake.presented[0]);
  change(out.handshake.chain.built[0]);
  return out;
}

template <typename Change>
Attempt with_intermediate(Change change) {
  Attempt out = healthy();
  change(out.handshake.presented[1]);
  change(out.handshake.chain.built[1]);
  return out;
}

// A path that OpenSSL complained about.
inline Attempt with_errors(std::initializer_list<tls::ChainError> errors) {
  Attempt out = healthy();
  out.handshake.chain.errors = errors;
  return out;
}

// Somebody answers whether the leaf was revoked.
inline Attempt answered(const tls::RevocationAnswer& answer) {
  Attempt out = healthy();
  out.handshake.chain.revocation = {answer};
  out.handshake.chain.has_staple = answer.source == tls::RevocationSource::stapled_ocsp;
  return out;
}

// Only `presented` came, nothing above it is known: error 20, and 21 when it is the leaf alone.
inline Attempt with_gap(std::initializer_list<tls::Certificate> presented, std::size_t built) {
  Attempt out = healthy();
  out.handshake.presented = presented;
  out.handshake.chain.built.assign(presented.begin(), presented.begin() + static_cast<std::ptrdiff_t>(built));
  out.handshake.chain.anchored = false;
  out.handshake.chain.errors = {{20, static_cast<int>(built) - 1}};
  if (built == 1) out.handshake.chain.errors.push_back({21, 0});
  return out;
}

inline Attempt self_signed() {
  Attempt out = with_gap({leaf_certificate()}, 1);
  for (tls::Certificate* leaf : {&out.handshake.presented[0], &out.handshake.chain.built[0]}) {
    leaf->issuer = leaf->subject;
    leaf->issuer_cn = leaf->subject_cn;
    leaf->self_issued = true;
    leaf->self_signed = true;
  }
  out.handshake.chain.errors = {{18, 0}};
  return out;
}

// A handshake that ended early: what had passed, and nothing after it.
inline Attempt ended(tls::HandshakeEnd end, tls::HandshakeProgress progress) {
  Attempt out = healthy();
  out.phase = Phase::negotiation;
  out.handshake.end = end;
  out.handshake.progress = progress;
  if (progress < tls::HandshakeProgress::server_hello) out.handshake.answered.version = 0;
  if (progress < tls::HandshakeProgress::server_certificate) {
    out.handshake.presented.clear();
    out.handshake.chain = {};
  }
  return out;
}

inline Attempt alerted(std::uint8_t number, tls::HandshakeProgress progress) {
  Attempt out = ended(tls::HandshakeEnd::alert_received, progress);
  tls::Alert alert;
  alert.number = number;
  out.handshake.alerts.push_back(alert);
  return out;
}

// An error of OpenSSL's SSL library (20).
inline Attempt refused(int reason, tls::HandshakeProgress progress) {
  Attempt out = ended(tls::HandshakeEnd::protocol_error, progress);
  out.handshake.openssl_library = 20;
  out.handshake.openssl_reason = reason;
  out.handshake.openssl_error = 1;
  out.handshake.openssl_text = "text of OpenSSL";
  return out;
}

inline Attempt answered_with(const std::string& first_bytes) {
  Attempt out = ended(tls::HandshakeEnd::not_tls, tls::HandshakeProgress::client_hello);
  out.handshake.first_bytes = first_bytes;
  out.handshake.bytes_received = first_bytes.size();
  return out;
}

inline Attempt on_client_leg(Attempt attempt) {
  attempt.leg = Leg::client;
  attempt.host.clear();
  attempt.handshake.presented.clear();
  attempt.handshake.chain = {};
  return attempt;
}

inline Attempt transport(Leg leg, Phase phase, TransportFault fault) {
  Attempt out;
  out.leg = leg;
  out.phase = phase;
  out.host = leg == Leg::client ? "" : "a.example";
  out.port = 443;
  out.transport = fault;
  out.transport_errno = -111;
  out.transport_text = "ECONNREFUSED";
  return out;
}

inline Attempt http(Leg leg, HttpFault fault) {
  Attempt out = healthy();
  if (leg == Leg::client) out = on_client_leg(out);
  out.http = fault;
  return out;
}

inline Attempt own(OwnFault fault) {
  Attempt out;
  out.host = "a.example";
  out.own = fault;
  return out;
}

inline Diagnosis diagnose_now(const Attempt& attempt, const Policy& policy = browser_policy()) {
  return diagnose(attempt, policy, kNow);
}

inline std::string slugs(const Diagnosis& diagnosis) {
  std::string out;
  for (const Finding& finding : diagnosis.findings) {
    out += (out.empty() ? "" : " ") + std::string(info(finding.failure).slug);
  }
  return out;
}

}  // namespace whytls::policy::test
