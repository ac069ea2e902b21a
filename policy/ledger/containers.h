// The two containers of the table: memory in blocks, and a hash table for readers without a lock.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace whytls::ledger {

// A fixed number of values in pages of 2 MiB where the system has them: what is looked for lies anywhere, and
// with small pages finding the page costs more than the memory itself.
template <typename T>
class LargeArray {
 public:
  explicit LargeArray(std::size_t count) : count_(count) {
    constexpr std::size_t kHugePage = 2UL * 1024 * 1024;
    const std::size_t bytes = count * sizeof(T);
    alignment_ = std::align_val_t{bytes >= kHugePage ? kHugePage : alignof(T)};
    void* memory = ::operator new(bytes, alignment_);
    // Only advice: without it all works as well, and slower.
    if (bytes >= kHugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);
    values_ = static_cast<T*>(memory);
    std::uninitialized_value_construct_n(values_, count);
  }
  ~LargeArray() {
    std::destroy_n(values_, count_);
    ::operator delete(values_, alignment_);
  }
  LargeArray(const LargeArray&) = delete;
  LargeArray& operator=(const LargeArray&) = delete;
  T& operator[](std::size_t at) { return values_[at]; }
  const T& operator[](std::size_t at) const { return values_[at]; }
  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  std::size_t count_;
  std::align_val_t alignment_{};
  T* values_ = nullptr;
};

// Entries in blocks, which are never given back: what is released is used again. Under the table's mutex.
template <typename T>
class Pool {
 public:
  static constexpr std::size_t kBlock = 2UL * 1024 * 1024 / sizeof(T);

  T* take() {
    if (free_.empty()) {
      blocks_.push_back(std::make_unique<LargeArray<T>>(kBlock));
      free_.reserve(blocks_.size() * kBlock);
      for (std::size_t i = kBlock; i > 0; --i) free_.push_back(&(*blocks_.back())[i - 1]);
    }
    T* out = free_.back();
    free_.pop_back();
    return out;
  }
  void release(T* entry) { free_.push_back(entry); }
  // To look through all of them without the mutex; those that are not in use say so by their flags.
  [[nodiscard]] std::vector<T*> blocks() const {
    std::vector<T*> out;
    out.reserve(blocks_.size());
    for (const auto& block : blocks_) out.push_back(&(*block)[0]);
    return out;
  }

 private:
  std::vector<std::unique_ptr<LargeArray<T>>> blocks_;
  std::vector<T*> free_;
};

// Chains of entries that hold the pointer to the next one themselves. One thread at a time, under the table's
// mutex, inserts and removes; others read meanwhile. It never grows: the ledger knows its bounds from the
// start.
template <typename T, std::atomic<T*> T::*kNext>
class Index {
 public:
  explicit Index(std::size_t expected) : buckets_(std::bit_ceil(std::max<std::size_t>(expected, 64))) {}

  template <typename Predicate>
  T* find(std::uint64_t hash, Predicate wanted) const {
    T* entry = bucket(hash).load(std::memory_order_acquire);
    while (entry != nullptr && !wanted(*entry)) entry = (entry->*kNext).load(std::memory_order_acquire);
    return entry;
  }
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&bucket(hash)); }
  void prefetch_first(std::uint64_t hash) const {
    const T* first = bucket(hash).load(std::memory_order_relaxed);
    if (first == nullptr) return;
    __builtin_prefetch(first);
    if constexpr (sizeof(T) > 2 * kLine) __builtin_prefetch(reinterpret_cast<const char*>(first) + kLine);
  }

  void insert(std::uint64_t hash, T* entry) {
    (entry->*kNext).store(bucket(hash).load(std::memory_order_relaxed), std::memory_order_relaxed);
    bucket(hash).store(entry, std::memory_order_release);
  }
  // The entry keeps its own pointer, for readers that are just there. Does nothing when it is not in the
  // chain.
  void remove(std::uint64_t hash, const T* entry) {
    std::atomic<T*>* link = &bucket(hash);
    for (T* at = link->load(std::memory_order_relaxed); at != nullptr;
         at = link->load(std::memory_order_relaxed)) {
      if (at == entry) {
        link->store((entry->*kNext).load(std::memory_order_relaxed), std::memory_order_release);
        return;
      }
      link = &(at->*kNext);
    }
  }
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  [[nodiscard]] const std::atomic<T*>& bucket(std::uint64_t hash) const {
    return buckets_[hash & (buckets_.size() - 1)];
  }
  std::atomic<T*>& bucket(std::uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  static constexpr std::size_t kLine = 64;
  LargeArray<std::atomic<T*>> buckets_;
};

}  // namespace whytls::ledger
