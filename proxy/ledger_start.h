// The ledger of a running proxy: opened at the start, its outages logged.
#pragma once

#include <memory>

#include "config/settings.h"
#include "policy/ledger/ledger.h"
#include "proxy/event_log.h"
#include "proxy/server.h"

namespace whytls::proxy {

// The file in the directory of the settings.
[[nodiscard]] std::string ledger_file(const config::LedgerFiles& files);

// nullptr: switched off, or it cannot be opened. That is logged and no reason not to serve: the proxy
// forwards without a memory. `log` is borrowed until the ledger has stopped.
[[nodiscard]] std::unique_ptr<ledger::Ledger> open_ledger(const config::LedgerFiles& files, LogSink& log,
                                                          const WallClock& clock, EventLog* events);

}  // namespace whytls::proxy
