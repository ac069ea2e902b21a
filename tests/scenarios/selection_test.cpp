// By which policy an upstream is judged, and the built-in policies, from the file to the answer.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <optional>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

support::Credential expired_leaf() {
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.not_after = support::kTestNow - support::kDay;
  return support::issue(spec, world().intermediate);
}

support::TlsScript expired_script() {
  return {.chain = {expired_leaf(), world().intermediate}};
}

// TLS 1.0 alone, self-signed, for another name: what a device of 2010 does.
struct OldDevice {
  support::Credential key;
  [[nodiscard]] support::TlsScript script() const { return {.chain = {key}, .max_version = TLS1_VERSION}; }
  [[nodiscard]] std::string pins() const { return "pins = [\"sha256/" + key.key.pin() + "\"]\n"; }
};

OldDevice old_device() {
  support::CertificateSpec spec = support::leaf_spec("idrac-default");
  spec.key = support::Key::rsa(1024);
  return {support::self_sign(spec)};
}

std::string trusting_the_world() {
  return "trust = { system = false, ca_files = [\"" + world().root_file + "\"] }\n";
}

// The policies "plain", which refuses what browsers refuse, and "lenient", which only warns of dates.
std::string policies() {
  return "[policy.plain]\n" + trusting_the_world() + "[policy.lenient]\nextends = \"plain\"\n" +
         "on = { cert_expired = \"warn\" }\n";
}

// A reverse listener "door" to https://device.test, a forward listener "forward", both with the policy
// "plain", and whatever else a test adds. {port} is the port of the peer.
class Doors {
 public:
  Doors(support::TlsScript script, const std::string& rest, const std::string& door = {})
      : peer_(support::serve_https(std::move(script))) {
    const std::string port = std::to_string(peer_.port());
    authority_ = std::string(kDevice) + ":" + port;
    std::string toml =
        "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\npolicy = \"plain\"\n"
        "[[listener.route]]\nupstream = \"https://device.test:{port}\"\n" +
        door +
        "[[listener]]\nname = \"forward\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = "
        "\"plain\"\n" +
        rest + policies();
    for (std::size_t at = toml.find("{port}"); at != std::string::npos; at = toml.find("{port}"))
      toml.replace(at, 6, port);
    stage_ = std::make_unique<Stage>(toml);
  }

  [[nodiscard]] Stage& stage() { return *stage_; }
  [[nodiscard]] unsigned connections() const { return peer_.connections(); }

  [[nodiscard]] int through_the_door() {
    support::Client client(stage_->port("door"));
    return client.request("GET", "/", "door.test").status;
  }
  [[nodiscard]] int through_connect(const std::string& authority) {
    support::Client client(stage_->port("forward"));
    if (client.open_tunnel(authority).status != 200) return 0;
    const std::string name(kDevice);
    if (!client.start_tls({.sni = name, .name_to_check = name, .trusted_pem = stage_->authority_pem()}))
      return 0;
    return client.request("GET", "/", authority).status;
  }
  [[nodiscard]] int through_connect() { return through_connect(authority_); }
  [[nodiscard]] Json line_of(std::string_view slug) {
    const auto line = stage_->log().wait_for_failure(slug);
    return line ? line->json : Json::object();
  }

 private:
  support::Peer peer_;
  std::string authority_;
  std::unique_ptr<Stage> stage_;
};

constexpr int kRefused = 502;

TEST(PolicyFor, TheHostOfTheUpstreamChoosesThePolicyInBothModes) {
  Doors doors(expired_script(), "[[policy_for]]\nhost = \"*.test\"\npolicy = \"lenient\"\n");
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.through_connect(), 200);
  const Json line = doors.line_of("cert_expired");
  EXPECT_EQ(line.value("policy", ""), "lenient") << line;
  EXPECT_EQ(line.value("policy.chosen_by", ""), "policy_for") << line;
  EXPECT_EQ(line.value("policy.file", ""), "scenario.toml") << line;
  EXPECT_GT(line.value("policy.line", 0), 0) << line;
  EXPECT_EQ(line.value("rule.policy", ""), "lenient") << line;
}

TEST(PolicyFor, AnotherHostIsJudgedByTheListener) {
  Doors doors(expired_script(), "[[policy_for]]\nhost = \"other.test\"\npolicy = \"lenient\"\n");
  EXPECT_EQ(doors.through_the_door(), kRefused);
  EXPECT_EQ(doors.through_connect(), kRefused);
  const Json line = doors.line_of("cert_expired");
  EXPECT_EQ(line.value("policy.chosen_by", ""), "listener") << line;
}

