// Removing what is too old or too much, in steps that hold up no worker. Runs on the writer's thread, which
// alone removes anything: so it may look at entries without a lock.
#include <algorithm>

#include "policy/ledger/state.h"

namespace whytls::ledger {
namespace {

constexpr std::size_t kStep = 256;  // removals in one hold of the lock
constexpr std::size_t kSpareDivisor =
    20;  // a twentieth more is removed, so that it need not be done again at once

// Of `entries`, those that are older than the horizon, and of the others the oldest, until not more than
// `most` of `total` are left. The order may be outdated by what is seen meanwhile: that is looked at again
// under the lock.
template <typename Entry>
void keep_surplus(std::vector<std::pair<Seconds32, Entry*>>& entries, std::size_t total, std::size_t most,
                  Seconds32 horizon) {
  std::size_t count = 0;
  if (total > most) count = std::min(entries.size(), total - most + most / kSpareDivisor);
  const auto middle = entries.begin() + static_cast<std::ptrdiff_t>(count);
  if (middle != entries.end()) std::nth_element(entries.begin(), middle, entries.end());
  const auto end =
      std::partition(middle, entries.end(), [horizon](const auto& entry) { return entry.first < horizon; });
  entries.erase(end, entries.end());
}

}  // namespace

std::vector<CertificateEntry*> LedgerState::candidates(Seconds32 horizon) {
  std::vector<CertificateEntry*> blocks;
  {
    const std::lock_guard lock(table.mutex);
    blocks = table.certificate_blocks();
  }
  std::vector<std::pair<Seconds32, CertificateEntry*>> entries;
  for (CertificateEntry* block : blocks) {
    for (std::size_t i = 0; i < Pool<CertificateEntry>::kBlock; ++i) {
      CertificateEntry& entry = block[i];
      if (has_flag(entry.flags, kLive)) {
        entries.emplace_back(entry.last_seen.load(std::memory_order_relaxed), &entry);
      }
    }
  }
  keep_surplus(entries, table.certificates(), table.bounds().certificates, horizon);
  std::vector<CertificateEntry*> out;
  out.reserve(entries.size());
  for (const auto& entry : entries) out.push_back(entry.second);
  return out;
}

void LedgerState::prune() {
  const Seconds32 horizon = seconds32(options.now() - options.keep);
  std::vector<CertificateEntry*> old = candidates(horizon);
  for (std::size_t at = 0; at < old.size(); at += kStep) {
    const std::lock_guard lock(table.mutex);
    for (std::size_t i = at; i < std::min(at + kStep, old.size()); ++i) {
      CertificateEntry& entry = *old[i];
      if (entry.remembered != 0 || has_flag(entry.flags, kDirty)) continue;
      if (has_flag(entry.flags, kUnplaced)) unlink_unplaced(entry);
      backlog.push_removal({entry.sha256});
      table.remove(entry);
      ++pruned;
    }
  }
  prune_endpoints(horizon);
  const std::lock_guard lock(table.mutex);
  table.collect();
}

// Endpoints that no place keeps: only certificates with more hosts than places leave any.
void LedgerState::prune_endpoints(Seconds32 horizon) {
  const auto is_unused = [](const Endpoint& endpoint) {
    return has_flag(endpoint.flags, kLive) && endpoint.users == 0 && endpoint.remembered == nullptr;
  };
  std::vector<Endpoint*> blocks;
  {
    const std::lock_guard lock(table.mutex);
    blocks = table.endpoint_blocks();
  }
  std::vector<std::pair<Seconds32, Endpoint*>> entries;
  for (Endpoint* block : blocks) {
    for (std::size_t i = 0; i < Pool<Endpoint>::kBlock; ++i) {
      Endpoint& endpoint = block[i];
      if (!is_unused(endpoint)) continue;
      entries.emplace_back(endpoint.newest == nullptr ? 0 : endpoint.last_seen.load(), &endpoint);
    }
  }
  keep_surplus(entries, table.endpoints(), table.bounds().endpoints, std::max<Seconds32>(horizon, 1));
  for (std::size_t at = 0; at < entries.size(); at += kStep) {
    const std::lock_guard lock(table.mutex);
    for (std::size_t i = at; i < std::min(at + kStep, entries.size()); ++i) {
      if (is_unused(*entries[i].second)) table.remove(*entries[i].second);
    }
  }
}

// Rare: a certificate that was shown by more hosts than are kept of it, or that was remembered once.
void LedgerState::unlink_unplaced(CertificateEntry& certificate) {
  for (Endpoint* block : table.endpoint_blocks()) {
    for (std::size_t i = 0; i < Pool<Endpoint>::kBlock; ++i) {
      if (has_flag(block[i].flags, kLive)) Table::drop_from(block[i], certificate);
    }
  }
}

void LedgerState::forget(const Digest& sha256) {
  const std::lock_guard lock(table.mutex);
  // Its row may have waited here while it was deleted there.
  backlog.push_removal({sha256});
  CertificateEntry* entry = table.find(sha256, table.hash_of(sha256));
  if (entry == nullptr) return;
  if (has_flag(entry->flags, kUnplaced)) unlink_unplaced(*entry);
  table.remove(*entry);
  table.collect();
}

}  // namespace whytls::ledger
