#include "proxy/ledger_start.h"

#include <string>
#include <utility>

#include "policy/ledger/sqlite_store.h"

namespace whytls::proxy {

namespace {

constexpr ledger::UnixSeconds kSecondsPerDay = 86'400;
constexpr std::int64_t kMillisecondsPerSecond = 1000;

// Once for each outage, on the writer's thread, whatever the level of the log: certificates go unrecorded.
void log_outage(LogSink& log, std::int64_t now_ms, const ledger::Event& event) {
  if (event.kind == ledger::Event::Kind::stopped_writing) {
    log.line(config::LogLevel::error, event_line(now_ms, config::LogLevel::error, "ledger_not_written",
                                                 {{"error.message", event.reason}}));
    return;
  }
  log.line(config::LogLevel::warning, event_line(now_ms, config::LogLevel::warning, "ledger_written_again",
                                                 {{"lost", static_cast<std::int64_t>(event.lost)}}));
}

}  // namespace

std::string ledger_file(const config::LedgerFiles& files) {
  return files.directory + "/ledger.db";
}

std::unique_ptr<ledger::Ledger> open_ledger(const config::LedgerFiles& files, LogSink& log,
                                            const WallClock& clock, EventLog* events) {
  if (!files.enabled) return nullptr;
  const auto give_up = [&](const Error& error) {
    events->write(config::LogLevel::error, "ledger_unavailable", {{"error.message", error.text()}});
    return nullptr;
  };
  auto store = ledger::SqliteStore::open(ledger_file(files), ledger::OpenMode::owner);
  if (!store) return give_up(store.error());
  ledger::Options options;
  options.max_certificates = files.max_certificates;
  options.keep = files.keep_days * kSecondsPerDay;
  options.now = [clock] { return clock() / kMillisecondsPerSecond; };
  options.on_event = [&log, clock](const ledger::Event& event) { log_outage(log, clock(), event); };
  auto opened = ledger::Ledger::open(std::move(*store), std::move(options));
  if (!opened) return give_up(opened.error());
  return std::move(*opened);
}

}  // namespace whytls::proxy
