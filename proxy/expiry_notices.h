// Which certificates that end soon have to be spoken of: each once when 30, 14, 7 and 1 days are left.
#pragma once

#include <map>
#include <vector>

#include "policy/ledger/ledger.h"

namespace whytls::proxy {

struct ExpiryNotice {
  ledger::Expiring::Leaf leaf;
  int within_days = 0;  // 30, 14, 7 or 1
};

class ExpiryNotices {
 public:
  // What is new since the last call. Forgets certificates that are no longer among those that end soon.
  [[nodiscard]] std::vector<ExpiryNotice> due(const ledger::Expiring& expiring, ledger::UnixSeconds now);

 private:
  std::map<ledger::Digest, int> spoken_of_;  // the days of the last notice
};

}  // namespace whytls::proxy
