// What the page says in words of others: certificates as text, alerts, and which of it is marked as English.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "policy_cases.h"
#include "proxy/record.h"
#include "sample_records.h"
#include "tests/support/certificates.h"
#include "tls/openssl.h"

namespace whytls::proxy {
namespace {

using policy::Failure;
using policy::Language;
using policy::Word;
using Direction = tls::Alert::Direction;

const Language& german() {
  return choose_language("de");
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool has(const std::string& page, std::string_view part) {
  return page.find(part) != std::string::npos;
}

// What stands between the first `begin` and the next `end`; empty when one is missing.
std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return {};
  const std::size_t to = text.find(end, from + begin.size());
  return to == std::string::npos ? "" : text.substr(from + begin.size(), to - from - begin.size());
}

Record with_chain(const std::vector<std::string>& ders) {
  Record record = samples::self_signed_device();
  record.attempt.handshake.presented.clear();
  for (const std::string& der : ders)
    record.attempt.handshake.presented.push_back(tls::read_certificate(der));
  return record;
}

std::string leaf_of_names(const std::vector<std::string>& names) {
  support::CertificateSpec spec = support::leaf_spec("device.test");
  spec.dns_names = names;
  return support::self_sign(spec).der();
}

TEST(TextView, StandsBesideThePemOfEachCertificateThatCanBeParsed) {
  const Record record = with_chain({leaf_of_names({"device.test"}), "no certificate at all"});
  const std::string page = render_html(record);
  EXPECT_EQ(count(page, "<summary>PEM of "), 2U);
  EXPECT_EQ(count(page, " as text</summary>"), 1U);
  EXPECT_TRUE(has(page, "<summary>0: device.test as text</summary>"));
  EXPECT_TRUE(has(page, "        Issuer: CN = device.test\n"));
  EXPECT_TRUE(has(page, "                DNS:device.test\n"));
  EXPECT_TRUE(has(page, policy::english().word(Word::page_pem_text_note)));
  const std::string none = render_html(with_chain({"no certificate at all"}));
  EXPECT_FALSE(has(none, " as text</summary>"));
  EXPECT_FALSE(has(none, policy::english().word(Word::page_pem_text_note))) << "nothing is said of no text";
}

// The lines of a text without the blanks around them.
std::vector<std::string> trimmed_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin != std::string::npos)
      lines.push_back(line.substr(begin, line.find_last_not_of(' ') + 1 - begin));
  }
  return lines;
}

TEST(TextView, IsWhatOpensslPrintsWithoutTheKey) {
  support::CertificateSpec spec = support::intermediate_spec("Example CA");
  spec.serial_hex = "1122334455667788990011223344";
  spec.name_constraints = "critical,permitted;DNS:inside.test";
  spec.authority_info_access = "caIssuers;URI:http://ca.test/i.cer";
  const support::Credential made =
      support::issue(spec, support::self_sign(support::root_spec("Example Root")));
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  X509_print_ex(memory.get(), made.certificate.get(), XN_FLAG_ONELINE,
                X509_FLAG_NO_PUBKEY | X509_FLAG_NO_SIGDUMP);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  const std::string printed(text, static_cast<std::size_t>(size));
  EXPECT_EQ(trimmed_lines(tls::to_text(made.der())), trimmed_lines(printed));
}

TEST(TextView, IsEnglishOnAGermanPageAndSaysSo) {
  const Record record = with_chain({leaf_of_names({"device.test"})});
  const std::string page = render_html(record, german());
  EXPECT_TRUE(
      has(page, "<summary>0: device.test als Text</summary>\n<pre tabindex=\"0\" lang=\"en\"><code>"));
  EXPECT_FALSE(has(render_html(record), "<pre tabindex=\"0\" lang="));
}

