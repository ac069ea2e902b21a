#include <algorithm>
#include <type_traits>
#include <utility>

#include "policy/ledger/state.h"

namespace whytls::ledger {
namespace {

constexpr std::size_t kMaxBacklogBytes = 64UL * 1024 * 1024;

std::size_t bytes_of(const Row& row) {
  return std::visit(
      [](const auto& one) -> std::size_t {
        using T = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<T, NewCertificate>) {
          const Seen& seen = one.seen;
          return seen.issuer.size() + seen.subject.size() + seen.names.size() + seen.serial_hex.size();
        } else if constexpr (std::is_same_v<T, NewPlace>) {
          return one.place.host.size() + one.place.address.size() + one.place.listener.size();
        } else {
          return 0;
        }
      },
      row);
}

// Rows that do not count for the bound of the backlog.
bool is_own(const Row& row) {
  return std::holds_alternative<SeenAgain>(row) || std::holds_alternative<PlaceSeenAgain>(row) ||
         std::holds_alternative<Removal>(row);
}

// Gives each entry of a stack that was taken from a reader to `use`.
template <typename Entry, typename Use>
void unwind(Entry* entry, Use use) {
  while (entry != nullptr) {
    Entry* next = entry->next_dirty;
    // From here on a reader may put it into a stack again: what it counts then is told next time.
    clear_flag(entry->flags, kDirty);
    use(*entry);
    entry = next;
  }
}

// How often it was seen since the last row; 0 when there is nothing to write.
template <typename Entry>
std::uint64_t take_more(Entry& entry) {
  if (!has_flag(entry.flags, kLive) || has_flag(entry.flags, kNotStored)) return 0;
  const std::uint64_t count = entry.count.load(std::memory_order_relaxed);
  const std::uint64_t before = entry.stored_count.exchange(count, std::memory_order_relaxed);
  return count > before ? count - before : 0;
}

}  // namespace

bool Backlog::push(Row row) {
  const std::size_t bytes = bytes_of(row);
  const std::lock_guard lock(mutex);
  if (is_full()) return false;
  incoming_.push_back(std::move(row));
  ++rows_;
  bytes_ += bytes;
  if (incoming_.size() == kRowsOfBatch) wake.notify_one();
  return true;
}

void Backlog::push_removal(const Removal& removal) {
  const std::lock_guard lock(mutex);
  incoming_.emplace_back(removal);
  ++own_;
}

bool Backlog::is_full() const {
  return rows_.load(std::memory_order_relaxed) >= max_rows_ ||
         bytes_.load(std::memory_order_relaxed) >= kMaxBacklogBytes;
}

std::deque<Row> Backlog::take() {
  const std::lock_guard lock(mutex);
  return std::exchange(incoming_, {});
}

void Backlog::written(std::span<const Row> rows) {
  for (const Row& row : rows) {
    bytes_ -= bytes_of(row);
    --(is_own(row) ? own_ : rows_);
  }
}

Writer::Writer(LedgerState& state)
    : state_(state),
      next_touch_(Clock::now() + state.options.touch_interval),
      next_prune_(Clock::now()),
      thread_([this] { run(); }) {}

bool Writer::flush() {
  std::unique_lock lock(state_.backlog.mutex);
  if (stopped_) return state_.backlog.rows() == 0;
  const std::uint64_t wanted = ++flushes_wanted_;
  state_.backlog.wake.notify_one();
  done_.wait(lock, [&] { return stopped_ || flushes_done_ >= wanted; });
  return state_.writable;
}

