#include "proxy/control.h"

#include <cassert>
#include <csignal>
#include <utility>

#include "proxy/control_impl.h"
#include "proxy/control_notify.h"
#include "proxy/process_counters.h"
#include "proxy/version.h"

namespace whytls::proxy {
namespace {

constexpr std::array<int, 4> kSignals{SIGTERM, SIGINT, SIGHUP, SIGUSR1};
constexpr std::uint64_t kDrainLookMs = 20;
// How long the workers may take to end; only a name lookup can hold them longer.
constexpr std::chrono::milliseconds kEndPatience{500};

// For the gauges; each of them counts its own part.
constexpr tls::UnixSeconds kExpirySoon = 30LL * 24 * 60 * 60;
// How often what ends soon is looked for.
constexpr std::uint64_t kExpiryLookMs = std::uint64_t{60} * 60 * 1000;

std::string_view signal_name(int number) {
  switch (number) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGHUP:
      return "SIGHUP";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return "signal";
  }
}

std::string mode_name(config::Mode mode) {
  return mode == config::Mode::forward ? "forward" : "reverse";
}

}  // namespace

Control::Impl::Impl(ControlOptions given) : options(std::move(given)), started_at_ms(options.clock()) {}

Control::Impl::~Impl() {
  if (state == State::unopened) return;
  close_handles();
  uv_run(&loop, UV_RUN_DEFAULT);
  [[maybe_unused]] const int closed = uv_loop_close(&loop);
  assert(closed == 0);
}

Result<void> Control::Impl::watch_signals() {
  for (std::size_t index = 0; index < kSignals.size(); ++index) {
    auto& watcher = signals.at(index);
    int status = watcher.init(uv_signal_init, &loop);
    if (status == 0) {
      watcher->data = this;
      status = uv_signal_start(
          watcher.get(),
          [](uv_signal_t* handle, int number) noexcept {
            if (handle->data != nullptr) static_cast<Impl*>(handle->data)->on_signal(number);
          },
          kSignals.at(index));
    }
    if (status != 0) {
      return fail(std::string("the signal can't be watched: ") + uv_strerror(status),
                  std::string(signal_name(kSignals.at(index))));
    }
  }
  return {};
}

Result<std::unique_ptr<Admin>> Control::Impl::open_admin(const config::Settings& settings) {
  if (!settings.admin.enabled) return nullptr;
  AdminPages pages;
  pages.metrics = [this] { return metrics(); };
  pages.draining = [this] { return state != State::serving; };
  return Admin::start(&loop, settings.admin.listen, std::move(pages));
}

Result<void> Control::Impl::open() {
  const int status = uv_loop_init(&loop);
  if (status != 0) return fail(std::string("the control loop can't be made: ") + uv_strerror(status));
  state = State::serving;
  auto watching = watch_signals();
  if (!watching) return watching;
  auto opened = open_admin(*options.server->settings());
  if (!opened) return tl::make_unexpected(opened.error());
  admin = std::move(*opened);
  if (auto watching_expiry = watch_expiry(); !watching_expiry) return watching_expiry;
  log_listening();
  options.events->write(config::LogLevel::info, "ready");
  notify_ready(status_text());
  return {};
}

Result<void> Control::Impl::watch_expiry() {
  if (options.ledger == nullptr) return {};
  int status = expiry_timer.init(uv_timer_init, &loop);
  if (status == 0) {
    expiry_timer->data = this;
    status = uv_timer_start(
        expiry_timer.get(),
        [](uv_timer_t* handle) noexcept {
          if (handle->data != nullptr) static_cast<Impl*>(handle->data)->look_at_expiry();
        },
        0, kExpiryLookMs);
  }
  if (status != 0) return fail(std::string("the timer can't be started: ") + uv_strerror(status));
  return {};
}

void Control::Impl::look_at_expiry() {
  const tls::UnixSeconds now = options.clock() / 1000;
  for (const ExpiryNotice& notice : expiry.due(options.ledger->expiring(now, kExpirySoon), now)) {
    options.events->write(config::LogLevel::warning, "certificate_expires",
                          {{"host", notice.leaf.host},
                           {"port", std::int64_t{notice.leaf.port}},
                           {"sha256", ledger::hex_of(notice.leaf.sha256)},
                           {"not_after", std::int64_t{notice.leaf.not_after}},
                           {"within_days", std::int64_t{notice.within_days}}});
  }
}

void Control::Impl::on_signal(int number) {
  switch (number) {
    case SIGHUP:
      if (state == State::serving) reload();
      return;
    case SIGUSR1:
      reopen_log();
      return;
    default:
      if (state == State::serving) {
        drain(number);
      } else {
        end("second signal");
      }
      return;
  }
}

