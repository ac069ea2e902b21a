// Whether the clock of this machine can be believed. A wrong clock looks like certificates that expired or
// are not valid yet, everywhere at once: seen from one failure it is a fault of the server, seen from all of
// them it is ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tls/evidence.h"

namespace whytls::proxy {

// A reason to doubt a clock.
struct ClockDoubt {
  enum class Kind : std::uint8_t {
    many_fail,        // several upstreams fail on dates, all in one direction, and none passes
    others_disagree,  // several upstreams say another time, and agree about it
    peer_disagrees,   // this upstream alone says another time: its clock is wrong, or ours
  };
  Kind kind = Kind::many_fail;
  bool behind = false;      // the doubted clock is too early: our own, but for peer_disagrees the upstream's
  int upstreams = 0;        // that the doubt rests on
  std::int64_t offset = 0;  // seconds that the upstreams' clocks are ahead of ours; 0: not known
};

// One for a server. May be called on any thread; only failures, and the first answer of a connection, take
// its lock.
class ClockWatch {
 public:
  enum class Border : std::uint8_t { begin, end };  // not_before was not reached, not_after has passed

  // A certificate of the upstream failed on its dates.
  void date_failed(std::string_view host, Border border, tls::UnixSeconds now);
  // All dates of a chain hold. No lock.
  void dates_hold(tls::UnixSeconds now) { last_fine_.store(now, std::memory_order_relaxed); }
  // The upstream's own clock, from its Date field (RFC 9110, 6.6.1).
  void peer_said(std::string_view host, tls::UnixSeconds its_time, tls::UnixSeconds now);

  // What is known at a moment at which `host` fails on dates.
  [[nodiscard]] std::optional<ClockDoubt> doubt(std::string_view host, tls::UnixSeconds now) const;

 private:
  struct Failed {
    std::string host;
    Border border;
    tls::UnixSeconds when;
  };
  struct Far {
    std::string host;
    std::int64_t offset;
    tls::UnixSeconds when;
  };
  [[nodiscard]] std::optional<ClockDoubt> doubt_from_others(tls::UnixSeconds now) const;
  [[nodiscard]] std::optional<ClockDoubt> doubt_from_failures(tls::UnixSeconds now) const;

  mutable std::mutex mutex_;
  std::deque<Failed> failed_;  // one for each host, the latest last; bounded
  std::deque<Far> far_;        // the same
  std::atomic<std::size_t> far_hosts_{0};
  std::atomic<tls::UnixSeconds> last_fine_{0};
  std::atomic<tls::UnixSeconds> last_agreed_{0};
};

// A date of HTTP in the form that is sent today (IMF-fixdate, RFC 9110, 5.6.7); nullopt: any other text.
[[nodiscard]] std::optional<tls::UnixSeconds> parse_http_date(std::string_view text);

}  // namespace whytls::proxy
