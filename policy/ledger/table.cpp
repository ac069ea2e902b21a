#include "policy/ledger/table.h"

#include <cstring>
#include <type_traits>

namespace whytls::ledger {
namespace {

// What a flood of new certificates may put on top until the writer has removed the oldest.
constexpr std::size_t kSlackDivisor = 8;

Hash128 combined(const Hash128& place, const CertificateEntry& certificate) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, certificate.sha256.data(), sizeof bytes);
  return {place.low ^ certificate.hash, place.high ^ bytes};
}

void reset_times(auto& entry, const Times& times) {
  entry.first_seen = seconds32(times.first_seen);
  entry.last_seen.store(seconds32(times.last_seen), std::memory_order_relaxed);
  entry.count.store(times.count, std::memory_order_relaxed);
  entry.stored_count = times.count;
  entry.next_dirty = nullptr;
}

}  // namespace

Table::Table(const HashKey& key, const Bounds& bounds)
    : key_(key),
      bounds_(bounds),
      by_sha256_(bounds.certificates),
      by_serial_(bounds.certificates),
      by_key_(bounds.certificates),
      places_(bounds.certificates),
      endpoints_(bounds.certificates) {}

std::uint64_t Table::hash_of(const Digest& sha256) const {
  return keyed_hash(key_, {reinterpret_cast<const char*>(sha256.data()), sha256.size()}).low;
}

CertificateEntry* Table::find(const Digest& sha256, std::uint64_t hash) const {
  return by_sha256_.find(hash, [&](const CertificateEntry& entry) { return entry.sha256 == sha256; });
}

PlaceEntry* Table::find_place(const CertificateEntry& certificate, const Hash128& place) const {
  const Hash128 key = combined(place, certificate);
  return places_.find(key.low, [&key](const PlaceEntry& entry) { return entry.key == key; });
}

Endpoint* Table::find_endpoint(const Hash128& key) const {
  return endpoints_.find(key.low, [&key](const Endpoint& entry) { return entry.key == key; });
}

bool Table::has_room_for_place(const CertificateEntry& certificate) const {
  return certificate.places.load(std::memory_order_relaxed) < kMaxPlaces &&
         counts_.places.load(std::memory_order_relaxed) < bounds_.places;
}

bool Table::is_full() const {
  return counts_.certificates >= bounds_.certificates + bounds_.certificates / kSlackDivisor + 1;
}
bool Table::endpoints_are_full() const {
  return counts_.endpoints >= bounds_.endpoints + bounds_.endpoints / kSlackDivisor + 1;
}

void Table::prefetch_insert(const StoredCertificate& certificate, std::uint64_t hash,
                            std::uint64_t key_hash) const {
  by_sha256_.prefetch(hash);
  by_serial_.prefetch(certificate.prints.issuer_serial.low);
  by_key_.prefetch(key_hash);
}

void Table::prefetch_insert(std::uint64_t hash, const Hash128& place, const Hash128& endpoint) const {
  places_.prefetch(place.low ^ hash);
  endpoints_.prefetch(endpoint.low);
}

CertificateEntry* Table::insert(const StoredCertificate& certificate) {
  return insert(certificate, hash_of(certificate.sha256), hash_of(certificate.spki_sha256));
}

CertificateEntry* Table::insert(const StoredCertificate& certificate, std::uint64_t hash,
                                std::uint64_t key_hash) {
  CertificateEntry* entry = certificates_pool_.take();
  entry->sha256 = certificate.sha256;
  entry->spki = certificate.spki_sha256;
  entry->prints = certificate.prints;
  entry->hash = hash;
  entry->key_hash = key_hash;
  entry->not_before = certificate.not_before;
  entry->not_after = certificate.not_after;
  reset_times(*entry, certificate.times);
  entry->places = 0;
  entry->remembered = 0;
  entry->first = nullptr;
  entry->places_head = nullptr;
  entry->same_serial = nullptr;
  entry->same_key = nullptr;
  join_serial(*entry);
  entry->flags.store(kLive, std::memory_order_release);
  by_sha256_.insert(entry->hash, entry);
  ++counts_.certificates;
  return entry;
}

PlaceEntry* Table::insert_place(CertificateEntry& certificate, Endpoint& endpoint, const StoredPlace& place) {
  PlaceEntry* entry = places_pool_.take();
  entry->key = combined(place.key, certificate);
  entry->place = place.key;
  entry->certificate = &certificate;
  entry->endpoint = &endpoint;
  reset_times(*entry, place.times);
  entry->next_of_certificate = certificate.places_head;
  certificate.places_head = entry;
  certificate.places.fetch_add(1, std::memory_order_relaxed);
  ++endpoint.users;
  raise(endpoint.last_seen, seconds32(place.times.last_seen));
  Endpoint* first = certificate.first.load(std::memory_order_relaxed);
  if (first == nullptr) {
    ++endpoint.users;
    certificate.first.store(&endpoint, std::memory_order_release);
  }
  entry->flags.store(kLive, std::memory_order_release);
  if (place.as_leaf) become_leaf(*entry);
  places_.insert(entry->key.low, entry);
  ++counts_.places;
  return entry;
}

void Table::become_leaf(PlaceEntry& place) {
  set_flag(place.flags, kLeaf);
  set_flag(place.certificate->flags, kLeaf);
  join_key(place);
}

