#include "proxy/client_connection.h"

#include <algorithm>
#include <utility>

#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

using What = MessageParser::Step::What;

// How long a connection is read after its last response, so that the client gets it before a reset.
constexpr std::chrono::milliseconds kLinger{2000};

}  // namespace

ClientConnection::ClientConnection(Worker& worker, std::string listener)
    : worker_(worker),
      listener_name_(std::move(listener)),
      runtime_(worker.runtime()),
      listener_(runtime_->listener(listener_name_)),
      channel_(worker.loop(), this),
      parser_(MessageParser::Kind::request, runtime_->settings().limits),
      exchange_(*this) {
  worker_.mutable_counters().client_connections_open.add();
  worker_.mutable_counters().client_connections_total.add();
}

ClientConnection::~ClientConnection() {
  worker_.mutable_counters().client_connections_open.subtract();
}

int ClientConnection::accept(uv_stream_t* stream) {
  accepted_us_ = worker_.loop().now_us();
  if (const int status = channel_.socket().accept(stream); status != 0) return status;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(channel_.socket().descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return uv_translate_sys_error(errno);
  }
  peer_ = address_text(address);
  peer_ip_ = ip_text(address);
  return channel_.start_reading();
}

void ClientConnection::begin() {
  // `tls` of a forward listener is about the connections inside of CONNECT.
  if (listener_->listener->tls && listener_->listener->mode == config::Mode::reverse) {
    enter(State::tls_handshake);
    if (!accept_tls({})) close();
    return;
  }
  enter(State::idle);
}

void ClientConnection::enter(State state) {
  state_ = state;
  const config::Timeouts& timeouts = runtime_->settings().timeouts;
  TimerWheel& wheel = worker_.loop().wheel();
  switch (state) {
    case State::tls_handshake:
      deadline_.set(wheel, timeouts.client_handshake);
      break;
    case State::idle:
      deadline_.set(wheel, timeouts.client_idle);
      break;
    case State::head:
    case State::sniffing:
      deadline_.set(wheel, timeouts.client_header);
      break;
    case State::lingering:
      deadline_.set(wheel, kLinger);
      break;
    case State::exchange:
    case State::closed:
      deadline_.cancel();
      break;
  }
}

void ClientConnection::on_handshake_done() {
  worker_.mutable_counters().handshakes_client_ok.add();
  enter(State::idle);
}

void ClientConnection::on_data(std::string_view bytes) {
  worker_.mutable_counters().bytes_from_clients.add(bytes.size());
  if (state_ == State::lingering || state_ == State::closed) return;
  if (consuming_ || !stash_.empty()) {
    stash_.append(bytes);
    update_reading();
    return;
  }
  consume(bytes);
}

void ClientConnection::resume_input() {
  if (!consuming_) consume({});
}

void ClientConnection::consume(std::string_view input) {
  consuming_ = true;
  std::string hold;
  for (;;) {
    if (input.empty() && !stash_.empty()) {
      hold = std::move(stash_);
      stash_.clear();
      input = hold;
    }
    if (!advance(&input)) break;
  }
  consuming_ = false;
  if (state_ == State::lingering || state_ == State::closed) {
    stash_.clear();
    return;
  }
  if (!input.empty()) {
    // `input` may be a view of `hold`; what came meanwhile is in stash_ and comes after it.
    stash_ = std::string(input) + stash_;
  }
  update_reading();
}

bool ClientConnection::advance(std::string_view* input) {
  switch (state_) {
    case State::idle:
      if (input->empty()) return false;
      runtime_ = worker_.runtime();
      listener_ = runtime_->listener(listener_name_);
      if (listener_ == nullptr) {
        finish_and_close();
        return false;
      }
      enter(State::head);
      return step_parser(input);
    case State::head:
      return step_parser(input);
    case State::exchange:
      if (!exchange_.wants_body()) return false;
      if (exchange_.relaying()) {
        if (input->empty()) return false;
        exchange_.relay_from_client(std::exchange(*input, {}));
        return true;
      }
      return !parser_done_ && step_parser(input);
    case State::sniffing:
      if (input->empty()) return false;
      sniff(input);
      return true;
    case State::tls_handshake:
    case State::lingering:
    case State::closed:
      break;
  }
  return false;
}

bool ClientConnection::step_parser(std::string_view* input) {
  const MessageParser::Step step = parser_.step(input);
  switch (step.what) {
    case What::need_more:
      return false;
    case What::head:
      parser_done_ = false;
      enter(State::exchange);
      on_head();
      return true;
    case What::body:
      exchange_.on_request_body(step.body);
      return true;
    case What::complete:
      parser_done_ = true;
      exchange_.on_request_complete(parser_.trailers());
      return true;
    case What::raw:
      parser_done_ = true;
      return true;
    case What::error:
      parser_done_ = true;
      on_parse_error(parser_.error());
      return false;
  }
  return false;
}

