#include "proxy/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace whytls::proxy {
namespace {

using std::chrono::milliseconds;

struct Probe final : DeadlineUser {
  void on_deadline() override {
    ++passed;
    if (then) then();
  }
  int passed = 0;
  std::function<void()> then;
};

class TimerWheelTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(uv_loop_init(&loop_), 0);
    ASSERT_EQ(wheel_.open(&loop_), 0);
    start_ = uv_now(&loop_);
  }
  void TearDown() override {
    wheel_.close();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  void advance(int ms) { wheel_.advance(start_ + static_cast<std::uint64_t>(ms)); }

  uv_loop_t loop_{};
  TimerWheel wheel_;
  std::uint64_t start_ = 0;
};

TEST_F(TimerWheelTest, a_deadline_passes_once_and_not_before_its_time) {
  Probe probe;
  Deadline deadline(&probe);
  deadline.set(wheel_, milliseconds(200));
  advance(180);
  EXPECT_EQ(probe.passed, 0);
  advance(200 + 2 * static_cast<int>(TimerWheel::kTick.count()));
  EXPECT_EQ(probe.passed, 1);
  advance(5000);
  EXPECT_EQ(probe.passed, 1);
}

TEST_F(TimerWheelTest, a_deadline_longer_than_one_round_of_the_wheel_waits_its_rounds) {
  Probe probe;
  Deadline deadline(&probe);
  const int round = static_cast<int>(TimerWheel::kTick.count() * static_cast<int>(TimerWheel::kSlots));
  deadline.set(wheel_, milliseconds(2 * round + 100));
  advance(2 * round);
  EXPECT_EQ(probe.passed, 0);
  advance(2 * round + 200);
  EXPECT_EQ(probe.passed, 1);
}

TEST_F(TimerWheelTest, setting_again_replaces_and_cancelling_forgets) {
  Probe probe;
  Deadline deadline(&probe);
  deadline.set(wheel_, milliseconds(100));
  deadline.set(wheel_, milliseconds(400));
  advance(300);
  EXPECT_EQ(probe.passed, 0);
  deadline.cancel();
  advance(1000);
  EXPECT_EQ(probe.passed, 0);
}

TEST_F(TimerWheelTest, a_user_may_cancel_and_destroy_others_that_are_due_in_the_same_tick) {
  Probe other_probe;
  auto other = std::make_unique<Deadline>(&other_probe);
  Probe probe;
  Deadline deadline(&probe);
  other->set(wheel_, milliseconds(100));
  deadline.set(wheel_, milliseconds(100));
  probe.then = [&other] { other.reset(); };
  advance(500);
  EXPECT_EQ(probe.passed, 1);
  EXPECT_EQ(other_probe.passed, 0);
}

TEST_F(TimerWheelTest, a_user_may_set_its_own_deadline_again) {
  Probe probe;
  Deadline deadline(&probe);
  probe.then = [&] {
    if (probe.passed < 3) deadline.set(wheel_, milliseconds(0));
  };
  deadline.set(wheel_, milliseconds(0));
  for (int ms = 0; ms < 1000; ms += 20) advance(ms);
  EXPECT_EQ(probe.passed, 3);
}

}  // namespace
}  // namespace whytls::proxy
