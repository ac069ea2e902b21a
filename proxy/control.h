// The control thread: signals, reload, drain, and the admin listener, on a loop of its own.
#pragma once

#include <memory>
#include <string>

#include "policy/ledger/ledger.h"
#include "proxy/event_log.h"
#include "proxy/log_sink.h"
#include "proxy/server.h"
#include "tls/authority.h"
#include "tls/result.h"

namespace whytls::proxy {

// What is borrowed must outlive the Control.
struct ControlOptions {
  std::string config_file;                          // reread at SIGHUP; empty: the built-in defaults serve
  std::shared_ptr<const tls::Authority> authority;  // nullptr: nothing is minted
  Server* server = nullptr;
  QueuedLog* log = nullptr;
  EventLog* events = nullptr;
  WallClock clock;
  ledger::Ledger* ledger = nullptr;  // nullptr: there is none
};

// SIGTERM, SIGINT  drain and end; a second one ends at once
// SIGHUP           reread the configuration whole, or keep the old one and log why; reopen the log file
// SIGUSR1          reopen the log file
class Control {
 public:
  // Takes the signals, opens the admin listener, logs where everything listens, and tells the service manager
  // that the program is ready. Fails when the admin listener can't be opened.
  static Result<std::unique_ptr<Control>> start(ControlOptions options);
  // The loop has been closed clean (asserted).
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Returns when the server has been told to stop. False: a name lookup that can't be stopped still holds one
  // of its threads, so that destroying it would wait.
  [[nodiscard]] bool run();

  struct Impl;

 private:
  explicit Control(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::proxy
