// `whytls run`: everything in the order in which it can fail.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "proxy/commands.h"
#include "proxy/control.h"
#include "proxy/control_impl.h"
#include "proxy/descriptor_limit.h"
#include "proxy/event_log.h"
#include "proxy/ledger_start.h"
#include "proxy/log_sink.h"
#include "proxy/settings_source.h"
#include "proxy/version.h"

namespace whytls::proxy {
namespace {

constexpr tls::UnixSeconds kExpirySoon = 30LL * 24 * 60 * 60;

ExitCode fail_start(const Error& error, const Console& console) {
  console.err << "whytls: " << error.text() << "\n" << std::flush;
  return ExitCode::failed;
}

void log_start(EventLog* events, const std::string& config_file) {
  events->write(config::LogLevel::info, "started",
                {{"version", std::string(version())},
                 {"openssl", tls::library_version()},
                 {"config", config_file.empty() ? std::string("built-in") : config_file},
                 {"pid", std::int64_t{::getpid()}}});
}

// The leaves are worth nothing when the authority has expired, and nobody looks at its date.
void log_authority(EventLog* events, const tls::Authority& authority, tls::UnixSeconds now) {
  const tls::UnixSeconds end = authority.certificate().not_after;
  if (end - now > kExpirySoon) return;
  events->write(config::LogLevel::warning, end <= now ? "authority_expired" : "authority_expires",
                {{"file", authority.certificate_file()}, {"not_after", std::int64_t{end}}});
}

}  // namespace

ExitCode run_proxy(const Invocation& invocation, const Console& console) {
  // A peer or a log reader that is gone is an error number, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const tls::UnixSeconds now = console.clock() / 1000;
  auto loaded = load_settings(invocation.config_file, now);
  if (!loaded) return report(loaded.error(), console);
  const auto settings = loaded->settings;

  auto log = QueuedLog::open(settings->log.file);
  if (!log) return fail_start(log.error(), console);
  EventLog events(**log, console.clock, settings->log.level);

  std::shared_ptr<const tls::Authority> authority;
  if (needs_authority(*settings)) {
    auto made = tls::Authority::load_or_create(settings->authority.directory, now);
    if (!made) return fail_start(made.error(), console);
    authority = std::move(*made);
  }
  const auto ledger = open_ledger(settings->ledger, **log, console.clock, &events);
  ServerOptions options;
  options.settings = settings;
  options.page = loaded->page;
  options.authority = authority;
  options.ledger = ledger.get();
  options.log = log->get();
  options.clock = console.clock;
  auto server = Server::start(std::move(options));
  if (!server) return fail_start(server.error(), console);

  log_start(&events, invocation.config_file);
  log_mistakes(&events, "config_warning", loaded->warnings);
  warn_of_descriptor_limit(&events, *settings);
  if (authority) log_authority(&events, *authority, now);
  auto control = Control::start(
      {invocation.config_file, authority, server->get(), log->get(), &events, console.clock, ledger.get()});
  if (!control) return fail_start(control.error(), console);
  const bool stopped_clean = (*control)->run();
  if (ledger) ledger->stop();
  if (!stopped_clean) {
    (*log)->finish();
    std::_Exit(
        static_cast<int>(ExitCode::ok));  // all is said and closed; nobody wants to wait for the lookup
  }
  return ExitCode::ok;
}

}  // namespace whytls::proxy
