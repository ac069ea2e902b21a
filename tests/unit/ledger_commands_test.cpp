// `whytls ledger` on a store that each test fills.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "proxy/commands.h"
#include "proxy/ledger_request.h"
#include "proxy/render_ledger.h"
#include "tests/ledger/samples.h"

namespace whytls::proxy {
namespace {

using ledger::samples::certificate;
using ledger::samples::kDay;
using ledger::samples::kNow;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

struct Said {
  ExitCode code;
  std::string out;
  std::string err;
};

// A ledger in a folder, and the program asked about it at kNow.
class LedgerCommands : public ::testing::Test {
 protected:
  LedgerCommands() { std::ofstream(config()) << "[ledger]\ndirectory = \"" << folder_.path() << "/data\"\n"; }
  void see(const std::string& host, const tls::Certificate& leaf, tls::UnixSeconds when = kNow) {
    const ledger::samples::Running running(folder_.file());
    (void)running.see(host, {leaf}, when);
    running.ledger->flush();
  }
  Said say(Words words) {
    words.insert(words.begin(), "ledger");
    words.insert(words.end(), {"-c", config()});
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const ExitCode code = execute(parse_command_line(words), {in, out, err, [] { return kNow * 1000; }});
    return {code, out.str(), err.str()};
  }
  nlohmann::json json(Words words) {
    words.insert(words.end(), {"--format", "json"});
    const Said said = say(words);
    EXPECT_EQ(said.code, ExitCode::ok) << said.err;
    return nlohmann::json::parse(said.out);
  }
  [[nodiscard]] std::string config() const { return folder_.path() + "/whytls.toml"; }

  ledger::samples::Folder folder_;
};

TEST_F(LedgerCommands, AMissingFileIsNamedWithWhatMakesIt) {
  const Said said = say({"list"});
  EXPECT_EQ(said.code, ExitCode::failed);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err,
              AllOf(StartsWith("whytls: "), HasSubstr(folder_.file()), HasSubstr("when it starts")));
}

TEST_F(LedgerCommands, AMissingFileOfALedgerThatIsOffSaysSo) {
  std::ofstream(config(), std::ios::app) << "enabled = false\n";
  EXPECT_THAT(say({"list"}).err, HasSubstr("enabled = false"));
}

TEST_F(LedgerCommands, ListsByHostIssuerDigitsAndTime) {
  see("old.test", certificate("old.test"), kNow - 10 * kDay);
  tls::Certificate other = certificate("new.test");
  other.issuer = "CN=iDRAC Root";
  see("new.test", other);
  EXPECT_EQ(json({"list"}).size(), 2U);
  for (const Words& words : {Words{"list", "--host", "NEW*"}, Words{"list", "--issuer", "idrac"},
                             Words{"list", "--sha256", other.sha256_hex.substr(0, 9)},
                             Words{"list", "--seen-since", "2027-01-14"}}) {
    const auto found = json(words);
    ASSERT_EQ(found.size(), 1U) << words[1];
    EXPECT_EQ(found[0]["host"], "new.test");
    EXPECT_EQ(found[0]["sha256"], other.sha256_hex);
    EXPECT_EQ(found[0]["not_after"], "2027-03-16T08:00:00Z");
  }
  EXPECT_EQ(json({"list", "--limit", "1"})[0]["host"], "old.test");
}

TEST_F(LedgerCommands, AListByHostShowsThePlaceThatIsMeant) {
  see("a.test", certificate("both"));
  see("b.test", certificate("both"));
  EXPECT_EQ(json({"list", "--host", "b.*"})[0]["host"], "b.test");
  EXPECT_THAT(say({"list", "--host", "b.*"}).out, HasSubstr("b.test:443 +1  CN=both"));
}

TEST_F(LedgerCommands, AnEmptyAnswerSaysSoAndIsFine) {
  see("a.test", certificate("a.test"));
  for (const Words& words : {Words{"list", "--host", "none"}, Words{"show", "none.test"}, Words{"conflicts"},
                             Words{"expiring", "--within", "1"}, Words{"forget", "none.test"}}) {
    const Said said = say(words);
    EXPECT_EQ(said.code, ExitCode::ok) << words[0];
    EXPECT_THAT(said.out, AnyOf(HasSubstr("No "), HasSubstr("no certificate"), HasSubstr("Nothing")));
    EXPECT_EQ(said.err, "") << words[0];
  }
  EXPECT_EQ(json({"list", "--host", "none"}).dump(), "[]");
}

TEST_F(LedgerCommands, ConflictsComeInGroupsWithAllTheirCertificates) {
  const auto first = certificate("one.test");
  see("one.test", first);
  see("two.test", ledger::samples::with_serial_of(certificate("two.test"), first));
  see("three.test", certificate("three.test"));
  const auto groups = json({"conflicts"});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0]["serial"], first.serial_hex);
  ASSERT_EQ(groups[0]["certificates"].size(), 2U);
  EXPECT_THAT(say({"conflicts"}).out, AllOf(HasSubstr("one.test:443"), HasSubstr("two.test:443"),
                                            HasSubstr("1 conflict\n"), Not(HasSubstr("three.test"))));
  EXPECT_THAT(say({"show", "one.test"}).out,
              AllOf(HasSubstr("Other certificates with this issuer"), HasSubstr("two.test:443")));
}

