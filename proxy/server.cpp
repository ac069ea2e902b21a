#include "proxy/server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "proxy/listen_socket.h"
#include "proxy/resolver.h"
#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

std::int64_t system_milliseconds() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

unsigned worker_count(const config::Settings& settings) {
  return settings.workers != 0 ? settings.workers : std::max(1U, uv_available_parallelism());
}

std::size_t clients_of_a_worker(const config::Settings& settings, std::size_t workers) {
  return std::max<std::size_t>(1, settings.limits.max_connections / workers);
}

}  // namespace

struct Server::Impl {
  std::shared_ptr<const config::Settings> settings;
  std::shared_ptr<const tls::TicketKeys> tickets = tls::make_ticket_keys();
  ClockWatch clocks;
  WorkerEnvironment environment;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<BoundAddress> bound;      // in order of the settings
  std::vector<config::HostPort> asked;  // what each of them asked for

  // What the listeners of new settings stand on.
  struct Bound {
    std::vector<BoundAddress> addresses;                // in order of the settings
    std::map<std::string, std::string> kept;            // old name -> new name
    std::vector<std::vector<Worker::Listening>> fresh;  // for each worker
    std::vector<ListenSocket> owned;  // the descriptors of `fresh`, until they are taken over
  };
  // Keeps the sockets that `wanted` still has a listener for, and binds what is new.
  [[nodiscard]] Result<Bound> bind(const config::Settings& wanted) const;
  [[nodiscard]] std::optional<std::size_t> find_bound(const config::Listener& wanted) const;
  Result<std::vector<std::shared_ptr<const Runtime>>> runtimes(
      const std::shared_ptr<const config::Settings>& wanted, const SharedPage& page) const;
  void remember(const config::Settings& wanted, std::vector<BoundAddress> addresses);
};

// By what it asked for, since every port 0 is a port of its own; else by address, however that is spelled.
std::optional<std::size_t> Server::Impl::find_bound(const config::Listener& wanted) const {
  for (std::size_t i = 0; i < bound.size(); ++i) {
    if (bound[i].listener == wanted.name && asked[i] == wanted.listen) return i;
  }
  sockaddr_storage address{};
  if (wanted.listen.port == 0 || !parse_ip(literal_of(wanted.listen), wanted.listen.port, &address))
    return std::nullopt;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    if (address_text(bound[i].address) == address_text(address)) return i;
  }
  return std::nullopt;
}

Result<Server::Impl::Bound> Server::Impl::bind(const config::Settings& wanted) const {
  Bound all;
  const unsigned count = static_cast<unsigned>(workers.size());
  all.fresh.resize(count);
  for (const config::Listener& listener : wanted.listeners) {
    const auto before = find_bound(listener);
    if (before && !all.kept.contains(bound[*before].listener)) {
      const BoundAddress& old = bound[*before];
      all.kept[old.listener] = listener.name;
      all.addresses.push_back(BoundAddress{listener.name, listener.mode, old.address});
      continue;
    }
    auto sockets = bind_listener(listener.listen, count);
    if (!sockets)
      return fail(sockets.error().what, "listener " + listener.name + ", " + sockets.error().where,
                  sockets.error().hint);
    all.addresses.push_back(BoundAddress{listener.name, listener.mode, sockets->address});
    for (unsigned i = 0; i < count; ++i) {
      all.fresh[i].push_back(Worker::Listening{listener.name, sockets->sockets[i].get()});
      all.owned.push_back(std::move(sockets->sockets[i]));
    }
  }
  return all;
}

Result<std::vector<std::shared_ptr<const Runtime>>> Server::Impl::runtimes(
    const std::shared_ptr<const config::Settings>& wanted, const SharedPage& page) const {
  std::vector<std::shared_ptr<const Runtime>> made;
  SharedTls shared(tickets);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    auto runtime = Runtime::create(wanted, page, shared);
    if (!runtime) return tl::make_unexpected(runtime.error());
    made.push_back(std::move(*runtime));
  }
  return made;
}

void Server::Impl::remember(const config::Settings& wanted, std::vector<BoundAddress> addresses) {
  bound = std::move(addresses);
  asked.clear();
  for (const config::Listener& listener : wanted.listeners) asked.push_back(listener.listen);
}

Server::Server() : impl_(std::make_unique<Impl>()) {}

