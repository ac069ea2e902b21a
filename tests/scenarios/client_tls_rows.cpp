// The client leg of a TLS listener: clients that cannot, or don't want to, finish the handshake with us.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/scenarios/scenario.h"
#include "tests/support/scripts.h"

namespace whytls::scenarios {
namespace {

using support::Client;
using support::ClientTls;

std::string tls_listener(const std::string& timeouts = {}) {
  std::string toml = timeouts.empty() ? "" : "[timeouts]\n" + timeouts + "\n\n";
  // Nothing gets as far as the upstream.
  return toml +
         "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\ntls = { mint = true "
         "}\n"
         "upstream = \"https://missing.test\"\n";
}

// The failure is in the log and counted, once.
Json expect_client_failure(Stage& stage, const Expected& expected) {
  const auto line = stage.log().wait_for_failure(expected.slug);
  if (!line) {
    ADD_FAILURE() << "no log line has " << expected.slug;
    for (const CapturedLog::Line& seen : stage.log().lines()) ADD_FAILURE() << seen.text;
    return Json::object();
  }
  expect_log_line(line->json, expected);
  EXPECT_EQ(line->json.value("event", ""), "client_connection");
  // What is nobody's failure is not counted as one.
  EXPECT_EQ(stage.failures(expected.slug), line->level == config::LogLevel::debug ? 0U : 1U);
  return line->json;
}

// A client that speaks TLS as told, and fails.
Play failing_with(const ClientTls& options, const std::string& must_log = {}) {
  return [options, must_log](const Expected& expected) {
    Stage stage(tls_listener());
    ASSERT_TRUE(stage.running());
    Client client(stage.port("door"));
    EXPECT_FALSE(client.start_tls(options));
    const Json line = expect_client_failure(stage, expected);
    EXPECT_NE(line.dump().find(must_log), std::string::npos) << line;
  };
}

// OpenSSL's client, which knows no CA, sends unknown_ca (48).
ClientTls distrusting() {
  return {.sni = "door.test", .trusted_pem = ""};
}

// Another number in the place of the alert that the client sends: Chromium and Java send 46, Firefox 42.
void send_instead(support::Flight& flight, std::uint8_t number) {
  if (flight.number != 0) flight.bytes = support::alert_record(2, number);
}

ClientTls distrusting_with(std::uint8_t number) {
  ClientTls options = distrusting();
  // In TLS 1.2 the certificate is refused before anything is encrypted, so that the alert can be replaced.
  options.max_version = TLS1_2_VERSION;
  options.editor = [number](support::Flight& flight) { send_instead(flight, number); };
  return options;
}

ClientTls with_versions(int lowest, int highest) {
  return {.sni = "door.test", .min_version = lowest, .max_version = highest};
}

ClientTls with_cipher(const char* cipher) {
  return {.sni = "door.test", .max_version = TLS1_2_VERSION, .ciphers = cipher};
}

// A name that is no name: the handshake cannot go on without a certificate.
ClientTls unmintable() {
  return {.sni = std::string(255, 'a')};
}

void send_http(const Expected& expected) {
  Stage stage(tls_listener());
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  const support::Response response = client.request("GET", "/ui/index.html?a=b", "door.test:8443");
  EXPECT_EQ(response.status, expected.status) << response.head;
  EXPECT_TRUE(response.field("Content-Type").starts_with("text/plain")) << response.head;
  EXPECT_EQ(response.field("Cache-Control"), "no-store");
  EXPECT_TRUE(response.field("Proxy-Status").starts_with("whytls; error=tls_protocol_error"))
      << response.head;
  EXPECT_NE(response.body.find("https://door.test:8443/ui/index.html?a=b"), std::string::npos)
      << response.body;
  EXPECT_NE(response.body.find(expected.slug), std::string::npos) << response.body;
  const Json line = expect_client_failure(stage, expected);
  EXPECT_NE(response.body.find(line.value("incident", "?")), std::string::npos) << response.body;
}

Play sending(const std::string& bytes, support::Ending ending, const std::string& timeouts = {}) {
  return [bytes, ending, timeouts](const Expected& expected) {
    Stage stage(tls_listener(timeouts));
    ASSERT_TRUE(stage.running());
    Client client(stage.port("door"));
    // A connection that is reset before the proxy has accepted it was never there.
    ASSERT_TRUE(stage.wait_for_clients(1));
    ASSERT_TRUE(client.send(bytes));
    if (ending == support::Ending::close) client.wire().finish_sending();
    if (ending == support::Ending::reset) {
      ASSERT_TRUE(client.wire().wait_until_taken());
      client.wire().reset();
    }
    expect_client_failure(stage, expected);
  };
}

// Health checks only knock. That is nobody's failure: it is logged at debug level.
void only_knock(const Expected& expected) {
  Stage stage(tls_listener());
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  client.wire().finish_sending();
  expect_client_failure(stage, expected);
  const auto line = stage.log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->level, config::LogLevel::debug);
}

std::string beginning_of_a_hello() {
  return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
}

std::string malformed_hello() {
  return support::handshake_record(support::MessageType::client_hello, "\x03\x03 far too short");
}

std::vector<Scenario> refusing_scenarios() {
  const Expected rejects = {
      "client_rejects_our_ca", "SSL_ERROR_UNKNOWN_CA_ALERT", -12195, "client", "certificate", 502};
  return {
      {"the_client_does_not_know_our_ca", rejects, failing_with(distrusting(), "48")},
      {"the_client_says_certificate_unknown", rejects, failing_with(distrusting_with(46), "46")},
      {"the_client_says_bad_certificate", rejects, failing_with(distrusting_with(42), "42")},
      {"the_client_sends_another_alert",
       {"client_alert", "SSL_ERROR_RX_UNKNOWN_ALERT", -12231, "client", "negotiation", 502},
       failing_with(distrusting_with(80), "80")},
      {"the_client_speaks_only_tls11",
       {"client_no_common_version", "SSL_ERROR_UNSUPPORTED_VERSION", -12279, "client", "negotiation", 502},
       failing_with(with_versions(TLS1_1_VERSION, TLS1_1_VERSION), "TLSv1.1")},
      {"the_client_has_no_cipher_in_common",
       {"client_no_common_cipher", "SSL_ERROR_NO_CYPHER_OVERLAP", -12286, "client", "negotiation", 502},
       failing_with(with_cipher("NULL-SHA256@SECLEVEL=0"))},
      {"no_certificate_can_be_minted_for_the_name_of_the_client",
       {"proxy_mint_failed", "PR_UNKNOWN_ERROR", -5994, "ourselves", "certificate", 500},
       failing_with(unmintable())},
  };
}

}  // namespace

