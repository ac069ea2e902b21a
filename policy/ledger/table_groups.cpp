// Which certificates share an issuer and a serial number, and which places a key. Most share nothing: then
// there is one entry in the index and no group.
#include <algorithm>

#include "policy/ledger/table.h"

namespace whytls::ledger {
namespace {

template <typename T>
Group<T>* take_group(std::deque<Group<T>>& all, std::vector<Group<T>*>& free) {
  if (free.empty()) return &all.emplace_back();
  Group<T>* out = free.back();
  free.pop_back();
  return out;
}

template <typename T>
void add(Group<T>& group, T& member) {
  if (group.members.size() < kMaxGroup) group.members.push_back(&member);
}

template <typename T>
void use(std::atomic<Group<T>*>& pointer, Group<T>* group) {
  ++group->users;
  pointer.store(group, std::memory_order_release);
}

template <typename T>
void show(Group<T>& group, const std::vector<T*>& newest_first) {
  for (std::size_t i = 0; i < group.shown.size(); ++i) {
    group.shown.at(i).store(i < newest_first.size() ? newest_first[i] : nullptr, std::memory_order_release);
  }
}

template <typename T>
std::vector<T*> last_of(const Group<T>& group, std::size_t count) {
  count = std::min(count, group.members.size());
  return {group.members.rbegin(), group.members.rbegin() + static_cast<std::ptrdiff_t>(count)};
}

// One place of each endpoint is shown, and endpoints are counted. Beyond what a group holds, each place
// counts.
void refresh(Group<PlaceEntry>& group) {
  std::vector<const Endpoint*> endpoints;
  for (const PlaceEntry* place : group.members) endpoints.push_back(place->endpoint);
  std::sort(endpoints.begin(), endpoints.end());
  const auto distinct = std::unique(endpoints.begin(), endpoints.end()) - endpoints.begin();
  group.total.store(static_cast<std::uint32_t>(distinct), std::memory_order_relaxed);
  std::vector<PlaceEntry*> shown;
  for (auto at = group.members.rbegin(); at != group.members.rend() && shown.size() < group.shown.size();
       ++at) {
    const auto same = [at](const PlaceEntry* other) { return other->endpoint == (*at)->endpoint; };
    if (std::none_of(shown.begin(), shown.end(), same)) shown.push_back(*at);
  }
  show(group, shown);
}

}  // namespace

void Table::join_serial(CertificateEntry& certificate) {
  const Hash128& wanted = certificate.prints.issuer_serial;
  CertificateEntry* other = by_serial_.find(
      wanted.low, [&wanted](const CertificateEntry& entry) { return entry.prints.issuer_serial == wanted; });
  if (other == nullptr) {
    by_serial_.insert(wanted.low, &certificate);
    return;
  }
  auto* group = other->same_serial.load(std::memory_order_relaxed);
  if (group == nullptr) {
    group = take_group(serial_groups_, free_serial_groups_);
    add(*group, *other);
    group->total = 1;
    use(other->same_serial, group);
  }
  add(*group, certificate);
  show(*group, last_of(*group, group->shown.size()));
  group->total.fetch_add(1, std::memory_order_release);
  use(certificate.same_serial, group);
}

void Table::leave_serial(CertificateEntry& certificate) {
  auto* group = certificate.same_serial.load(std::memory_order_relaxed);
  const std::uint64_t hash = certificate.prints.issuer_serial.low;
  const bool stood_for_all =
      by_serial_.find(hash, [&](const CertificateEntry& entry) { return &entry == &certificate; }) != nullptr;
  by_serial_.remove(hash, &certificate);
  if (group == nullptr) return;
  std::erase(group->members, &certificate);
  if (stood_for_all && !group->members.empty()) by_serial_.insert(hash, group->members.front());
  group->total.fetch_sub(1, std::memory_order_release);
  show(*group, last_of(*group, group->shown.size()));
  --group->users;
}

// The group of a key. Where there is none yet, all its places belong to the representative.
Group<PlaceEntry>* Table::key_group_of(CertificateEntry& representative) {
  auto* group = representative.same_key.load(std::memory_order_relaxed);
  if (group != nullptr) return group;
  group = take_group(key_groups_, free_key_groups_);
  for (PlaceEntry* place = representative.places_head; place != nullptr; place = place->next_of_certificate) {
    if (has_flag(place->flags, kLeaf) && has_flag(place->flags, kLive)) add(*group, *place);
  }
  use(representative.same_key, group);
  return group;
}

void Table::join_key(PlaceEntry& place) {
  CertificateEntry& certificate = *place.certificate;
  const std::uint64_t hash = certificate.key_hash;
  CertificateEntry* other = by_key_.find(
      hash, [&certificate](const CertificateEntry& entry) { return entry.spki == certificate.spki; });
  if (other == nullptr) {
    by_key_.insert(hash, &certificate);
    return;
  }
  // The same certificate at the same host on another address is nothing to tell.
  if (other == &certificate && certificate.same_key.load(std::memory_order_relaxed) == nullptr) {
    bool elsewhere = false;
    for (const PlaceEntry* one = certificate.places_head; one != nullptr; one = one->next_of_certificate) {
      elsewhere = elsewhere || (one->endpoint != place.endpoint && has_flag(one->flags, kLeaf));
    }
    if (!elsewhere) return;
  }
  auto* group = key_group_of(*other);
  if (certificate.same_key.load(std::memory_order_relaxed) == nullptr) use(certificate.same_key, group);
  if (std::find(group->members.begin(), group->members.end(), &place) == group->members.end()) {
    const bool fits = group->members.size() < kMaxGroup;
    add(*group, place);
    if (!fits) {
      group->total.fetch_add(1, std::memory_order_release);
      return;
    }
  }
  refresh(*group);
}

void Table::leave_key(CertificateEntry& certificate) {
  const std::uint64_t hash = certificate.key_hash;
  const bool stood_for_all =
      by_key_.find(hash, [&](const CertificateEntry& entry) { return &entry == &certificate; }) != nullptr;
  by_key_.remove(hash, &certificate);
  auto* group = certificate.same_key.load(std::memory_order_relaxed);
  if (group == nullptr) return;
  std::erase_if(group->members, [&](const PlaceEntry* place) { return place->certificate == &certificate; });
  if (stood_for_all && !group->members.empty()) by_key_.insert(hash, group->members.front()->certificate);
  refresh(*group);
  --group->users;
}

}  // namespace whytls::ledger
