// The part of the command line that is about the ledger.
#pragma once

#include "proxy/ledger_request.h"

namespace CLI {
class App;
}

namespace whytls::proxy {

// Adds a subcommand for each question to `ledger`; a parse fills `request`, which has to outlive it.
void add_ledger_commands(CLI::App* ledger, LedgerRequest* request);

}  // namespace whytls::proxy