TEST(PolicyFor, ThePortChoosesThePolicy) {
  const std::string same = "[[policy_for]]\nports = [{port}]\npolicy = \"lenient\"\n";
  Doors doors(expired_script(), same);
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.through_connect(), 200);
  Doors other(expired_script(), "[[policy_for]]\nports = [1]\npolicy = \"lenient\"\n");
  EXPECT_EQ(other.through_the_door(), kRefused);
}

TEST(PolicyFor, TheAddressThatIsConnectedToChoosesThePolicy) {
  Doors doors(expired_script(), "[[policy_for]]\naddress = \"127.0.0.0/8\"\npolicy = \"lenient\"\n");
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.through_connect(), 200);
  EXPECT_EQ(doors.line_of("cert_expired").value("policy", ""), "lenient");
  Doors other(expired_script(), "[[policy_for]]\naddress = \"10.0.0.0/8\"\npolicy = \"lenient\"\n");
  EXPECT_EQ(other.through_the_door(), kRefused);
  EXPECT_EQ(other.through_connect(), kRefused);
  EXPECT_EQ(other.line_of("cert_expired").value("policy", ""), "plain");
}

// TLS options come from the policy as well, so it has to be known before the handshake.
TEST(PolicyFor, TheAddressChoosesTheVersionsThatAreOffered) {
  const OldDevice device = old_device();
  Doors doors(
      device.script(),
      "[[policy_for]]\naddress = \"127.0.0.1\"\npolicy = \"old\"\n[policy.old]\nextends = \"legacy\"\n" +
          device.pins());
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.through_the_door(), 200) << "from the pool";
  EXPECT_EQ(doors.connections(), 1U) << "a connection that was chosen by its address waits in the pool too";
}

// A connection that was judged leniently because of its address is none for a route that names its own
// policy.
TEST(PolicyFor, AConnectionIsReusedOnlyUnderThePolicyThatWasInForce) {
  const std::string strict_route =
      "[[listener.route]]\npath = \"/strict\"\nupstream = \"https://device.test:{port}\"\npolicy = "
      "\"plain\"\n";
  Doors doors(expired_script(), "[[policy_for]]\naddress = \"127.0.0.0/8\"\npolicy = \"lenient\"\n",
              strict_route);
  EXPECT_EQ(doors.through_the_door(), 200);
  support::Client client(doors.stage().port("door"));
  EXPECT_EQ(client.request("GET", "/strict", "door.test").status, kRefused);
  EXPECT_EQ(doors.connections(), 2U);
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.connections(), 2U) << "the first one is still good for what it was judged for";
}

TEST(PolicyFor, IsNotAskedForARouteThatNamesItsPolicy) {
  Doors doors(expired_script(), "[[policy_for]]\nhost = \"*\"\npolicy = \"plain\"\n",
              "policy = \"lenient\"\n");
  EXPECT_EQ(doors.through_the_door(), 200);
  EXPECT_EQ(doors.through_connect(), kRefused);
  EXPECT_EQ(doors.line_of("cert_expired").value("policy.chosen_by", ""), "route");
}

TEST(PolicyFor, TheProblemDocumentNamesTheEntry) {
  Doors doors(expired_script(), "[[policy_for]]\nhost = \"device.test\"\npolicy = \"strict\"\n");
  support::Client client(doors.stage().port("door"));
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: door.test\r\nAccept: application/problem+json\r\n\r\n"));
  const Json problem = Json::parse(client.receive().body, nullptr, false);
  ASSERT_TRUE(problem.contains("rule")) << problem;
  const Json chosen = problem["rule"].value("chosen_by", Json::object());
  EXPECT_EQ(chosen.value("policy", ""), "strict") << problem["rule"];
  EXPECT_EQ(chosen.value("by", ""), "policy_for") << problem["rule"];
  EXPECT_EQ(chosen.value("file", ""), "scenario.toml") << problem["rule"];
}

Case serving(support::TlsScript script, const std::string& policy, const std::string& trust = {}) {
  Case made;
  made.behaviour = support::serve_https(std::move(script));
  made.policy = policy;
  made.trust = trust;
  return made;
}

int status_under(support::TlsScript script, const std::string& rest) {
  support::Peer peer(support::serve_https(std::move(script)));
  Stage stage(
      "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\nupstream = \"https://" +
      std::string(kDevice) + ":" + std::to_string(peer.port()) + "\"\n" + rest);
  if (!stage.running()) return 0;
  support::Client client(stage.port("door"));
  return client.request("GET", "/", "door.test").status;
}

