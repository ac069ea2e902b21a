// The memory of every certificate seen: answered from memory on the workers, written to a store by a thread
// of its own.
//
// A store that cannot be written (a full disk, an error, somebody's lock) never holds up a worker: rows wait,
// what does not fit is counted as lost, and writing is tried again with growing pauses.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "policy/ledger/store.h"
#include "policy/ledger/types.h"
#include "tls/result.h"

namespace whytls::ledger {

// That the store could not be written any more, or can be again. Once for each outage.
struct Event {
  enum class Kind : std::uint8_t { stopped_writing, writing_again };
  Kind kind = Kind::stopped_writing;
  std::string reason;      // stopped_writing: why
  std::uint64_t lost = 0;  // writing_again: rows that did not fit while it lasted
};

struct Options {
  // Beyond it the certificates that were not seen for longest go; at most an eighth more until that is done.
  // Four times as many places and twice as many upstreams are kept. What is remembered is never removed.
  std::size_t max_certificates = 200'000;
  UnixSeconds keep = UnixSeconds{400} * 24 * 3600;   // since it was last seen
  std::size_t max_backlog = 100'000;                 // rows that wait to be written; also 64 MiB of texts
  std::chrono::milliseconds batch_interval{1000};    // until what is new is written
  std::chrono::milliseconds touch_interval{60'000};  // until it is written that a known one was seen again
  std::chrono::milliseconds prune_interval{600'000};
  std::chrono::milliseconds first_retry{1000};   // after a write that failed, doubled each time ...
  std::chrono::milliseconds last_retry{60'000};  // ... up to this
  std::chrono::milliseconds stop_within{5000};   // for writing at the end; a write under way is waited for
  // The time, for ages. Called on the writer's thread. Must be set.
  std::function<UnixSeconds()> now;
  // Called on the writer's thread; may be empty.
  std::function<void(const Event&)> on_event;
};

struct Statistics {
  std::size_t certificates = 0;  // in memory, as the next two
  std::size_t places = 0;
  std::size_t upstreams = 0;
  std::uint64_t stored = 0;   // rows written since the start
  std::uint64_t lost = 0;     // rows that did not fit into the backlog; seen again, they are tried again
  std::uint64_t omitted = 0;  // sightings of certificates for which there was no room in memory
  std::uint64_t pruned = 0;   // certificates removed for age or number
  std::size_t backlog = 0;    // rows that wait
  bool writable = true;       // the last write went well
};

// Leaves that were seen in the last seven days, and end soon.
struct Expiring {
  struct Leaf {
    std::string host;  // where it was first seen
    std::uint16_t port = 0;
    Digest sha256{};
    UnixSeconds not_after = 0;
  };
  // Cumulative: what ends within a day is in all four. Those that have ended are in none.
  std::size_t within_30_days = 0;
  std::size_t within_14_days = 0;
  std::size_t within_7_days = 0;
  std::size_t within_1_day = 0;
  std::vector<Leaf> leaves;  // that end within the time asked for: the soonest first, at most kMaxExpiring
};
inline constexpr std::size_t kMaxExpiring = 100;

enum class RememberOutcome : std::uint8_t {
  remembered,  // this one, now or before
  another,     // another certificate is remembered; nothing was changed
  no_room,     // the ledger is full, or the leaf could not be parsed; nothing is remembered
};

struct ReaderSlot;
struct LedgerState;
class Writer;

// What a worker asks. One for each thread; the ledger must outlive it.
class Reader {
 public:
  Reader(Reader&& other) noexcept;
  Reader& operator=(Reader&&) = delete;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader();

  // Records a handshake and returns what was known before it. A chain that is known at this place takes no
  // lock and allocates nothing unless there is something to tell; anything new takes one mutex, for
  // microseconds, and every other reader knows it at once. Never waits for the store.
  Memory see(const Sighting& sighting);
  // Trust on first use. For the first certificate only: see RememberOutcome. `leaf` may be new to the ledger.
  RememberOutcome remember(const Place& place, const tls::Certificate& leaf, UnixSeconds now);

 private:
  friend class Ledger;
  explicit Reader(LedgerState& state);
  LedgerState* state_;  // nullptr: moved from
  ReaderSlot* slot_ = nullptr;
};

class Ledger {
 public:
  // Loads everything, on the calling thread, and starts the writer. Fails when the store cannot be read.
  static Result<std::unique_ptr<Ledger>> open(std::unique_ptr<Store> store, Options options);
  ~Ledger();  // stops, when that was not done; all readers must be gone
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // The functions of this class may be called from any thread.
  [[nodiscard]] Reader reader();
  [[nodiscard]] Statistics statistics() const;
  // Looks at all certificates: a few milliseconds for 100,000. For once a minute, not on a worker.
  [[nodiscard]] Expiring expiring(UnixSeconds now, UnixSeconds within) const;
  // Tries to write all that was seen before this call, applies what others changed, and removes what is too
  // old. false: something could not be written. Waits for it; not on a worker.
  bool flush();
  // Writes what waits, for at most `stop_within`, and ends the writer. Later sightings are answered, not
  // written.
  void stop();

 private:
  explicit Ledger(std::unique_ptr<LedgerState> state);
  std::unique_ptr<LedgerState> state_;
  std::unique_ptr<Writer> writer_;  // ends before the state does
};

}  // namespace whytls::ledger
