#include "policy/ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "policy/ledger/state.h"
#include "policy/ledger/table_loader.h"

namespace whytls::ledger {
namespace {

constexpr std::size_t kPlacesPerCertificate = 4;
constexpr std::size_t kEndpointsPerCertificate = 2;
constexpr UnixSeconds kDay = UnixSeconds{24} * 3600;
constexpr UnixSeconds kRecently = 7 * kDay;

Bounds bounds_of(const Options& options) {
  const std::size_t most = std::max<std::size_t>(options.max_certificates, 1);
  return {most, most * kPlacesPerCertificate, most * kEndpointsPerCertificate};
}

void count_expiring(const CertificateEntry& entry, UnixSeconds now, Expiring& out) {
  const UnixSeconds left = entry.not_after - now;
  if (left <= 30 * kDay) ++out.within_30_days;
  if (left <= 14 * kDay) ++out.within_14_days;
  if (left <= 7 * kDay) ++out.within_7_days;
  if (left <= kDay) ++out.within_1_day;
}

Expiring::Leaf expiring_leaf(const CertificateEntry& entry) {
  Expiring::Leaf out;
  out.sha256 = entry.sha256;
  out.not_after = entry.not_after;
  if (const Endpoint* first = entry.first.load(std::memory_order_acquire)) {
    out.host = first->host;
    out.port = first->port;
  }
  return out;
}

bool ends_sooner(const CertificateEntry* a, const CertificateEntry* b) {
  return a->not_after < b->not_after;
}

}  // namespace

LedgerState::LedgerState(std::unique_ptr<Store> used_store, Options used_options)
    : options(std::move(used_options)),
      store(std::move(used_store)),
      table(store->hash_key(), bounds_of(options)),
      backlog(options.max_backlog) {}

Result<std::unique_ptr<Ledger>> Ledger::open(std::unique_ptr<Store> store, Options options) {
  auto state = std::make_unique<LedgerState>(std::move(store), std::move(options));
  TableLoader loader(state->table);
  if (auto loaded = state->store->load(loader); !loaded) return tl::make_unexpected(loaded.error());
  loader.finish();
  return std::unique_ptr<Ledger>(new Ledger(std::move(state)));
}

Ledger::Ledger(std::unique_ptr<LedgerState> state)
    : state_(std::move(state)), writer_(std::make_unique<Writer>(*state_)) {}

Ledger::~Ledger() = default;

bool Ledger::flush() {
  return writer_->flush();
}

void Ledger::stop() {
  writer_->stop();
}

Reader Ledger::reader() {
  return Reader(*state_);
}

Statistics Ledger::statistics() const {
  Statistics out;
  out.certificates = state_->table.certificates();
  out.places = state_->table.places();
  out.upstreams = state_->table.endpoints();
  out.stored = state_->stored;
  out.lost = state_->lost;
  out.omitted = state_->omitted;
  out.pruned = state_->pruned;
  out.backlog = state_->backlog.rows();
  out.writable = state_->writable;
  return out;
}

Expiring Ledger::expiring(UnixSeconds now, UnixSeconds within) const {
  Table& table = state_->table;
  std::vector<CertificateEntry*> blocks;
  {
    const std::lock_guard lock(table.mutex);
    blocks = table.certificate_blocks();
  }
  ReaderSlot& slot = table.epochs.take_slot();
  Expiring out;
  std::vector<const CertificateEntry*> soon;
  {
    const InsideEpoch inside(table.epochs, slot);
    for (const CertificateEntry* block : blocks) {
      for (std::size_t i = 0; i < Pool<CertificateEntry>::kBlock; ++i) {
        const CertificateEntry& entry = block[i];
        const std::uint32_t flags = entry.flags.load(std::memory_order_acquire);
        if ((flags & kLive) == 0 || (flags & kLeaf) == 0 || entry.not_after < now ||
            entry.last_seen.load(std::memory_order_relaxed) < now - kRecently) {
          continue;
        }
        count_expiring(entry, now, out);
        if (entry.not_after - now <= within) soon.push_back(&entry);
      }
    }
    const auto shown = static_cast<std::ptrdiff_t>(std::min(soon.size(), kMaxExpiring));
    std::partial_sort(soon.begin(), soon.begin() + shown, soon.end(), ends_sooner);
    soon.resize(static_cast<std::size_t>(shown));
    for (const CertificateEntry* entry : soon) out.leaves.push_back(expiring_leaf(*entry));
  }
  table.epochs.give_back(slot);
  return out;
}

Reader::Reader(LedgerState& state) : state_(&state), slot_(&state.table.epochs.take_slot()) {}

Reader::Reader(Reader&& other) noexcept : state_(std::exchange(other.state_, nullptr)), slot_(other.slot_) {}

Reader::~Reader() {
  if (state_ != nullptr) state_->table.epochs.give_back(*slot_);
}

Memory Reader::see(const Sighting& sighting) {
  return state_->see(*slot_, sighting);
}

RememberOutcome Reader::remember(const Place& place, const tls::Certificate& leaf, UnixSeconds now) {
  return state_->remember(place, leaf, now);
}

}  // namespace whytls::ledger
