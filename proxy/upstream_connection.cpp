#include "proxy/upstream_connection.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

using policy::Phase;
using policy::TransportFault;

TransportFault lookup_fault(int status) {
  if (status == UV_EAI_NONAME || status == UV_EAI_NODATA) return TransportFault::name_not_found;
  return TransportFault::name_lookup_failed;
}

TransportFault connect_fault(int status) {
  switch (status) {
    case UV_ECONNREFUSED:
      return TransportFault::refused;
    case UV_ENETUNREACH:
    case UV_EHOSTUNREACH:
    case UV_EADDRNOTAVAIL:
    case UV_ENETDOWN:
      return TransportFault::unreachable;
    case UV_ETIMEDOUT:
      return TransportFault::connect_timeout;
    case UV_ECONNRESET:
    case UV_ECONNABORTED:
      return TransportFault::reset;
    default:
      return TransportFault::other;
  }
}

}  // namespace

UpstreamConnection::UpstreamConnection(Worker& worker, std::shared_ptr<const Runtime> runtime,
                                       std::shared_ptr<const UpstreamTarget> target, UpstreamSpeech speech)
    : worker_(worker),
      runtime_(std::move(runtime)),
      asked_(std::move(target)),
      speech_(speech),
      channel_(worker.loop(), this) {
  worker_.mutable_counters().upstream_connections_open.add();
  attempt_.leg = policy::Leg::upstream;
  attempt_.host = asked_->address.host;
  attempt_.port = asked_->address.port;
  attempt_.host_is_ip = asked_->address_is_ip;
  attempt_.tls_used = speech_ == UpstreamSpeech::http && asked_->scheme == config::Scheme::https;
  use(asked_);
}

void UpstreamConnection::use(std::shared_ptr<const UpstreamTarget> target) {
  target_ = std::move(target);
  attempt_.expected_name = target_->expected_name;
  attempt_.sni_absent_reason = target_->sni_absent_reason;
  attempt_.client_certificate_configured = !target_->policy->policy->tls.client_certificate_file.empty();
}

UpstreamConnection::~UpstreamConnection() {
  if (state_ == State::idle) worker_.mutable_counters().upstream_connections_idle.subtract();
  worker_.mutable_counters().upstream_connections_open.subtract();
}

void UpstreamConnection::enter(State state) {
  if (state_ == State::idle) worker_.mutable_counters().upstream_connections_idle.subtract();
  state_ = state;
  const config::Timeouts& timeouts = runtime_->settings().timeouts;
  TimerWheel& wheel = worker_.loop().wheel();
  stage_began_us_ = worker_.loop().now_us();
  switch (state) {
    case State::resolving:
      deadline_.set(wheel, timeouts.dns);
      break;
    case State::connecting:
      break;  // each address gets its share in connect_next()
    case State::handshaking:
      deadline_.set(wheel, timeouts.handshake);
      break;
    case State::idle:
      worker_.mutable_counters().upstream_connections_idle.add();
      deadline_.set(wheel, timeouts.upstream_idle);
      break;
    case State::fresh:
    case State::ready:
    case State::closed:
      deadline_.cancel();
      break;
  }
}

void UpstreamConnection::start(UpstreamUser* user) {
  user_ = user;
  began_us_ = worker_.loop().now_us();
  enter(State::resolving);
  lookup_ = worker_.resolver().lookup(target_->address.host, target_->address.port,
                                      [this](Addresses found) { resolved(std::move(found)); });
}

void UpstreamConnection::adopt(UpstreamUser* user) {
  user_ = user;
  reused_ = true;
  enter(State::ready);
}

void UpstreamConnection::become_idle() {
  user_ = nullptr;
  keep_session();
  if (channel_.start_reading() != 0) {
    worker_.retire(worker_.pool().remove(this));
    return;
  }
  enter(State::idle);
}

bool UpstreamConnection::current() const {
  return runtime_ == worker_.runtime() && state_ == State::ready;
}

void UpstreamConnection::resolved(Addresses addresses) {
  attempt_.timings.dns_us = worker_.loop().now_us() - stage_began_us_;
  if (addresses.status != 0) {
    fail_transport(lookup_fault(addresses.status), addresses.status, Phase::dns);
    return;
  }
  addresses_ = std::move(addresses);
  enter(State::connecting);
  connect_next();
}

void UpstreamConnection::connect_next() {
  const std::size_t left = addresses_.list.size() - next_address_;
  if (left == 0) {
    fail_transport(connect_fault(last_connect_error_), last_connect_error_, Phase::connect);
    return;
  }
  const sockaddr_storage& address = addresses_.list[next_address_++];
  attempt_.address = ip_text(address);
  use(at(asked_, address));
  for (const BoundAddress& own : worker_.bound()) {
    if (own.mode == config::Mode::forward && reaches(address, own.address)) {
      fail_own(policy::OwnFault::loop,
               "listener " + own.listener + " is bound to " + address_text(own.address));
      return;
    }
  }
  deadline_.set(worker_.loop().wheel(), runtime_->settings().timeouts.connect / static_cast<int>(left));
  const int status = channel_.socket().connect(
      reinterpret_cast<const sockaddr*>(&address),
      [](void* context, int result) { static_cast<UpstreamConnection*>(context)->connected(result); }, this);
  if (status != 0) connected(status);
}

void UpstreamConnection::connected(int status) {
  if (status != 0) {
    last_connect_error_ = status;
    channel_.socket().abandon_connect();
    connect_next();
    return;
  }
  attempt_.timings.connect_us = worker_.loop().now_us() - stage_began_us_;
  if (const int reading = channel_.start_reading(); reading != 0) {
    fail_transport(TransportFault::other, reading, Phase::connect);
    return;
  }
  if (!attempt_.tls_used) {
    ready();
    return;
  }
  start_handshake();
}

