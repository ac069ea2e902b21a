// The page, the problem document and the text line, compared with golden files, and what must hold for any of
// them. WHYTLS_UPDATE_GOLDEN=1 writes the golden files anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "golden.h"
#include "proxy/page_assets.h"
#include "proxy/record.h"
#include "proxy/render_advice.h"
#include "proxy/render_parts.h"
#include "sample_records.h"

namespace whytls::proxy {
namespace {

constexpr std::size_t kPageBound = std::size_t{60} * 1024;
constexpr std::size_t kHostilePageBound = std::size_t{160} * 1024;

void expect_golden(const std::string& name, const std::string& actual) {
  unit::expect_file("tests/data/golden/" + name, actual);
}

// The page without its style and script, which are files of their own.
std::string markup(const Record& record) {
  std::string page = render_html(record);
  for (const char* asset : {kPageStyle, kPageScript}) {
    const std::size_t at = page.find(asset);
    EXPECT_NE(at, std::string::npos);
    if (at != std::string::npos) page.erase(at, std::string(asset).size());
  }
  return page;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

nlohmann::json problem(const Record& record) {
  return nlohmann::json::parse(render_problem_json(record));
}

TEST(Golden, EveryKindOfFailureLooksAsItDid) {
  for (const samples::Named& sample : samples::failures()) {
    const std::string name = sample.name;
    expect_golden(name + ".html", markup(sample.record));
    expect_golden(name + ".json", render_problem_json(sample.record));
    expect_golden(name + ".txt", render_text(sample.record) + render_proxy_status(sample.record) + "\n" +
                                     render_log_line(sample.record) + "\n");
  }
}

TEST(Text, IsOneLineWithCodeSlugSentenceAndIncident) {
  EXPECT_EQ(render_text(samples::dns_not_found()),
            "502 PR_DIRECTORY_LOOKUP_ERROR dns_not_found: The name `intranet.exmaple.com` does not exist "
            "(ENOTFOUND); "
            "id=7f3a09c1d2e4b586\n");
  for (const samples::Named& sample : samples::failures()) {
    const std::string line = render_text(sample.record);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << sample.name;
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << sample.name;
    EXPECT_EQ(line.find("\u202e"), std::string::npos) << sample.name;
  }
}

TEST(Problem, HasTheStableMembers) {
  const auto json = problem(samples::expired_and_misnamed());
  EXPECT_EQ(json["type"], "urn:whytls:failure:cert_ip_mismatch");
  EXPECT_EQ(json["title"], policy::info(policy::Failure::cert_ip_mismatch).summary);
  EXPECT_EQ(json["status"], 502);
  EXPECT_EQ(json["detail"], samples::expired_and_misnamed().diagnosis.sentence);
  EXPECT_EQ(json["instance"], "urn:whytls:incident:7f3a09c1d2e4b586");
  EXPECT_EQ(json["slug"], "cert_ip_mismatch");
  EXPECT_EQ(json["code"], "SSL_ERROR_BAD_CERT_DOMAIN");
  EXPECT_EQ(json["number"], -12276);
  EXPECT_EQ(json["leg"], "upstream");
  EXPECT_EQ(json["phase"], "certificate");
  EXPECT_EQ(json["verdict"], "refuse");
  EXPECT_EQ(json["rule"]["policy"], "idrac");
  EXPECT_EQ(json["rule"]["file"], "/etc/whytls/whytls.toml");
  EXPECT_EQ(json["rule"]["line"], 31);
  EXPECT_EQ(json["rule"]["key"], "on.cert_ip_mismatch");
  EXPECT_EQ(json["upstream"]["host"], "10.0.3.7");
  EXPECT_EQ(json["upstream"]["port"], 443);
  EXPECT_EQ(json["upstream"]["address"], "10.0.3.7");
  EXPECT_EQ(json["upstream"]["sni"], "");
  ASSERT_EQ(json["findings"].size(), 2U);
  EXPECT_EQ(json["findings"][1]["slug"], "cert_expired");
  EXPECT_EQ(json["findings"][1]["number"], -8181);
  EXPECT_EQ(json["findings"][1]["severity"], "error");
  EXPECT_EQ(json["findings"][1]["action"], "refuse");
  EXPECT_EQ(json["findings"][1]["depth"], 0);
  EXPECT_EQ(json["findings"][1]["facts"]["days"], "2306");
}

TEST(Problem, HasEveryMemberThatTheSchemaRequires) {
  std::ifstream file(std::string(WHYTLS_SOURCE_DIR) + "/docs/problem.schema.json");
  const auto schema = nlohmann::json::parse(file);
  for (const samples::Named& sample : samples::failures()) {
    const auto json = problem(sample.record);
    for (const auto& name : schema["required"])
      EXPECT_TRUE(json.contains(name)) << sample.name << " lacks " << name;
    for (const auto& [name, value] : json.items()) {
      EXPECT_TRUE(schema["properties"].contains(name)) << "the schema does not know " << name;
    }
  }
}

TEST(Audience, PublicLearnsSummaryCodeAndIncidentOnly) {
  for (samples::Named& sample : samples::failures()) {
    const std::string host = sample.record.attempt.host;
    sample.record.audience = config::Audience::public_;
    for (const auto representation :
         {Representation::html, Representation::problem_json, Representation::text}) {
      const std::string body = render(sample.record, representation).body;
      const auto& info = policy::info(*sample.record.failure());
      // The text line leaves the full stop of the sentence out.
      const std::string_view summary = info.summary.substr(0, info.summary.size() - 1);
      EXPECT_NE(body.find(summary), std::string::npos) << sample.name;
      EXPECT_NE(body.find(info.code), std::string::npos) << sample.name;
      EXPECT_NE(body.find(sample.record.incident), std::string::npos) << sample.name;
      const bool tells_host = !host.empty() && body.find(host) != std::string::npos;
      EXPECT_FALSE(tells_host) << sample.name;
      for (const char* secret : {"127.0.0.1", "idrac", "printer", "sha256/", "Lab CA", "BEGIN CERTIFICATE"}) {
        EXPECT_EQ(body.find(secret), std::string::npos) << sample.name << " tells " << secret;
      }
    }
  }
}

TEST(Audience, OperatorSeesNoPathsOfFiles) {
  Record record = samples::expired_and_misnamed();
  record.diagnosis.findings[0].facts.push_back({"trust_store", "system store + /etc/whytls/lab-root.pem"});
  record.verdict.findings[0].finding = record.diagnosis.findings[0];
  record.audience = config::Audience::operator_;
  for (const auto representation : {Representation::html, Representation::problem_json}) {
    const std::string body = render(record, representation).body;
    EXPECT_EQ(body.find("lab-root"), std::string::npos);
    EXPECT_EQ(body.find("whytls.toml"), std::string::npos);
    EXPECT_NE(body.find("idrac-default"), std::string::npos);
    EXPECT_NE(body.find("https://"), std::string::npos) << "a URL is no path of a file";
  }
}

TEST(Page, NamesTheFailingLegAndStage) {
  EXPECT_NE(markup(samples::expired_and_misnamed()).find("failed: certificate"), std::string::npos);
  EXPECT_NE(markup(samples::dns_not_found()).find("failed: name lookup"), std::string::npos);
  const std::string client = markup(samples::client_rejects_ca());
  EXPECT_NE(client.find("<li class=\"node bad\"><span class=\"who\">Your client"), std::string::npos);
}

TEST(Page, HasOneHeadingOfTheFirstLevelAndUniqueIds) {
  for (const samples::Named& sample : samples::failures()) {
    const std::string page = markup(sample.record);
    EXPECT_EQ(count(page, "<h1"), 1U) << sample.name;
    EXPECT_EQ(count(page, "<main"), 1U) << sample.name;
    EXPECT_NE(page.find("<html lang=\"en\">"), std::string::npos);
    for (const char* id : {"where", "who", "findings", "checks", "chain", "handshake", "change", "pem"}) {
      EXPECT_LE(count(page, "id=\"" + std::string(id) + "\""), 1U) << sample.name << " " << id;
    }
  }
}

TEST(Page, LoadsNothingAndRunsOnlyWhatItsPolicyAllows) {
  for (const samples::Named& sample : samples::failures()) {
    const Rendered page = render(sample.record, Representation::html);
    EXPECT_EQ(count(page.body, "<script"), 1U) << sample.name;
    EXPECT_EQ(count(page.body, "<style"), 1U) << sample.name;
    for (const char* loading :
         {" src=", "<link", "<img", "<iframe", "@import", "url(", " style=", " onclick="}) {
      EXPECT_EQ(page.body.find(loading), std::string::npos) << sample.name << " has " << loading;
    }
    const auto policy = std::find_if(page.headers.begin(), page.headers.end(), [](const auto& field) {
      return field.first == "Content-Security-Policy";
    });
    ASSERT_NE(policy, page.headers.end());
    EXPECT_TRUE(policy->second.starts_with("default-src 'none'; style-src 'sha256-")) << policy->second;
    EXPECT_EQ(policy->second.find("unsafe"), std::string::npos);
  }
}

TEST(Page, ShowsHostileTextHarmless) {
  for (const Record& record : {samples::hostile_plain_http(), samples::hostile_chain()}) {
    const std::string page = markup(record);
    EXPECT_EQ(count(page, "<script"), 1U);
    EXPECT_EQ(page.find("alert('x')"), std::string::npos);
    EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos) << "it is shown, not dropped";
    EXPECT_NE(page.find("{{sentence}}"), std::string::npos) << "it is no template";
    for (const char* raw : {"\x1b", "\x07", "\u202e", "\u200b", "\xff"}) {
      EXPECT_EQ(page.find(raw), std::string::npos);
    }
  }
}

TEST(Page, StaysSmall) {
  for (const samples::Named& sample : samples::failures()) {
    EXPECT_LT(render_html(sample.record).size(), kPageBound) << sample.name;
  }
  EXPECT_LT(render_html(samples::hostile_chain()).size(), kHostilePageBound);
  EXPECT_LT(render_problem_json(samples::hostile_chain()).size(), kHostilePageBound);
}

TEST(Page, DrawsTheMissingLinkAsAGap) {
  const std::string page = markup(samples::missing_intermediate());
  EXPECT_NE(page.find("Missing: Example Issuing CA 3"), std::string::npos);
  EXPECT_NE(page.find("http://ca.example.com/issuing-3.crt"), std::string::npos);
  EXPECT_EQ(markup(samples::changed_key()).find("Missing:"), std::string::npos);
}

TEST(Page, IsCalmForADeviceAndStrongForAChangedKey) {
  EXPECT_NE(markup(samples::self_signed_device()).find("<body class=\"calm\" "), std::string::npos);
  EXPECT_NE(markup(samples::changed_key()).find("<body class=\"strong\" "), std::string::npos);
}

TEST(Page, SaysWhatWasNotChecked) {
  const std::string page = markup(samples::self_signed_device());
  for (const char* name : {"revocation", "certificate transparency"}) {
    const std::string row = std::string("<span class=\"name\">").append(name).append("</span>");
    EXPECT_NE(page.find(row + " <span class=\"state\">not checked</span>"), std::string::npos) << name;
  }
  EXPECT_NE(page.find("What was not checked is not known to be right."), std::string::npos);
}

TEST(Page, SaysInNoFindingWhoseCertificateItIs) {
  Record record = samples::expired_and_misnamed();
  ASSERT_FALSE(record.diagnosis.findings.front().fact("subject").empty());
  EXPECT_EQ(markup(record).find("<dt>subject</dt>"), std::string::npos);
  EXPECT_NE(markup(record).find("<dt>Subject</dt><dd>"), std::string::npos) << "the chain does";
  EXPECT_NE(markup(samples::self_signed_device()).find("<dt>issuer</dt>"), std::string::npos)
      << "it is the fault";
  record.attempt.handshake.presented.clear();
  EXPECT_NE(markup(record).find("<dt>subject</dt>"), std::string::npos) << "there is no chain to look at";
}

TEST(Page, NamesTogetherWhatWasNotCheckedForOneReason) {
  const Record record = samples::dns_not_found();
  const auto& checks = record.diagnosis.checks;
  const auto unchecked = std::count_if(checks.begin(), checks.end(), [](const policy::Check& check) {
    return check.outcome == policy::CheckOutcome::not_checked;
  });
  ASSERT_GE(unchecked, 2);
  const std::string page = markup(record);
  EXPECT_NE(page.find("<span class=\"name\">trust, name</span>"), std::string::npos);
  for (const policy::Check& check : checks) EXPECT_NE(page.find(check.name), std::string::npos) << check.name;
}

TEST(Advice, CommandsOfferWhatWhytlsOffered) {
  Record record = samples::alert_40();
  tls::Offered& offered = record.attempt.handshake.offered;
  const auto first = [&record] { return advice(record).commands.front(); };
  const auto begins = [&](const std::string& options) {
    return first().starts_with("openssl s_client " + options + "-connect ");
  };
  EXPECT_TRUE(begins("-min_protocol TLSv1.2 -max_protocol TLSv1.3 -cipher DEFAULT@SECLEVEL=2 ")) << first();
  offered.min_version = 0x0301;
  offered.max_version = 0x0302;
  offered.security_level = 0;
  EXPECT_TRUE(begins("-min_protocol TLSv1 -max_protocol TLSv1.1 -cipher DEFAULT@SECLEVEL=0 ")) << first();
  offered.min_version = offered.max_version = 0x0304;
  EXPECT_TRUE(begins("-min_protocol TLSv1.3 -max_protocol TLSv1.3 ")) << first();
  offered = {};
  EXPECT_TRUE(begins("")) << "nothing was offered: " << first();
  record.diagnosis.findings.front().failure = policy::Failure::tls_version_refused_by_peer;
  record.verdict.failure = policy::Failure::tls_version_refused_by_peer;
  offered.min_version = offered.max_version = 0x0304;
  offered.security_level = 2;
  std::size_t own = 0;
  for (const std::string& command : advice(record).commands) {
    const bool chooses = command.find(" -tls1") != std::string::npos;
    own += chooses ? 1 : 0;
    EXPECT_TRUE(!chooses || command.find("-min_protocol") == std::string::npos) << command;
  }
  EXPECT_GT(own, 0U) << "a command that is about other versions keeps them";
}

TEST(Suggestions, PinFirstThenCaThenNameThenADate) {
  const auto device = suggestions(samples::self_signed_device());
  ASSERT_EQ(device.size(), 3U);
  EXPECT_NE(device[0].toml.find("pins = [\"sha256/3yqN"), std::string::npos);
  EXPECT_NE(device[1].toml.find("ca_files = ["), std::string::npos);
  EXPECT_NE(device[2].toml.find("cert_self_signed = { action = \"warn\", until = 2026-11-16"),
            std::string::npos);
  const auto misnamed = suggestions(samples::expired_and_misnamed());
  ASSERT_EQ(misnamed.size(), 3U);
  EXPECT_EQ(misnamed[0].toml,
            "[policy.idrac]   # add to the table that is there\npins = "
            "[\"sha256/3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E=\"]\n");
  EXPECT_NE(misnamed[1].toml.find("expected_name = \"idrac-default\""), std::string::npos);
  EXPECT_NE(misnamed[1].toml.find("cert_expired = {"), std::string::npos)
      << "the name alone would not be enough";
}

TEST(Suggestions, NeverTurnVerificationOff) {
  for (const samples::Named& sample : samples::failures()) {
    for (const Suggestion& one : suggestions(sample.record)) {
      EXPECT_EQ(one.toml.find("verify"), std::string::npos) << sample.name;
      EXPECT_EQ(one.toml.find("\"allow\""), std::string::npos) << sample.name;
      EXPECT_EQ(one.toml.find("pin_mismatch"), std::string::npos) << sample.name;
      EXPECT_FALSE(one.gives_up.empty()) << sample.name;
    }
  }
  const auto changed = suggestions(samples::changed_key());
  ASSERT_EQ(changed.size(), 1U) << "the new pin, nothing else";
  EXPECT_TRUE(suggestions(samples::dns_not_found()).empty()) << "no setting makes a name exist";
  EXPECT_TRUE(suggestions(samples::client_rejects_ca()).empty());
  EXPECT_TRUE(suggestions(samples::healthy()).empty());
}

TEST(Suggestions, ForTheTransportNameOnlyThisUpstream) {
  Record record = samples::alert_40();
  record.mode = config::Mode::reverse;
  record.policy_name = "switch";
  record.verdict.failure = policy::Failure::tls_no_renegotiation_info;
  record.verdict.findings[0].finding.failure = policy::Failure::tls_no_renegotiation_info;
  const auto list = suggestions(record);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].toml,
            "[policy.switch]   # add to the table that is there\ntls = { legacy_server_connect = true }\n");
}