TEST_F(LedgerCommands, WhatEndsSoonestComesFirstAndWhatWasReplacedIsLeftOut) {
  const auto ending = [this](const std::string& host, int days, tls::UnixSeconds seen) {
    auto one = certificate(host);
    one.not_after = kNow + days * kDay;
    see(host, one, seen);
  };
  ending("later.test", 20, kNow);
  ending("soon.test", 3, kNow);
  ending("far.test", 40, kNow);
  ending("still-shown.test", -5, kNow - kDay);
  ending("replaced.test", -5, kNow - 9 * kDay);
  std::vector<std::string> hosts;
  for (const auto& one : json({"expiring"})) hosts.push_back(one["host"]);
  EXPECT_THAT(hosts, ElementsAre("still-shown.test", "soon.test", "later.test"));
  EXPECT_THAT(say({"expiring", "--within", "4"}).out,
              AllOf(HasSubstr("in 3 days"), HasSubstr("5 days ago"), Not(HasSubstr("later.test"))));
}

TEST_F(LedgerCommands, ShowTakesHostHostAndPortOrDigits) {
  const auto leaf = certificate("a.test");
  see("a.test", leaf);
  see("b.test", certificate("b.test"));
  for (const std::string& what :
       {std::string("a.test"), std::string("A.test:443"), leaf.sha256_hex, leaf.sha256_hex.substr(0, 8)}) {
    const auto found = json({"show", what});
    ASSERT_EQ(found.size(), 1U) << what;
    EXPECT_EQ(found[0]["sha256"], leaf.sha256_hex);
    EXPECT_EQ(found[0]["places"][0]["address"], "192.0.2.1");
  }
  EXPECT_EQ(json({"show", "a.test:8443"}).size(), 0U);
  EXPECT_THAT(say({"show", "a.test"}).out,
              AllOf(HasSubstr("Valid until:    2027-03-16T08:00:00Z (in 60 days)"), HasSubstr("192.0.2.1")));
}

TEST_F(LedgerCommands, AcceptPrintsWhatWasRememberedAndWhatIs) {
  const auto old = certificate("old");
  const auto renewed = certificate("renewed");
  see("a.test", old, kNow - kDay);
  see("a.test", renewed);
  const Said newest = say({"accept", "a.test"});
  EXPECT_EQ(newest.code, ExitCode::ok) << newest.err;
  EXPECT_THAT(newest.out, HasSubstr("now:    " + renewed.sha256_hex + "  CN=renewed"));
  const Said back = say({"accept", "a.test:443", "--sha256", old.sha256_hex.substr(0, 12)});
  EXPECT_THAT(back.out,
              AllOf(HasSubstr("before: " + renewed.sha256_hex), HasSubstr("now:    " + old.sha256_hex)));
  EXPECT_EQ(json({"show", "a.test"})[0]["remembered_for"][0]["by"], "accepted");
  const Said elsewhere = say({"accept", "a.test:8443"});
  EXPECT_EQ(elsewhere.code, ExitCode::failed);
  EXPECT_THAT(elsewhere.err, HasSubstr("a.test:8443"));
}

TEST_F(LedgerCommands, ForgetSaysWhatIsGone) {
  const auto leaf = certificate("a.test");
  see("a.test", leaf);
  (void)say({"accept", "a.test"});
  EXPECT_THAT(say({"forget", "a.test"}).out, HasSubstr("a.test:443  " + leaf.sha256_hex));
  EXPECT_THAT(say({"forget", "a.test"}).out, HasSubstr("Nothing is remembered for a.test"));
  EXPECT_THAT(say({"forget", "--sha256", leaf.sha256_hex.substr(0, 8)}).out,
              AllOf(HasSubstr("Deleted: " + leaf.sha256_hex), HasSubstr("seen at a.test:443")));
  EXPECT_EQ(json({"list"}).size(), 0U);
  EXPECT_EQ(say({"forget", "--sha256", leaf.sha256_hex}).code, ExitCode::failed);
}

