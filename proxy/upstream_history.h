// What the ledger tells about a handshake, as policy/ wants to know it.
#pragma once

#include <memory>

#include "policy/history.h"
#include "policy/ledger/types.h"

namespace whytls::proxy {

// nullptr: there is nothing that would change a judgement by a policy without trust on first use.
[[nodiscard]] std::shared_ptr<policy::History> history_of(const ledger::Memory& memory);

}  // namespace whytls::proxy