void Control::Impl::reopen_log() {
  const auto reopened = options.log->reopen(options.server->settings()->log.file);
  if (reopened) {
    options.events->write(config::LogLevel::info, "log_reopened");
  } else {
    options.events->write(config::LogLevel::error, "log_reopen_failed",
                          {{"error.message", reopened.error().text()}});
  }
}

void Control::Impl::drain(int signal_number) {
  const auto patience = options.server->settings()->timeouts.drain;
  state = State::draining;
  options.events->write(
      config::LogLevel::info, "draining",
      {{"signal", std::string(signal_name(signal_number))}, {"deadline_ms", patience.count()}});
  notify_stopping("draining");
  options.server->drain();
  uv_update_time(&loop);
  drain_deadline_ms = uv_now(&loop) + static_cast<std::uint64_t>(patience.count());
  if (drain_timer.init(uv_timer_init, &loop) != 0) {
    end("no timer for the drain");
    return;
  }
  drain_timer->data = this;
  uv_timer_start(
      drain_timer.get(),
      [](uv_timer_t* timer) noexcept {
        if (timer->data != nullptr) static_cast<Impl*>(timer->data)->look_at_drain();
      },
      0, kDrainLookMs);
}

void Control::Impl::look_at_drain() {
  if (options.server->drained()) {
    end("drained");
  } else if (uv_now(&loop) >= drain_deadline_ms) {
    end("deadline");
  }
}

void Control::Impl::end(std::string_view reason) {
  if (state == State::ended) return;
  state = State::ended;
  const auto left = static_cast<std::int64_t>(options.server->counters().client_connections_open);
  stopped_clean = options.server->stop_within(kEndPatience);
  options.events->write(config::LogLevel::info, "stopped",
                        {{"reason", std::string(reason)}, {"connections_cut", left}});
  close_handles();
}

void Control::Impl::close_handles() {
  admin.reset();
  drain_timer.reset();
  expiry_timer.reset();
  for (auto& watcher : signals) watcher.reset();
}

void Control::Impl::log_listening() const {
  for (const config::Listener& listener : options.server->settings()->listeners) {
    const std::uint16_t port = options.server->port(listener.name);
    options.events->write(config::LogLevel::info, "listening",
                          {{"listener", listener.name},
                           {"address", listener.listen.host},
                           {"port", std::int64_t{port}},
                           {"mode", mode_name(listener.mode)},
                           {"tls", std::string(listener.tls ? "yes" : "no")}});
  }
  if (!admin) return;
  options.events->write(config::LogLevel::info, "listening",
                        {{"listener", std::string("admin")},
                         {"address", admin->address().host},
                         {"port", std::int64_t{admin->address().port}},
                         {"mode", std::string("admin")}});
  if (!admin->is_loopback()) {
    options.events->write(config::LogLevel::warning, "admin_not_loopback",
                          {{"address", admin->address().text()},
                           {"error.message", std::string("the admin listener asks for no password, and other "
                                                         "machines can reach it")}});
  }
}

std::string Control::Impl::metrics() const {
  ProgramCounters program;
  program.version = version();
  program.openssl = tls::library_version();
  program.started_at = started_at_ms / 1000;
  program.log_lines_dropped = options.log->dropped();
  program.reloads_ok = reloads_ok;
  program.reloads_failed = reloads_failed;
  program.last_reload_ok = last_reload_ok;
  program.draining = state != State::serving;
  if (options.authority) program.authority_not_after = options.authority->certificate().not_after;
  if (options.ledger != nullptr) {
    program.ledger = options.ledger->statistics();
    program.expiring = options.ledger->expiring(options.clock() / 1000, kExpirySoon);
  }
  add_process_counters(&program);
  return metrics_text(options.server->counters(), program);
}

std::string Control::Impl::status_text() const {
  const auto settings = options.server->settings();
  std::string text = "serving " + std::to_string(settings->listeners.size()) + " listeners";
  if (!last_reload_ok) text += "; the last reload failed, the configuration before it is in force";
  return text;
}

Result<std::unique_ptr<Control>> Control::start(ControlOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  auto opened = impl->open();
  if (!opened) return tl::make_unexpected(opened.error());
  return std::unique_ptr<Control>(new Control(std::move(impl)));
}

Control::Control(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Control::~Control() = default;

bool Control::run() {
  uv_run(&impl_->loop, UV_RUN_DEFAULT);
  return impl_->stopped_clean;
}

}  // namespace whytls::proxy
