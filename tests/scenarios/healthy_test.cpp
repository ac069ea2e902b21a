// The other side of every refusal: what is right, or forgiven by the owner, goes through.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

support::TlsScript good_script() {
  return {.chain = {world().leaf, world().intermediate}};
}

void expect_answer(CaseStage& play) {
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("door"));
  const support::Response response = play.ask(client, kWantsPage);
  EXPECT_EQ(response.status, 200) << response.head << response.body;
  EXPECT_EQ(response.body, "healthy\n");
  for (const std::uint64_t count : play.stage().server().counters().failures) EXPECT_EQ(count, 0U);
}

Case serving(support::TlsScript script, std::string policy = {}) {
  Case made;
  made.behaviour = support::serve_https(std::move(script));
  made.policy = std::move(policy);
  return made;
}

TEST(AHealthyServer, IsForwardedInReverseMode) {
  CaseStage play(serving(good_script()));
  expect_answer(play);
}

TEST(AHealthyServer, IsForwardedWhateverVersionItSpeaks) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    support::TlsScript script = good_script();
    script.min_version = version;
    script.max_version = version;
    CaseStage play(serving(std::move(script)));
    expect_answer(play);
  }
}

TEST(AHealthyServer, IsForwardedInsideConnectUnderAMintedCertificate) {
  CaseStage play(serving(good_script()));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("forward"));
  ASSERT_EQ(client.open_tunnel(play.upstream_authority()).status, 200);
  const std::string name(kDevice);
  ASSERT_TRUE(
      client.start_tls({.sni = name, .name_to_check = name, .trusted_pem = play.stage().authority_pem()}));
  EXPECT_EQ(play.ask(client, kWantsPage).body, "healthy\n");
  EXPECT_EQ(play.ask(client, kWantsPage).body, "healthy\n") << "a second request on the same connection";
}

TEST(AHealthyServer, IsForwardedInAbsoluteForm) {
  Case made;
  made.upstream = "http://device.test:{port}";
  made.behaviour = support::serve_http();
  CaseStage play(std::move(made));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("forward"));
  const std::string& authority = play.upstream_authority();
  EXPECT_EQ(client.request("GET", "http://" + authority + "/x?y", authority).body, "healthy\n");
  const std::vector<std::string> requests = play.upstream_requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_TRUE(requests.front().starts_with("GET /x?y HTTP/1.1\r\n")) << requests.front();
}

// An old device: TLS 1.0 and self-signed is no obstacle once its key is pinned.
TEST(AnOldDevice, IsReachedWithAPinAndWithoutTurningVerificationOff) {
  support::CertificateSpec spec = support::leaf_spec("idrac-default");
  spec.key = support::Key::rsa(2048);
  const support::Credential device = support::self_sign(spec);
  CaseStage play(
      serving({.chain = {device}, .max_version = TLS1_VERSION},
              "pins = [\"sha256/" + device.key.pin() + "\"]\n" +
                  "tls = { min_version = \"TLSv1.0\", security_level = 0, legacy_server_connect = true }\n"));
  expect_answer(play);
}

TEST(AnExpiredCertificate, IsForwardedWithAWarningWhereTheOwnerSaysSo) {
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.not_after = support::kTestNow - support::kDay;
  CaseStage play(serving({.chain = {support::issue(spec, world().intermediate), world().intermediate}},
                         "on = { cert_expired = \"warn\" }"));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  support::Client client(stage.port("door"));
  EXPECT_EQ(play.ask(client, kWantsPage).body, "healthy\n");
  const auto line = stage.log().wait_for_failure("cert_expired");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->json.value("verdict", ""), "forward_with_warning") << line->text;
  EXPECT_EQ(line->json.value("rule.key", ""), "on.cert_expired") << line->text;
  EXPECT_EQ(line->level, config::LogLevel::warning);
}

TEST(AnExpiredCertificate, IsRefusedAgainAfterTheDateOfTheRule) {
  support::CertificateSpec spec = support::leaf_spec(kDevice);
  spec.not_after = support::kTestNow - support::kDay;
  CaseStage play(serving({.chain = {support::issue(spec, world().intermediate), world().intermediate}},
                         "on = { cert_expired = { action = \"warn\", until = 2027-01-14 } }"));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("door"));
  expect_problem(play.ask(client, kWantsProblem),
                 {"cert_expired", "SEC_ERROR_EXPIRED_CERTIFICATE", -8181, "upstream", "certificate", 502},
                 play.stage());
}

// The second connection resumes the session of the first; what was wrong then is still wrong.
TEST(ARefusedServer, StaysRefusedWhenItsSessionIsResumed) {
  CaseStage play(serving({.chain = {support::self_sign(support::leaf_spec(kDevice))}}));
  ASSERT_TRUE(play.stage().running());
  for (int i = 0; i < 3; ++i) {
    support::Client client(play.stage().port("door"));
    expect_problem(
        play.ask(client, kWantsProblem),
        {"cert_self_signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", -16370, "upstream", "certificate", 502},
        play.stage());
  }
}

}  // namespace
}  // namespace whytls::scenarios
