#include "proxy/clock_watch.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "proxy/render_clock.h"
#include "proxy/render_parts.h"
#include "tests/unit/sample_records.h"

namespace whytls::proxy {
namespace {

using Border = ClockWatch::Border;
using Kind = ClockDoubt::Kind;

constexpr tls::UnixSeconds kNow = 1'800'000'000;
constexpr tls::UnixSeconds kMinute = 60;
constexpr tls::UnixSeconds kDay = tls::UnixSeconds{24} * 60 * kMinute;

constexpr std::array kHosts = {"a.test", "b.test", "c.test", "d.test"};

TEST(ClockWatch, FourUpstreamsThatExpireAtOnceMeanThatOurClockMayBeAhead) {
  ClockWatch watch;
  watch.date_failed("a.test", Border::end, kNow);
  watch.date_failed("b.test", Border::end, kNow + 10);
  watch.date_failed("c.test", Border::end, kNow + 20);
  EXPECT_FALSE(watch.doubt("c.test", kNow + 20));
  watch.date_failed("d.test", Border::end, kNow + 30);
  const auto doubt = watch.doubt("d.test", kNow + 30);
  ASSERT_TRUE(doubt);
  EXPECT_EQ(doubt->kind, Kind::many_fail);
  EXPECT_FALSE(doubt->behind);
  EXPECT_EQ(doubt->upstreams, 4);
}

TEST(ClockWatch, FourUpstreamsThatAreNotYetValidMeanThatOurClockMayBeBehind) {
  ClockWatch watch;
  for (const char* host : kHosts) watch.date_failed(host, Border::begin, kNow);
  const auto doubt = watch.doubt("a.test", kNow);
  ASSERT_TRUE(doubt);
  EXPECT_TRUE(doubt->behind);
}

TEST(ClockWatch, OneUpstreamThatFailsAgainAndAgainCountsOnce) {
  ClockWatch watch;
  for (int i = 0; i < 100; ++i) watch.date_failed("a.test", Border::end, kNow + i);
  EXPECT_FALSE(watch.doubt("a.test", kNow + 100));
}

TEST(ClockWatch, AnUpstreamWhoseDatesHoldClearsOurClock) {
  ClockWatch watch;
  for (const char* host : kHosts) watch.date_failed(host, Border::end, kNow);
  watch.dates_hold(kNow + 1);
  EXPECT_FALSE(watch.doubt("a.test", kNow + 2));
}

TEST(ClockWatch, DatesThatHeldBeforeTheFirstFailureClearNothing) {
  ClockWatch watch;
  watch.dates_hold(kNow - 1);
  for (const char* host : kHosts) watch.date_failed(host, Border::end, kNow);
  EXPECT_TRUE(watch.doubt("a.test", kNow));
}

TEST(ClockWatch, FailuresInBothDirectionsOrLongAgoSayNothing) {
  ClockWatch both;
  for (const char* host : kHosts) both.date_failed(host, Border::end, kNow);
  both.date_failed("e.test", Border::begin, kNow);
  EXPECT_FALSE(both.doubt("e.test", kNow));

  ClockWatch old;
  for (const char* host : kHosts) old.date_failed(host, Border::end, kNow);
  EXPECT_TRUE(old.doubt("c.test", kNow + 10 * kMinute));
  EXPECT_FALSE(old.doubt("c.test", kNow + 10 * kMinute + 1));
}

TEST(ClockWatch, TwoUpstreamsThatAgreeOnAnotherTimeAreBelieved) {
  ClockWatch watch;
  watch.peer_said("a.test", kNow + 400 * kDay, kNow);
  EXPECT_FALSE(watch.doubt("x.test", kNow));
  watch.peer_said("b.test", kNow + 400 * kDay + 5, kNow);
  const auto doubt = watch.doubt("x.test", kNow);
  ASSERT_TRUE(doubt);
  EXPECT_EQ(doubt->kind, Kind::others_disagree);
  EXPECT_TRUE(doubt->behind);
  EXPECT_EQ(doubt->upstreams, 2);
  EXPECT_EQ(doubt->offset, 400 * kDay);
}

TEST(ClockWatch, OneClockThatAgreesWithOursOutweighsThem) {
  ClockWatch watch;
  watch.peer_said("a.test", kNow + 400 * kDay, kNow);
  watch.peer_said("b.test", kNow + 400 * kDay, kNow);
  watch.peer_said("c.test", kNow + 3, kNow + 1);
  EXPECT_FALSE(watch.doubt("x.test", kNow + 1));
}

TEST(ClockWatch, TwoUpstreamsThatDoNotAgreeWithEachOtherAreNotBelieved) {
  ClockWatch watch;
  watch.peer_said("a.test", kNow + 400 * kDay, kNow);
  watch.peer_said("b.test", kNow - 400 * kDay, kNow);
  EXPECT_FALSE(watch.doubt("x.test", kNow));
}

TEST(ClockWatch, AnUpstreamWithAnotherTimeThanOursIsToldOfItself) {
  ClockWatch watch;
  watch.dates_hold(kNow);
  watch.peer_said("old.test", kNow - 9000 * kDay, kNow);
  const auto doubt = watch.doubt("old.test", kNow);
  ASSERT_TRUE(doubt);
  EXPECT_EQ(doubt->kind, Kind::peer_disagrees);
  EXPECT_TRUE(doubt->behind);
  EXPECT_EQ(doubt->offset, -9000 * kDay);
  EXPECT_FALSE(watch.doubt("other.test", kNow));
  // Its clock was set meanwhile.
  watch.peer_said("old.test", kNow + 60, kNow + 60);
  EXPECT_FALSE(watch.doubt("old.test", kNow + 60));
}

TEST(ClockWatch, HoldsABoundedNumberOfHosts) {
  ClockWatch watch;
  for (int i = 0; i < 1000; ++i) watch.date_failed("host" + std::to_string(i), Border::end, kNow);
  EXPECT_EQ(watch.doubt("host999", kNow)->upstreams, 64);
}

TEST(ClockDoubt, IsSaidFirst) {
  Record record = samples::expired_and_misnamed();
  const std::string without = parts::sentence(record);
  record.clock = ClockDoubt{Kind::others_disagree, true, 2, 400 * kDay};
  const std::string with = parts::sentence(record);
  EXPECT_TRUE(with.starts_with("The clock of this proxy is probably wrong: it says ")) << with;
  EXPECT_TRUE(with.ends_with("and 2 upstreams agree that it is 400 days later. " + without)) << with;
  EXPECT_NE(render_html(record).find("The clock of this proxy is probably wrong"), std::string::npos);
  EXPECT_NE(render_text(record).find("The clock of this proxy is probably wrong"), std::string::npos);
  EXPECT_NE(render_log_line(record).find("\"clock.doubt\":\"others_disagree\""), std::string::npos);
  EXPECT_NE(render_problem_json(record).find("\"offset\""), std::string::npos);
  record.audience = config::Audience::public_;
  EXPECT_EQ(render_html(record).find("clock of this proxy"), std::string::npos);
}

TEST(ClockDoubt, HasASentenceForEachKindInEachLanguage) {
  Record record = samples::expired_and_misnamed();
  for (const policy::Language& language : policy::languages()) {
    std::set<std::string> sentences;
    for (const Kind kind : {Kind::many_fail, Kind::others_disagree, Kind::peer_disagrees}) {
      for (const bool behind : {true, false}) {
        record.clock = ClockDoubt{kind, behind, 3, behind ? 7 * kDay : -7 * kDay};
        const std::string sentence = clock_sentence(record, language);
        EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
        sentences.insert(sentence);
      }
    }
    EXPECT_EQ(sentences.size(), 5U) << language.tag;
  }
}

TEST(HttpDate, IsReadInTheFormThatIsSentToday) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), 1709251200);
}

TEST(HttpDate, RefusesEverythingElse) {
  for (const char* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
        "Sun, 0x Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT "}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace whytls::proxy
