#include "proxy/expiry_notices.h"

#include <array>
#include <utility>

namespace whytls::proxy {

namespace {

constexpr ledger::UnixSeconds kSecondsPerDay = 86'400;
constexpr std::array<int, 4> kSteps{1, 7, 14, 30};

// The smallest step that the time left fits in; 0: none.
int step_of(ledger::UnixSeconds left) {
  for (const int days : kSteps) {
    if (left <= days * kSecondsPerDay) return days;
  }
  return 0;
}

}  // namespace

std::vector<ExpiryNotice> ExpiryNotices::due(const ledger::Expiring& expiring, ledger::UnixSeconds now) {
  std::vector<ExpiryNotice> out;
  std::map<ledger::Digest, int> still;
  for (const ledger::Expiring::Leaf& leaf : expiring.leaves) {
    const int step = step_of(leaf.not_after - now);
    if (step == 0) continue;
    const auto before = spoken_of_.find(leaf.sha256);
    if (before == spoken_of_.end() || before->second > step) out.push_back({leaf, step});
    still[leaf.sha256] = step;
  }
  spoken_of_ = std::move(still);
  return out;
}

}  // namespace whytls::proxy
