// The certificates, places and endpoints in memory, and how they are found: without a lock by readers inside
// an epoch, changed by one thread at a time under `mutex`.
#pragma once

#include <deque>
#include <mutex>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/ledger/containers.h"
#include "policy/ledger/entries.h"
#include "policy/ledger/epochs.h"
#include "policy/ledger/store.h"

namespace whytls::ledger {

struct Bounds {
  std::size_t certificates = 0;
  std::size_t places = 0;
  std::size_t endpoints = 0;
};

class Table {
 public:
  Table(const HashKey& key, const Bounds& bounds);

  Epochs epochs;
  std::mutex mutex;

  // Inside an epoch, or under the mutex.
  [[nodiscard]] std::uint64_t hash_of(const Digest& sha256) const;
  [[nodiscard]] CertificateEntry* find(const Digest& sha256, std::uint64_t hash) const;
  [[nodiscard]] PlaceEntry* find_place(const CertificateEntry& certificate, const Hash128& place) const;
  [[nodiscard]] Endpoint* find_endpoint(const Hash128& key) const;
  // Hints to the processor, for what will be looked for: first the buckets, then what stands in them.
  void prefetch_buckets(std::uint64_t hash, const PlaceHashes& place) const {
    by_sha256_.prefetch(hash);
    places_.prefetch(place.place.low ^ hash);
  }
  void prefetch_entries(std::uint64_t hash, const PlaceHashes& place) const {
    by_sha256_.prefetch_first(hash);
    places_.prefetch_first(place.place.low ^ hash);
  }
  void prefetch_endpoint_bucket(const Hash128& key) const { endpoints_.prefetch(key.low); }
  void prefetch_endpoint(const Hash128& key) const { endpoints_.prefetch_first(key.low); }
  // A place of this certificate would be kept.
  [[nodiscard]] bool has_room_for_place(const CertificateEntry& certificate) const;
  [[nodiscard]] bool is_full() const;  // of certificates
  [[nodiscard]] bool endpoints_are_full() const;
  [[nodiscard]] std::size_t certificates() const { return counts_.certificates; }
  [[nodiscard]] std::size_t places() const { return counts_.places; }
  [[nodiscard]] std::size_t endpoints() const { return counts_.endpoints; }
  [[nodiscard]] const HashKey& key() const { return key_; }
  [[nodiscard]] const Bounds& bounds() const { return bounds_; }

  // All that follows under the mutex.
  CertificateEntry* insert(const StoredCertificate& certificate);
  CertificateEntry* insert(const StoredCertificate& certificate, std::uint64_t hash, std::uint64_t key_hash);
  // For loading many: what will be inserted soon.
  void prefetch_insert(const StoredCertificate& certificate, std::uint64_t hash,
                       std::uint64_t key_hash) const;
  void prefetch_insert(std::uint64_t hash, const Hash128& place, const Hash128& endpoint) const;
  // `certificate` has no such place yet.
  PlaceEntry* insert_place(CertificateEntry& certificate, Endpoint& endpoint, const StoredPlace& place);
  // What was seen there as part of a chain was seen as a leaf now.
  void become_leaf(PlaceEntry& place);
  // Finds or makes it.
  Endpoint* endpoint(const Hash128& key, std::string_view host, std::uint16_t port);
  // The leaf was shown at `since` and was new at this endpoint.
  static void note_leaf(Endpoint& endpoint, CertificateEntry& leaf, Seconds32 since);
  // nullptr: nothing is remembered any more.
  static void remember(Endpoint& endpoint, CertificateEntry* certificate, Seconds32 at, RememberedBy by);
  // Unlinks a certificate with its places. No endpoint may point to it but by a place.
  void remove(CertificateEntry& certificate);
  void remove(Endpoint& endpoint);
  // The endpoint points to the certificate no more.
  static void drop_from(Endpoint& endpoint, const CertificateEntry& certificate);
  // Makes free what no reader can see any more.
  void collect();

  // For looking at all of them, inside an epoch; only kLive ones are meant.
  [[nodiscard]] std::vector<CertificateEntry*> certificate_blocks() const {
    return certificates_pool_.blocks();
  }
  [[nodiscard]] std::vector<Endpoint*> endpoint_blocks() const { return endpoints_pool_.blocks(); }

 private:
  struct Counts {
    std::atomic<std::size_t> certificates{0};
    std::atomic<std::size_t> places{0};
    std::atomic<std::size_t> endpoints{0};
  };
  struct Retired {
    std::uint64_t epoch;
    std::variant<CertificateEntry*, PlaceEntry*, Endpoint*, Group<CertificateEntry>*, Group<PlaceEntry>*>
        what;
  };
  void join_serial(CertificateEntry& certificate);
  void leave_serial(CertificateEntry& certificate);
  void join_key(PlaceEntry& place);
  void leave_key(CertificateEntry& certificate);
  Group<PlaceEntry>* key_group_of(CertificateEntry& representative);
  void unlink_places(CertificateEntry& certificate);
  [[nodiscard]] bool release(const Retired& retired);

  HashKey key_;
  Bounds bounds_;
  Counts counts_;
  Pool<CertificateEntry> certificates_pool_;
  Pool<PlaceEntry> places_pool_;
  Pool<Endpoint> endpoints_pool_;
  Index<CertificateEntry, &CertificateEntry::next> by_sha256_;
  Index<CertificateEntry, &CertificateEntry::next_serial> by_serial_;  // one of each issuer and serial number
  Index<CertificateEntry, &CertificateEntry::next_key> by_key_;        // one leaf of each key
  Index<PlaceEntry, &PlaceEntry::next> places_;
  Index<Endpoint, &Endpoint::next> endpoints_;
  std::deque<Retired> retired_;
  std::deque<Group<CertificateEntry>> serial_groups_;
  std::deque<Group<PlaceEntry>> key_groups_;
  std::vector<Group<CertificateEntry>*> free_serial_groups_;
  std::vector<Group<PlaceEntry>*> free_key_groups_;
};

}  // namespace whytls::ledger
