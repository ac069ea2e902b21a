// From what is in memory to what is told.
#include "policy/ledger/state.h"

namespace whytls::ledger {
namespace {

template <typename Entry>
Times times_of(const Entry& entry) {
  return {entry.first_seen, entry.last_seen.load(std::memory_order_relaxed),
          entry.count.load(std::memory_order_relaxed)};
}

Known known_from(const CertificateEntry& entry) {
  Known out;
  out.sha256 = entry.sha256;
  out.spki_sha256 = entry.spki;
  if (const Endpoint* first = entry.first.load(std::memory_order_acquire)) {
    out.host = first->host;
    out.port = first->port;
  }
  out.not_before = entry.not_before;
  out.not_after = entry.not_after;
  out.times = times_of(entry);
  return out;
}

// The leaf that was shown, for comparing: from its entry, or read anew where there was no room for one.
StoredCertificate shown_leaf(const HashKey& key, const Found& leaf) {
  StoredCertificate out;
  if (leaf.entry != nullptr) {
    out.sha256 = leaf.entry->sha256;
    out.spki_sha256 = leaf.entry->spki;
    out.prints = leaf.entry->prints;
    out.not_before = leaf.entry->not_before;
    out.not_after = leaf.entry->not_after;
  } else if (const auto seen = seen_of(*leaf.certificate)) {
    out.sha256 = seen->sha256;
    out.spki_sha256 = seen->spki_sha256;
    out.prints = fingerprints_of(key, *leaf.certificate);
    out.not_before = seen->not_before;
    out.not_after = seen->not_after;
  }
  return out;
}

Previous other_than(const HashKey& key, const Found& leaf, const CertificateEntry& other) {
  return {known_from(other), differences_of(shown_leaf(key, leaf), other)};
}

void recall_conflicts(const Found& found, Memory& memory) {
  if (found.entry == nullptr) return;
  const auto* group = found.entry->same_serial.load(std::memory_order_acquire);
  if (group == nullptr) return;
  const std::size_t total = group->total.load(std::memory_order_acquire);
  if (total < 2) return;
  Conflict conflict;
  conflict.depth = found.depth;
  conflict.total = total - 1;
  for (const auto& one : group->shown) {
    const CertificateEntry* other = one.load(std::memory_order_acquire);
    if (other == nullptr || other == found.entry || conflict.shown.size() == kMaxShown) continue;
    conflict.shown.push_back(known_from(*other));
  }
  memory.conflicts.push_back(std::move(conflict));
}

void recall_same_key(const Found& leaf, const Endpoint* endpoint, Memory& memory) {
  if (leaf.entry == nullptr) return;
  const auto* group = leaf.entry->same_key.load(std::memory_order_acquire);
  if (group == nullptr) return;
  const std::size_t total = group->total.load(std::memory_order_acquire);
  const std::size_t ourselves = leaf.place != nullptr ? 1 : 0;
  if (total <= ourselves) return;
  memory.same_key_total = total - ourselves;
  for (const auto& one : group->shown) {
    const PlaceEntry* place = one.load(std::memory_order_acquire);
    if (place == nullptr || place->endpoint == endpoint || memory.same_key.size() == kMaxShown) continue;
    memory.same_key.push_back({place->endpoint->host, place->endpoint->port, place->certificate->sha256,
                               place->last_seen.load(std::memory_order_relaxed)});
  }
}

void recall_upstream(const HashKey& key, const Found& leaf, const Endpoint& endpoint, Memory& memory) {
  const CertificateEntry* newest = endpoint.newest.load(std::memory_order_acquire);
  const CertificateEntry* other =
      newest == leaf.entry ? endpoint.previous.load(std::memory_order_acquire) : newest;
  if (other != nullptr && other != leaf.entry) memory.previous = other_than(key, leaf, *other);
  const CertificateEntry* remembered = endpoint.remembered.load(std::memory_order_acquire);
  if (remembered == nullptr) return;
  Remembered out;
  out.sha256 = remembered->sha256;
  out.since = endpoint.remembered_at.load(std::memory_order_relaxed);
  out.by = endpoint.remembered_by.load(std::memory_order_relaxed);
  if (remembered->sha256 != leaf.sha256) out.other = other_than(key, leaf, *remembered);
  memory.remembered = std::move(out);
}

}  // namespace

Differences differences_of(const StoredCertificate& shown, const CertificateEntry& other) {
  Differences out;
  const Fingerprints& a = shown.prints;
  const Fingerprints& b = other.prints;
  if (shown.spki_sha256 != other.spki) out.add(Differences::key);
  if (a.issuer != b.issuer) out.add(Differences::issuer);
  if (a.serial != b.serial) out.add(Differences::serial_number);
  if (a.subject != b.subject) out.add(Differences::subject);
  if (a.names != b.names) out.add(Differences::names);
  if (shown.not_before != other.not_before || shown.not_after != other.not_after) out.add(Differences::dates);
  return out;
}

Memory LedgerState::recall(const Lookup& lookup) const {
  Memory out;
  const Found& leaf = lookup.found[0];
  if (leaf.entry != nullptr && !leaf.entry_is_new) out.leaf = times_of(*leaf.entry);
  if (leaf.place != nullptr && !leaf.place_is_new) out.leaf_here = times_of(*leaf.place);
  for (const Found& found : lookup.all()) recall_conflicts(found, out);
  recall_same_key(leaf, lookup.endpoint, out);
  if (lookup.endpoint != nullptr) recall_upstream(table.key(), leaf, *lookup.endpoint, out);
  return out;
}

}  // namespace whytls::ledger
