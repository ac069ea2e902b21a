// What a peer writes is hostile: it is shown, escaped and bounded, and never obeyed.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::CertificateSpec;

constexpr std::size_t kKiB = 1024;
// One page must stay small, whatever the peer sends.
constexpr std::size_t kLargestAnswer = 96 * kKiB;
constexpr std::size_t kLargestLogLine = 16 * kKiB;

const std::string kMarkup = "<script>alert(1)</script>";
const std::string kAnsi = "\x1b[31mred";
const std::string kTitle = "\x1b]0;owned\x07";
const std::string kBidi =
    "\xe2\x80\xae"
    "moc.elgoog";  // U+202E
const std::string kInvalidUtf8 = "\xff\xfe\xc0";

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7f;
  });
}

void expect_harmless(const std::string& text) {
  EXPECT_FALSE(has_control(text)) << text;
  EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << text;
  EXPECT_LE(text.size(), kLargestAnswer);
}

// Asks in each representation and looks at each answer and at the log.
void expect_harmless_everywhere(Case a_case) {
  CaseStage play(std::move(a_case));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  for (const std::string_view accept : {kWantsPage, kWantsText}) {
    support::Client client(stage.port("door"));
    const support::Response response = play.ask(client, accept);
    EXPECT_EQ(response.status, 502);
    const bool is_markup = response.field("Content-Type").starts_with("text/html");
    EXPECT_EQ(is_markup && response.body.find(kMarkup) != std::string::npos, false) << response.body;
    expect_harmless(response.body);
    expect_harmless(response.head);
  }
  support::Client client(stage.port("door"));
  const support::Response problem = play.ask(client, kWantsProblem);
  // Within a JSON string markup is no markup; controls have to be escaped all the same.
  EXPECT_TRUE(Json::accept(problem.body)) << problem.body;
  EXPECT_FALSE(has_control(problem.body)) << problem.body;
  EXPECT_LE(problem.body.size(), kLargestAnswer);
  for (const CapturedLog::Line& line : stage.log().lines()) {
    EXPECT_FALSE(has_control(line.text)) << line.text;
    EXPECT_EQ(line.text.find('\n'), std::string::npos);
    EXPECT_EQ(line.text.find("\xe2\x80\xae"), std::string::npos) << line.text;
    EXPECT_LE(line.text.size(), kLargestLogLine);
  }
}

Case greeted_by(const std::string& text) {
  Case made;
  made.behaviour = support::greet(text, support::Ending::hold);
  return made;
}

Case certified_with(const CertificateSpec& spec) {
  Case made;
  made.behaviour = support::serve_https({.chain = {support::self_sign(spec)}});
  return made;
}

TEST(HostileText, InABannerIsShownEscaped) {
  expect_harmless_everywhere(greeted_by("Hello " + kMarkup + kAnsi + kTitle + kBidi + "\r\n"));
}

TEST(HostileText, InAnHttpBannerIsShownEscaped) {
  expect_harmless_everywhere(
      greeted_by("HTTP/1.1 400 " + kMarkup + kAnsi + "\r\nServer: " + kBidi + "\r\n\r\n" + kMarkup));
}

TEST(HostileText, OfManyKilobytesInABannerIsCut) {
  expect_harmless_everywhere(greeted_by(std::string(256 * kKiB, 'A') + kMarkup + "\r\n"));
}

TEST(HostileText, InTheNamesOfACertificateIsShownEscaped) {
  CertificateSpec spec = support::leaf_spec("plain.test");
  spec.common_name = kMarkup + kAnsi + kBidi;
  spec.dns_names = {kMarkup, kAnsi + ".test", kTitle, kBidi, kInvalidUtf8, std::string("nul\0byte.test", 13)};
  expect_harmless_everywhere(certified_with(spec));
}

TEST(HostileText, OfSixtyFourKilobytesInTheNamesOfACertificateIsCounted) {
  CertificateSpec spec = support::leaf_spec("plain.test");
  for (std::size_t size = 0; size < 64 * kKiB; size += spec.dns_names.back().size()) {
    spec.dns_names.push_back("name-" + std::to_string(size) + "." + kMarkup + ".test");
  }
  expect_harmless_everywhere(certified_with(spec));
}

TEST(HostileText, InOneNameOfSixtyFourKilobytesIsCut) {
  CertificateSpec spec = support::leaf_spec("plain.test");
  spec.dns_names = {std::string(64 * kKiB, 'a') + kMarkup};
  expect_harmless_everywhere(certified_with(spec));
}

TEST(HostileText, InAnAnswerThatIsNoHttpIsShownEscaped) {
  Case made;
  made.behaviour = support::serve_https({.chain = {world().leaf, world().intermediate}},
                                        {.response = kMarkup + kAnsi + kBidi + "\r\n\r\n"});
  expect_harmless_everywhere(std::move(made));
}

// The other direction: what the visitor's URL says comes back on the page.
TEST(HostileText, InTheUrlIsShownEscaped) {
  Case made = greeted_by("x\r\n");
  CaseStage play(std::move(made));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  support::Client client(stage.port("door"));
  const support::Response response = client.request("GET", "/?q=<script>alert(1)</script>", "door.test",
                                                    "Accept: " + std::string(kWantsPage) + "\r\n");
  EXPECT_EQ(response.body.find(kMarkup), std::string::npos) << response.head << response.body;
}

}  // namespace
}  // namespace whytls::scenarios
