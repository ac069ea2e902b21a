#include "policy_cases.h"

#include "tls/reasons.h"
#include "tls/verify_codes.h"

namespace whytls::policy::test {

namespace {

using tls::Certificate;
using tls::HandshakeEnd;
using tls::HandshakeProgress;
namespace code = tls::verify_code;
namespace reason = tls::ssl_reason;

Certificate with_aia(Certificate certificate) {
  certificate.aia_issuers = {"http://ca.example/inter.crt"};
  return certificate;
}

Certificate with_authority_issuer(Certificate certificate, const std::string& name) {
  certificate.authority_issuer = name;
  return certificate;
}

Policy pinned(const std::string& pin) {
  Policy out = browser_policy();
  out.pins = {pin};
  return out;
}

Attempt asked_for_certificate(Attempt attempt) {
  attempt.handshake.client_certificate_requested = true;
  return attempt;
}

Attempt sent_certificate(Attempt attempt) {
  attempt.handshake.client_certificate_requested = true;
  attempt.handshake.client_certificate_sent = true;
  return attempt;
}

Attempt without_sni(Attempt attempt) {
  attempt.handshake.offered.sni.clear();
  attempt.sni_absent_reason = "IP address";
  return attempt;
}

Attempt silent(HandshakeEnd end) {
  Attempt out = ended(end, HandshakeProgress::client_hello);
  out.handshake.bytes_received = 0;
  return out;
}

Policy hard() {
  Policy out = browser_policy();
  out.revocation = RevocationMode::hard;
  return out;
}

Attempt remembered(Attempt attempt, const History& history) {
  attempt.history = std::make_shared<const History>(history);
  return attempt;
}

Policy first_use() {
  Policy out = browser_policy();
  out.first_use = true;
  return out;
}

Attempt to_address(Attempt attempt) {
  attempt.host = "192.0.2.7";
  attempt.host_is_ip = true;
  return attempt;
}

}  // namespace

std::vector<Case> certificate_cases() {
  using Source = tls::RevocationSource;
  constexpr Phase kPhase = Phase::certificate;
  const auto leaf = [](auto change) { return with_leaf(change); };
  const auto inter = [](auto change) { return with_intermediate(change); };
  return {
      {Failure::cert_unparsable, kPhase, leaf([](Certificate& c) {
         c = {};
         c.parse_error = "bad tag";
       })},
      {Failure::pin_mismatch, kPhase, healthy(), pinned("another pin")},
      {Failure::cert_critical_ext, kPhase,
       leaf([](Certificate& c) { c.unknown_critical_extensions = {"1.2.3"}; })},
      {Failure::cert_critical_ext, kPhase, with_errors({{code::kUnhandledCriticalExtension, 0}})},
      {Failure::chain_name_constraint, kPhase, with_errors({{code::kPermittedViolation, 0}})},
      {Failure::chain_name_constraint, kPhase, with_errors({{code::kExcludedViolation, 0}})},
      {Failure::chain_issuer_not_ca, kPhase, with_errors({{code::kInvalidCa, 1}})},
      {Failure::chain_issuer_not_ca, kPhase, inter([](Certificate& c) { c.basic_constraints_ca.reset(); })},
      {Failure::chain_path_length, kPhase, with_errors({{code::kPathLengthExceeded, 1}})},
      {Failure::cert_self_signed, kPhase, self_signed()},
      {Failure::chain_untrusted_root, kPhase, with_errors({{code::kSelfSignedCertInChain, 2}})},
      {Failure::chain_missing_intermediate, kPhase, with_gap({with_aia(leaf_certificate())}, 1)},
      {Failure::chain_missing_intermediate, kPhase,
       with_gap({with_authority_issuer(leaf_certificate(), "CN=Root")}, 1)},
      {Failure::chain_missing_intermediate, kPhase,
       with_gap({leaf_certificate(), ca_certificate("Other", "Root")}, 1)},
      {Failure::chain_unknown_issuer, kPhase, with_gap({leaf_certificate()}, 1)},
      {Failure::chain_unknown_issuer, kPhase,
       with_gap({with_authority_issuer(with_aia(leaf_certificate()), "CN=Inter")}, 1)},
      {Failure::chain_unknown_issuer, kPhase,
       with_gap({leaf_certificate(), ca_certificate("Inter", "Root")}, 2)},
      {Failure::cert_bad_signature, kPhase, with_errors({{code::kCertSignatureFailure, 0}})},
      {Failure::cert_bad_signature, kPhase, with_errors({{code::kUnableToDecryptCertSignature, 1}})},
      {Failure::cert_weak_signature, kPhase, leaf([](Certificate& c) { c.signature_digest = "SHA1"; })},
      {Failure::cert_weak_signature, kPhase, inter([](Certificate& c) { c.signature_digest = "MD5"; })},
      {Failure::cert_weak_signature, kPhase, with_errors({{code::kCaMdTooWeak, 1}})},
      {Failure::cert_weak_key, kPhase, leaf([](Certificate& c) { c.key_bits = 1024; })},
      {Failure::cert_weak_key, kPhase, leaf([](Certificate& c) {
         c.key_type = "EC";
         c.key_bits = 192;
       })},
      {Failure::cert_weak_key, kPhase, with_errors({{code::kEeKeyTooSmall, 0}})},
      {Failure::cert_key_usage, kPhase, leaf([](Certificate& c) { c.key_usage = 0x0006; })},
      {Failure::cert_key_usage, kPhase, inter([](Certificate& c) { c.key_usage = 0x0080; })},
      {Failure::cert_ca_as_leaf, kPhase, leaf([](Certificate& c) { c.basic_constraints_ca = true; })},
      {Failure::cert_wrong_eku, kPhase, leaf([](Certificate& c) { c.extended_key_usage = {"clientAuth"}; })},
      {Failure::cert_wrong_eku, kPhase, with_errors({{code::kInvalidPurpose, 0}})},
      {Failure::chain_invalid, kPhase, with_errors({{code::kCertChainTooLong, 2}})},
      {Failure::chain_invalid, kPhase,
       [] {
         Attempt a = healthy();
         a.handshake.chain.verified = false;
         return a;
       }()},
      {Failure::chain_invalid, kPhase,
       [] {
         Attempt a = healthy();
         a.handshake.presented.clear();
         return a;
       }()},
      {Failure::cert_revoked, kPhase,
       answered({.source = Source::crl, .signer = "Inter", .says_revoked = true})},
      {Failure::cert_revoked, kPhase,
       answered({.source = Source::stapled_ocsp, .signer = "Inter", .says_revoked = true})},
      {Failure::cert_name_mismatch, kPhase, leaf([](Certificate& c) { c.names[0].value = "b.example"; })},
      {Failure::cert_ip_mismatch, kPhase, to_address(healthy())},
      {Failure::cert_no_san, kPhase, leaf([](Certificate& c) {
         c.names.clear();
         c.has_san = false;
       })},
      {Failure::cert_expired, kPhase, leaf([](Certificate& c) { c.not_after = kNow - 3 * kDay; })},
      {Failure::cert_not_yet_valid, kPhase, leaf([](Certificate& c) { c.not_before = kNow + 3 * kDay; })},
      {Failure::chain_issuer_expired, kPhase, inter([](Certificate& c) { c.not_after = kNow - kDay; })},
      {Failure::chain_issuer_not_yet_valid, kPhase,
       inter([](Certificate& c) { c.not_before = kNow + kDay; })},
      {Failure::cert_name_form, kPhase, leaf([](Certificate& c) { c.malformed_ip_names = 1; })},
      {Failure::cert_profile, kPhase, inter([](Certificate& c) { c.extensions.push_back({"2.5.29.19"}); })},
      {Failure::cert_key_identifier, kPhase, leaf([](Certificate& c) { c.authority_key_id.clear(); })},
      {Failure::cert_serial, kPhase, leaf([](Certificate& c) { c.serial_hex = "00"; })},
      {Failure::cert_validity_too_long, kPhase,
       [] {
         Attempt a = with_leaf([](Certificate& c) { c.not_after = kNow + 800 * kDay; });
         a.handshake.chain.anchor_is_public = true;
         return a;
       }()},
      {Failure::cert_must_staple, kPhase,
       [] {
         Attempt a = healthy();
         a.handshake.chain.built[0].requires_staple = true;
         return a;
       }()},
      {Failure::ocsp_unusable, kPhase,
       answered({.source = Source::stapled_ocsp, .faults = {tls::RevocationFault::malformed}})},
      {Failure::cert_revocation_unknown, kPhase, healthy(), hard()},
      {Failure::cert_reused_serial, kPhase,
       remembered(healthy(), {.reused_serials = {{0, {.host = "b.example", .port = 443}, 1}}})},
      {Failure::key_changed, kPhase,
       remembered(healthy(), {.key = KeyMemory::other, .differences = "key, issuer"}), first_use()},
      {Failure::crl_unusable, kPhase, answered({.faults = {tls::RevocationFault::expired}})},
  };
}

std::vector<Case> handshake_cases() {
  const auto hello = HandshakeProgress::server_hello;
  const auto sent = HandshakeProgress::client_hello;
  const auto certificate = HandshakeProgress::server_certificate;
  Attempt rsa = refused(0, certificate);
  rsa.handshake.openssl_library = tls::kLibraryRsa;
  rsa.handshake.openssl_reason = 138;
  Attempt nothing_known = ended(HandshakeEnd::pending, hello);
  return {
      {Failure::tls_version_refused_by_us, Phase::negotiation, refused(reason::kUnsupportedProtocol, sent)},
      {Failure::tls_version_refused_by_us, Phase::negotiation, refused(reason::kVersionTooLow, hello)},
      {Failure::tls_no_common_cipher, Phase::negotiation, refused(reason::kNoCiphersAvailable, sent)},
      {Failure::tls_no_renegotiation_info, Phase::negotiation,
       refused(reason::kUnsafeLegacyRenegotiationDisabled, hello)},
      {Failure::tls_dh_too_small, Phase::key_exchange, refused(reason::kDhKeyTooSmall, certificate)},
      {Failure::tls_legacy_signature_refused, Phase::key_exchange,
       refused(reason::kLegacySigalgDisallowedOrUnsupported, certificate)},
      {Failure::tls_bad_handshake_signature, Phase::key_exchange,
       refused(reason::kBadSignature, certificate)},
      {Failure::tls_bad_handshake_signature, Phase::key_exchange, rsa},
      {Failure::tls_plain_http, Phase::hello, answered_with("HTTP/1.1 400 Bad Request\r\n")},
      {Failure::tls_plain_http, Phase::hello, answered_with("<!DOCTYPE html><title>x")},
      {Failure::tls_plain_ssh, Phase::hello, answered_with("SSH-2.0-OpenSSH_9.2\r\n")},
      {Failure::tls_plain_smtp, Phase::hello, answered_with("220 mail.example ESMTP\r\n")},
      {Failure::tls_plain_smtp, Phase::hello, answered_with("* OK IMAP4rev1\r\n")},
      {Failure::tls_plain_smtp, Phase::hello, answered_with("+OK ready\r\n")},
      {Failure::tls_plain_text, Phase::hello, answered_with("login: ")},
      {Failure::tls_garbage, Phase::hello, answered_with(std::string("\x00\x01\xFE\x80\x9C\x02", 6))},
      {Failure::tls_closed_before_hello, Phase::hello, silent(HandshakeEnd::closed)},
      {Failure::tls_closed_mid_handshake, Phase::negotiation, ended(HandshakeEnd::closed, hello)},
      {Failure::tls_closed_mid_handshake, Phase::negotiation,
       refused(reason::kUnexpectedEofWhileReading, hello)},
      {Failure::tls_reset_mid_handshake, Phase::hello, silent(HandshakeEnd::reset)},
      {Failure::tls_reset_mid_handshake, Phase::certificate, ended(HandshakeEnd::reset, certificate)},
      {Failure::tls_handshake_timeout, Phase::hello, silent(HandshakeEnd::timeout)},
      {Failure::tls_bad_record_mac, Phase::finished,
       refused(reason::kDecryptionFailedOrBadRecordMac, HandshakeProgress::key_exchange)},
      {Failure::tls_malformed_handshake, Phase::negotiation, refused(reason::kLengthMismatch, hello)},
      {Failure::unclassified, Phase::negotiation, nothing_known},
  };
}

std::vector<Case> alert_cases() {
  const auto sent = HandshakeProgress::client_hello;
  const auto certificate = HandshakeProgress::server_certificate;
  std::vector<Case> out = {
      {Failure::tls_no_common_cipher, Phase::negotiation, alerted(40, sent)},
      {Failure::tls_alert_handshake_failure, Phase::certificate, alerted(40, certificate)},
      {Failure::tls_client_cert_required, Phase::certificate,
       asked_for_certificate(alerted(40, certificate))},
      {Failure::tls_client_cert_rejected, Phase::certificate, sent_certificate(alerted(40, certificate))},
      {Failure::tls_version_refused_by_peer, Phase::negotiation, alerted(70, sent)},
      {Failure::tls_sni_unknown, Phase::negotiation, alerted(112, sent)},
      {Failure::tls_sni_required, Phase::negotiation, without_sni(alerted(112, sent))},
      {Failure::tls_sni_required, Phase::negotiation, without_sni(alerted(80, sent))},
      {Failure::tls_alert_internal_error, Phase::negotiation, alerted(80, sent)},
      {Failure::tls_client_cert_required, Phase::certificate,
       asked_for_certificate(alerted(116, certificate))},
      {Failure::tls_alert_unassigned, Phase::negotiation, alerted(77, sent)},
  };
  constexpr std::uint8_t kAboutCertificates[] = {42, 43, 44, 45, 46, 48, 49};
  for (const std::uint8_t number : kAboutCertificates) {
    out.push_back({Failure::tls_client_cert_rejected, Phase::certificate,
                   sent_certificate(alerted(number, certificate))});
    out.push_back({Failure::tls_client_cert_required, Phase::certificate,
                   asked_for_certificate(alerted(number, certificate))});
  }
  // Without a request for a certificate each number is its own row.
  struct Row {
    std::uint8_t number;
    Failure failure;
  };
  constexpr Row kRows[] = {
      {0, Failure::tls_alert_close_notify},
      {10, Failure::tls_alert_unexpected_message},
      {20, Failure::tls_alert_bad_record_mac},
      {21, Failure::tls_alert_decryption_failed},
      {22, Failure::tls_alert_record_overflow},
      {30, Failure::tls_alert_decompression_failure},
      {41, Failure::tls_alert_no_certificate},
      {42, Failure::tls_alert_bad_certificate},
      {43, Failure::tls_alert_unsupported_certificate},
      {44, Failure::tls_alert_certificate_revoked},
      {45, Failure::tls_alert_certificate_expired},
      {46, Failure::tls_alert_certificate_unknown},
      {47, Failure::tls_alert_illegal_parameter},
      {48, Failure::tls_alert_unknown_ca},
      {49, Failure::tls_alert_access_denied},
      {50, Failure::tls_alert_decode_error},
      {51, Failure::tls_alert_decrypt_error},
      {52, Failure::tls_alert_too_many_cids_requested},
      {60, Failure::tls_alert_export_restriction},
      {71, Failure::tls_alert_insufficient_security},
      {80, Failure::tls_alert_internal_error},
      {86, Failure::tls_alert_inappropriate_fallback},
      {90, Failure::tls_alert_user_canceled},
      {100, Failure::tls_alert_no_renegotiation},
      {109, Failure::tls_alert_missing_extension},
      {110, Failure::tls_alert_unsupported_extension},
      {111, Failure::tls_alert_certificate_unobtainable},
      {113, Failure::tls_alert_bad_certificate_status_response},
      {114, Failure::tls_alert_bad_certificate_hash_value},
      {115, Failure::tls_alert_unknown_psk_identity},
      {117, Failure::tls_alert_general_error},
      {120, Failure::tls_alert_no_application_protocol},
      {121, Failure::tls_alert_ech_required},
  };
  for (const Row& row : kRows) {
    out.push_back({row.failure, info(row.failure).phase, alerted(row.number, sent)});
  }
  return out;
}

std::vector<Case> connection_cases() {
  const auto up = [](Phase phase, TransportFault fault) { return transport(Leg::upstream, phase, fault); };
  const auto answer = [](HttpFault fault) { return http(Leg::upstream, fault); };
  return {
      {Failure::dns_not_found, Phase::dns, up(Phase::dns, TransportFault::name_not_found)},
      {Failure::dns_failed, Phase::dns, up(Phase::dns, TransportFault::name_lookup_failed)},
      {Failure::dns_timeout, Phase::dns, up(Phase::dns, TransportFault::name_lookup_timeout)},
      {Failure::tcp_refused, Phase::connect, up(Phase::connect, TransportFault::refused)},
      {Failure::tcp_unreachable, Phase::connect, up(Phase::connect, TransportFault::unreachable)},
      {Failure::tcp_connect_timeout, Phase::connect, up(Phase::connect, TransportFault::connect_timeout)},
      {Failure::tcp_connect_timeout, Phase::connect, up(Phase::connect, TransportFault::timeout)},
      {Failure::tcp_reset, Phase::connect, up(Phase::connect, TransportFault::reset)},
      {Failure::tcp_failed, Phase::connect, up(Phase::connect, TransportFault::other)},
      {Failure::http_response_invalid, Phase::http, answer(HttpFault::invalid_message)},
      {Failure::http_response_head_too_large, Phase::http, answer(HttpFault::head_too_large)},
      {Failure::http_closed_before_response, Phase::http, answer(HttpFault::closed_before_message)},
      {Failure::http_reset_before_response, Phase::http, answer(HttpFault::reset_before_message)},
      {Failure::http_response_timeout, Phase::http, answer(HttpFault::first_byte_timeout)},
      {Failure::http_response_incomplete, Phase::http, answer(HttpFault::closed_in_message)},
      {Failure::http_response_stalled, Phase::http, answer(HttpFault::stalled_in_message)},
      {Failure::http_upstream_write_timeout, Phase::http, answer(HttpFault::write_timeout)},
      {Failure::proxy_loop, Phase::connect, own(OwnFault::loop)},
      {Failure::proxy_port_denied, Phase::connect, own(OwnFault::port_denied)},
      {Failure::proxy_no_route, Phase::http, own(OwnFault::no_route)},
      {Failure::proxy_scheme_unsupported, Phase::http, own(OwnFault::scheme_unsupported)},
      {Failure::proxy_overloaded, Phase::connect, own(OwnFault::overloaded)},
      {Failure::proxy_internal, Phase::http, own(OwnFault::internal)},
  };
}

std::vector<Case> client_cases() {
  const auto hello = HandshakeProgress::client_hello;
  const auto alert = [](std::uint8_t number) {
    return on_client_leg(alerted(number, HandshakeProgress::server_certificate));
  };
  const auto refuse = [&](int number) { return on_client_leg(refused(number, hello)); };
  const auto request = [](HttpFault fault) { return http(Leg::client, fault); };
  return {
      {Failure::client_rejects_our_ca, Phase::certificate, alert(48)},
      {Failure::client_rejects_our_ca, Phase::certificate, alert(46)},
      {Failure::client_rejects_our_ca, Phase::certificate, alert(42)},
      {Failure::client_alert, Phase::negotiation, alert(45)},
      {Failure::client_alert, Phase::negotiation, alert(40)},
      {Failure::client_no_common_version, Phase::negotiation, alert(70)},
      {Failure::client_no_common_version, Phase::negotiation, refuse(reason::kUnsupportedProtocol)},
      {Failure::client_no_common_cipher, Phase::negotiation, refuse(reason::kNoSharedCipher)},
      {Failure::client_plain_http, Phase::hello, refuse(reason::kHttpRequest)},
      {Failure::client_plain_http, Phase::hello, on_client_leg(answered_with("GET / HTTP/1.1\r\n"))},
      {Failure::client_not_tls, Phase::hello, on_client_leg(answered_with("SSH-2.0-x\r\n"))},
      {Failure::client_tls_error, Phase::negotiation, refuse(reason::kLengthMismatch)},
      {Failure::proxy_mint_failed, Phase::certificate, refuse(reason::kCertCbError)},
      {Failure::client_closed_mid_handshake, Phase::negotiation,
       on_client_leg(ended(HandshakeEnd::closed, hello))},
      {Failure::client_closed_before_hello, Phase::hello, on_client_leg(silent(HandshakeEnd::closed))},
      {Failure::client_closed_before_hello, Phase::hello, on_client_leg(silent(HandshakeEnd::reset))},
      {Failure::client_handshake_timeout, Phase::negotiation, on_client_leg(silent(HandshakeEnd::timeout))},
      {Failure::client_request_invalid, Phase::http, request(HttpFault::invalid_message)},
      {Failure::client_framing_ambiguous, Phase::http, request(HttpFault::framing_ambiguous)},
      {Failure::client_host_invalid, Phase::http, request(HttpFault::host_invalid)},
      {Failure::client_uri_too_long, Phase::http, request(HttpFault::uri_too_long)},
      {Failure::client_head_too_large, Phase::http, request(HttpFault::head_too_large)},
      {Failure::client_transfer_coding_unknown, Phase::http, request(HttpFault::transfer_coding_unknown)},
      {Failure::client_expectation_unknown, Phase::http, request(HttpFault::expectation_unknown)},
      {Failure::client_version_unsupported, Phase::http, request(HttpFault::version_unsupported)},
      {Failure::client_header_timeout, Phase::http, request(HttpFault::header_timeout)},
      {Failure::client_body_timeout, Phase::http, request(HttpFault::body_timeout)},
      {Failure::client_idle_timeout, Phase::http, request(HttpFault::idle_timeout)},
      {Failure::client_write_timeout, Phase::http, request(HttpFault::write_timeout)},
      {Failure::client_gone, Phase::http, request(HttpFault::closed_in_message)},
  };
}

}  // namespace whytls::policy::test
