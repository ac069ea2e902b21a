// What only shows when certificates are compared with those that were seen before.
#include <gtest/gtest.h>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::CertificateSpec;
using support::Credential;
using support::Key;
using support::Peer;

support::Response ask(Stage& stage, const std::string& path, std::string_view accept) {
  support::Client client(stage.port("door"));
  const std::string head = "GET " + path + " HTTP/1.1\r\nHost: door.test\r\nAccept: ";
  if (!client.send(head + std::string(accept) + "\r\n\r\n")) return {};
  return client.receive();
}

std::string door(const std::string& routes, const std::string& policy) {
  return "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\npolicy = \"case\"\n" +
         routes + "\n[policy.case]\n" + policy;
}

std::string route(const std::string& path, std::uint16_t port) {
  return "[[listener.route]]\npath = \"" + path + "\"\nupstream = \"https://" + std::string(kDevice) + ":" +
         std::to_string(port) + "\"\n";
}

// A leaf of the good intermediate with a key of its own and the number that another one has, too.
Credential numbered(const char* key) {
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.serial_hex = "4711471147114711";
  spec.key = Key::ec(key);
  return issue(spec, world().intermediate);
}

void two_with_one_number(const Expected& expected) {
  const Peer first(support::serve_https({.chain = {numbered("first"), world().intermediate}}));
  const Peer second(support::serve_https({.chain = {numbered("second"), world().intermediate}}));
  Stage stage(door(route("/first", first.port()) + route("/second", second.port()),
                   "trust = { system = false, ca_files = [\"" + world().root_file +
                       "\"] }\non.cert_reused_serial = \"refuse\"\n"));
  ASSERT_TRUE(stage.running());
  EXPECT_EQ(ask(stage, "/first", kWantsText).status, 200);
  const support::Response response = ask(stage, "/second", kWantsProblem);
  expect_problem(response, expected, stage);
  EXPECT_NE(response.body.find(std::string(kDevice) + ":" + std::to_string(first.port())), std::string::npos);
  expect_page(ask(stage, "/second", kWantsPage), expected, stage);
  expect_text(ask(stage, "/second", kWantsText), expected, stage);
}

Credential self_made(const char* key) {
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.key = Key::ec(key);
  return self_sign(spec);
}

void another_key_than_at_first(const Expected& expected) {
  const Peer peer(support::serve_https({.chain = {self_made("second")}}));
  Stage stage(door(route("/", peer.port()), "trust = \"first_use\"\n"));
  ASSERT_TRUE(stage.running());
  const ledger::Place place{std::string(kDevice), peer.port(), "127.0.0.1", "door"};
  const tls::Certificate first = tls::read_certificate(self_made("first").der());
  ASSERT_EQ(stage.ledger().reader().remember(place, first, support::kTestNow),
            ledger::RememberOutcome::remembered);
  const support::Response response = ask(stage, "/", kWantsProblem);
  expect_problem(response, expected, stage);
  EXPECT_NE(response.body.find(Key::ec("first").pin()), std::string::npos);
  EXPECT_NE(response.body.find(Key::ec("second").pin()), std::string::npos);
  expect_page(ask(stage, "/", kWantsPage), expected, stage);
  expect_text(ask(stage, "/", kWantsText), expected, stage);
}

}  // namespace

std::vector<Scenario> history_scenarios() {
  return {
      {"another_certificate_has_the_same_issuer_and_serial_number",
       {"cert_reused_serial", "SEC_ERROR_REUSED_ISSUER_AND_SERIAL", -8054, "upstream", "certificate", 502},
       Play(two_with_one_number)},
      {"the_key_is_another_one_than_at_first",
       {"key_changed", "MOZILLA_PKIX_ERROR_KEY_PINNING_FAILURE", -16384, "upstream", "certificate", 502},
       Play(another_key_than_at_first)},
  };
}

}  // namespace whytls::scenarios
