#include "proxy/worker.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cstdlib>
#include <utility>

#include "proxy/client_connection.h"
#include "proxy/event_log.h"

namespace whytls::proxy {

std::string new_incident_id() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, 8> bytes{};
  if (uv_random(nullptr, nullptr, bytes.data(), bytes.size(), 0, nullptr) != 0) std::abort();
  std::string id;
  for (const unsigned char byte : bytes) {
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  return id;
}

namespace {

// A storm of refused connections is counted one by one, and logged once in this time.
constexpr std::int64_t kOverloadLogMs = 1000;

}  // namespace

Worker::Worker(const WorkerEnvironment& environment)
    : environment_(environment),
      bound_(environment.bound),
      resolver_(loop_, environment.name_lookup),
      mint_cache_(environment.authority) {
  if (environment.ledger != nullptr) ledger_.emplace(environment.ledger->reader());
}

Worker::~Worker() {
  stop();
}

Result<void> Worker::start(std::shared_ptr<const Runtime> runtime, const std::vector<Listening>& listening) {
  runtime_ = std::move(runtime);
  if (const int status = loop_.open(); status != 0) return fail(uv_strerror(status), "event loop");
  const int status = wake_.init(uv_async_init, loop_.uv(),
                                [](uv_async_t* handle) { static_cast<Worker*>(handle->data)->run_tasks(); });
  if (status != 0) return fail(uv_strerror(status), "event loop");
  wake_->data = this;
  for (const Listening& entry : listening) {
    if (auto listened = listen(entry); !listened) return listened;
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void Worker::run() {
  // A write to a peer that is gone is an error number here, whatever the process does with the signal.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  loop_.run();
  ended_.set_value();
}

Result<void> Worker::listen(const Listening& listening) {
  auto listener = std::make_unique<Listener>();
  listener->worker = this;
  listener->name = listening.listener;
  int status = listener->handle.init(uv_tcp_init, loop_.uv());
  if (status == 0) status = uv_tcp_open(listener->handle.get(), listening.descriptor);
  if (status != 0) {
    ::close(listening.descriptor);  // still ours
  } else {
    listener->handle->data = listener.get();
    status = uv_listen(listener->handle.stream(), SOMAXCONN, [](uv_stream_t* stream, int result) {
      if (stream->data == nullptr) return;
      auto* entry = static_cast<Listener*>(stream->data);
      const Loop::Turn turn(entry->worker->loop_);
      if (result == 0) {
        entry->worker->on_connection(entry->name, stream);
      } else {
        // Without descriptors libuv keeps one in reserve, with which it takes and closes what waits, and says
        // nothing: then this is not called. The warning at the start is what shows that case.
        entry->worker->note_overload(entry->name, std::string("accept: ") + uv_err_name(result));
      }
    });
  }
  if (status != 0) return fail(uv_strerror(status), "listener " + listening.listener);
  listeners_.push_back(std::move(listener));
  return {};
}

void Worker::refuse_overload(const std::string& listener, uv_stream_t* stream) {
  UvHandle<uv_tcp_t> unwanted;
  if (unwanted.init(uv_tcp_init, loop_.uv()) == 0) (void)uv_accept(stream, unwanted.stream());
  note_overload(listener, std::to_string(clients_.size()) + " connections on this worker");
}

void Worker::note_overload(const std::string& listener, std::string detail) {
  const ListenerRuntime* rules = runtime_->listener(listener);
  if (rules == nullptr || now_ms() - overload_logged_ms_ < kOverloadLogMs) {
    counters_.failures[static_cast<std::size_t>(policy::Failure::proxy_overloaded)].add();
    return;
  }
  overload_logged_ms_ = now_ms();
  std::unique_ptr<Record> record = new_record();
  record->listener = listener;
  record->attempt.leg = policy::Leg::ourselves;
  record->attempt.phase = policy::Phase::connect;
  record->attempt.own = policy::OwnFault::overloaded;
  record->attempt.own_detail = std::move(detail);
  complete(record.get(), *rules->policy->policy);
}

void Worker::on_connection(const std::string& listener, uv_stream_t* stream) {
  const ListenerRuntime* rules = runtime_->listener(listener);
  if (rules != nullptr && clients_.size() >= environment_.max_clients) {
    refuse_overload(listener, stream);
    return;
  }
  auto connection = std::make_unique<ClientConnection>(*this, listener);
  if (connection->accept(stream) != 0 || rules == nullptr) return;
  clients_.insert(connection.get());
  connection.release()->begin();
}

void Worker::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
  }
  uv_async_send(wake_.get());
}

void Worker::run_tasks() {
  const Loop::Turn turn(loop_);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

void Worker::reload(Reload wanted) {
  post([this, wanted = std::move(wanted)] { take_over(wanted); });
}

void Worker::take_over(const Reload& wanted) {
  runtime_ = wanted.runtime;
  bound_ = wanted.bound;
  environment_.max_clients = wanted.max_clients;
  std::erase_if(listeners_, [&wanted](const auto& entry) { return !wanted.kept.contains(entry->name); });
  for (const auto& entry : listeners_) entry->name = wanted.kept.at(entry->name);
  for (const Listening& entry : wanted.added) {
    const auto listened = listen(entry);
    if (listened) continue;
    log(config::LogLevel::error, event_line(now_ms(), config::LogLevel::error, "listen_failed",
                                            {{"error.message", listened.error().text()}}));
  }
  sessions_.clear();
  for (auto& connection : pool_.clear()) retire(std::move(connection));
}

void Worker::drain() {
  post([this] { begin_drain(); });
}

void Worker::begin_drain() {
  draining_ = true;
  listeners_.clear();
  const std::vector<ClientConnection*> all(clients_.begin(), clients_.end());
  for (ClientConnection* client : all) client->drain();
}

void Worker::close_everything() {
  stopping_ = true;
  listeners_.clear();
  const std::vector<ClientConnection*> all(clients_.begin(), clients_.end());
  for (ClientConnection* client : all) client->abort();
  for (auto& connection : pool_.clear()) retire(std::move(connection));
  wake_.reset();
}

void Worker::begin_stop() {
  if (!thread_.joinable() || std::exchange(told_to_stop_, true)) return;
  post([this] { close_everything(); });
}

bool Worker::wait_for_end(std::chrono::steady_clock::time_point until) const {
  return !thread_.joinable() || end_.wait_until(until) == std::future_status::ready;
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  begin_stop();
  thread_.join();
  const int status = loop_.close();
  if (status != 0) uv_print_all_handles(loop_.uv(), stderr);
  assert(status == 0);
}

std::unique_ptr<Record> Worker::new_record() const {
  auto record = std::make_unique<Record>();
  record->incident = new_incident_id();
  record->time_ms = now_ms();
  record->proxy_name = runtime_->settings().proxy_name;
  return record;
}

namespace {

// Which border of a validity the failure is about; nullopt: none.
std::optional<ClockWatch::Border> border_of(policy::Failure failure) {
  switch (failure) {
    case policy::Failure::cert_expired:
    case policy::Failure::chain_issuer_expired:
      return ClockWatch::Border::end;
    case policy::Failure::cert_not_yet_valid:
    case policy::Failure::chain_issuer_not_yet_valid:
      return ClockWatch::Border::begin;
    default:
      return std::nullopt;
  }
}

// Tells the watch what the dates of a chain say, and asks it when they do not hold.
std::optional<ClockDoubt> watch_clock(ClockWatch* clocks, const policy::Attempt& attempt,
                                      const policy::Diagnosis& diagnosis, tls::UnixSeconds now) {
  if (clocks == nullptr || attempt.leg != policy::Leg::upstream || attempt.handshake.presented.empty())
    return std::nullopt;
  for (const policy::Finding& finding : diagnosis.findings) {
    const auto border = border_of(finding.failure);
    if (!border) continue;
    clocks->date_failed(attempt.host, *border, now);
    return clocks->doubt(attempt.host, now);
  }
  clocks->dates_hold(now);
  return std::nullopt;
}

}  // namespace

void Worker::note_peer_date(std::string_view host, std::string_view date) {
  if (environment_.clocks == nullptr || date.empty()) return;
  if (const auto its_time = parse_http_date(date)) environment_.clocks->peer_said(host, *its_time, now());
}

void Worker::complete(Record* record, const policy::Policy& policy) {
  record->diagnosis = policy::diagnose(record->attempt, policy, now());
  record->clock = watch_clock(environment_.clocks, record->attempt, record->diagnosis, now());
  record->verdict = policy::decide(record->diagnosis, policy, now());
  report(*record);
}

void Worker::report(const Record& record) {
  const auto failure = record.failure();
  if (failure && record.verdict.decision == policy::Decision::refuse &&
      policy::info(*failure).severity != policy::Severity::notice) {
    counters_.failures[static_cast<std::size_t>(*failure)].add();
  }
  const config::LogLevel level = log_level(record);
  const config::Log& wanted = runtime_->settings().log;
  if (level < wanted.level || (!failure && !wanted.handshakes)) return;
  log(level, render_log_line(record));
}

void Worker::log(config::LogLevel level, std::string_view json) {
  if (environment_.log != nullptr) environment_.log->line(level, json);
}

void Worker::release(std::unique_ptr<UpstreamConnection> connection) {
  const bool keep = !draining_ && !stopping_ && connection->current();
  if (!keep) {
    retire(std::move(connection));
    return;
  }
  UpstreamConnection* raw = connection.get();
  auto surplus = pool_.put(std::move(connection), runtime_->settings().limits.max_idle_upstream);
  if (surplus != nullptr) {
    retire(std::move(surplus));
    return;
  }
  raw->become_idle();
}

void Worker::retire(std::unique_ptr<UpstreamConnection> connection) {
  connection->close();
  loop_.retire(std::move(connection));
}

void Worker::retire(ClientConnection* connection) {
  if (clients_.erase(connection) == 0) return;
  loop_.retire(std::unique_ptr<Retirable>(connection));
}

}  // namespace whytls::proxy
