#include "proxy/client_connection.h"

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
    case State::congested:
    case State::farewell:
      wait_until_drained();
      break;
    case State::lingering:
      deadline_.set(wheel, kLinger);
      break;
    case State::exchange:
      expectation_ = Expectation::nothing;
      deadline_.cancel();
      break;
    case State::closed:
      deadline_.cancel();
      break;
  }
}

void ClientConnection::on_handshake_done() {
  worker_.mutable_counters().handshakes_client_ok.add();
  enter(State::idle);
  if (worker_.draining()) finish_and_close();
}

void ClientConnection::on_data(std::string_view bytes) {
  worker_.mutable_counters().bytes_from_clients.add(bytes.size());
  if (is_over()) return;
  if (!consuming_ && stash_.empty()) {
    consume(bytes);
    return;
  }
  stash_.append(bytes);
  if (!consuming_ && state_ == State::sniffing) {
    consume({});
  } else {
    update_reading();
  }
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
  if (is_over()) {
    stash_.clear();
    return;
  }
  if (!input.empty()) {
    // `input` may be a view of `hold`; what came meanwhile is in stash_ and comes after it.
    stash_ = std::string(input) + stash_;
  }
  if (stash_.empty() && end_of_relay_) {
    exchange_.on_client_end(*std::exchange(end_of_relay_, std::nullopt));
    return;
  }
  update_reading();
}

bool ClientConnection::advance(std::string_view* input) {
  switch (state_) {
    case State::idle:
      if (input->empty()) return false;
      if (channel_.pending_bytes() > kHighWaterBytes) {
        enter(State::congested);
        return false;
      }
      if (!take_current_settings()) {
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
      return !input->empty() && sniff(input);
    case State::tls_handshake:
    case State::congested:
    case State::farewell:
    case State::lingering:
    case State::closed:
      break;
  }
  return false;
}

// False when the listener is gone from them.
bool ClientConnection::take_current_settings() {
  const ListenerRuntime* listener = worker_.runtime()->listener(listener_name_);
  if (listener == nullptr) return false;
  if (listener != listener_) inner_target_.reset();
  runtime_ = worker_.runtime();
  listener_ = listener;
  return true;
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

bool ClientConnection::is_over() const {
  return state_ == State::farewell || state_ == State::lingering || state_ == State::closed;
}

void ClientConnection::finish_and_close() {
  if (is_over()) return;
  channel_.half_close();
  enter(State::farewell);
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
  if (state_ == State::idle || state_ == State::congested || state_ == State::sniffing) finish_and_close();
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