void ClientConnection::update_reading() {
  if (channel_.closed()) return;
  if (stash_.size() > kMaxStashBytes) {
    channel_.pause_reading();
  } else if (const int status = channel_.start_reading(); status != 0) {
    on_end(ChannelEnd::reset, status);
  }
}

void ClientConnection::next_request() {
  parser_.reset();
  parser_done_ = false;
  if (draining_ || worker_.draining()) {
    finish_and_close();
    return;
  }
  enter(State::idle);
  resume_input();
}

bool ClientConnection::may_keep_alive() const {
  return !draining_ && !worker_.draining();
}

void ClientConnection::finish_and_close() {
  if (state_ == State::closed || state_ == State::lingering) return;
  linger();
}

void ClientConnection::linger() {
  enter(State::lingering);
  channel_.half_close();
  stash_.clear();
  if (channel_.start_reading() != 0) close();
}

void ClientConnection::break_off() {
  if (state_ == State::closed) return;
  channel_.abort();
  close();
}

void ClientConnection::close() {
  if (state_ == State::closed) return;
  enter(State::closed);
  exchange_.abort();
  channel_.close();
  worker_.retire(this);
}

void ClientConnection::abort() {
  channel_.abort();
  close();
}

void ClientConnection::drain() {
  draining_ = true;
  if (state_ == State::idle || state_ == State::sniffing) finish_and_close();
}

void ClientConnection::expect_body() {
  expectation_ = Expectation::body;
  deadline_.set(worker_.loop().wheel(), runtime_->settings().timeouts.client_body);
}

void ClientConnection::expect_nothing() {
  expectation_ = Expectation::nothing;
  if (state_ == State::exchange) deadline_.cancel();
}

void ClientConnection::expect_drained() {
  expectation_ = Expectation::drained;
  untaken_bytes_ = channel_.socket().untaken_bytes();
  channel_.want_drained();
  deadline_.set(worker_.loop().wheel(), runtime_->settings().timeouts.client_write);
}

void ClientConnection::on_drained() {
  exchange_.on_client_drained();
}

void ClientConnection::on_end(ChannelEnd end, int status) {
  switch (state_) {
    case State::tls_handshake:
      handshake_failed(end, status);
      return;
    case State::exchange:
      if (!exchange_.relaying()) note(policy::HttpFault::closed_in_message);
      exchange_.on_client_end(end);
      return;
    case State::idle:
    case State::head:
    case State::sniffing:
      if (end == ChannelEnd::tls_failed) handshake_failed(end, status);
      close();
      return;
    case State::lingering:
    case State::closed:
      close();
      return;
  }
}

void ClientConnection::on_deadline() {
  const Loop::Turn turn(worker_.loop());
  switch (state_) {
    case State::tls_handshake:
      channel_.stream()->mutable_evidence().end = tls::HandshakeEnd::timeout;
      handshake_failed(ChannelEnd::reset, UV_ETIMEDOUT);
      return;
    case State::head: {
      auto record = client_record(policy::HttpFault::header_timeout, {});
      worker_.complete(record.get(), *listener_->policy->policy);
      enter(State::exchange);
      exchange_.refuse_unread(std::move(record));
      return;
    }
    case State::exchange:
      exchange_deadline();
      return;
    case State::idle:
      note(policy::HttpFault::idle_timeout);
      finish_and_close();
      return;
    case State::sniffing:
    case State::lingering:
    case State::closed:
      close();
      return;
  }
}

void ClientConnection::exchange_deadline() {
  const bool body = expectation_ == Expectation::body;
  if (!body && channel_.socket().untaken_bytes() < untaken_bytes_) {
    expect_drained();  // slow, but reading
    return;
  }
  auto record = client_record(body ? policy::HttpFault::body_timeout : policy::HttpFault::write_timeout, {});
  worker_.complete(record.get(), *listener_->policy->policy);
  if (body) {
    exchange_.on_request_failed(std::move(record));
    return;
  }
  exchange_.abort();
  break_off();
}

void ClientConnection::note(policy::HttpFault fault) const {
  if (runtime_->settings().log.level != config::LogLevel::debug) return;
  auto record = client_record(fault, {});
  worker_.complete(record.get(), *listener_->policy->policy);
}

void ClientConnection::describe(AccessLine* line) const {
  line->listener = listener_name_;
  line->client = peer_;
}

void ClientConnection::describe(Record* record) const {
  record->listener = listener_name_;
  record->client_address = peer_;
  if (listener_ == nullptr) return;
  record->mode = listener_->listener->mode;
  record->audience = listener_->listener->audience;
}

}  // namespace whytls::proxy
