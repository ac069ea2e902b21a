// All deadlines of one loop on one uv_timer_t: a hashed wheel with intrusive entries, so that setting and
// cancelling cost no allocation and no heap operation.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "proxy/uv_handle.h"

namespace whytls::proxy {

class TimerWheel;

class DeadlineUser {
 public:
  // The deadline passed; it is no longer set.
  virtual void on_deadline() = 0;

 protected:
  ~DeadlineUser() = default;
};

// One deadline. Cancels itself when destroyed. Must not outlive the wheel while set.
class Deadline {
 public:
  explicit Deadline(DeadlineUser* user) : user_(user) {}
  ~Deadline() { cancel(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Replaces an earlier setting. Passes at the first tick after `after`; a zero or negative time means the
  // next tick.
  void set(TimerWheel& wheel, std::chrono::milliseconds after);
  void cancel();

 private:
  friend class TimerWheel;
  DeadlineUser* user_;
  TimerWheel* wheel_ = nullptr;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  std::uint64_t due_tick_ = 0;
};

class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds kTick{20};
  static constexpr std::size_t kSlots = 1024;

  TimerWheel() = default;
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Fails with libuv's number.
  [[nodiscard]] int open(uv_loop_t* loop);
  // Closes the timer; deadlines that are still set stay harmless and never pass.
  void close();

  // For tests and for open(): lets time pass up to `now_ms` of the loop's clock.
  void advance(std::uint64_t now_ms);

 private:
  friend class Deadline;
  void insert(Deadline* deadline, std::chrono::milliseconds after);
  void remove(Deadline* deadline);
  void run_slot(std::uint64_t tick);

  UvHandle<uv_timer_t> timer_;
  uv_loop_t* loop_ = nullptr;
  std::array<Deadline*, kSlots> slots_{};
  std::uint64_t current_tick_ = 0;
  std::uint64_t start_ms_ = 0;
  std::size_t count_ = 0;
};

}  // namespace whytls::proxy
