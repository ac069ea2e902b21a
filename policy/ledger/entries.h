// What the ledger has in memory. Everything but the atomics is written before an entry is published and read
// by workers without a lock; what is marked "lock" is read and written only under the table's mutex.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "policy/ledger/keyed_hash.h"
#include "policy/ledger/types.h"

namespace whytls::ledger {

// Seconds since 1970 in half the room; until 2106.
using Seconds32 = std::uint32_t;
[[nodiscard]] inline Seconds32 seconds32(UnixSeconds time) {
  constexpr UnixSeconds kMost = std::numeric_limits<Seconds32>::max();
  return static_cast<Seconds32>(std::clamp<UnixSeconds>(time, 0, kMost));
}

inline constexpr std::size_t kMaxGroup = 1024;  // members that are known by name; more are only counted

// Entries that have something in common. Made when there is a second one.
template <typename T>
struct Group {
  std::atomic<std::uint32_t> total{0};
  // The newest, one more than are shown, since whoever asks is one of them. Empty ones are at the end.
  std::array<std::atomic<T*>, kMaxShown + 1> shown{};
  std::vector<T*> members;  // lock; the oldest first
  std::uint32_t users = 0;  // lock; certificates that point here
};

enum EntryFlag : std::uint8_t {
  kLive = 1,
  kDirty = 2,      // in the stack of a reader
  kNotStored = 4,  // its row was lost: the next sighting makes another
  kLeaf = 8,       // was seen as a leaf
  kUnplaced = 16,  // an endpoint may point here without a place that says so
};

struct Endpoint;
struct PlaceEntry;

// Of each entry, what a worker needs for a known chain comes first: one cache line, two of a certificate.
struct alignas(64) CertificateEntry {
  Digest sha256{};
  std::atomic<CertificateEntry*> next{nullptr};  // of the bucket by sha256
  std::atomic<std::uint64_t> count{0};
  std::atomic<Seconds32> last_seen{0};
  std::atomic<std::uint32_t> flags{0};
  std::atomic<std::uint32_t> places{0};  // that are kept
  Seconds32 first_seen = 0;

  std::uint64_t hash = 0;  // keyed, of sha256
  std::atomic<Group<CertificateEntry>*> same_serial{nullptr};
  std::atomic<Group<PlaceEntry>*> same_key{nullptr};
  CertificateEntry* next_dirty = nullptr;      // of whoever has set kDirty
  std::uint64_t key_hash = 0;                  // keyed, of spki
  std::atomic<std::uint64_t> stored_count{0};  // what of it is in the store, or on its way
  std::atomic<Endpoint*> first{nullptr};       // where it was first seen
  PlaceEntry* places_head = nullptr;           // lock

  Digest spki{};
  Fingerprints prints;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  std::atomic<CertificateEntry*> next_serial{nullptr};  // lock
  std::atomic<CertificateEntry*> next_key{nullptr};     // lock
  std::uint32_t remembered = 0;                         // lock; by how many endpoints
};

struct alignas(64) PlaceEntry {
  Hash128 key;                             // of place and certificate together
  std::atomic<PlaceEntry*> next{nullptr};  // of the bucket
  Endpoint* endpoint = nullptr;
  std::atomic<std::uint64_t> count{0};
  PlaceEntry* next_dirty = nullptr;
  std::atomic<Seconds32> last_seen{0};
  std::atomic<std::uint32_t> flags{0};
  Seconds32 first_seen = 0;

  Hash128 place;
  CertificateEntry* certificate = nullptr;
  PlaceEntry* next_of_certificate = nullptr;  // lock
  std::atomic<std::uint64_t> stored_count{0};
};

// A host and a port: the name, and what is known of the leaves that it showed.
struct alignas(64) Endpoint {
  Hash128 key;
  std::atomic<Endpoint*> next{nullptr};
  // `previous` is set before `newest`: who finds a leaf as the newest finds the one before it, too.
  std::atomic<CertificateEntry*> newest{nullptr};
  std::atomic<CertificateEntry*> previous{nullptr};
  std::atomic<CertificateEntry*> remembered{nullptr};
  std::atomic<Seconds32> last_seen{0};
  std::atomic<std::uint32_t> flags{0};

  std::string host;
  std::uint16_t port = 0;
  std::atomic<RememberedBy> remembered_by{RememberedBy::first_use};
  std::atomic<Seconds32> remembered_at{0};
  std::atomic<std::uint32_t> users{0};  // places and certificates that point here
  Seconds32 newest_since = 0;           // lock
  Seconds32 previous_since = 0;         // lock
};

[[nodiscard]] inline bool has_flag(const std::atomic<std::uint32_t>& flags, EntryFlag flag) {
  return (flags.load(std::memory_order_acquire) & flag) != 0;
}
inline void set_flag(std::atomic<std::uint32_t>& flags, EntryFlag flag) {
  flags.fetch_or(flag, std::memory_order_acq_rel);
}
inline void clear_flag(std::atomic<std::uint32_t>& flags, EntryFlag flag) {
  flags.fetch_and(~static_cast<std::uint32_t>(flag), std::memory_order_acq_rel);
}
// A worker whose clock lags behind another's must not turn it back.
inline void raise(std::atomic<Seconds32>& time, Seconds32 now) {
  if (time.load(std::memory_order_relaxed) < now) time.store(now, std::memory_order_relaxed);
}

}  // namespace whytls::ledger
