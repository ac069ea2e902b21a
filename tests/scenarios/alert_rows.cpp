// Each alert that a server can send instead of its ServerHello, by number, and one that nobody has assigned.
#include "tests/scenarios/scenario.h"
#include "tests/support/scripts.h"

namespace whytls::scenarios {
namespace {

struct AlertRow {
  std::uint8_t number;
  Expected expected;
};

Arrangement answering_with(std::uint8_t number) {
  return [number] {
    constexpr std::uint8_t kWarning = 1;
    constexpr std::uint8_t kFatal = 2;
    constexpr std::uint8_t kCloseNotify = 0;
    Case made;
    made.behaviour =
        support::answer_hello(support::alert_record(number == kCloseNotify ? kWarning : kFatal, number));
    return made;
  };
}

// handshake_failure means more when the ServerHello had come: there was a common cipher then.
Case handshake_failure_after_server_hello() {
  Case made;
  made.behaviour = support::answer_hello(support::server_hello_record({}) + support::alert_record(2, 40),
                                         support::Ending::close);
  return made;
}

constexpr AlertRow kRows[] = {
    {0, {"tls_alert_close_notify", "PR_END_OF_FILE_ERROR", -5938, "upstream", "negotiation", 502}},
    {10,
     {"tls_alert_unexpected_message", "SSL_ERROR_HANDSHAKE_UNEXPECTED_ALERT", -12229, "upstream",
      "negotiation", 502}},
    {20, {"tls_alert_bad_record_mac", "SSL_ERROR_BAD_MAC_ALERT", -12272, "upstream", "finished", 502}},
    {21,
     {"tls_alert_decryption_failed", "SSL_ERROR_DECRYPTION_FAILED_ALERT", -12197, "upstream", "finished",
      502}},
    {22,
     {"tls_alert_record_overflow", "SSL_ERROR_RECORD_OVERFLOW_ALERT", -12196, "upstream", "negotiation",
      502}},
    {30,
     {"tls_alert_decompression_failure", "SSL_ERROR_DECOMPRESSION_FAILURE_ALERT", -12228, "upstream",
      "negotiation", 502}},
    {40, {"tls_no_common_cipher", "SSL_ERROR_NO_CYPHER_OVERLAP", -12286, "upstream", "negotiation", 502}},
    {41, {"tls_alert_no_certificate", "SSL_ERROR_NO_CERTIFICATE", -12285, "upstream", "certificate", 502}},
    {42, {"tls_alert_bad_certificate", "SSL_ERROR_BAD_CERT_ALERT", -12271, "upstream", "certificate", 502}},
    {43,
     {"tls_alert_unsupported_certificate", "SSL_ERROR_UNSUPPORTED_CERT_ALERT", -12225, "upstream",
      "certificate", 502}},
    {44,
     {"tls_alert_certificate_revoked", "SSL_ERROR_REVOKED_CERT_ALERT", -12270, "upstream", "certificate",
      502}},
    {45,
     {"tls_alert_certificate_expired", "SSL_ERROR_EXPIRED_CERT_ALERT", -12269, "upstream", "certificate",
      502}},
    {46,
     {"tls_alert_certificate_unknown", "SSL_ERROR_CERTIFICATE_UNKNOWN_ALERT", -12224, "upstream",
      "certificate", 502}},
    {47,
     {"tls_alert_illegal_parameter", "SSL_ERROR_ILLEGAL_PARAMETER_ALERT", -12226, "upstream", "negotiation",
      502}},
    {48, {"tls_alert_unknown_ca", "SSL_ERROR_UNKNOWN_CA_ALERT", -12195, "upstream", "certificate", 502}},
    {49,
     {"tls_alert_access_denied", "SSL_ERROR_ACCESS_DENIED_ALERT", -12194, "upstream", "certificate", 502}},
    {50, {"tls_alert_decode_error", "SSL_ERROR_DECODE_ERROR_ALERT", -12193, "upstream", "negotiation", 502}},
    {51,
     {"tls_alert_decrypt_error", "SSL_ERROR_DECRYPT_ERROR_ALERT", -12192, "upstream", "key_exchange", 502}},
    {52,
     {"tls_alert_too_many_cids_requested", "SSL_ERROR_RX_UNKNOWN_ALERT", -12231, "upstream", "negotiation",
      502}},
    {60,
     {"tls_alert_export_restriction", "SSL_ERROR_EXPORT_RESTRICTION_ALERT", -12191, "upstream", "negotiation",
      502}},
    {70,
     {"tls_version_refused_by_peer", "SSL_ERROR_PROTOCOL_VERSION_ALERT", -12190, "upstream", "negotiation",
      502}},
    {71,
     {"tls_alert_insufficient_security", "SSL_ERROR_INSUFFICIENT_SECURITY_ALERT", -12189, "upstream",
      "negotiation", 502}},
    {80,
     {"tls_alert_internal_error", "SSL_ERROR_INTERNAL_ERROR_ALERT", -12188, "upstream", "negotiation", 502}},
    {86,
     {"tls_alert_inappropriate_fallback", "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT", -12157, "upstream",
      "negotiation", 502}},
    {90,
     {"tls_alert_user_canceled", "SSL_ERROR_USER_CANCELED_ALERT", -12187, "upstream", "negotiation", 502}},
    {100,
     {"tls_alert_no_renegotiation", "SSL_ERROR_NO_RENEGOTIATION_ALERT", -12186, "upstream", "after_handshake",
      502}},
    {109,
     {"tls_alert_missing_extension", "SSL_ERROR_MISSING_EXTENSION_ALERT", -12145, "upstream", "negotiation",
      502}},
    {110,
     {"tls_alert_unsupported_extension", "SSL_ERROR_UNSUPPORTED_EXTENSION_ALERT", -12184, "upstream",
      "negotiation", 502}},
    {111,
     {"tls_alert_certificate_unobtainable", "SSL_ERROR_CERTIFICATE_UNOBTAINABLE_ALERT", -12183, "upstream",
      "certificate", 502}},
    {112, {"tls_sni_unknown", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", -12182, "upstream", "negotiation", 502}},
    {113,
     {"tls_alert_bad_certificate_status_response", "SSL_ERROR_BAD_CERT_STATUS_RESPONSE_ALERT", -12181,
      "upstream", "certificate", 502}},
    {114,
     {"tls_alert_bad_certificate_hash_value", "SSL_ERROR_BAD_CERT_HASH_VALUE_ALERT", -12180, "upstream",
      "certificate", 502}},
    {115,
     {"tls_alert_unknown_psk_identity", "SSL_ERROR_RX_UNKNOWN_ALERT", -12231, "upstream", "negotiation",
      502}},
    {116,
     {"tls_client_cert_required", "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", -12107, "upstream",
      "certificate", 502}},
    {117, {"tls_alert_general_error", "SSL_ERROR_RX_UNKNOWN_ALERT", -12231, "upstream", "negotiation", 502}},
    {120,
     {"tls_alert_no_application_protocol", "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", -12158, "upstream",
      "negotiation", 502}},
    {121, {"tls_alert_ech_required", "SSL_ERROR_ECH_REQUIRED_ALERT", -12097, "upstream", "negotiation", 502}},
    {99, {"tls_alert_unassigned", "SSL_ERROR_RX_UNKNOWN_ALERT", -12231, "upstream", "negotiation", 502}},
};

}  // namespace

std::vector<Scenario> alert_scenarios() {
  std::vector<Scenario> all;
  for (const AlertRow& row : kRows) {
    all.push_back(
        {"the_server_sends_alert_" + std::to_string(row.number), row.expected, answering_with(row.number)});
  }
  all.push_back({"the_server_sends_alert_40_after_its_hello",
                 {"tls_alert_handshake_failure", "SSL_ERROR_HANDSHAKE_FAILURE_ALERT", -12227, "upstream",
                  "negotiation", 502},
                 handshake_failure_after_server_hello});
  return all;
}

}  // namespace whytls::scenarios
