// What ledger.cpp, see.cpp, recall.cpp, writer.cpp and prune.cpp share: the table, the backlog between
// workers and writer, and the writer.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "policy/ledger/ledger.h"
#include "policy/ledger/table.h"

namespace whytls::ledger {

// Rows between the workers, which add, and the writer, which takes. Its mutex is only held for that.
class Backlog {
 public:
  explicit Backlog(std::size_t max_rows) : max_rows_(max_rows) {}

  // false: it is full.
  bool push(Row row);
  // Even then: it makes room elsewhere. Under the table's mutex, so that it comes after what it removes.
  void push_removal(const Removal& removal);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] std::size_t rows() const { return rows_ + own_; }

  // The writer's: all that came, which still counts until written() is told.
  std::deque<Row> take();
  void written(std::span<const Row> rows);
  // A row of the writer's own, which fills nothing: what was seen again.
  void count_own() { ++own_; }

  // For waiting; signalled by push() when there are enough for a batch.
  std::mutex mutex;
  std::condition_variable wake;
  [[nodiscard]] bool has_batch() const { return incoming_.size() >= kRowsOfBatch; }  // under the mutex
  static constexpr std::size_t kRowsOfBatch = 1000;

 private:
  std::size_t max_rows_;
  std::deque<Row> incoming_;
  std::atomic<std::size_t> rows_{0};  // without the next
  std::atomic<std::size_t> own_{0};   // of what was seen again, and removals
  std::atomic<std::size_t> bytes_{0};
};

// One certificate of a sighting, and what was found of it.
struct Found {
  const tls::Certificate* certificate;
  Digest sha256;
  std::uint64_t hash;
  CertificateEntry* entry;
  PlaceEntry* place;
  std::size_t depth;
  bool entry_is_new;
  bool place_is_new;
};
struct Lookup {
  PlaceHashes hashes;
  Endpoint* endpoint = nullptr;
  std::size_t count = 0;
  std::array<Found, tls::kMaxKeptCertificates> found;  // only `count` of them are set; the leaf is the first
  [[nodiscard]] std::span<Found> all() { return {found.data(), count}; }
  [[nodiscard]] std::span<const Found> all() const { return {found.data(), count}; }
};

struct LedgerState {
  LedgerState(std::unique_ptr<Store> used_store, Options used_options);

  Options options;
  std::unique_ptr<Store> store;  // the writer's once it runs
  Table table;
  Backlog backlog;
  std::atomic<std::uint64_t> stored{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> omitted{0};
  std::atomic<std::uint64_t> pruned{0};
  std::atomic<bool> writable{true};

  // see.cpp
  Memory see(ReaderSlot& slot, const Sighting& sighting);
  RememberOutcome remember(const Place& place, const tls::Certificate& leaf, UnixSeconds now);
  // recall.cpp: what is known; inside an epoch.
  [[nodiscard]] Memory recall(const Lookup& lookup) const;
  // prune.cpp, on the writer's thread
  void prune();
  void forget(const Digest& sha256);
  void unlink_unplaced(CertificateEntry& certificate);

 private:
  [[nodiscard]] bool look_up(const Sighting& sighting, Lookup& lookup) const;
  [[nodiscard]] bool is_complete(const Found& found, const Endpoint* endpoint) const;
  void admit(const Sighting& sighting, Lookup& lookup);
  void admit_one(const Sighting& sighting, Lookup& lookup, Found& found);
  void admit_leaf(const Sighting& sighting, Lookup& lookup, Found& leaf);
  void queue_certificate(const Found& found, const Fingerprints& prints);
  void queue_place(const Place& place, const Found& found);
  void lose(std::atomic<std::uint32_t>& flags);
  void prune_endpoints(Seconds32 horizon);
  [[nodiscard]] std::vector<CertificateEntry*> candidates(Seconds32 horizon);
};

// The thread that writes.
class Writer {
 public:
  explicit Writer(LedgerState& state);
  ~Writer() { stop(); }
  bool flush();
  void stop();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Effort : std::uint8_t { usual, everything };  // everything: also what is not due

  void run();
  void round(Effort effort);
  void finish();
  void take_rows();
  void write_touches(Clock::time_point until);
  void add_own(Row row, Clock::time_point until);
  bool write_pending(Clock::time_point until);
  bool write_chunk();
  void failed(const Error& error);
  void apply_changes();
  void apply(const Change& change);
  [[nodiscard]] bool may_write(Effort effort) const;

  LedgerState& state_;
  std::deque<Row> pending_;
  std::vector<Row> chunk_;  // that is being written; the same again after a failure
  Clock::time_point next_touch_;
  Clock::time_point next_prune_;
  Clock::time_point next_try_;
  std::chrono::milliseconds pause_{0};
  std::uint64_t lost_before_outage_ = 0;
  bool reported_ = false;

  // Under the backlog's mutex.
  bool stopping_ = false;
  bool stopped_ = false;
  std::uint64_t flushes_wanted_ = 0;
  std::uint64_t flushes_done_ = 0;
  std::condition_variable done_;
  std::thread thread_;
};

[[nodiscard]] Differences differences_of(const StoredCertificate& shown, const CertificateEntry& other);

}  // namespace whytls::ledger
