#include "proxy/clock_watch.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <vector>

namespace whytls::proxy {
namespace {

constexpr std::size_t kMaxHosts = 64;
constexpr tls::UnixSeconds kMinute = 60;
constexpr tls::UnixSeconds kHour = 60 * kMinute;
constexpr tls::UnixSeconds kDay = 24 * kHour;
constexpr tls::UnixSeconds kFailuresCount = 10 * kMinute;  // how long a failure says something about now
constexpr tls::UnixSeconds kSayingsCount = kHour;
constexpr int kEnoughFailures = 4;  // fewer are old devices that somebody goes through
constexpr int kEnoughSayings = 2;

// Replaces what is there of that host, so that one upstream that fails again and again counts once.
template <typename Row>
void put(std::deque<Row>* rows, Row row) {
  std::erase_if(*rows, [&](const Row& one) { return one.host == row.host; });
  rows->push_back(std::move(row));
  if (rows->size() > kMaxHosts) rows->pop_front();
}

template <typename Row>
bool is_recent(const Row& row, tls::UnixSeconds now, tls::UnixSeconds window) {
  return row.when <= now && now - row.when <= window;
}

bool is_far(std::int64_t offset) {
  return std::abs(offset) > kDay;
}

}  // namespace

void ClockWatch::date_failed(std::string_view host, Border border, tls::UnixSeconds now) {
  const std::scoped_lock lock(mutex_);
  put(&failed_, Failed{std::string(host), border, now});
}

void ClockWatch::peer_said(std::string_view host, tls::UnixSeconds its_time, tls::UnixSeconds now) {
  const std::int64_t offset = its_time - now;
  if (!is_far(offset)) {
    last_agreed_.store(now, std::memory_order_relaxed);
    if (far_hosts_.load(std::memory_order_relaxed) == 0) return;
  }
  const std::scoped_lock lock(mutex_);
  std::erase_if(far_, [host](const Far& one) { return one.host == host; });
  if (is_far(offset)) put(&far_, Far{std::string(host), offset, now});
  far_hosts_.store(far_.size(), std::memory_order_relaxed);
}

std::optional<ClockDoubt> ClockWatch::doubt_from_others(tls::UnixSeconds now) const {
  std::vector<std::int64_t> offsets;
  tls::UnixSeconds first = now;
  for (const Far& one : far_) {
    if (!is_recent(one, now, kSayingsCount)) continue;
    offsets.push_back(one.offset);
    first = std::min(first, one.when);
  }
  // One that agrees with our clock, or two that do not agree with each other, and nothing is known.
  if (offsets.size() < kEnoughSayings || last_agreed_.load(std::memory_order_relaxed) >= first)
    return std::nullopt;
  const auto [least, most] = std::minmax_element(offsets.begin(), offsets.end());
  if (*most - *least > kDay) return std::nullopt;
  return ClockDoubt{ClockDoubt::Kind::others_disagree, *least > 0, static_cast<int>(offsets.size()), *least};
}

std::optional<ClockDoubt> ClockWatch::doubt_from_failures(tls::UnixSeconds now) const {
  std::array<int, 2> counts{};
  tls::UnixSeconds first = now;
  for (const Failed& one : failed_) {
    if (!is_recent(one, now, kFailuresCount)) continue;
    ++counts[static_cast<std::size_t>(one.border)];
    first = std::min(first, one.when);
  }
  const auto [begin, end] = counts;
  const bool one_way = begin == 0 || end == 0;
  const bool nobody_passed = last_fine_.load(std::memory_order_relaxed) < first;
  if (!one_way || begin + end < kEnoughFailures || !nobody_passed) return std::nullopt;
  return ClockDoubt{ClockDoubt::Kind::many_fail, begin > 0, begin + end, 0};
}

std::optional<ClockDoubt> ClockWatch::doubt(std::string_view host, tls::UnixSeconds now) const {
  const std::scoped_lock lock(mutex_);
  if (auto others = doubt_from_others(now)) return others;
  if (auto failures = doubt_from_failures(now)) return failures;
  for (const Far& one : far_) {
    if (one.host != host || !is_recent(one, now, kSayingsCount)) continue;
    return ClockDoubt{ClockDoubt::Kind::peer_disagrees, one.offset < 0, 1, one.offset};
  }
  return std::nullopt;
}

std::optional<tls::UnixSeconds> parse_http_date(std::string_view text) {
  // "Sun, 06 Nov 1994 08:49:37 GMT"
  constexpr std::size_t kLength = 29;
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != kLength || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) -> int {
    int value = 0;
    const char* const end = text.data() + at + digits;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    return error == std::errc{} && stop == end && value >= 0 ? value : -1;
  };
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const int day = number(5, 2);
  const int year = number(12, 4);
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month / 3 + 1)},
                                         std::chrono::day{static_cast<unsigned>(std::max(day, 0))}};
  constexpr int kLeapSecond = 60;
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > kLeapSecond)
    return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * kDay + hour * kHour + minute * kMinute + second;
}

}  // namespace whytls::proxy