Endpoint* Table::endpoint(const Hash128& key, std::string_view host, std::uint16_t port) {
  if (Endpoint* known = find_endpoint(key)) return known;
  Endpoint* entry = endpoints_pool_.take();
  entry->key = key;
  entry->host.assign(host.substr(0, kMaxHost));
  entry->port = port;
  entry->users = 0;
  entry->newest = nullptr;
  entry->previous = nullptr;
  entry->remembered = nullptr;
  entry->newest_since = 0;
  entry->previous_since = 0;
  entry->last_seen = 0;
  entry->flags.store(kLive, std::memory_order_release);
  endpoints_.insert(key.low, entry);
  ++counts_.endpoints;
  return entry;
}

// Also called while loading, where leaves come in any order: the two that were new here last are kept.
void Table::note_leaf(Endpoint& endpoint, CertificateEntry& leaf, Seconds32 since) {
  CertificateEntry* newest = endpoint.newest.load(std::memory_order_relaxed);
  if (newest == &leaf || endpoint.previous.load(std::memory_order_relaxed) == &leaf) return;
  if (newest == nullptr || since >= endpoint.newest_since) {
    endpoint.previous_since = endpoint.newest_since;
    endpoint.newest_since = since;
    endpoint.previous.store(newest, std::memory_order_release);
    endpoint.newest.store(&leaf, std::memory_order_release);
  } else if (since >= endpoint.previous_since) {
    endpoint.previous_since = since;
    endpoint.previous.store(&leaf, std::memory_order_release);
  }
}

void Table::remember(Endpoint& endpoint, CertificateEntry* certificate, Seconds32 at, RememberedBy by) {
  CertificateEntry* before = endpoint.remembered.load(std::memory_order_relaxed);
  if (before != nullptr) --before->remembered;
  if (certificate != nullptr) {
    ++certificate->remembered;
    set_flag(certificate->flags, kUnplaced);
  }
  endpoint.remembered_at.store(at, std::memory_order_relaxed);
  endpoint.remembered_by.store(by, std::memory_order_relaxed);
  endpoint.remembered.store(certificate, std::memory_order_release);
}

void Table::drop_from(Endpoint& endpoint, const CertificateEntry& certificate) {
  if (endpoint.newest.load(std::memory_order_relaxed) == &certificate) {
    endpoint.newest_since = endpoint.previous_since;
    endpoint.newest.store(endpoint.previous.load(std::memory_order_relaxed), std::memory_order_release);
    endpoint.previous_since = 0;
    endpoint.previous.store(nullptr, std::memory_order_release);
  }
  if (endpoint.previous.load(std::memory_order_relaxed) == &certificate) {
    endpoint.previous_since = 0;
    endpoint.previous.store(nullptr, std::memory_order_release);
  }
  if (endpoint.remembered.load(std::memory_order_relaxed) == &certificate) {
    remember(endpoint, nullptr, 0, RememberedBy::first_use);
  }
}

void Table::unlink_places(CertificateEntry& certificate) {
  for (PlaceEntry* place = certificate.places_head; place != nullptr; place = place->next_of_certificate) {
    places_.remove(place->key.low, place);
    clear_flag(place->flags, kLive);
    --place->endpoint->users;
    drop_from(*place->endpoint, certificate);
    --counts_.places;
  }
  if (Endpoint* first = certificate.first.load(std::memory_order_relaxed)) --first->users;
}

void Table::remove(CertificateEntry& certificate) {
  by_sha256_.remove(certificate.hash, &certificate);
  clear_flag(certificate.flags, kLive);
  leave_key(certificate);
  leave_serial(certificate);
  unlink_places(certificate);
  --counts_.certificates;
  const std::uint64_t epoch = epochs.end_epoch();
  for (PlaceEntry* place = certificate.places_head; place != nullptr; place = place->next_of_certificate) {
    retired_.push_back({epoch, place});
  }
  retired_.push_back({epoch, &certificate});
  const auto retire_unused = [&](auto* group) {
    if (group != nullptr && group->users == 0) retired_.push_back({epoch, group});
  };
  retire_unused(certificate.same_serial.load(std::memory_order_relaxed));
  retire_unused(certificate.same_key.load(std::memory_order_relaxed));
}

void Table::remove(Endpoint& endpoint) {
  endpoints_.remove(endpoint.key.low, &endpoint);
  clear_flag(endpoint.flags, kLive);
  --counts_.endpoints;
  retired_.push_back({epochs.end_epoch(), &endpoint});
}

// false: a reader had put it into its stack before it left; the writer will take it from there.
bool Table::release(const Retired& retired) {
  return std::visit(
      [this](auto* entry) {
        using T = std::remove_pointer_t<decltype(entry)>;
        if constexpr (std::is_same_v<T, CertificateEntry>) {
          if (has_flag(entry->flags, kDirty)) return false;
          certificates_pool_.release(entry);
        } else if constexpr (std::is_same_v<T, PlaceEntry>) {
          if (has_flag(entry->flags, kDirty)) return false;
          places_pool_.release(entry);
        } else if constexpr (std::is_same_v<T, Endpoint>) {
          endpoints_pool_.release(entry);
        } else {
          entry->members = {};
          entry->total = 0;
          for (auto& shown : entry->shown) shown = nullptr;
          if constexpr (std::is_same_v<T, Group<CertificateEntry>>) {
            free_serial_groups_.push_back(entry);
          } else {
            free_key_groups_.push_back(entry);
          }
        }
        return true;
      },
      retired.what);
}

void Table::collect() {
  const std::uint64_t oldest = epochs.oldest();
  std::deque<Retired> kept;
  while (!retired_.empty() && retired_.front().epoch < oldest) {
    if (!release(retired_.front())) kept.push_back(retired_.front());
    retired_.pop_front();
  }
  retired_.insert(retired_.begin(), kept.begin(), kept.end());
}

}  // namespace whytls::ledger
