#include "proxy/record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sample_records.h"

namespace whytls::proxy {
namespace {

using policy::Action;
using policy::Decision;
using policy::Failure;

// The record after its policy let it pass.
Record passed(Record record, Decision decision, Action action) {
  record.verdict.decision = decision;
  for (policy::JudgedFinding& judged : record.verdict.findings) judged.action = action;
  if (action == Action::allow) record.verdict.failure.reset();
  return record;
}

TEST(Record, ReportsTheFailureOfTheVerdictBeforeThatOfTheDiagnosis) {
  Record record = samples::expired_and_misnamed();
  EXPECT_EQ(record.failure(), Failure::cert_ip_mismatch);
  record.verdict.failure = Failure::cert_expired;
  EXPECT_EQ(record.failure(), Failure::cert_expired);
  record.verdict = {};
  EXPECT_EQ(record.failure(), Failure::cert_ip_mismatch);
  EXPECT_EQ(samples::healthy().failure(), std::nullopt);
}

TEST(Record, HasTheStatusOfItsFailureUnlessItWasForwarded) {
  EXPECT_EQ(samples::expired_and_misnamed().status(), 502);
  EXPECT_EQ(samples::healthy().status(), 200);
  Record unjudged = samples::expired_and_misnamed();
  unjudged.verdict = {};
  EXPECT_EQ(unjudged.status(), 502) << "what nobody judged was not forwarded";
  EXPECT_EQ(passed(samples::expired_and_misnamed(), Decision::forward_with_warning, Action::warn).status(),
            200);
}

TEST(Record, IsLoggedAtTheLevelThatItDeserves) {
  using config::LogLevel;
  EXPECT_EQ(log_level(samples::healthy()), LogLevel::info);
  EXPECT_EQ(log_level(samples::dns_not_found()), LogLevel::error);
  EXPECT_EQ(log_level(passed(samples::expired_and_misnamed(), Decision::forward_with_warning, Action::warn)),
            LogLevel::warning);
  EXPECT_EQ(log_level(passed(samples::expired_and_misnamed(), Decision::forward, Action::allow)),
            LogLevel::info);
  Record record = samples::client_rejects_ca();
  record.verdict.failure = Failure::client_closed_before_hello;
  EXPECT_EQ(log_level(record), LogLevel::debug);
  record.verdict.failure = Failure::client_closed_mid_handshake;
  EXPECT_EQ(log_level(record), LogLevel::warning);
}

TEST(Representation, IsChosenByWhatTheClientIs) {
  constexpr const char* kChromeNavigation =
      "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
      "application/signed-exchange;v=b3;q=0.7";
  constexpr const char* kFirefoxNavigation =
      "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  constexpr const char* kChromeImage = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
  constexpr auto kHtml = Representation::html;
  constexpr auto kJson = Representation::problem_json;
  constexpr auto kText = Representation::text;
  struct Row {
    const char* what;
    const char* accept;
    const char* mode;
    const char* dest;
    Representation wanted;
  };
  const Row rows[] = {
      {"Chromium, address bar, https", kChromeNavigation, "navigate", "document", kHtml},
      {"Chromium, address bar, http: no Fetch Metadata", kChromeNavigation, "", "", kHtml},
      {"Firefox, address bar", kFirefoxNavigation, "navigate", "document", kHtml},
      {"Firefox, frame", kFirefoxNavigation, "navigate", "iframe", kHtml},
      {"Internet Explorer 11", "text/html, application/xhtml+xml, */*", "", "", kHtml},
      {"Chromium, image", kChromeImage, "no-cors", "image", kText},
      {"Chromium, image, http", kChromeImage, "", "", kText},
      {"Chromium, style sheet", "text/css,*/*;q=0.1", "no-cors", "style", kText},
      {"Chromium, script", "*/*", "no-cors", "script", kText},
      {"Firefox, font", "application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8", "cors", "font",
       kText},
      {"service worker script", "*/*", "same-origin", "serviceworker", kText},
      {"fetch() without Accept", "*/*", "cors", "empty", kJson},
      {"axios", "application/json, text/plain, */*", "cors", "empty", kJson},
      {"jQuery.getJSON", "application/json, text/javascript, */*; q=0.01", "cors", "empty", kJson},
      {"fetch() of a piece of a page", "text/html, */*; q=0.01", "same-origin", "empty", kHtml},
      {"curl", "*/*", "", "", kText},
      {"wget", "*/*", "", "", kText},
      {"no Accept at all", "", "", "", kText},
      {"curl for JSON", "application/json", "", "", kJson},
      {"curl for the problem document", "application/problem+json", "", "", kJson},
      {"any media type of application", "application/*", "", "", kJson},
      {"lower weight for HTML", "text/html;q=0.3, application/json;q=0.9", "", "", kJson},
      {"lower weight for JSON", "application/json;q=0.2,text/html ; q=0.8", "", "", kHtml},
      {"text before JSON by weight", "application/json;q=0.5, text/plain", "", "", kText},
      {"HTML forbidden", "text/html;q=0, application/json;q=0.1", "", "", kJson},
      {"capital letters and blanks", " TEXT/HTML ;Q=1.0 , */*;q=0.1", "", "", kHtml},
      {"Python requests", "*/*", "", "", kText},
      {"Go net/http", "", "", "", kText},
      {"an odd weight", "application/json;q=high, text/html;q=0.5", "", "", kJson},
      {"garbage", ";;,,=;q=,", "", "", kText},
  };
  for (const Row& row : rows) {
    Wishes wishes;
    wishes.accept = row.accept;
    wishes.sec_fetch_mode = row.mode;
    wishes.sec_fetch_dest = row.dest;
    EXPECT_EQ(choose_representation(wishes), row.wanted) << row.what;
  }
}

TEST(ProxyStatus, NamesTheErrorAndTheNextHop) {
  EXPECT_EQ(render_proxy_status(samples::expired_and_misnamed()),
            "whytls; error=tls_certificate_error; details=\"cert_ip_mismatch,cert_expired\"; "
            "next-hop=\"10.0.3.7:443\"");
  EXPECT_EQ(render_proxy_status(samples::alert_40()),
            "whytls; error=tls_alert_received; alert-id=40; alert-message=\"handshake_failure\"; "
            "details=\"tls_no_common_cipher\"; next-hop=\"10.0.9.2:443\"");
  EXPECT_EQ(render_proxy_status(samples::dns_not_found()),
            "whytls; error=dns_error; details=\"dns_not_found\"; next-hop=\"intranet.exmaple.com:443\"");
}

TEST(ProxyStatus, SaysAlertReceivedOnlyWhenOneWasReceived) {
  Record record = samples::alert_40();
  record.attempt.handshake.alerts[0].direction = tls::Alert::Direction::sent;
  EXPECT_EQ(render_proxy_status(record).find("alert"), std::string::npos);
  EXPECT_NE(render_proxy_status(record).find("error=tls_protocol_error"), std::string::npos);
}

TEST(ProxyStatus, TellsThePublicTheErrorTypeOnly) {
  Record record = samples::alert_40();
  record.audience = config::Audience::public_;
  EXPECT_EQ(render_proxy_status(record), "whytls; error=tls_alert_received");
}

TEST(ProxyStatus, StaysAStructuredFieldWhateverTheNamesAre) {
  Record record = samples::dns_not_found();
  record.proxy_name = "my \"proxy\"\r\nX: y";
  record.attempt.host = samples::hostile_text();
  const std::string field = render_proxy_status(record);
  for (const char c : field) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << field;
  EXPECT_TRUE(field.starts_with("\"my \\\"proxy\\\"\\\\x0d\\\\x0aX: y\"; error=dns_error")) << field;
}

TEST(LogLine, HoldsEveryFieldOfAFailure) {
  EXPECT_EQ(
      render_log_line(samples::expired_and_misnamed()),
      R"({"time":"2026-10-17T10:00:00.250Z","level":"error","event":"upstream_handshake","incident":"7f3a09c1d2e4b586",)"
      R"("listener":"idrac-rack7","mode":"reverse","route":"/","policy":"idrac","policy.chosen_by":"policy_for",)"
      R"("policy.file":"/etc/whytls/whytls.toml","policy.line":24,"client":"127.0.0.1:50123",)"
      R"("method":"GET","url":"https://10.0.3.7/","upstream.host":"10.0.3.7","upstream.port":443,)"
      R"("upstream.address":"10.0.3.7","verdict":"refuse","error.type":"cert_ip_mismatch","error.message":)"
      R"("The certificate of 10.0.3.7:443 was issued for `idrac-default`, not `10.0.3.7`, and expired 2306 days ago )"
      R"((2020-06-24 00:00:00 UTC).","error.code":"SSL_ERROR_BAD_CERT_DOMAIN","error.number":-12276,)"
      R"("failure.leg":"upstream","failure.phase":"certificate","failure.severity":"error",)"
      R"("failure.codes":["cert_ip_mismatch","cert_expired"],"status":502,"rule.policy":"idrac",)"
      R"("rule.file":"/etc/whytls/whytls.toml","rule.line":31,"rule.key":"on.cert_ip_mismatch",)"
      R"("rule.value":"\"refuse\"","tls.established":true,"tls.resumed":false,"tls.protocol.name":"tls","tls.protocol.version":"1.2",)"
      R"("tls.cipher":"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384","tls.curve":"x25519","tls.next_protocol":"http/1.1",)"
      R"("tls.client.server_name_absent":"IP address","tls.expected_name":"10.0.3.7",)"
      R"("tls.server.subject":"CN=idrac-default,O=Example","tls.server.issuer":"CN=Lab CA,O=Example",)"
      R"("tls.server.serial":"0dc61f5a9e3b7042","tls.server.not_before":"2010-06-27T00:00:00Z",)"
      R"("tls.server.not_after":"2020-06-24T00:00:00Z",)"
      R"("tls.server.hash.sha256":"5FBB6C2A1D9E40C7A8B3F0E1D2C3B4A5968778695A4B3C2D1E0F112233445566",)"
      R"("tls.server.pin":"sha256/3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E=","tls.server.certificates":1,)"
      R"("openssl.verify":["10@0","64@0"],"timing.connect_us":612,"timing.handshake_us":48211,)"
      R"("timing.total_us":51003})");
}

