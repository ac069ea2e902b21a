// The inside of Control: control.cpp has the loop, the signals and the end; control_reload.cpp the reload.
#pragma once

#include <uv.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/admin.h"
#include "proxy/control.h"
#include "proxy/expiry_notices.h"
#include "proxy/metrics_text.h"
#include "proxy/settings_source.h"
#include "proxy/uv_handle.h"

namespace whytls::proxy {

struct Control::Impl {
  enum class State : std::uint8_t { unopened, serving, draining, ended };  // unopened: there is no loop yet

  explicit Impl(ControlOptions given);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> watch_signals();
  // nullptr when the settings switch it off.
  [[nodiscard]] Result<std::unique_ptr<Admin>> open_admin(const config::Settings& settings);
  void on_signal(int number);
  void reopen_log();
  void drain(int signal_number);
  // Ends when the last connection is gone or the deadline is reached.
  void look_at_drain();
  [[nodiscard]] Result<void> watch_expiry();
  void look_at_expiry();
  void end(std::string_view reason);
  void close_handles();
  void log_listening() const;
  [[nodiscard]] std::string metrics() const;
  [[nodiscard]] std::string status_text() const;

  void reload();
  [[nodiscard]] Result<void> apply(const UsableSettings& wanted);
  [[nodiscard]] Result<void> take_over(const UsableSettings& wanted);

  ControlOptions options;
  std::int64_t started_at_ms = 0;
  uv_loop_t loop{};
  State state = State::unopened;
  std::array<UvHandle<uv_signal_t>, 4> signals;
  UvHandle<uv_timer_t> drain_timer;
  UvHandle<uv_timer_t> expiry_timer;
  ExpiryNotices expiry;
  std::uint64_t drain_deadline_ms = 0;  // of the loop's clock
  std::unique_ptr<Admin> admin;
  std::uint64_t reloads_ok = 0;
  std::uint64_t reloads_failed = 0;
  bool last_reload_ok = true;
  bool stopped_clean = true;
};

// Each as an event with the sentence and its place; errors at level error, the others at level warning.
void log_mistakes(EventLog* events, std::string_view event, const std::vector<config::Mistake>& mistakes);

}  // namespace whytls::proxy