TEST(LegacyPolicy, ReachesAnOldDeviceByItsPinAlone) {
  const OldDevice device = old_device();
  EXPECT_EQ(status_under(device.script(), "policy = \"legacy\"\n" + device.pins()), 200);
  EXPECT_EQ(status_under(old_device().script(), "policy = \"legacy\"\n" + device.pins()), kRefused)
      << "another device of the same make";
}

TEST(ObservePolicy, ForwardsAnOldDeviceAndWarnsOfEverything) {
  support::Peer peer(support::serve_https(old_device().script()));
  Stage stage(
      "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\npolicy = \"observe\"\n"
      "upstream = \"https://device.test:" +
      std::to_string(peer.port()) + "\"\n");
  ASSERT_TRUE(stage.running());
  support::Client client(stage.port("door"));
  EXPECT_EQ(client.request("GET", "/", "door.test").status, 200);
  const auto line = stage.log().wait_for_failure("cert_self_signed");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->json.value("verdict", ""), "forward_with_warning") << line->text;
  EXPECT_EQ(line->json.value("rule.policy", ""), "observe") << line->text;
  EXPECT_EQ(line->json.value("rule.key", ""), "without_rule") << line->text;
  EXPECT_EQ(line->level, config::LogLevel::warning);
  const Json codes = line->json.value("failure.codes", Json::array());
  for (const char* slug : {"cert_self_signed", "cert_weak_key", "cert_name_mismatch"})
    EXPECT_NE(std::find(codes.begin(), codes.end(), slug), codes.end()) << line->text;
}

TEST(ObservePolicy, CannotForwardWhatLeavesNoConnection) {
  support::TlsScript script = old_device().script();
  script.only_name = "other.test";
  EXPECT_EQ(status_under(std::move(script), "policy = \"observe\"\n"), kRefused);
}

TEST(StrictPolicy, ForwardsWhatIsRight) {
  const std::string strict = "policy = \"s\"\n[policy.s]\nextends = \"strict\"\n" + trusting_the_world();
  EXPECT_EQ(status_under({.chain = {world().leaf, world().intermediate}}, strict), 200);
  EXPECT_EQ(
      status_under({.chain = {world().leaf, world().intermediate}, .max_version = TLS1_2_VERSION}, strict),
      200);
}

TEST(StrictPolicy, OffersNothingWithoutForwardSecrecyAndAuthenticatedEncryption) {
  const std::string strict = "policy = \"s\"\n[policy.s]\nextends = \"strict\"\n" + trusting_the_world();
  const std::string plain = "policy = \"s\"\n[policy.s]\n" + trusting_the_world();
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.key = support::Key::rsa(2048);
  const support::Credential rsa = support::issue(spec, world().intermediate);
  for (const char* ciphers : {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    const support::TlsScript script = {.chain = {rsa, world().intermediate},
                                       .max_version = TLS1_2_VERSION,
                                       .ciphers = std::string(ciphers) + ":@SECLEVEL=0",
                                       .dh_bits = 2048};
    EXPECT_EQ(status_under(script, plain), 200) << ciphers;
    EXPECT_EQ(status_under(script, strict), kRefused) << ciphers;
  }
}

// Under a CA of the owner a serial number of zero is a warning, by the default of the finding.
TEST(StrictPolicy, RefusesWhatIsOnlyAWarningElsewhere) {
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.serial_hex = "00";
  const support::TlsScript script = {
      .chain = {support::issue(spec, world().intermediate), world().intermediate}};
  EXPECT_EQ(status_under(script, "policy = \"s\"\n[policy.s]\n" + trusting_the_world()), 200);
  CaseStage play(serving(script, "without_rule = \"refuse\"\n"));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("door"));
  const std::string incident = expect_problem(
      play.ask(client, kWantsProblem),
      {"cert_serial", "MOZILLA_PKIX_ERROR_INVALID_INTEGER_ENCODING", -16373, "upstream", "certificate", 502},
      play.stage());
  const auto line = play.stage().log().wait_for_incident(incident);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->json.value("rule.key", ""), "without_rule") << line->text;
  EXPECT_EQ(status_under(script, "policy = \"s\"\n[policy.s]\nextends = \"strict\"\n" + trusting_the_world()),
            kRefused);
}

}  // namespace
}  // namespace whytls::scenarios