TEST(LogLine, HoldsTheRawNumbersOfAnAlert) {
  const auto line = nlohmann::json::parse(render_log_line(samples::alert_40()));
  EXPECT_EQ(line["alert.received"], 40);
  EXPECT_EQ(line["openssl.code"], 0x0A000410);
  EXPECT_EQ(line["openssl.reason"], 1040);
  EXPECT_EQ(line["tls.established"], false);
  EXPECT_EQ(line["first_bytes"], "\\x15\\x03\\x03\\x00\\x02\\x02(");
  EXPECT_FALSE(line.contains("tls.server.subject")) << "fields without a value are left out";
}

TEST(LogLine, HasOneUpstreamHandshakeForEachHandshake) {
  const auto event = [](const Record& record) {
    return nlohmann::json::parse(render_log_line(record))["event"].get<std::string>();
  };
  EXPECT_EQ(event(samples::healthy()), "upstream_handshake");
  EXPECT_EQ(event(samples::alert_40()), "upstream_handshake");
  EXPECT_EQ(event(samples::dns_not_found()), "failure") << "none was begun";
  for (const policy::Phase later : {policy::Phase::after_handshake, policy::Phase::http}) {
    Record record = samples::healthy();
    record.attempt.phase = later;
    EXPECT_EQ(event(record), "failure") << "the handshake had its line when it ended";
  }
  Record own = samples::healthy();
  own.attempt.own = policy::OwnFault::internal;
  EXPECT_EQ(event(own), "failure");
}

TEST(LogLine, NamesTheLegOfAClientFailureAndNoUpstream) {
  const auto line = nlohmann::json::parse(render_log_line(samples::client_rejects_ca()));
  EXPECT_EQ(line["event"], "client_connection");
  EXPECT_EQ(line["failure.leg"], "client");
  EXPECT_FALSE(line.contains("upstream.host"));
}

TEST(LogLine, IsOneLineOfAsciiWhateverThePeerSent) {
  for (const Record& record : {samples::hostile_plain_http(), samples::hostile_chain()}) {
    const std::string line = render_log_line(record);
    for (const char c : line) ASSERT_TRUE(c >= 0x20 && c < 0x7f);
    EXPECT_TRUE(nlohmann::json::accept(line));
    EXPECT_LT(line.size(), 16U * 1024);
  }
}

}  // namespace
}  // namespace whytls::proxy