std::vector<Scenario> client_tls_scenarios() {
  std::vector<Scenario> all = refusing_scenarios();
  const std::vector<Scenario> others = {
      {"the_client_sends_http_to_the_tls_port",
       {"client_plain_http", "SSL_ERROR_RX_RECORD_TOO_LONG", -12263, "client", "hello", 400},
       Play(send_http)},
      {"the_client_sends_something_else_to_the_tls_port",
       {"client_not_tls", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", -12233, "client", "hello", 400},
       sending("SSH-2.0-OpenSSH_9.2p1\r\n", support::Ending::hold)},
      {"the_hello_of_the_client_is_malformed",
       {"client_tls_error", "SSL_ERROR_RX_MALFORMED_HANDSHAKE", -12249, "client", "negotiation", 502},
       sending(malformed_hello(), support::Ending::hold)},
      {"the_client_closes_in_its_hello",
       {"client_closed_mid_handshake", "PR_END_OF_FILE_ERROR", -5938, "client", "negotiation", 502},
       sending(beginning_of_a_hello(), support::Ending::close)},
      {"the_client_resets_in_its_hello",
       {"client_closed_mid_handshake", "PR_END_OF_FILE_ERROR", -5938, "client", "negotiation", 502},
       sending(beginning_of_a_hello(), support::Ending::reset)},
      {"the_client_closes_before_its_hello",
       {"client_closed_before_hello", "PR_END_OF_FILE_ERROR", -5938, "client", "hello", 502},
       Play(only_knock)},
      {"the_client_does_not_finish_its_hello",
       {"client_handshake_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "client", "negotiation", 408},
       sending(beginning_of_a_hello(), support::Ending::hold, "client_handshake = \"200ms\"")},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace whytls::scenarios
