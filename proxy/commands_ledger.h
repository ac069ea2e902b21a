// What the commands of the ledger share.
#pragma once

#include "policy/ledger/store.h"
#include "proxy/commands.h"
#include "proxy/render_ledger.h"

namespace whytls::proxy {

// One question with all that it takes. Refers to what execute() was given.
struct LedgerCommand {
  ledger::Store& store;
  const LedgerRequest& request;
  const Console& console;

  [[nodiscard]] tls::UnixSeconds now() const { return console.clock() / 1000; }
};

// They print the answer; an error is for the caller to print.
[[nodiscard]] Result<void> list_certificates(const LedgerCommand& command);
[[nodiscard]] Result<void> show_certificates(const LedgerCommand& command);
[[nodiscard]] Result<void> list_conflicts(const LedgerCommand& command);
[[nodiscard]] Result<void> list_expiring(const LedgerCommand& command);
[[nodiscard]] Result<void> accept_certificate(const LedgerCommand& command);
[[nodiscard]] Result<void> forget_what_is_named(const LedgerCommand& command);
[[nodiscard]] Result<void> export_ledger(const LedgerCommand& command);

// All that hosts remember.
[[nodiscard]] Result<ledger_text::Upstreams> read_upstreams(ledger::Store& store);

}  // namespace whytls::proxy