Server::~Server() {
  stop();
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options) {
  std::unique_ptr<Server> server(new Server);
  Impl& impl = *server->impl_;
  impl.settings = std::move(options.settings);
  impl.environment.log = options.log;
  impl.environment.clock = options.clock ? std::move(options.clock) : WallClock(system_milliseconds);
  impl.environment.name_lookup = std::move(options.name_lookup);
  impl.environment.authority = std::move(options.authority);
  impl.environment.clocks = &impl.clocks;
  impl.environment.ledger = options.ledger;
  impl.workers.resize(worker_count(*impl.settings));

  auto ready = impl.bind(*impl.settings);
  if (!ready) return tl::make_unexpected(ready.error());
  auto runtimes = impl.runtimes(impl.settings, options.page);
  if (!runtimes) return tl::make_unexpected(runtimes.error());
  impl.remember(*impl.settings, std::move(ready->addresses));
  impl.environment.bound = std::make_shared<const std::vector<BoundAddress>>(impl.bound);
  impl.environment.max_clients = clients_of_a_worker(*impl.settings, impl.workers.size());
  for (ListenSocket& socket : ready->owned) (void)socket.release();
  for (std::size_t i = 0; i < impl.workers.size(); ++i) {
    impl.workers[i] = std::make_unique<Worker>(impl.environment);
    auto started = impl.workers[i]->start((*runtimes)[i], ready->fresh[i]);
    if (!started) return tl::make_unexpected(started.error());
  }
  return server;
}

std::uint16_t Server::port(std::string_view listener) const {
  for (const BoundAddress& entry : impl_->bound) {
    if (entry.listener == listener) return port_of(entry.address);
  }
  return 0;
}

Result<void> Server::reload(std::shared_ptr<const config::Settings> settings, const SharedPage& page) {
  Impl& impl = *impl_;
  if (settings->workers != impl.settings->workers && worker_count(*settings) != impl.workers.size()) {
    return fail("the number of workers changed", "workers", "restart whytls for this change");
  }
  auto ready = impl.bind(*settings);
  if (!ready) return tl::make_unexpected(ready.error());
  auto runtimes = impl.runtimes(settings, page);
  if (!runtimes) return tl::make_unexpected(runtimes.error());
  // The workers do this once more, where nobody could be told any more that it failed.
  for (const ListenSocket& socket : ready->owned) {
    if (::listen(socket.get(), SOMAXCONN) != 0) return fail(std::strerror(errno), "listen");
  }
  impl.remember(*settings, std::move(ready->addresses));
  impl.settings = std::move(settings);
  Worker::Reload wanted;
  wanted.kept = std::move(ready->kept);
  wanted.bound = std::make_shared<const std::vector<BoundAddress>>(impl.bound);
  wanted.max_clients = clients_of_a_worker(*impl.settings, impl.workers.size());
  for (ListenSocket& socket : ready->owned) (void)socket.release();
  for (std::size_t i = 0; i < impl.workers.size(); ++i) {
    wanted.runtime = (*runtimes)[i];
    wanted.added = std::move(ready->fresh[i]);
    impl.workers[i]->reload(wanted);
  }
  return {};
}

void Server::drain() {
  for (const auto& worker : impl_->workers) worker->drain();
}

void Server::stop() {
  if (impl_ == nullptr) return;
  for (const auto& worker : impl_->workers) {
    if (worker != nullptr) worker->stop();
  }
}

bool Server::stop_within(std::chrono::milliseconds patience) {
  for (const auto& worker : impl_->workers) worker->begin_stop();
  const auto until = std::chrono::steady_clock::now() + patience;
  for (const auto& worker : impl_->workers) {
    if (!worker->wait_for_end(until)) return false;
  }
  stop();
  return true;
}

bool Server::drained() const {
  return counters().client_connections_open == 0;
}

std::shared_ptr<const config::Settings> Server::settings() const {
  return impl_->settings;
}

Counters Server::counters() const {
  Counters sum;
  for (const auto& worker : impl_->workers) {
    if (worker == nullptr) continue;
    const WorkerCounters& one = worker->counters();
    for (std::size_t i = 0; i < policy::kFailureCount; ++i) sum.failures[i] += one.failures[i].get();
    for (std::size_t i = 1; i < one.responses_by_class.size(); ++i) {
      sum.responses[static_cast<int>(i)] += one.responses_by_class[i].get();
    }
    sum.handshakes_upstream_ok += one.handshakes_upstream_ok.get();
    sum.handshakes_upstream_resumed += one.handshakes_upstream_resumed.get();
    sum.handshakes_upstream_failed += one.handshakes_upstream_failed.get();
    sum.handshakes_client_ok += one.handshakes_client_ok.get();
    sum.handshakes_client_failed += one.handshakes_client_failed.get();
    sum.requests += one.requests.get();
    sum.tunnels += one.tunnels.get();
    sum.client_connections_open += one.client_connections_open.get();
    sum.client_connections_total += one.client_connections_total.get();
    sum.upstream_connections_open += one.upstream_connections_open.get();
    sum.upstream_connections_idle += one.upstream_connections_idle.get();
    sum.bytes_from_clients += one.bytes_from_clients.get();
    sum.bytes_to_clients += one.bytes_to_clients.get();
  }
  return sum;
}

}  // namespace whytls::proxy
