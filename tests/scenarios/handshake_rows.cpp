// Handshakes with the upstream that don't come to their end.
#include <openssl/ssl.h>

#include <chrono>

#include "tests/scenarios/scenario.h"
#include "tests/support/scripts.h"

namespace whytls::scenarios {
namespace {

using support::Behaviour;
using support::Credential;
using support::Ending;
using support::Flight;
using support::Key;
using support::TlsScript;

constexpr const char* kShortHandshake = "handshake = \"300ms\"";

TlsScript good_script() {
  return {.chain = {world().leaf, world().intermediate}};
}

Arrangement facing(const Behaviour& behaviour, const std::string& policy = {},
                   const std::string& timeouts = {}) {
  return [behaviour, policy, timeouts] {
    Case made;
    made.behaviour = behaviour;
    made.policy = policy;
    made.timeouts = timeouts;
    return made;
  };
}

// The good server after a change of its script; made late, so that listing the scenarios makes no
// certificate.
Arrangement server_with(std::function<void(TlsScript&)> change, std::string policy = {}) {
  return [change = std::move(change), policy = std::move(policy)] {
    TlsScript script = good_script();
    change(script);
    Case made;
    made.behaviour = support::serve_https(std::move(script));
    made.policy = policy;
    return made;
  };
}

void use_rsa_leaf(TlsScript& script) {
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.key = Key::rsa(2048);
  script.chain.front() = support::issue(spec, world().intermediate);
}

// Changes a byte of a message in the first flight of the server, `from_end` bytes before its end.
support::FlightEditor spoil(support::MessageType type, std::size_t from_end) {
  return [type, from_end](Flight& flight) {
    if (flight.number != 0) return;
    const auto place = support::find_message(flight.bytes, type);
    if (place) flight.bytes[place->offset + place->size - from_end] ^= 0x01;
  };
}

// ServerKeyExchange of ECDHE: curve type, curve, point with its length, then the algorithm (RFC 8422, 5.4).
void claim_ecdsa_with_sha1(Flight& flight) {
  const auto place = support::find_message(flight.bytes, support::MessageType::server_key_exchange);
  if (flight.number != 0 || !place) return;
  const auto point_size = static_cast<unsigned char>(flight.bytes[place->offset + 3]);
  const std::size_t algorithm = place->offset + 4 + point_size;
  flight.bytes[algorithm] = 0x02;
  flight.bytes[algorithm + 1] = 0x03;
}

void spoil_first_encrypted_record(Flight& flight) {
  constexpr std::size_t kIntoTheCiphertext = 10;
  const auto at = support::find_record(flight.bytes, support::RecordType::application);
  if (flight.number == 0 && at) flight.bytes[*at + kIntoTheCiphertext] ^= 0x01;
}

// A client certificate of our own that the server's CA did not issue.
Case rejected_client_certificate() {
  const Credential stranger = support::self_sign(support::leaf_spec("stranger.test"));
  auto files = std::make_shared<Directory>();
  Case made;
  TlsScript script = good_script();
  script.client_ca = world().root;
  script.max_version = TLS1_2_VERSION;
  made.behaviour = support::serve_https(std::move(script));
  made.policy = "tls = { client_certificate = \"" + files->write("client.pem", stranger.pem()) +
                "\", client_key = \"" + files->write("client-key.pem", stranger.key.pem()) + "\" }";
  made.prop = files;
  return made;
}

std::vector<Scenario> version_and_cipher_scenarios() {
  return {
      {"the_server_chooses_a_version_that_is_not_allowed",
       {"tls_version_refused_by_us", "SSL_ERROR_UNSUPPORTED_VERSION", -12279, "upstream", "negotiation", 502},
       facing(
           support::answer_hello(support::server_hello_record({.version = support::kTls10}), Ending::hold))},
      {"the_server_speaks_only_old_versions",
       {"tls_version_refused_by_peer", "SSL_ERROR_PROTOCOL_VERSION_ALERT", -12190, "upstream", "negotiation",
        502},
       server_with([](TlsScript& script) { script.max_version = TLS1_1_VERSION; })},
      {"the_server_speaks_only_newer_versions",
       {"tls_version_refused_by_peer", "SSL_ERROR_PROTOCOL_VERSION_ALERT", -12190, "upstream", "negotiation",
        502},
       server_with([](TlsScript& script) { script.min_version = TLS1_3_VERSION; },
                   "tls = { max_version = \"TLSv1.2\" }")},
      {"the_server_has_no_cipher_in_common",
       {"tls_no_common_cipher", "SSL_ERROR_NO_CYPHER_OVERLAP", -12286, "upstream", "negotiation", 502},
       server_with(
           [](TlsScript& script) {
             script.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384@SECLEVEL=0";
             script.max_version = TLS1_2_VERSION;
           },
           "tls = { ciphers = \"ECDHE-ECDSA-AES128-GCM-SHA256\" }")},
      {"the_server_has_no_secure_renegotiation",
       {"tls_no_renegotiation_info", "SSL_ERROR_UNSAFE_NEGOTIATION", -12175, "upstream", "negotiation", 502},
       facing(support::answer_hello(
           support::server_hello_record({.renegotiation = support::ServerHello::Renegotiation::unsaid}),
           Ending::hold))},
      {"the_server_has_a_diffie_hellman_group_of_1024_bits",
       {"tls_dh_too_small", "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY", -12173, "upstream", "key_exchange",
        502},
       server_with(
           [](TlsScript& script) {
             use_rsa_leaf(script);
             script.max_version = TLS1_2_VERSION;
             script.dh_bits = 1024;
           },
           "tls = { max_version = \"TLSv1.2\", ciphers = \"DHE-RSA-AES128-GCM-SHA256\" }")},
      {"the_server_signs_the_handshake_with_sha1",
       {"tls_legacy_signature_refused", "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM", -12153, "upstream",
        "key_exchange", 502},
       server_with([](TlsScript& script) {
         script.max_version = TLS1_2_VERSION;
         script.editor = claim_ecdsa_with_sha1;
       })},
      {"the_server_does_not_have_the_key_of_its_certificate",
       {"tls_bad_handshake_signature", "SEC_ERROR_BAD_SIGNATURE", -8182, "upstream", "key_exchange", 502},
       server_with([](TlsScript& script) {
         script.max_version = TLS1_2_VERSION;
         script.editor = spoil(support::MessageType::server_key_exchange, 1);
       })},
  };
}

std::vector<Scenario> name_and_client_certificate_scenarios() {
  return {
      {"the_server_does_not_know_the_name",
       {"tls_sni_unknown", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", -12182, "upstream", "negotiation", 502},
       server_with([](TlsScript& script) { script.only_name = "other.test"; })},
      {"the_server_wants_a_name",
       {"tls_sni_required", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", -12182, "upstream", "negotiation", 502},
       server_with([](TlsScript& script) { script.only_name = kDevice; }, "sni = false")},
      {"the_server_wants_a_client_certificate_in_tls12",
       {"tls_client_cert_required", "SSL_ERROR_HANDSHAKE_FAILURE_ALERT", -12227, "upstream", "certificate",
        502},
       server_with([](TlsScript& script) {
         script.client_ca = world().root;
         script.max_version = TLS1_2_VERSION;
       })},
      // The refusal comes after a handshake that looked complete, and belongs to it all the same.
      {"the_server_wants_a_client_certificate_in_tls13",
       {"tls_client_cert_required", "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", -12107, "upstream",
        "after_handshake", 502},
       server_with([](TlsScript& script) {
         script.client_ca = world().root;
         script.min_version = TLS1_3_VERSION;
       })},
      {"the_server_does_not_accept_our_client_certificate",
       {"tls_client_cert_rejected", "SSL_ERROR_UNKNOWN_CA_ALERT", -12195, "upstream", "certificate", 502},
       rejected_client_certificate},
  };
}

std::vector<Scenario> not_tls_scenarios() {
  const std::string binary("\x00\x01\x02\xfe\xff\x80\x00\x07\x00\xc0", 10);
  return {
      {"the_port_speaks_http",
       {"tls_plain_http", "SSL_ERROR_RX_RECORD_TOO_LONG", -12263, "upstream", "hello", 502},
       facing(support::answer_hello(
           "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))},
      {"the_port_speaks_ssh",
       {"tls_plain_ssh", "PR_END_OF_FILE_ERROR", -5938, "upstream", "hello", 502},
       facing(support::greet("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", Ending::hold))},
      {"the_port_speaks_smtp",
       {"tls_plain_smtp", "PR_END_OF_FILE_ERROR", -5938, "upstream", "hello", 502},
       facing(support::greet("220 mail.test ESMTP ready\r\n", Ending::hold))},
      {"the_port_speaks_some_text",
       {"tls_plain_text", "SSL_ERROR_RX_RECORD_TOO_LONG", -12263, "upstream", "hello", 502},
       facing(support::greet("Welcome to the printer. Password:\r\n", Ending::hold))},
      {"the_port_speaks_garbage",
       {"tls_garbage", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", -12233, "upstream", "hello", 502},
       facing(support::greet(binary + binary + binary, Ending::hold))},
  };
}

std::vector<Scenario> broken_off_scenarios() {
  const std::string hello = support::server_hello_record({});
  return {
      {"the_server_closes_before_the_hello",
       {"tls_closed_before_hello", "PR_END_OF_FILE_ERROR", -5938, "upstream", "hello", 502},
       facing(support::close_before_hello())},
      {"the_server_closes_after_its_hello",
       {"tls_closed_mid_handshake", "PR_END_OF_FILE_ERROR", -5938, "upstream", "negotiation", 502},
       facing(support::answer_hello(hello, Ending::close))},
      {"the_server_closes_in_the_middle_of_its_hello",
       {"tls_closed_mid_handshake", "PR_END_OF_FILE_ERROR", -5938, "upstream", "hello", 502},
       facing(support::answer_hello(hello.substr(0, hello.size() / 2), Ending::close))},
      {"the_server_resets_after_our_hello",
       {"tls_reset_mid_handshake", "PR_CONNECT_RESET_ERROR", -5961, "upstream", "hello", 502},
       facing(support::answer_hello("", Ending::reset))},
      {"the_server_resets_after_its_hello",
       {"tls_reset_mid_handshake", "PR_CONNECT_RESET_ERROR", -5961, "upstream", "negotiation", 502},
       facing(support::answer_hello(hello, Ending::reset))},
      {"the_server_never_answers_our_hello",
       {"tls_handshake_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "hello", 504},
       facing(support::never_answer(), {}, kShortHandshake)},
      {"the_server_falls_silent_after_its_hello",
       {"tls_handshake_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "negotiation", 504},
       facing(support::answer_hello(hello, Ending::hold), {}, kShortHandshake)},
      {"the_server_sends_its_hello_byte_by_byte",
       {"tls_handshake_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "hello", 504},
       facing(support::drip(hello, std::chrono::milliseconds(50)), {}, kShortHandshake)},
      {"a_record_of_the_server_was_changed_on_the_way",
       {"tls_bad_record_mac", "SSL_ERROR_BAD_MAC_READ", -12273, "upstream", "finished", 502},
       server_with([](TlsScript& script) {
         script.min_version = TLS1_3_VERSION;
         script.editor = spoil_first_encrypted_record;
       })},
      {"the_server_hello_is_malformed",
       {"tls_malformed_handshake", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", -12259, "upstream", "hello", 502},
       facing(support::answer_hello(
           support::handshake_record(support::MessageType::server_hello, "\x03\x03 far too short"),
           Ending::hold))},
  };
}

}  // namespace

std::vector<Scenario> handshake_scenarios() {
  std::vector<Scenario> all;
  for (const auto& group : {version_and_cipher_scenarios, name_and_client_certificate_scenarios,
                            not_tls_scenarios, broken_off_scenarios}) {
    std::vector<Scenario> some = group();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace whytls::scenarios
