// What ended the handshake with the client, where we are the server.
#include <algorithm>

#include "policy/findings.h"
#include "policy/handshake_end.h"
#include "policy/peer_text.h"
#include "tls/reasons.h"

namespace whytls::policy {

namespace {

using tls::HandshakeEnd;
namespace reason = tls::ssl_reason;

// Alerts by which clients say that they do not believe our CA: OpenSSL, curl and Firefox send 48, Chromium
// and Java 46, Firefox 42 when its user declines an exception. 43, 44 and 45 are about the leaf itself.
bool rejects_our_ca(std::uint8_t number) {
  constexpr std::uint8_t kBadCertificate = 42;
  constexpr std::uint8_t kCertificateUnknown = 46;
  constexpr std::uint8_t kUnknownCa = 48;
  return number == kBadCertificate || number == kCertificateUnknown || number == kUnknownCa;
}

bool is_any_of(int value, std::initializer_list<int> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Failure protocol_failure(const tls::HandshakeEvidence& handshake) {
  if (handshake.openssl_library != tls::kLibrarySsl) {
    return handshake.openssl_error == 0 && handshake.openssl_reason == 0 ? Failure::unclassified
                                                                         : Failure::client_tls_error;
  }
  const int code = handshake.openssl_reason;
  if (is_any_of(code, {reason::kUnsupportedProtocol, reason::kVersionTooLow, reason::kVersionTooHigh,
                       reason::kUnknownProtocol, reason::kUnsupportedSslVersion, reason::kWrongSslVersion,
                       reason::kNoProtocolsAvailable, reason::kUnknownSslVersion})) {
    return Failure::client_no_common_version;
  }
  if (is_any_of(code, {reason::kNoSharedCipher, reason::kNoCiphersAvailable, reason::kNoCiphersSpecified,
                       reason::kNoSharedGroups, reason::kNoSuitableGroups, reason::kNoSuitableKeyShare,
                       reason::kNoSharedSignatureAlgorithms, reason::kNoSuitableSignatureAlgorithm})) {
    return Failure::client_no_common_cipher;
  }
  if (is_any_of(code, {reason::kHttpRequest, reason::kHttpsProxyRequest})) return Failure::client_plain_http;
  // The name of the hello got no certificate from us: the client did nothing wrong.
  if (is_any_of(code, {reason::kCertCbError, reason::kCallbackFailed, reason::kNoCertificateSet,
                       reason::kNoCertificateAssigned})) {
    return Failure::proxy_mint_failed;
  }
  return Failure::client_tls_error;
}

// What the two sides do not share, in one word, for client_no_common_cipher.
std::string not_shared(const tls::HandshakeEvidence& handshake) {
  const int code = handshake.openssl_reason;
  if (is_any_of(code, {reason::kNoSharedGroups, reason::kNoSuitableGroups, reason::kNoSuitableKeyShare})) {
    return "groups";
  }
  if (is_any_of(code, {reason::kNoSharedSignatureAlgorithms, reason::kNoSuitableSignatureAlgorithm})) {
    return "signature algorithms";
  }
  return "cipher suites";
}

Finding with_hello_facts(Failure failure, const Attempt& attempt) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  Finding finding = make_finding(failure, -1,
                                 {{"last_message", std::string(progress_text(handshake.progress))},
                                  {"sni", handshake.offered.sni},
                                  {"offered_min_version", tls::version_name(handshake.offered.min_version)},
                                  {"offered_max_version", tls::version_name(handshake.offered.max_version)},
                                  {"errno_name", attempt.transport_text}});
  if (!handshake.offered.cipher_suites.empty()) {
    add_fact(finding, "offered_ciphers", std::to_string(handshake.offered.cipher_suites.size()));
  }
  if (handshake.openssl_reason != 0) {
    add_fact(finding, "openssl_reason", std::to_string(handshake.openssl_reason));
    add_fact(finding, "openssl_library", std::to_string(handshake.openssl_library));
    add_fact(finding, "openssl_text", handshake.openssl_text);
  }
  return finding;
}

Finding received_alert(const Attempt& attempt, const tls::Alert& alert) {
  Finding finding = with_hello_facts(failure_of_client_alert(alert.number), attempt);
  add_fact(finding, "alert", std::to_string(alert.number));
  add_fact(finding, "alert_name", tls::alert_name(alert.number));
  if (alert.after_handshake) finding.phase = Phase::after_handshake;
  return finding;
}

Finding not_tls(const Attempt& attempt, Failure fallback) {
  const PeerTextGuess guess = guess_peer(attempt.handshake.first_bytes);
  Finding finding = with_hello_facts(
      guess.kind == FirstBytes::http_request ? Failure::client_plain_http : fallback, attempt);
  add_fact(finding, "first_bytes", bounded(attempt.handshake.first_bytes, kMaxPieceBytes));
  add_fact(finding, "protocol_guess", std::string(guess.protocol));
  return finding;
}

Finding protocol_error(const Attempt& attempt) {
  const Failure failure = protocol_failure(attempt.handshake);
  if (failure == Failure::client_plain_http) return not_tls(attempt, Failure::client_plain_http);
  Finding finding = with_hello_facts(failure, attempt);
  if (failure == Failure::client_no_common_cipher)
    add_fact(finding, "not_shared", not_shared(attempt.handshake));
  return finding;
}

// A browser opens spare connections and health checks only knock: nobody failed before the first byte.
Finding went_away(const Attempt& attempt) {
  return with_hello_facts(attempt.handshake.bytes_received == 0 ? Failure::client_closed_before_hello
                                                                : Failure::client_closed_mid_handshake,
                          attempt);
}

Ended ended_without_end(const Attempt& attempt) {
  switch (attempt.transport) {
    case TransportFault::reset:
    case TransportFault::closed:
      return {went_away(attempt), true};
    case TransportFault::timeout:
      return {with_hello_facts(Failure::client_handshake_timeout, attempt), true};
    case TransportFault::none:
    case TransportFault::name_not_found:
    case TransportFault::name_lookup_failed:
    case TransportFault::name_lookup_timeout:
    case TransportFault::refused:
    case TransportFault::unreachable:
    case TransportFault::connect_timeout:
    case TransportFault::other:
      return {};
  }
  return {};
}

}  // namespace

Failure failure_of_client_alert(std::uint8_t number) {
  constexpr std::uint8_t kProtocolVersion = 70;
  if (rejects_our_ca(number)) return Failure::client_rejects_our_ca;
  return number == kProtocolVersion ? Failure::client_no_common_version : Failure::client_alert;
}

Ended classify_client_handshake(const Attempt& attempt) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  if (!attempt.handshake_started) return {};
  const auto alert = first_fatal_alert(handshake);
  if (alert && handshake.end != HandshakeEnd::not_tls) return {received_alert(attempt, *alert), true};
  switch (handshake.end) {
    case HandshakeEnd::done:
      return {};
    case HandshakeEnd::pending:
      return ended_without_end(attempt);
    case HandshakeEnd::protocol_error:
      return {ended_by_eof(handshake) ? went_away(attempt) : protocol_error(attempt), true};
    case HandshakeEnd::not_tls:
      return {not_tls(attempt, Failure::client_not_tls), true};
    case HandshakeEnd::alert_received:  // close_notify or user_canceled: it went without a complaint
    case HandshakeEnd::closed:
    case HandshakeEnd::reset:
      return {went_away(attempt), true};
    case HandshakeEnd::timeout:
      return {with_hello_facts(Failure::client_handshake_timeout, attempt), true};
  }
  return {};
}

}  // namespace whytls::policy
