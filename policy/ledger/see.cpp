// A handshake: found without a lock when all of it is known, else admitted under the table's mutex.
#include "policy/ledger/state.h"

namespace whytls::ledger {
namespace {

template <typename Entry>
void push_dirty(std::atomic<Entry*>& stack, Entry& entry) {
  if (has_flag(entry.flags, kDirty)) return;
  // Who sets the flag owns next_dirty, until the writer clears it.
  if ((entry.flags.fetch_or(kDirty, std::memory_order_acq_rel) & kDirty) != 0) return;
  Entry* top = stack.load(std::memory_order_relaxed);
  do {
    entry.next_dirty = top;
  } while (!stack.compare_exchange_weak(top, &entry, std::memory_order_release, std::memory_order_relaxed));
}

template <typename Entry>
void touch(std::atomic<Entry*>& stack, Entry& entry, Seconds32 now) {
  entry.count.fetch_add(1, std::memory_order_relaxed);
  raise(entry.last_seen, now);
  push_dirty(stack, entry);
}

void touch_all(ReaderSlot& slot, const Lookup& lookup, Seconds32 now) {
  if (lookup.endpoint != nullptr) raise(lookup.endpoint->last_seen, now);
  for (const Found& found : lookup.all()) {
    if (found.entry != nullptr && !found.entry_is_new) touch(slot.dirty, *found.entry, now);
    if (found.place != nullptr && !found.place_is_new) touch(slot.dirty_places, *found.place, now);
  }
}

StoredCertificate stored_from(const Seen& seen, const Fingerprints& prints, const Times& times) {
  return {seen.sha256, seen.spki_sha256, prints, seen.not_before, seen.not_after, times, seen.is_ca};
}

}  // namespace

Memory LedgerState::see(ReaderSlot& slot, const Sighting& sighting) {
  Lookup lookup;
  const InsideEpoch inside(table.epochs, slot);
  const bool is_known = look_up(sighting, lookup);
  if (lookup.count == 0) return {};
  Memory memory;
  if (is_known) {
    memory = recall(lookup);
  } else {
    // Answered before the next one is admitted: of two certificates with one serial number, the second is
    // told.
    const std::lock_guard lock(table.mutex);
    admit(sighting, lookup);
    memory = recall(lookup);
  }
  touch_all(slot, lookup, seconds32(sighting.time));
  for (const Found& found : lookup.all()) {
    if (found.entry == nullptr) ++omitted;
  }
  return memory;
}

// Whether all of it is known. Three passes, so that the processor fetches what all certificates need at once.
bool LedgerState::look_up(const Sighting& sighting, Lookup& lookup) const {
  lookup.hashes = hashes_of(table.key(), sighting.place);
  table.prefetch_endpoint_bucket(lookup.hashes.endpoint);
  for (std::size_t depth = 0; depth < sighting.certificates.size() && lookup.count < lookup.found.size();
       ++depth) {
    const tls::Certificate& certificate = sighting.certificates[depth];
    const auto sha256 = digest_of_hex(certificate.sha256_hex);
    if (!sha256 || !certificate.parse_error.empty()) {
      if (depth == 0) return true;
      continue;
    }
    Found& found = lookup.found.at(lookup.count++);
    found = {&certificate, *sha256, table.hash_of(*sha256), nullptr, nullptr, depth, false, false};
    table.prefetch_buckets(found.hash, lookup.hashes);
  }
  if (lookup.count == 0) return true;
  table.prefetch_endpoint(lookup.hashes.endpoint);
  for (const Found& found : lookup.all()) table.prefetch_entries(found.hash, lookup.hashes);
  lookup.endpoint = table.find_endpoint(lookup.hashes.endpoint);
  bool complete = lookup.endpoint != nullptr || table.endpoints_are_full();
  for (Found& found : lookup.all()) {
    found.entry = table.find(found.sha256, found.hash);
    if (found.entry != nullptr) found.place = table.find_place(*found.entry, lookup.hashes.place);
    complete = complete && is_complete(found, lookup.endpoint);
  }
  return complete;
}

bool LedgerState::is_complete(const Found& found, const Endpoint* endpoint) const {
  if (found.entry == nullptr) return table.is_full();
  const auto is_lost = [](const auto& entry) { return has_flag(entry.flags, kNotStored); };
  const bool lost_one = is_lost(*found.entry) || (found.place != nullptr && is_lost(*found.place));
  if (lost_one && !backlog.is_full()) return false;
  if (found.place == nullptr && endpoint != nullptr && table.has_room_for_place(*found.entry)) return false;
  if (found.depth != 0 || endpoint == nullptr) return true;
  if (found.place != nullptr) return has_flag(found.place->flags, kLeaf);
  return endpoint->newest.load(std::memory_order_acquire) == found.entry ||
         endpoint->previous.load(std::memory_order_acquire) == found.entry;
}

// Under the table's mutex. What was found without it may have been removed since.
void LedgerState::admit(const Sighting& sighting, Lookup& lookup) {
  lookup.endpoint = table.find_endpoint(lookup.hashes.endpoint);
  if (lookup.endpoint == nullptr && !table.endpoints_are_full()) {
    lookup.endpoint = table.endpoint(lookup.hashes.endpoint, sighting.place.host, sighting.place.port);
  }
  for (Found& found : lookup.all()) admit_one(sighting, lookup, found);
}

void LedgerState::admit_one(const Sighting& sighting, Lookup& lookup, Found& found) {
  const Times once{sighting.time, sighting.time, 1};
  found.place = nullptr;
  found.entry = table.find(found.sha256, found.hash);
  if (found.entry == nullptr) {
    const auto seen = table.is_full() ? std::nullopt : seen_of(*found.certificate);
    if (!seen) return;
    const Fingerprints prints = fingerprints_of(table.key(), *found.certificate);
    found.entry = table.insert(stored_from(*seen, prints, once));
    found.entry_is_new = true;
    queue_certificate(found, prints);
  } else if (has_flag(found.entry->flags, kNotStored)) {
    queue_certificate(found, found.entry->prints);
  }
  found.place = table.find_place(*found.entry, lookup.hashes.place);
  if (found.place == nullptr && lookup.endpoint != nullptr && table.has_room_for_place(*found.entry)) {
    const Place& at = sighting.place;
    found.place = table.insert_place(*found.entry, *lookup.endpoint,
                                     {at.host, at.port, lookup.hashes.place, found.depth == 0, once});
    found.place_is_new = true;
    queue_place(sighting.place, found);
  } else if (found.place != nullptr && has_flag(found.place->flags, kNotStored)) {
    queue_place(sighting.place, found);
  }
  if (found.depth == 0) admit_leaf(sighting, lookup, found);
}

void LedgerState::admit_leaf(const Sighting& sighting, Lookup& lookup, Found& leaf) {
  set_flag(leaf.entry->flags, kLeaf);
  if (lookup.endpoint == nullptr) return;
  if (leaf.place != nullptr) {
    const bool was_leaf_here = !leaf.place_is_new && has_flag(leaf.place->flags, kLeaf);
    if (!leaf.place_is_new && !was_leaf_here) table.become_leaf(*leaf.place);
    // The same leaf on another address of the same host is no change: note_leaf() knows it.
    if (!was_leaf_here) Table::note_leaf(*lookup.endpoint, *leaf.entry, seconds32(sighting.time));
    return;
  }
  set_flag(leaf.entry->flags, kUnplaced);
  Table::note_leaf(*lookup.endpoint, *leaf.entry, seconds32(sighting.time));
  if (!backlog.push(NewestLeaf{lookup.endpoint->host, lookup.endpoint->port, leaf.sha256, sighting.time}))
    ++lost;
}

void LedgerState::queue_certificate(const Found& found, const Fingerprints& prints) {
  auto seen = seen_of(*found.certificate);
  if (!seen) return;
  CertificateEntry& entry = *found.entry;
  const std::uint64_t count = entry.count.load(std::memory_order_relaxed);
  const Times times{entry.first_seen, entry.last_seen.load(std::memory_order_relaxed), count};
  entry.stored_count = count;
  // Cleared first: once the row is in the backlog, the writer may look at the entry.
  clear_flag(entry.flags, kNotStored);
  if (!backlog.push(NewCertificate{std::move(*seen), prints, times})) lose(entry.flags);
}

void LedgerState::queue_place(const Place& place, const Found& found) {
  PlaceEntry& entry = *found.place;
  const std::uint64_t count = entry.count.load(std::memory_order_relaxed);
  const Times times{entry.first_seen, entry.last_seen.load(std::memory_order_relaxed), count};
  const auto cut = [](const std::string& text) { return text.substr(0, kMaxHost); };
  Place kept{cut(place.host), place.port, cut(place.address), cut(place.listener)};
  entry.stored_count = count;
  clear_flag(entry.flags, kNotStored);
  if (!backlog.push(NewPlace{found.sha256, std::move(kept), entry.place, found.depth, times}))
    lose(entry.flags);
}

void LedgerState::lose(std::atomic<std::uint32_t>& flags) {
  ++lost;
  set_flag(flags, kNotStored);
}

RememberOutcome LedgerState::remember(const Place& place, const tls::Certificate& leaf, UnixSeconds now) {
  const auto sha256 = leaf.parse_error.empty() ? digest_of_hex(leaf.sha256_hex) : std::nullopt;
  if (!sha256) return RememberOutcome::no_room;
  const Sighting sighting{place, now, {&leaf, 1}};
  const std::lock_guard lock(table.mutex);
  Lookup lookup;
  lookup.hashes = hashes_of(table.key(), place);
  lookup.count = 1;
  lookup.found[0] = {&leaf, *sha256, table.hash_of(*sha256), nullptr, nullptr, 0, false, false};
  const Endpoint* known = table.find_endpoint(lookup.hashes.endpoint);
  if (known != nullptr && known->remembered != nullptr) {
    return known->remembered.load()->sha256 == *sha256 ? RememberOutcome::remembered
                                                       : RememberOutcome::another;
  }
  admit(sighting, lookup);
  CertificateEntry* entry = lookup.found[0].entry;
  if (lookup.endpoint == nullptr || entry == nullptr || backlog.is_full()) return RememberOutcome::no_room;
  table.remember(*lookup.endpoint, entry, seconds32(now), RememberedBy::first_use);
  if (!backlog.push(FirstUse{lookup.endpoint->host, place.port, *sha256, now})) ++lost;
  return RememberOutcome::remembered;
}

}  // namespace whytls::ledger
