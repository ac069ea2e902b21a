#include "policy/ledger/table_loader.h"

#include <utility>

namespace whytls::ledger {
namespace {

constexpr std::size_t kPortion = 4096;  // certificates
constexpr std::size_t kAhead = 16;      // so many are fetched by the processor while others are inserted

}  // namespace

void TableLoader::certificate(const StoredCertificate& certificate) {
  if (portion_.certificates.size() == kPortion) hand_over();
  const std::uint64_t hash = table_.hash_of(certificate.sha256);
  const std::uint64_t key_hash = table_.hash_of(certificate.spki_sha256);
  portion_.certificates.push_back({certificate, hash, key_hash, portion_.places.size()});
}

void TableLoader::place(const StoredPlace& place) {
  if (portion_.certificates.empty()) return;
  const Hash128 endpoint = endpoint_hash(table_.key(), place.host, place.port);
  portion_.places.push_back({place, std::string(place.host), endpoint});
}

// To the thread that inserts, once it is done with the portion before.
void TableLoader::hand_over() {
  if (insert_.valid()) insert_.get();
  insert_ =
      std::async(std::launch::async, [this, portion = std::exchange(portion_, {})] { insert(portion); });
}

void TableLoader::finish() {
  if (!portion_.certificates.empty()) hand_over();
  if (insert_.valid()) insert_.get();
}

void TableLoader::prefetch(const Portion& portion, std::size_t at) const {
  if (at >= portion.certificates.size()) return;
  const Certificate& one = portion.certificates[at];
  table_.prefetch_insert(one.certificate, one.hash, one.key_hash);
  if (one.first_place >= portion.places.size()) return;
  const WaitingPlace& first = portion.places[one.first_place];
  table_.prefetch_insert(one.hash, first.place.key, first.endpoint);
}

void TableLoader::insert(const Portion& portion) {
  const auto& all = portion.certificates;
  for (std::size_t i = 0; i < all.size(); ++i) {
    prefetch(portion, i + kAhead);
    CertificateEntry* entry = table_.insert(all[i].certificate, all[i].hash, all[i].key_hash);
    const std::size_t end = i + 1 < all.size() ? all[i + 1].first_place : portion.places.size();
    for (std::size_t at = all[i].first_place; at < end; ++at) insert_place(*entry, portion.places[at]);
  }
}

void TableLoader::insert_place(CertificateEntry& certificate, const WaitingPlace& waiting) {
  if (!table_.has_room_for_place(certificate)) return;
  Endpoint* endpoint = table_.endpoint(waiting.endpoint, waiting.host, waiting.place.port);
  table_.insert_place(certificate, *endpoint, waiting.place);
  if (!waiting.place.as_leaf) return;
  Table::note_leaf(*endpoint, certificate, seconds32(waiting.place.times.first_seen));
}

void TableLoader::upstream(const StoredUpstream& upstream) {
  finish();
  const Hash128 key = endpoint_hash(table_.key(), upstream.host, upstream.port);
  Endpoint* endpoint = table_.endpoint(key, upstream.host, upstream.port);
  if (CertificateEntry* newest = find(upstream.newest)) {
    set_flag(newest->flags, kLeaf);
    set_flag(newest->flags, kUnplaced);
    Table::note_leaf(*endpoint, *newest, seconds32(upstream.newest_since));
    raise(endpoint->last_seen, seconds32(upstream.newest_since));
  }
  if (CertificateEntry* remembered = find(upstream.remembered)) {
    Table::remember(*endpoint, remembered, seconds32(upstream.remembered_at), upstream.remembered_by);
  }
}

CertificateEntry* TableLoader::find(const std::optional<Digest>& sha256) {
  return sha256 ? table_.find(*sha256, table_.hash_of(*sha256)) : nullptr;
}

}  // namespace whytls::ledger