void Writer::stop() {
  {
    const std::lock_guard lock(state_.backlog.mutex);
    stopping_ = true;
    state_.backlog.wake.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::run() {
  std::unique_lock lock(state_.backlog.mutex);
  while (!stopping_) {
    state_.backlog.wake.wait_for(lock, state_.options.batch_interval, [this] {
      const bool enough = state_.backlog.has_batch() && may_write(Effort::usual);
      return stopping_ || flushes_wanted_ != flushes_done_ || enough;
    });
    if (stopping_) break;
    const std::uint64_t wanted = flushes_wanted_;
    const Effort effort = wanted != flushes_done_ ? Effort::everything : Effort::usual;
    lock.unlock();
    round(effort);
    lock.lock();
    flushes_done_ = wanted;
    done_.notify_all();
  }
  lock.unlock();
  finish();
  lock.lock();
  stopped_ = true;
  done_.notify_all();
}

bool Writer::may_write(Effort effort) const {
  return effort == Effort::everything || pause_.count() == 0 || Clock::now() >= next_try_;
}

void Writer::round(Effort effort) {
  take_rows();
  if (!may_write(effort)) return;
  const Clock::time_point now = Clock::now();
  // While nothing can be written, what was seen again waits in the readers' stacks.
  if (state_.writable && (effort == Effort::everything || now >= next_touch_)) {
    next_touch_ = now + state_.options.touch_interval;
    write_touches(Clock::time_point::max());
  }
  const Table& table = state_.table;
  const bool too_many =
      table.certificates() > table.bounds().certificates || table.endpoints() > table.bounds().endpoints;
  if (effort == Effort::everything || too_many || now >= next_prune_) {
    next_prune_ = now + state_.options.prune_interval;
    state_.prune();
    take_rows();
  }
  if (!write_pending(Clock::time_point::max())) return;
  apply_changes();
  // What was forgotten there while its row waited here is removed at once.
  take_rows();
  write_pending(Clock::time_point::max());
}

void Writer::finish() {
  const Clock::time_point until = Clock::now() + state_.options.stop_within;
  take_rows();
  write_touches(until);
  write_pending(until);
}

void Writer::take_rows() {
  std::deque<Row> came = state_.backlog.take();
  pending_.insert(pending_.end(), std::make_move_iterator(came.begin()), std::make_move_iterator(came.end()));
}

void Writer::write_touches(Clock::time_point until) {
  std::vector<CertificateEntry*> certificates;
  std::vector<PlaceEntry*> places;
  state_.table.epochs.for_each([&](ReaderSlot& slot) {
    certificates.push_back(slot.dirty.exchange(nullptr, std::memory_order_acquire));
    places.push_back(slot.dirty_places.exchange(nullptr, std::memory_order_acquire));
  });
  for (CertificateEntry* stack : certificates) {
    unwind(stack, [&](CertificateEntry& entry) {
      const std::uint64_t more = take_more(entry);
      if (more != 0) add_own(SeenAgain{entry.sha256, entry.last_seen, more}, until);
    });
  }
  for (PlaceEntry* stack : places) {
    unwind(stack, [&](PlaceEntry& entry) {
      const std::uint64_t more = take_more(entry);
      if (more != 0)
        add_own(PlaceSeenAgain{entry.certificate->sha256, entry.place, entry.last_seen, more}, until);
    });
  }
}

// Written as they come, since there may be as many as certificates.
void Writer::add_own(Row row, Clock::time_point until) {
  pending_.push_back(std::move(row));
  state_.backlog.count_own();
  if (state_.writable && pending_.size() >= Backlog::kRowsOfBatch) write_pending(until);
}

// false: a write failed, or the time is up.
bool Writer::write_pending(Clock::time_point until) {
  while (!chunk_.empty() || !pending_.empty()) {
    if (Clock::now() >= until) return false;
    if (!write_chunk()) return false;
  }
  return true;
}

bool Writer::write_chunk() {
  while (chunk_.size() < Backlog::kRowsOfBatch && !pending_.empty()) {
    chunk_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  if (auto written = state_.store->write(chunk_); !written) {
    failed(written.error());
    return false;
  }
  state_.stored += chunk_.size();
  state_.backlog.written(chunk_);
  chunk_.clear();
  pause_ = {};
  state_.writable = true;
  if (std::exchange(reported_, false) && state_.options.on_event) {
    state_.options.on_event({Event::Kind::writing_again, {}, state_.lost - lost_before_outage_});
  }
  return true;
}

void Writer::failed(const Error& error) {
  const Options& options = state_.options;
  pause_ = pause_.count() == 0 ? options.first_retry : std::min(2 * pause_, options.last_retry);
  next_try_ = Clock::now() + pause_;
  state_.writable = false;
  if (std::exchange(reported_, true)) return;
  lost_before_outage_ = state_.lost;
  if (options.on_event) options.on_event({Event::Kind::stopped_writing, error.text(), 0});
}

void Writer::apply_changes() {
  auto changes = state_.store->changes();
  // A store that cannot be read will not be written either, and that is reported.
  if (!changes) return;
  for (const Change& change : *changes) apply(change);
}

void Writer::apply(const Change& change) {
  if (change.forgotten) {
    state_.forget(*change.forgotten);
    return;
  }
  Table& table = state_.table;
  const std::lock_guard lock(table.mutex);
  Endpoint* endpoint = nullptr;
  const Hash128 key = endpoint_hash(table.key(), change.host, change.port);
  if (!change.remembered) {
    endpoint = table.find_endpoint(key);
    if (endpoint != nullptr) Table::remember(*endpoint, nullptr, 0, RememberedBy::first_use);
    return;
  }
  const Digest& sha256 = change.remembered->sha256;
  CertificateEntry* certificate = table.find(sha256, table.hash_of(sha256));
  if (certificate == nullptr) certificate = table.insert(*change.remembered);
  Table::remember(*table.endpoint(key, change.host, change.port), certificate, seconds32(change.at),
                  RememberedBy::accepted);
}

}  // namespace whytls::ledger
