// The whole proxy as one object: workers, listeners, reload, drain. main wires it to signals and the admin
// listener; tests start it in their own process.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "policy/ledger/ledger.h"
#include "proxy/page_template.h"
#include "proxy/record.h"
#include "tls/authority.h"
#include "tls/result.h"

namespace whytls::proxy {

// Everything that is logged, one call per line. Called on worker threads, several at once; must not block
// long.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // One JSON object without newline. `level` was already compared with the settings.
  virtual void line(config::LogLevel level, std::string_view json) = 0;
};

// Clock, so that nothing reads the wall clock on its own.
using WallClock = std::function<std::int64_t()>;  // Unix milliseconds

// Looks up the addresses of a name: fills *addresses with literals in order of preference and returns 0, or
// returns UV_EAI_*. Called on threads of libuv's pool, several at once; may block.
using NameLookup = std::function<int(const std::string& host, std::vector<std::string>* addresses)>;

// A snapshot of the counters, summed over workers.
struct Counters {
  std::array<std::uint64_t, policy::kFailureCount> failures{};  // by Failure, each once per record
  std::uint64_t handshakes_upstream_ok = 0;                     // full and resumed
  std::uint64_t handshakes_upstream_resumed = 0;
  std::uint64_t handshakes_upstream_failed = 0;  // not done, or refused by the policy
  std::uint64_t handshakes_client_ok = 0;
  std::uint64_t handshakes_client_failed = 0;
  std::map<int, std::uint64_t> responses;  // by status class 1..5
  std::uint64_t requests = 0;
  std::uint64_t tunnels = 0;
  std::uint64_t client_connections_open = 0;
  std::uint64_t upstream_connections_open = 0;
  std::uint64_t upstream_connections_idle = 0;
  std::uint64_t client_connections_total = 0;
  std::uint64_t bytes_from_clients = 0;
  std::uint64_t bytes_to_clients = 0;
};

struct ServerOptions {
  std::shared_ptr<const config::Settings> settings;
  SharedPage page = built_in_page();                // not nullptr
  std::shared_ptr<const tls::Authority> authority;  // nullptr allowed when no listener mints
  ledger::Ledger* ledger = nullptr;                 // borrowed, must outlive the server; nullptr: no memory
  LogSink* log = nullptr;                           // borrowed, must outlive the server
  WallClock clock;                                  // empty: the system's
  NameLookup name_lookup;                           // empty: getaddrinfo
};

class Server {
 public:
  // Binds all listeners, then starts the workers. Fails with the listener's name and address as `where` when
  // a port is in use or TLS material is refused; nothing is left running then.
  static Result<std::unique_ptr<Server>> start(ServerOptions options);
  // Stops at once when still running. Every loop has been closed clean (asserted).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that a listener is bound to (its own when it asked for port 0); 0 for an unknown name.
  [[nodiscard]] std::uint16_t port(std::string_view listener) const;
  // Takes new settings whole, or keeps the old ones and says why. Listeners that stay keep their sockets;
  // requests under way end with the settings that they began with.
  Result<void> reload(std::shared_ptr<const config::Settings> settings, const SharedPage& page);
  // Stops accepting; ends idle connections; lets requests finish until the deadline of the settings.
  void drain();
  // Ends everything now and waits for it. A name lookup under way can't be stopped: the system may take half
  // a minute for one.
  void stop();
  // The same, but waits no longer than that. False: a lookup still holds a worker; all connections are
  // closed.
  [[nodiscard]] bool stop_within(std::chrono::milliseconds patience);
  // True when no connection is left after drain().
  [[nodiscard]] bool drained() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] std::shared_ptr<const config::Settings> settings() const;

  struct Impl;

 private:
  Server();
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::proxy