TEST(Commands, AreSafeToPasteAndHoldTheValuesOfTheCase) {
  Record record = samples::alert_40();
  EXPECT_EQ(
      fill(record, "openssl s_client -connect {host}:{port} -servername {sni} {unknown}", Filling::shell),
      "openssl s_client -connect old-switch.example:443 -servername old-switch.example {unknown}");
  record.attempt.host = "::1";
  record.sni.clear();
  EXPECT_EQ(fill(record, "openssl s_client -connect {host}:{port} -servername {sni}", Filling::shell),
            "openssl s_client -connect '[::1]':443 -noservername");
  record.attempt.host = "$(reboot)'";
  EXPECT_EQ(fill(record, "curl https://{host}/", Filling::shell), "curl https://'$(reboot)'\\'''/");
}

TEST(Parts, WriteMomentsAndDistances) {
  EXPECT_EQ(parts::rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(parts::rfc3339_ms(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(parts::rfc3339(INT64_MAX), "9999-12-31T23:59:59Z");
  EXPECT_EQ(parts::date(1592956800), "2020-06-24");
  EXPECT_EQ(parts::distance(1592956800, samples::kNow), "2,306 days ago");
  EXPECT_EQ(parts::distance(samples::kNow + 7200, samples::kNow), "in 2 hours");
  EXPECT_EQ(parts::distance(samples::kNow, samples::kNow), "0 seconds ago");
  EXPECT_EQ(parts::duration(999), "999 \u00b5s");
  EXPECT_EQ(parts::duration(48211), "48.2 ms");
  EXPECT_EQ(parts::duration(10'000'000), "10.00 s");
  EXPECT_EQ(parts::grouped(-1234567), "-1,234,567");
}

TEST(Healthy, RendersEverywhereWithoutAFailure) {
  const Record record = samples::healthy();
  EXPECT_EQ(problem(record)["status"], 200);
  EXPECT_NE(markup(record).find("Nothing is wrong."), std::string::npos);
  EXPECT_EQ(render_text(record), "200 Nothing is wrong; id=7f3a09c1d2e4b586\n");
  EXPECT_EQ(render_proxy_status(record), "whytls; next-hop=\"203.0.113.80:443\"");
}

}  // namespace
}  // namespace whytls::proxy