TEST(TextView, ShowsHostileNamesHarmless) {
  const std::string der =
      leaf_of_names({"<script>alert(1)</script>", "\u202etest", "\x1b[31m", "\xff\x01",
                     "a\n        X509v3 Basic Constraints: critical\n                CA:TRUE"});
  const std::string page = render_html(with_chain({der}));
  const std::string text = between(page, " as text</summary>", "</pre>");
  ASSERT_NE(text, "");
  EXPECT_TRUE(has(text, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_TRUE(has(text, "\u2039U+202E\u203a")) << text;
  EXPECT_TRUE(has(text, "\\x1b[31m"));
  EXPECT_TRUE(has(text, "\\xff\\x01"));
  for (const char* raw : {"\x1b", "\u202e", "\xff", "<script"}) EXPECT_FALSE(has(text, raw));
  EXPECT_TRUE(has(text, "\n                X509v3 Basic Constraints: critical\n"))
      << "a name with newlines stays indented as a value is";
  EXPECT_FALSE(has(text, "\n        X509v3 Basic")) << "and pretends to be no other extension";
}

TEST(TextView, IsBoundedForEachCertificateAndForThePage) {
  // Under 6 KiB of DER, or there would be no PEM, and far more than 4000 bytes of text.
  const std::string der = leaf_of_names(std::vector<std::string>(1200, "\x01"));
  ASSERT_LT(der.size(), 6000U);
  const Record one = with_chain({der});
  const std::string text = between(render_html(one), " as text</summary>", "</pre>");
  EXPECT_TRUE(has(text, "more bytes)"));
  EXPECT_LT(text.size(), 4 * 4000U + 200U) << "four bytes for each that is escaped";
  const std::string usual = leaf_of_names(std::vector<std::string>(40, "a.test"));
  const std::string page = render_html(with_chain(std::vector<std::string>(20, usual)));
  const std::size_t texts = count(page, " as text</summary>");
  EXPECT_GE(texts, 3U);
  EXPECT_LT(texts * tls::to_text(usual).size(), 6000U);
  EXPECT_GT(count(page, "<summary>PEM of "), texts);
  constexpr std::size_t kHostilePageBound = std::size_t{160} * 1024;
  EXPECT_LT(render_html(with_chain(std::vector<std::string>(20, der))).size(), kHostilePageBound);
}

TEST(TextView, LeavesAPageWithThreeLargeCertificatesSmall) {
  const support::Credential root = support::self_sign(support::root_spec("A root of a usual length"));
  const support::Key key = support::Key::rsa(2048);
  std::vector<std::string> ders;
  for (const char* name : {"www.device.example.test", "An issuing CA", "A CA above it"}) {
    support::CertificateSpec spec = support::leaf_spec(name);
    spec.key = key;
    if (ders.empty()) spec.dns_names.assign(60, "name-of-a-usual-length.example.test");
    spec.authority_info_access = "caIssuers;URI:http://ca.example.test/issuer.cer";
    ders.push_back(support::issue(spec, root).der());
  }
  constexpr std::size_t kPageBound = std::size_t{60} * 1024;
  const std::string page = render_html(with_chain(ders), german());
  EXPECT_EQ(count(page, " als Text</summary>"), 3U);
  EXPECT_LT(page.size(), kPageBound);
}

// The items of the list of alerts.
std::string alert_list(const Record& record, const Language& language = policy::english()) {
  return between(render_html(record, language), "<ul class=\"alerts\">\n", "\n</ul>");
}

Record with_alerts(const std::vector<tls::Alert>& alerts) {
  Record record = samples::alert_40();
  record.attempt.handshake.alerts = alerts;
  return record;
}

TEST(Alerts, OfTheFailureLeadToItsCauses) {
  for (const Language* language : {&policy::english(), &german()}) {
    const std::string list = alert_list(samples::alert_40(), *language);
    EXPECT_TRUE(has(list, language->failure(Failure::tls_no_common_cipher).summary)) << language->tag;
    EXPECT_TRUE(has(list, "<a href=\"#causes\">")) << language->tag;
    EXPECT_FALSE(has(list, "class=\"causes\"")) << "they stand there already";
    EXPECT_TRUE(has(render_html(samples::alert_40(), *language), "<h2 id=\"causes\">"));
  }
}

TEST(Alerts, OfAnotherFailureHaveTheirOwnCauses) {
  const Record record =
      with_alerts({{Direction::received, 1, 112, false}, {Direction::received, 2, 40, false}});
  for (const Language* language : {&policy::english(), &german()}) {
    const std::string list = alert_list(record, *language);
    const policy::FailureWords& words = language->failure(Failure::tls_sni_unknown);
    EXPECT_TRUE(has(list, words.summary)) << language->tag;
    const std::string causes = between(list, "<ol class=\"causes\">", "</ol>");
    EXPECT_EQ(count(causes, "<li>"), std::min<std::size_t>(words.causes.size(), 3)) << language->tag;
    // The first letter is a capital one here.
    EXPECT_TRUE(has(causes, words.causes.front().substr(1))) << language->tag << causes;
    EXPECT_EQ(count(list, "href=\"#causes\""), 1U);
  }
}

TEST(Alerts, OfOursClaimNothingOfThePeer) {
  for (const Language* language : {&policy::english(), &german()}) {
    for (const policy::test::Case& row : policy::test::alert_cases()) {
      if (row.attempt.handshake.alerts.empty()) continue;
      Record record = with_alerts({row.attempt.handshake.alerts.front()});
      record.attempt.handshake.alerts[0].direction = Direction::sent;
      const std::string list = alert_list(record, *language);
      EXPECT_TRUE(has(list, language->word(Word::alert_from_whytls)));
      EXPECT_FALSE(has(list, "causes")) << list;
      EXPECT_FALSE(has(list, language->failure(row.failure).summary)) << list;
      const std::string meaning = between(list, "<p>", "</p>");
      EXPECT_GT(meaning.size(), 20U) << list;
    }
  }
  const std::string list = alert_list(with_alerts({{Direction::sent, 2, 42, false}}), german());
  EXPECT_TRUE(has(list, german().word(Word::alert_says_bad_certificate)));
}

TEST(Alerts, OfEveryAssignedNumberHaveAMeaningOfTheirOwn) {
  constexpr int kOnePage = 8;
  std::set<std::string> meanings;
  for (int first = 0; first < 256; first += kOnePage) {
    std::vector<tls::Alert> alerts;
    for (int number = first; number < first + kOnePage; ++number)
      alerts.push_back({Direction::sent, 2, static_cast<std::uint8_t>(number), false});
    std::string list = alert_list(with_alerts(alerts));
    for (const tls::Alert& alert : alerts) {
      const std::string meaning = between(list, "<p>", "</p>");
      list.erase(0, list.find("</p>") + 4);
      const bool is_assigned = std::string_view(tls::alert_name(alert.number)) != "unassigned";
      EXPECT_EQ(meaning != policy::english().word(Word::alert_says_unassigned), is_assigned) << meaning;
      const bool is_new = meanings.insert(meaning).second;
      EXPECT_TRUE(is_new || !is_assigned) << +alert.number << ": " << meaning;
    }
  }
}

TEST(Alerts, ThatEndAConnectionInOrderAreNoFailure) {
  const std::string list = alert_list(with_alerts({{Direction::received, 1, 0, true}}));
  EXPECT_TRUE(has(list, policy::english().word(Word::alert_says_close_notify)));
  EXPECT_FALSE(has(list, "causes"));
}

TEST(Alerts, OfAClientAreExplainedFromItsSide) {
  EXPECT_TRUE(has(alert_list(samples::client_rejects_ca()),
                  policy::english().failure(Failure::client_rejects_our_ca).summary));
  Record record = samples::client_rejects_ca();
  record.attempt.handshake.alerts = {{Direction::received, 1, 90, false}};
  const std::string list = alert_list(record, german());
  EXPECT_TRUE(has(list, german().word(Word::alert_says_user_canceled)));
  EXPECT_FALSE(has(list, "Der Server")) << "no server sent it: " << list;
  EXPECT_FALSE(has(list, "causes"));
}

TEST(Marks, TellTheEnglishOfOtherProgramsOnATranslatedPage) {
  Record record = samples::missing_intermediate();
  record.attempt.handshake.openssl_text = "error:0A000086:SSL routines::certificate verify failed";
  record.diagnosis.findings[0].facts.push_back({"openssl_text", "unable to get local issuer certificate"});
  record.verdict.findings[0].finding = record.diagnosis.findings[0];
  record.attempt.handshake.presented.push_back(tls::read_certificate("no certificate"));
  const std::string page = render_html(record, german());
  EXPECT_TRUE(has(page, "<td lang=\"en\">curl: (60) SSL certificate problem"));
  EXPECT_TRUE(has(page, ": <span lang=\"en\">.NET API, X509ChainStatusFlags"));
  EXPECT_TRUE(has(page, "<span lang=\"en\">5 and later</span>"));
  EXPECT_TRUE(has(page, "<span>7.88.1</span>")) << "a number is of no language";
  EXPECT_TRUE(has(page, "<code lang=\"en\">error:0A000086:SSL routines::certificate verify failed</code>"));
  EXPECT_TRUE(has(page, "<dd lang=\"en\">unable to get local issuer certificate</dd>"));
  EXPECT_EQ(count(render_html(record), " lang="), 1U) << "an English page says it once, for all";
}

}  // namespace
}  // namespace whytls::proxy
