#include "proxy/server.h"

#include <algorithm>
#include <chrono>
#include <set>
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

}  // namespace

struct Server::Impl {
  std::shared_ptr<const config::Settings> settings;
  std::shared_ptr<const tls::TicketKeys> tickets = tls::make_ticket_keys();
  WorkerEnvironment environment;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<BoundAddress> bound;                // in order of the settings
  std::map<std::string, config::HostPort> asked;  // what each bound listener asked for

  // Binds what is new in `wanted`; the sockets of worker i are appended to (*fresh)[i].
  using PerWorker = std::vector<std::vector<Worker::Listening>>;
  Result<std::vector<BoundAddress>> bind(const config::Settings& wanted, PerWorker* fresh,
                                         std::vector<ListenSocket>* owned) const;
  Result<std::vector<std::shared_ptr<const Runtime>>> runtimes(
      const std::shared_ptr<const config::Settings>& wanted) const;
  void remember(const config::Settings& wanted, std::vector<BoundAddress> addresses);
};

Result<std::vector<BoundAddress>> Server::Impl::bind(const config::Settings& wanted, PerWorker* fresh,
                                                     std::vector<ListenSocket>* owned) const {
  std::vector<BoundAddress> all;
  const unsigned count = static_cast<unsigned>(workers.size());
  fresh->resize(count);
  for (const config::Listener& listener : wanted.listeners) {
    const auto before = asked.find(listener.name);
    if (before != asked.end() && before->second == listener.listen) {
      const auto kept = std::find_if(bound.begin(), bound.end(), [&](const BoundAddress& entry) {
        return entry.listener == listener.name;
      });
      all.push_back(*kept);
      all.back().mode = listener.mode;
      continue;
    }
    auto sockets = bind_listener(listener.listen, count);
    if (!sockets)
      return fail(sockets.error().what, "listener " + listener.name + ", " + sockets.error().where,
                  sockets.error().hint);
    all.push_back(BoundAddress{listener.name, listener.mode, sockets->address});
    for (unsigned i = 0; i < count; ++i) {
      (*fresh)[i].push_back(Worker::Listening{listener.name, sockets->sockets[i].get()});
      owned->push_back(std::move(sockets->sockets[i]));
    }
  }
  return all;
}

Result<std::vector<std::shared_ptr<const Runtime>>> Server::Impl::runtimes(
    const std::shared_ptr<const config::Settings>& wanted) const {
  std::vector<std::shared_ptr<const Runtime>> made;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    auto runtime = Runtime::create(wanted, shared);
    if (!runtime) return tl::make_unexpected(runtime.error());
    made.push_back(std::move(*runtime));
  }
  return made;
}

void Server::Impl::remember(const config::Settings& wanted, std::vector<BoundAddress> addresses) {
  bound = std::move(addresses);
  asked.clear();
  for (const config::Listener& listener : wanted.listeners) asked[listener.name] = listener.listen;
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
  SharedTls shared(tickets);
  impl.environment.clock = options.clock ? std::move(options.clock) : WallClock(system_milliseconds);
  impl.environment.name_lookup = std::move(options.name_lookup);
  impl.environment.authority = std::move(options.authority);
  impl.workers.resize(worker_count(*impl.settings));

  Impl::PerWorker fresh;
  std::vector<ListenSocket> owned;
  auto addresses = impl.bind(*impl.settings, &fresh, &owned);
  if (!addresses) return tl::make_unexpected(addresses.error());
  auto runtimes = impl.runtimes(impl.settings);
  if (!runtimes) return tl::make_unexpected(runtimes.error());
  impl.remember(*impl.settings, std::move(*addresses));
  impl.environment.bound = std::make_shared<const std::vector<BoundAddress>>(impl.bound);
  impl.environment.max_clients =
      std::max<std::size_t>(1, impl.settings->limits.max_connections / impl.workers.size());
  for (ListenSocket& socket : owned) (void)socket.release();
  for (std::size_t i = 0; i < impl.workers.size(); ++i) {
    impl.workers[i] = std::make_unique<Worker>(impl.environment);
    auto started = impl.workers[i]->start((*runtimes)[i], fresh[i]);
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

Result<void> Server::reload(std::shared_ptr<const config::Settings> settings) {
  Impl& impl = *impl_;
  Impl::PerWorker fresh;
  std::vector<ListenSocket> owned;
  auto addresses = impl.bind(*settings, &fresh, &owned);
  if (!addresses) return tl::make_unexpected(addresses.error());
  auto runtimes = impl.runtimes(settings);
  if (!runtimes) return tl::make_unexpected(runtimes.error());
  std::set<std::string> kept;
  for (const config::Listener& listener : settings->listeners) {
    const auto before = impl.asked.find(listener.name);
    if (before != impl.asked.end() && before->second == listener.listen) kept.insert(listener.name);
  }
  impl.remember(*settings, std::move(*addresses));
  impl.settings = std::move(settings);
  const auto bound = std::make_shared<const std::vector<BoundAddress>>(impl.bound);
  for (ListenSocket& socket : owned) (void)socket.release();
  for (std::size_t i = 0; i < impl.workers.size(); ++i) {
    impl.workers[i]->reload((*runtimes)[i], kept, std::move(fresh[i]), bound);
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