void UpstreamConnection::start_handshake() {
  enter(State::handshaking);
  attempt_.handshake_started = true;
  tls::ConnectOptions options;
  options.sni = target_->sni;
  options.now = worker_.now();
  SessionCache::Entry entry = worker_.sessions().take(target_->key, options.now);
  options.resume = entry.session.get();
  offered_judgement_ = entry.judgement;
  const auto started = channel_.start_tls(target_->policy->context, options);
  if (!started) fail_own(policy::OwnFault::internal, started.error().text());
}

void UpstreamConnection::on_handshake_done() {
  attempt_.timings.handshake_us = worker_.loop().now_us() - stage_began_us_;
  judge();
}

void UpstreamConnection::ready() {
  enter(State::ready);
  user_->on_upstream_ready();
}

void UpstreamConnection::keep_session() {
  if (channel_.stream() == nullptr || judgement_ == nullptr || runtime_ != worker_.runtime()) return;
  while (auto session = channel_.stream()->take_session()) {
    worker_.sessions().put(target_->key, SessionCache::Entry{std::move(session), judgement_});
  }
}

void UpstreamConnection::on_data(std::string_view bytes) {
  if (user_ != nullptr && state_ == State::ready) {
    user_->on_upstream_data(bytes);
    return;
  }
  // An idle upstream has nothing to say: it is out of step, so it is not used again.
  if (state_ == State::idle) worker_.retire(worker_.pool().remove(this));
}

void UpstreamConnection::on_end(ChannelEnd end, int status) {
  switch (state_) {
    case State::handshaking:
      fail_handshake(end, status);
      break;
    case State::ready:
      if (user_ != nullptr) user_->on_upstream_end(end, status);
      break;
    case State::idle:
      worker_.retire(worker_.pool().remove(this));
      break;
    case State::connecting:
      fail_transport(connect_fault(status), status, Phase::connect);
      break;
    case State::fresh:
    case State::resolving:
    case State::closed:
      break;
  }
}

void UpstreamConnection::on_drained() {
  if (user_ != nullptr && state_ == State::ready) user_->on_upstream_drained();
}

void UpstreamConnection::on_deadline() {
  const Loop::Turn turn(worker_.loop());
  switch (state_) {
    case State::resolving:
      lookup_.reset();
      fail_transport(TransportFault::name_lookup_timeout, UV_ETIMEDOUT, Phase::dns);
      break;
    case State::connecting:
      last_connect_error_ = UV_ETIMEDOUT;
      channel_.socket().abandon_connect();
      connect_next();
      break;
    case State::handshaking:
      channel_.stream()->mutable_evidence().end = tls::HandshakeEnd::timeout;
      fail_transport(TransportFault::timeout, UV_ETIMEDOUT, Phase::negotiation);
      break;
    case State::idle:
      worker_.retire(worker_.pool().remove(this));
      break;
    case State::fresh:
    case State::ready:
    case State::closed:
      break;
  }
}

void UpstreamConnection::fail_handshake(ChannelEnd end, int status) {
  tls::HandshakeEvidence& evidence = channel_.stream()->mutable_evidence();
  TransportFault fault = TransportFault::none;
  switch (end) {
    case ChannelEnd::clean:
    case ChannelEnd::truncated:
      if (evidence.end == tls::HandshakeEnd::pending) evidence.end = tls::HandshakeEnd::closed;
      fault = TransportFault::closed;
      break;
    case ChannelEnd::reset:
      if (evidence.end == tls::HandshakeEnd::pending) evidence.end = tls::HandshakeEnd::reset;
      fault = TransportFault::reset;
      break;
    case ChannelEnd::tls_failed:
      break;
  }
  fail_transport(fault, status, Phase::negotiation);
}

void UpstreamConnection::fail_transport(TransportFault fault, int status, Phase phase) {
  attempt_.transport = fault;
  attempt_.phase = phase;
  attempt_.transport_errno = status;
  attempt_.transport_text = status == 0 ? "" : uv_err_name(status);
  report_failure();
}

void UpstreamConnection::fail_own(policy::OwnFault fault, std::string detail) {
  attempt_.own = fault;
  attempt_.own_detail = std::move(detail);
  report_failure();
}

void UpstreamConnection::report_failure() {
  if (attempt_.handshake_started) {
    attempt_.timings.handshake_us = worker_.loop().now_us() - stage_began_us_;
    worker_.mutable_counters().handshakes_upstream_failed.add();
  }
  attempt_.timings.total_us = worker_.loop().now_us() - began_us_;
  std::unique_ptr<Record> record = make_record();
  worker_.complete(record.get(), *target_->policy->policy);
  enter(State::closed);
  channel_.close();
  user_->on_upstream_failed(std::move(record));
}

policy::Attempt UpstreamConnection::attempt() const {
  policy::Attempt copy = attempt_;
  if (const tls::Stream* stream = channel_.stream(); stream != nullptr) {
    copy.handshake = stream->evidence();
  }
  return copy;
}

std::unique_ptr<Record> UpstreamConnection::make_record() {
  std::unique_ptr<Record> record = worker_.new_record();
  record->policy_name = target_->policy->policy->name;
  record->policy_choice = target_->choice;
  record->sni = target_->sni;
  record->expected_name = target_->expected_name;
  record->attempt = attempt();
  user_->describe(record.get());
  return record;
}

void UpstreamConnection::close() {
  if (state_ == State::ready) keep_session();
  user_ = nullptr;
  lookup_.reset();
  enter(State::closed);
  channel_.close();
}

}  // namespace whytls::proxy
