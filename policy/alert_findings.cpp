// What an alert means, given what had passed before it.
#include "policy/findings.h"

namespace whytls::policy {

namespace {

using tls::HandshakeProgress;

// RFC 8446, 6, and the registry "TLS Alerts".
namespace alert {
constexpr std::uint8_t kCloseNotify = 0;
constexpr std::uint8_t kHandshakeFailure = 40;
constexpr std::uint8_t kBadCertificate = 42;
constexpr std::uint8_t kCertificateUnknown = 46;
constexpr std::uint8_t kUnknownCa = 48;
constexpr std::uint8_t kAccessDenied = 49;
constexpr std::uint8_t kInternalError = 80;
constexpr std::uint8_t kUnrecognizedName = 112;
constexpr std::uint8_t kCertificateRequired = 116;
}  // namespace alert

// The row of a number, when nothing that passed before says more.
Failure row_of_alert(std::uint8_t number) {
  switch (number) {
    case 0:
      return Failure::tls_alert_close_notify;
    case 10:
      return Failure::tls_alert_unexpected_message;
    case 20:
      return Failure::tls_alert_bad_record_mac;
    case 21:
      return Failure::tls_alert_decryption_failed;
    case 22:
      return Failure::tls_alert_record_overflow;
    case 30:
      return Failure::tls_alert_decompression_failure;
    case 40:
      return Failure::tls_alert_handshake_failure;
    case 41:
      return Failure::tls_alert_no_certificate;
    case 42:
      return Failure::tls_alert_bad_certificate;
    case 43:
      return Failure::tls_alert_unsupported_certificate;
    case 44:
      return Failure::tls_alert_certificate_revoked;
    case 45:
      return Failure::tls_alert_certificate_expired;
    case 46:
      return Failure::tls_alert_certificate_unknown;
    case 47:
      return Failure::tls_alert_illegal_parameter;
    case 48:
      return Failure::tls_alert_unknown_ca;
    case 49:
      return Failure::tls_alert_access_denied;
    case 50:
      return Failure::tls_alert_decode_error;
    case 51:
      return Failure::tls_alert_decrypt_error;
    case 52:
      return Failure::tls_alert_too_many_cids_requested;
    case 60:
      return Failure::tls_alert_export_restriction;
    case 70:
      return Failure::tls_version_refused_by_peer;
    case 71:
      return Failure::tls_alert_insufficient_security;
    case 80:
      return Failure::tls_alert_internal_error;
    case 86:
      return Failure::tls_alert_inappropriate_fallback;
    case 90:
      return Failure::tls_alert_user_canceled;
    case 100:
      return Failure::tls_alert_no_renegotiation;
    case 109:
      return Failure::tls_alert_missing_extension;
    case 110:
      return Failure::tls_alert_unsupported_extension;
    case 111:
      return Failure::tls_alert_certificate_unobtainable;
    case 112:
      return Failure::tls_sni_unknown;
    case 113:
      return Failure::tls_alert_bad_certificate_status_response;
    case 114:
      return Failure::tls_alert_bad_certificate_hash_value;
    case 115:
      return Failure::tls_alert_unknown_psk_identity;
    case 116:
      return Failure::tls_client_cert_required;
    case 117:
      return Failure::tls_alert_general_error;
    case 120:
      return Failure::tls_alert_no_application_protocol;
    case 121:
      return Failure::tls_alert_ech_required;
    default:
      return Failure::tls_alert_unassigned;
  }
}

bool is_about_certificate(std::uint8_t number) {
  return (number >= alert::kBadCertificate && number <= alert::kCertificateUnknown) ||
         number == alert::kUnknownCa || number == alert::kAccessDenied;
}

bool before_server_hello(const tls::HandshakeEvidence& handshake) {
  return handshake.progress <= HandshakeProgress::client_hello;
}

// Alerts of a server about certificates are about ours: wanted and not sent, or sent and not liked.
Failure about_client_certificate(const tls::HandshakeEvidence& handshake, std::uint8_t number) {
  if (handshake.client_certificate_sent) return Failure::tls_client_cert_rejected;
  if (handshake.client_certificate_requested) return Failure::tls_client_cert_required;
  return row_of_alert(number);
}

Failure failure_of_alert(const tls::HandshakeEvidence& handshake, std::uint8_t number) {
  const bool without_sni = handshake.offered.sni.empty();
  if (is_about_certificate(number)) return about_client_certificate(handshake, number);
  switch (number) {
    case alert::kHandshakeFailure:
      if (before_server_hello(handshake)) return Failure::tls_no_common_cipher;
      return about_client_certificate(handshake, number);
    case alert::kUnrecognizedName:
      return without_sni ? Failure::tls_sni_required : Failure::tls_sni_unknown;
    case alert::kInternalError:
      if (before_server_hello(handshake) && without_sni) return Failure::tls_sni_required;
      return row_of_alert(number);
    case alert::kCertificateRequired:
      return handshake.client_certificate_sent ? Failure::tls_client_cert_rejected
                                               : Failure::tls_client_cert_required;
    default:
      return row_of_alert(number);
  }
}

// What else the same alert could mean; the page ranks it second.
std::string competing_cause(const tls::HandshakeEvidence& handshake, Failure failure, std::uint8_t number) {
  const bool without_sni = handshake.offered.sni.empty();
  if (failure == Failure::tls_no_common_cipher && without_sni) {
    return "no server name (SNI) was sent, and some servers answer that with the same alert";
  }
  if (failure == Failure::tls_sni_required && number == alert::kInternalError) {
    return "likely, not certain: alert 80 may also be a fault inside the server";
  }
  if (failure == Failure::tls_client_cert_required && number == alert::kHandshakeFailure) {
    return "likely, not certain: alert 40 is also sent for other disagreements late in the handshake";
  }
  return {};
}

Phase phase_of_alert(const tls::HandshakeEvidence& handshake, const tls::Alert& alert, Failure failure) {
  if (alert.after_handshake) return Phase::after_handshake;
  if (info(failure).phase != Phase::negotiation) return info(failure).phase;
  switch (handshake.progress) {
    case HandshakeProgress::nothing:
    case HandshakeProgress::client_hello:
    case HandshakeProgress::server_hello:
      return Phase::negotiation;
    case HandshakeProgress::server_certificate:
      return Phase::certificate;
    case HandshakeProgress::key_exchange:
      return Phase::key_exchange;
    case HandshakeProgress::finished:
      return Phase::finished;
  }
  return Phase::negotiation;
}

}  // namespace

std::optional<Failure> failure_of(const Attempt& attempt, const tls::Alert& alert) {
  const bool ends_in_order = alert.number == alert::kCloseNotify && alert.after_handshake;
  if (alert.direction == tls::Alert::Direction::sent || ends_in_order) return std::nullopt;
  return attempt.leg == Leg::client ? failure_of_client_alert(alert.number)
                                    : failure_of_alert(attempt.handshake, alert.number);
}

Ended classify_upstream_alert(const Attempt& attempt, const tls::Alert& alert) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  const Failure failure = failure_of_alert(handshake, alert.number);
  Finding finding = make_finding(failure, -1,
                                 {{"alert", std::to_string(alert.number)},
                                  {"alert_name", tls::alert_name(alert.number)},
                                  {"alert_level", alert.level == 1 ? "warning" : "fatal"},
                                  {"offered_min_version", tls::version_name(handshake.offered.min_version)},
                                  {"offered_max_version", tls::version_name(handshake.offered.max_version)},
                                  {"answered_version", tls::version_name(handshake.answered.version)},
                                  {"sni", handshake.offered.sni},
                                  {"sni_absent_reason", attempt.sni_absent_reason},
                                  {"competing_cause", competing_cause(handshake, failure, alert.number)}});
  finding.phase = phase_of_alert(handshake, alert, failure);
  // What we take an alert for may have a code that only TLS 1.3 knows: browsers show that of the alert.
  const bool is_about_ours =
      failure == Failure::tls_client_cert_required || failure == Failure::tls_client_cert_rejected;
  if (is_about_ours && alert.number != alert::kCertificateRequired) {
    const FailureInfo& row = info(row_of_alert(alert.number));
    finding.exact_code = NssCode{row.code, row.number};
  }
  if (!handshake.offered.cipher_suites.empty()) {
    add_fact(finding, "offered_ciphers", std::to_string(handshake.offered.cipher_suites.size()));
  }
  if (handshake.client_certificate_requested) {
    add_fact(finding, "client_certificate_sent", handshake.client_certificate_sent ? "yes" : "no");
    add_fact(finding, "client_certificate_configured", attempt.client_certificate_configured ? "yes" : "no");
    add_fact(finding, "accepted_authorities", bounded_list(handshake.client_certificate_authorities));
  }
  return {std::move(finding), true};
}

}  // namespace whytls::policy