TEST_F(LedgerCommands, TextOfAPeerReachesNoTerminalNoSpreadsheetAndNoParserRaw) {
  auto hostile = certificate("x");
  hostile.subject = "=HYPERLINK(\"http://x\",\"a\")\x1b[31m\xff\r\n";
  hostile.issuer = "@SUM(1)";
  see("a.test", hostile);
  for (const Words& words : {Words{"list"}, Words{"show", "a.test"}, Words{"list", "--format", "csv"},
                             Words{"export", "--format", "csv"}, Words{"export", "--format", "json"}}) {
    const Said said = say(words);
    EXPECT_EQ(said.code, ExitCode::ok) << said.err;
    EXPECT_THAT(said.out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")))) << words[0];
  }
  EXPECT_THAT(say({"list", "--format", "csv"}).out,
              AllOf(HasSubstr(",\"'=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\\x1b[31m\\xff\\x0d\\x0a\","),
                    HasSubstr(",'@SUM(1),")));
  EXPECT_THAT(json({"list"})[0]["subject"].get<std::string>(), HasSubstr("\x1b[31m\\xff\r\n"));
}

TEST_F(LedgerCommands, ExportHasEveryPlaceAndWhatIsRemembered) {
  see("a.test", certificate("both"));
  see("b.test", certificate("both"));
  (void)say({"accept", "b.test"});
  const auto all = json({"export"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["places"].size(), 2U);
  EXPECT_EQ(all[0]["count"], 2);
  const std::string csv = say({"export", "--format", "csv"}).out;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv,
              AllOf(StartsWith("sha256,spki_sha256,subject,"), HasSubstr(",b.test,443,192.0.2.1,forward,0,"),
                    HasSubstr(",accepted,2027-01-15T08:00:00Z,\r\n")));
}

TEST(LedgerRequests, RefusesWhatCanNotBeMeant) {
  for (const Words& words :
       {Words{"list", "--sha256", "xyz"}, Words{"list", "--seen-since", "2026-02-30"},
        Words{"list", "--format", "xml"}, Words{"list", "--limit", "0"}, Words{"expiring", "--within", "-1"},
        Words{"accept"}, Words{"accept", "a b"}, Words{"accept", "a", "--sha256", "abc"}, Words{"forget"},
        Words{"forget", "a", "--sha256", "0123456789"}, Words{"forget", "a:443"}, Words{"export"},
        Words{"export", "--format", "text"}, Words{"show"}, Words{}}) {
    Words whole = words;
    whole.insert(whole.begin(), "ledger");
    EXPECT_EQ(parse_command_line(whole).exit_code, ExitCode::usage) << whole.back();
  }
}

TEST(LedgerRequests, ReadsDigitsMomentsAndHosts) {
  EXPECT_EQ(sha256_beginning("AB:cd:0"), "abcd0");
  EXPECT_EQ(sha256_beginning("2001:db8::1"), std::nullopt);
  EXPECT_EQ(sha256_beginning(std::string(65, 'a')), std::nullopt);
  EXPECT_EQ(moment_of("1970-01-02"), kDay);
  EXPECT_EQ(moment_of("1970-01-01T01:00:01Z"), 3601);
  EXPECT_EQ(moment_of("1970-01-01T24:00:00Z"), std::nullopt);
  EXPECT_EQ(ledger_host("A.Test:8443")->host, "a.test");
  EXPECT_EQ(ledger_host("A.Test:8443")->port, 8443);
  EXPECT_EQ(ledger_host("[2001:DB8:0::1]")->host, "2001:db8::1");
  EXPECT_EQ(ledger_host("::1")->host, "::1");
}

TEST(LedgerTable, ColumnsFitAlsoWhereCharactersAreWideOrTooMany) {
  using ledger_text::Column;
  const std::array columns = {Column{"A", 6, Column::Side::left}, Column{"N", 6, Column::Side::right},
                              Column{"END", 6, Column::Side::left}};
  EXPECT_EQ(ledger_text::table(columns, {{"abcdefgh", "1", "x"}, {"\u8a3c\u660e", "20", "y"}}),
            "A        N  END\n"
            "abcde\u2026   1  x\n"
            "\u8a3c\u660e    20  y\n");
}

}  // namespace
}  // namespace whytls::proxy
