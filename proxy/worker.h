// One worker thread: its loop, listening sockets, client connections, pool and caches. Nothing mutable is
// shared with other workers.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "policy/ledger/ledger.h"
#include "proxy/clock_watch.h"
#include "proxy/loop.h"
#include "proxy/mint_cache.h"
#include "proxy/resolver.h"
#include "proxy/runtime.h"
#include "proxy/server.h"
#include "proxy/upstream_pool.h"
#include "proxy/worker_counters.h"

namespace whytls::proxy {

class ClientConnection;

// An address that a listener of ours is bound to, for finding requests that would come back to us.
struct BoundAddress {
  std::string listener;
  config::Mode mode = config::Mode::forward;
  sockaddr_storage address{};
};

// 16 lower-case hex digits, random: the same on the page and in the log.
[[nodiscard]] std::string new_incident_id();

// What every worker of a server has in common; outlives them.
struct WorkerEnvironment {
  LogSink* log = nullptr;
  WallClock clock;
  NameLookup name_lookup;
  std::shared_ptr<const tls::Authority> authority;
  std::shared_ptr<const std::vector<BoundAddress>> bound;
  std::size_t max_clients = 0;       // of one worker
  ClockWatch* clocks = nullptr;      // of the server
  ledger::Ledger* ledger = nullptr;  // nullptr: nothing is remembered
};

class Worker {
 public:
  explicit Worker(const WorkerEnvironment& environment);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Control side. start() takes over the listening descriptors.
  struct Listening {
    std::string listener;
    int descriptor = -1;
  };
  Result<void> start(std::shared_ptr<const Runtime> runtime, const std::vector<Listening>& listening);
  // New settings, and what comes with them.
  struct Reload {
    std::shared_ptr<const Runtime> runtime;
    std::map<std::string, std::string> kept;  // listeners that go on, by their old name; all others stop
    std::vector<Listening> added;
    std::shared_ptr<const std::vector<BoundAddress>> bound;
    std::size_t max_clients = 0;
  };
  void reload(Reload wanted);
  void drain();
  // Ends every connection, and the thread as soon as no name lookup holds it; returns at once.
  void begin_stop();
  // begin_stop(), and waits for the thread. Asserts that the loop closed clean.
  void stop();
  // Whether the thread ended before `until`.
  [[nodiscard]] bool wait_for_end(std::chrono::steady_clock::time_point until) const;
  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }

  // Worker side, on its thread.
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] Resolver& resolver() { return resolver_; }
  [[nodiscard]] UpstreamPool& pool() { return pool_; }
  [[nodiscard]] SessionCache& sessions() { return sessions_; }
  // nullptr: nothing is remembered.
  [[nodiscard]] ledger::Reader* ledger() { return ledger_ ? &*ledger_ : nullptr; }
  [[nodiscard]] MintCache& mint_cache() { return mint_cache_; }
  [[nodiscard]] const tls::Authority* authority() const { return environment_.authority.get(); }
  [[nodiscard]] WorkerCounters& mutable_counters() { return counters_; }
  [[nodiscard]] const std::shared_ptr<const Runtime>& runtime() const { return runtime_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] std::int64_t now_ms() const { return environment_.clock(); }
  [[nodiscard]] tls::UnixSeconds now() const { return now_ms() / 1000; }
  [[nodiscard]] const std::vector<BoundAddress>& bound() const { return *bound_; }

  // A record with incident id, time and the proxy's name.
  [[nodiscard]] std::unique_ptr<Record> new_record() const;
  // Judges and completes a record that has its attempt: diagnosis, verdict, counters, log line.
  void complete(Record* record, const policy::Policy& policy);
  // What the first answer on a connection says about the upstream's clock, in its Date field; empty: it has
  // none.
  void note_peer_date(std::string_view host, std::string_view date);
  // Counts and logs a record that was already judged.
  void report(const Record& record);
  void log(config::LogLevel level, std::string_view json);

  // Puts a connection that may be used again into the pool, or retires it.
  void release(std::unique_ptr<UpstreamConnection> connection);
  void retire(std::unique_ptr<UpstreamConnection> connection);
  // The connection is over; it is destroyed at the end of the turn.
  void retire(ClientConnection* connection);

 private:
  void run();
  void post(std::function<void()> task);
  void run_tasks();
  [[nodiscard]] Result<void> listen(const Listening& listening);
  void on_connection(const std::string& listener, uv_stream_t* stream);
  void take_over(const Reload& wanted);
  void refuse_overload(const std::string& listener, uv_stream_t* stream);
  // Counts one connection that was not taken, and logs it unless that was just done.
  void note_overload(const std::string& listener, std::string detail);
  void begin_drain();
  void close_everything();

  struct Listener {
    Worker* worker = nullptr;
    std::string name;
    UvHandle<uv_tcp_t> handle;
  };

  WorkerEnvironment environment_;
  WorkerCounters counters_;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<const std::vector<BoundAddress>> bound_;
  Loop loop_;
  Resolver resolver_;
  std::optional<ledger::Reader> ledger_;
  MintCache mint_cache_;
  UpstreamPool pool_;
  SessionCache sessions_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_set<ClientConnection*> clients_;  // owned
  UvHandle<uv_async_t> wake_;
  std::mutex tasks_mutex_;
  std::vector<std::function<void()>> tasks_;
  std::promise<void> ended_;
  std::future<void> end_{ended_.get_future()};
  std::thread thread_;
  std::int64_t overload_logged_ms_ = 0;
  bool draining_ = false;
  bool stopping_ = false;
  bool told_to_stop_ = false;  // of the control side
};

}  // namespace whytls::proxy
