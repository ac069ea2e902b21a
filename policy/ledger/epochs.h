// When memory that was unlinked may be used again: once every reader that could have seen it has left.
//
// A reader announces the epoch in which it entered, in a variable that nobody else writes. Whoever unlinks
// something ends the epoch afterwards; what was unlinked in it is free when no reader is left that entered
// then or before.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <vector>

namespace whytls::ledger {

struct CertificateEntry;
struct PlaceEntry;

// What belongs to one reader. On cache lines of its own: no worker writes where another one reads.
struct alignas(64) ReaderSlot {
  std::atomic<std::uint64_t> entered{0};  // 0: outside
  bool in_use = false;                    // under the mutex of Epochs
  // Stacks of what this reader saw again, which the writer takes.
  std::atomic<CertificateEntry*> dirty{nullptr};
  std::atomic<PlaceEntry*> dirty_places{nullptr};
};

class Epochs {
 public:
  // Any thread. A slot has one user at a time, and lives as long as this object.
  ReaderSlot& take_slot() {
    const std::lock_guard lock(mutex_);
    for (auto& slot : slots_) {
      if (slot->in_use) continue;
      slot->in_use = true;
      return *slot;
    }
    slots_.push_back(std::make_unique<ReaderSlot>());
    slots_.back()->in_use = true;
    return *slots_.back();
  }
  void give_back(ReaderSlot& slot) {
    const std::lock_guard lock(mutex_);
    slot.in_use = false;
  }

  // After what was unlinked before this call, returns the epoch in which that was; see is_free().
  std::uint64_t end_epoch() { return epoch_.fetch_add(1, std::memory_order_seq_cst); }
  // The oldest epoch in which a reader is.
  [[nodiscard]] std::uint64_t oldest() {
    std::uint64_t out = std::numeric_limits<std::uint64_t>::max();
    for_each([&out](const ReaderSlot& slot) {
      const std::uint64_t entered = slot.entered.load(std::memory_order_seq_cst);
      if (entered != 0 && entered < out) out = entered;
    });
    return out;
  }
  template <typename Function>
  void for_each(Function function) {
    const std::lock_guard lock(mutex_);
    for (auto& slot : slots_) function(*slot);
  }

 private:
  friend class InsideEpoch;
  std::atomic<std::uint64_t> epoch_{1};
  std::mutex mutex_;
  std::vector<std::unique_ptr<ReaderSlot>> slots_;
};

// While it lives, nothing that this reader can reach is used for anything else.
class InsideEpoch {
 public:
  InsideEpoch(Epochs& epochs, ReaderSlot& slot) : slot_(slot) {
    std::uint64_t now = epochs.epoch_.load(std::memory_order_acquire);
    for (;;) {
      slot_.entered.store(now, std::memory_order_seq_cst);
      // Whoever ended an epoch without seeing this announcement did so before this load: it is seen here, and
      // with it all that was unlinked.
      const std::uint64_t again = epochs.epoch_.load(std::memory_order_seq_cst);
      if (again == now) return;
      now = again;
    }
  }
  ~InsideEpoch() { slot_.entered.store(0, std::memory_order_release); }
  InsideEpoch(const InsideEpoch&) = delete;
  InsideEpoch& operator=(const InsideEpoch&) = delete;

 private:
  ReaderSlot& slot_;
};

}  // namespace whytls::ledger
