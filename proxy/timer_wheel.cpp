#include "proxy/timer_wheel.h"

namespace whytls::proxy {

void Deadline::set(TimerWheel& wheel, std::chrono::milliseconds after) {
  cancel();
  wheel.insert(this, after);
}

void Deadline::cancel() {
  if (wheel_ != nullptr) wheel_->remove(this);
}

TimerWheel::~TimerWheel() {
  for (Deadline*& head : slots_) {
    while (head != nullptr) remove(head);
  }
}

int TimerWheel::open(uv_loop_t* loop) {
  loop_ = loop;
  start_ms_ = uv_now(loop);
  current_tick_ = 0;
  if (const int status = timer_.init(uv_timer_init, loop); status != 0) return status;
  timer_->data = this;
  return 0;
}

void TimerWheel::close() {
  timer_.reset();
}

void TimerWheel::insert(Deadline* deadline, std::chrono::milliseconds after) {
  if (count_ == 0 && timer_) {
    // An empty wheel does not tick, so its idea of now may be old.
    current_tick_ = (uv_now(loop_) - start_ms_) / static_cast<std::uint64_t>(kTick.count());
    uv_timer_start(
        timer_.get(),
        [](uv_timer_t* timer) {
          auto* wheel = static_cast<TimerWheel*>(timer->data);
          wheel->advance(uv_now(timer->loop));
        },
        static_cast<std::uint64_t>(kTick.count()), static_cast<std::uint64_t>(kTick.count()));
  }
  const std::uint64_t now_ms = loop_ != nullptr ? uv_now(loop_) - start_ms_ : 0;
  const auto wait = static_cast<std::uint64_t>(after.count() > 0 ? after.count() : 0);
  deadline->due_tick_ = (now_ms + wait) / static_cast<std::uint64_t>(kTick.count()) + 1;
  if (deadline->due_tick_ <= current_tick_) deadline->due_tick_ = current_tick_ + 1;
  deadline->wheel_ = this;
  Deadline*& head = slots_[deadline->due_tick_ % kSlots];
  deadline->previous_ = nullptr;
  deadline->next_ = head;
  if (head != nullptr) head->previous_ = deadline;
  head = deadline;
  ++count_;
}

void TimerWheel::remove(Deadline* deadline) {
  Deadline*& head = slots_[deadline->due_tick_ % kSlots];
  if (head == deadline) head = deadline->next_;
  if (deadline->previous_ != nullptr) deadline->previous_->next_ = deadline->next_;
  if (deadline->next_ != nullptr) deadline->next_->previous_ = deadline->previous_;
  deadline->previous_ = nullptr;
  deadline->next_ = nullptr;
  deadline->wheel_ = nullptr;
  --count_;
  if (count_ == 0 && timer_) uv_timer_stop(timer_.get());
}

void TimerWheel::advance(std::uint64_t now_ms) {
  const std::uint64_t target = (now_ms - start_ms_) / static_cast<std::uint64_t>(kTick.count());
  while (current_tick_ < target && count_ > 0) {
    ++current_tick_;
    run_slot(current_tick_);
  }
  if (current_tick_ < target) current_tick_ = target;
}

void TimerWheel::run_slot(std::uint64_t tick) {
  // A user may set or cancel any deadline, so the walk starts again after each call.
  bool again = true;
  while (again) {
    again = false;
    for (Deadline* entry = slots_[tick % kSlots]; entry != nullptr; entry = entry->next_) {
      if (entry->due_tick_ > tick) continue;
      DeadlineUser* user = entry->user_;
      remove(entry);
      user->on_deadline();
      again = true;
      break;
    }
  }
}

}  // namespace whytls::proxy
