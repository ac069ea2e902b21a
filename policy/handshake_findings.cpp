// What ended the handshake with the upstream.
#include <algorithm>

#include "policy/findings.h"
#include "policy/handshake_end.h"
#include "policy/peer_text.h"
#include "tls/reasons.h"

namespace whytls::policy {

namespace {

using tls::HandshakeEnd;
using tls::HandshakeProgress;
namespace reason = tls::ssl_reason;

Phase phase_of_progress(HandshakeProgress progress) {
  switch (progress) {
    case HandshakeProgress::nothing:
    case HandshakeProgress::client_hello:
      return Phase::hello;
    case HandshakeProgress::server_hello:
      return Phase::negotiation;
    case HandshakeProgress::server_certificate:
      return Phase::certificate;
    case HandshakeProgress::key_exchange:
      return Phase::key_exchange;
    case HandshakeProgress::finished:
      return Phase::finished;
  }
  return Phase::hello;
}

Finding at_progress(Failure failure, const Attempt& attempt) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  Finding finding = make_finding(failure, -1,
                                 {{"last_message", std::string(progress_text(handshake.progress))},
                                  {"bytes_received", std::to_string(handshake.bytes_received)},
                                  {"errno_name", attempt.transport_text}});
  finding.phase = phase_of_progress(handshake.progress);
  return finding;
}

Finding not_tls(const Attempt& attempt) {
  const std::string_view bytes = attempt.handshake.first_bytes;
  const PeerTextGuess guess = guess_peer(bytes);
  Failure failure = Failure::tls_garbage;
  switch (guess.kind) {
    case FirstBytes::http_request:
    case FirstBytes::http_response:
      failure = Failure::tls_plain_http;
      break;
    case FirstBytes::ssh:
      failure = Failure::tls_plain_ssh;
      break;
    case FirstBytes::mail_greeting:
      failure = Failure::tls_plain_smtp;
      break;
    case FirstBytes::text:
      failure = Failure::tls_plain_text;
      break;
    case FirstBytes::tls_record:
    case FirstBytes::binary:
      break;
  }
  return make_finding(failure, -1,
                      {{"first_bytes", bounded(bytes, kMaxPieceBytes)},
                       {"protocol_guess", std::string(guess.protocol)},
                       {"bytes_received", std::to_string(attempt.handshake.bytes_received)}});
}

constexpr std::uint8_t kCloseNotify = 0;

bool is_any_of(int value, std::initializer_list<int> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool about_version(int code) {
  return is_any_of(code,
                   {reason::kUnsupportedProtocol, reason::kVersionTooLow, reason::kVersionTooHigh,
                    reason::kWrongSslVersion, reason::kNoProtocolsAvailable, reason::kUnsupportedSslVersion,
                    reason::kUnknownProtocol, reason::kUnknownSslVersion, reason::kBadProtocolVersionNumber});
}

bool about_record_mac(int code) {
  return is_any_of(code, {reason::kDecryptionFailedOrBadRecordMac, reason::kDecryptionFailed,
                          reason::kBlockCipherPadIsWrong});
}

bool about_signature_algorithm(int code) {
  return is_any_of(code, {reason::kLegacySigalgDisallowedOrUnsupported, reason::kWrongSignatureType,
                          reason::kNoSuitableSignatureAlgorithm, reason::kNoSuitableDigestAlgorithm});
}

// Padding and block errors of the RSA code come out when a handshake signature does not verify: which one is
// chance, so the library decides and not the reason.
bool about_bad_signature(const tls::HandshakeEvidence& handshake) {
  if (handshake.openssl_library == tls::kLibraryRsa) {
    return handshake.progress >= HandshakeProgress::server_hello;
  }
  return handshake.openssl_library == tls::kLibrarySsl &&
         is_any_of(handshake.openssl_reason,
                   {reason::kBadSignature, reason::kWrongSignatureSize, reason::kWrongSignatureLength});
}

bool certificate_is_unreadable(const tls::HandshakeEvidence& handshake) {
  if (!handshake.presented.empty()) return !handshake.presented.front().parse_error.empty();
  // OpenSSL gave up inside of the Certificate message.
  return handshake.progress == HandshakeProgress::server_hello &&
         (handshake.openssl_library == tls::kLibraryAsn1 || handshake.openssl_library == tls::kLibraryX509);
}

Failure protocol_failure(const tls::HandshakeEvidence& handshake) {
  if (certificate_is_unreadable(handshake)) return Failure::cert_unparsable;
  if (about_bad_signature(handshake)) return Failure::tls_bad_handshake_signature;
  if (handshake.openssl_error == 0 && handshake.openssl_reason == 0) return Failure::unclassified;
  if (handshake.openssl_library != tls::kLibrarySsl) return Failure::tls_malformed_handshake;

  const int code = handshake.openssl_reason;
  if (about_version(code)) return Failure::tls_version_refused_by_us;
  if (code == reason::kWrongVersionNumber && handshake.progress <= HandshakeProgress::server_hello) {
    return Failure::tls_version_refused_by_us;
  }
  if (code == reason::kNoCiphersAvailable) return Failure::tls_no_common_cipher;
  if (code == reason::kUnsafeLegacyRenegotiationDisabled) return Failure::tls_no_renegotiation_info;
  if (code == reason::kDhKeyTooSmall) return Failure::tls_dh_too_small;
  if (about_signature_algorithm(code)) return Failure::tls_legacy_signature_refused;
  if (about_record_mac(code)) return Failure::tls_bad_record_mac;
  return Failure::tls_malformed_handshake;
}

// The message of the server that could not be read, when it is the first: of those after it OpenSSL does not
// say which one it was.
std::optional<NssCode> code_of_malformed(const tls::HandshakeEvidence& handshake) {
  constexpr std::size_t kTypeOfMessage = 5;  // behind the header of the record
  constexpr char kHandshakeRecord = 22;
  constexpr char kServerHello = 2;
  const std::string& bytes = handshake.first_bytes;
  const bool is_server_hello =
      bytes.size() > kTypeOfMessage && bytes[0] == kHandshakeRecord && bytes[kTypeOfMessage] == kServerHello;
  if (!is_server_hello || handshake.progress >= HandshakeProgress::server_hello) return std::nullopt;
  return NssCode{"SSL_ERROR_RX_MALFORMED_SERVER_HELLO", -12259};
}

// Why the security level is what stands in the way, for peers that speak no TLS 1.2.
std::string level_note(const tls::HandshakeEvidence& handshake, Failure failure) {
  const tls::WireVersion version = handshake.answered.version;
  constexpr tls::WireVersion kTls12 = 0x0303;
  if (failure != Failure::tls_legacy_signature_refused || version == 0 || version >= kTls12) return {};
  return "TLS 1.0 and 1.1 sign the handshake with SHA-1 (RSA: MD5 and SHA-1), which OpenSSL allows at "
         "security "
         "level 0 only";
}

Phase phase_of_protocol_failure(Failure failure, HandshakeProgress progress) {
  return failure == Failure::tls_malformed_handshake || failure == Failure::unclassified
             ? phase_of_progress(progress)
             : info(failure).phase;
}

Finding protocol_error(const Attempt& attempt) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  const Failure failure = protocol_failure(handshake);
  Finding finding = make_finding(failure, failure == Failure::cert_unparsable ? 0 : -1,
                                 {{"openssl_text", handshake.openssl_text},
                                  {"last_message", std::string(progress_text(handshake.progress))},
                                  {"offered_min_version", tls::version_name(handshake.offered.min_version)},
                                  {"offered_max_version", tls::version_name(handshake.offered.max_version)},
                                  {"answered_version", tls::version_name(handshake.answered.version)},
                                  {"signature_algorithm", handshake.answered.signature_algorithm},
                                  {"level_note", level_note(handshake, failure)}});
  add_fact(finding, "openssl_reason", std::to_string(handshake.openssl_reason));
  add_fact(finding, "openssl_library", std::to_string(handshake.openssl_library));
  if (failure == Failure::tls_dh_too_small && handshake.answered.key_exchange_bits > 0) {
    add_fact(finding, "dh_bits", std::to_string(handshake.answered.key_exchange_bits));
  }
  if (failure == Failure::cert_unparsable && !handshake.presented.empty()) {
    add_fact(finding, "parse_error", handshake.presented.front().parse_error);
  }
  if (handshake.openssl_reason == reason::kInappropriateFallback) {
    add_fact(finding, "downgrade_mark", "the ServerHello carries the downgrade mark of RFC 8446, 4.1.3");
  }
  finding.phase = phase_of_protocol_failure(failure, handshake.progress);
  if (failure == Failure::tls_malformed_handshake) finding.exact_code = code_of_malformed(handshake);
  return finding;
}

Finding closed(const Attempt& attempt) {
  return at_progress(attempt.handshake.bytes_received == 0 ? Failure::tls_closed_before_hello
                                                           : Failure::tls_closed_mid_handshake,
                     attempt);
}

// The fatal alert that the peer sent first, or what OpenSSL's reason says of one.
Ended received_alert(const Attempt& attempt) {
  if (const auto alert = first_fatal_alert(attempt.handshake))
    return classify_upstream_alert(attempt, *alert);
  for (const tls::Alert& alert : attempt.handshake.alerts) {
    if (alert.direction == tls::Alert::Direction::received && !alert.after_handshake) {
      return classify_upstream_alert(attempt, alert);
    }
  }
  Finding finding = make_finding(Failure::unclassified, -1, {{"detail", "an alert without a number"}});
  return {std::move(finding), true};
}

// A peer that says goodbye in the middle of a handshake does so by its own decision: that is an alert, not an
// accident.
Ended closed_in_handshake(const Attempt& attempt) {
  for (const tls::Alert& alert : attempt.handshake.alerts) {
    const bool goodbye = alert.direction == tls::Alert::Direction::received && alert.number == kCloseNotify;
    if (goodbye && !alert.after_handshake) return classify_upstream_alert(attempt, alert);
  }
  return {closed(attempt), true};
}

Ended ended_without_end(const Attempt& attempt) {
  switch (attempt.transport) {
    case TransportFault::reset:
      return {at_progress(Failure::tls_reset_mid_handshake, attempt), true};
    case TransportFault::closed:
      return {closed(attempt), true};
    case TransportFault::timeout:
      return {at_progress(Failure::tls_handshake_timeout, attempt), true};
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

Ended classify_upstream_handshake(const Attempt& attempt) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  if (!attempt.handshake_started) return {};
  // The first cause wins: what came after a fatal alert is a consequence of it.
  if (first_fatal_alert(handshake) && handshake.end != HandshakeEnd::not_tls) return received_alert(attempt);
  switch (handshake.end) {
    case HandshakeEnd::done:
      return {};
    case HandshakeEnd::pending:
      return ended_without_end(attempt);
    case HandshakeEnd::alert_received:
      return received_alert(attempt);
    case HandshakeEnd::protocol_error:
      if (ended_by_eof(handshake)) return {closed(attempt), true};
      return {protocol_error(attempt), true};
    case HandshakeEnd::not_tls:
      return {not_tls(attempt), true};
    case HandshakeEnd::closed:
      return closed_in_handshake(attempt);
    case HandshakeEnd::reset:
      return {at_progress(Failure::tls_reset_mid_handshake, attempt), true};
    case HandshakeEnd::timeout:
      return {at_progress(Failure::tls_handshake_timeout, attempt), true};
  }
  return {};
}

}  // namespace whytls::policy
