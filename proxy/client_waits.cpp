// What a client connection waits for, and how it ends: deadlines, answers that are still to be taken, the
// client's own goodbye.
#include <utility>

#include "proxy/client_connection.h"
#include "proxy/worker.h"

namespace whytls::proxy {

void ClientConnection::expect(Expectation expectation) {
  if (state_ != State::exchange) return;
  const bool is_new = expectation != std::exchange(expectation_, expectation);
  switch (expectation) {
    case Expectation::nothing:
      deadline_.cancel();
      break;
    case Expectation::body:
      deadline_.set(worker_.loop().wheel(), runtime_->settings().timeouts.client_body);
      break;
    case Expectation::drained:
      if (is_new) wait_until_drained();
      break;
  }
}

// Sets the deadline for a client that has to read; still_reading() asks, when it is over, whether it did.
void ClientConnection::wait_until_drained() {
  undelivered_bytes_ = channel_.undelivered_bytes();
  channel_.want_drained();
  deadline_.set(worker_.loop().wheel(), runtime_->settings().timeouts.client_write);
}

bool ClientConnection::still_reading() {
  if (channel_.undelivered_bytes() >= undelivered_bytes_) return false;
  wait_until_drained();  // slow, but reading
  return true;
}

void ClientConnection::on_drained() {
  switch (state_) {
    case State::congested:
      enter(State::idle);
      resume_input();
      return;
    case State::farewell:
      if (client_ended_) {
        close();
      } else {
        enter(State::lingering);
      }
      return;
    case State::exchange:
      exchange_.on_client_drained();
      return;
    case State::tls_handshake:
    case State::idle:
    case State::head:
    case State::sniffing:
    case State::lingering:
    case State::closed:
      return;
  }
}

void ClientConnection::on_end(ChannelEnd end, int status) {
  client_ended_ = true;
  switch (state_) {
    case State::tls_handshake:
      handshake_failed(end, status);
      return;
    case State::exchange:
      if (!exchange_.relaying()) {
        note(policy::HttpFault::closed_in_message);
      } else if (!stash_.empty() && is_orderly(end)) {
        end_of_relay_ = end;
        return;
      }
      exchange_.on_client_end(end);
      return;
    case State::head:
      if (end != ChannelEnd::tls_failed) note(policy::HttpFault::closed_in_message);
      [[fallthrough]];
    case State::idle:
    case State::congested:
    case State::sniffing:
      if (end == ChannelEnd::tls_failed) handshake_failed(end, status);
      if (is_orderly(end) && channel_.pending_bytes() > 0) {
        finish_and_close();  // it may still read
      } else {
        close();
      }
      return;
    case State::farewell:
      if (!is_orderly(end)) close();
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
    case State::congested:
    case State::farewell:
      if (!still_reading()) write_timed_out();
      return;
    case State::idle:
      note(policy::HttpFault::idle_timeout);
      finish_and_close();
      return;
    case State::sniffing: {
      auto record = client_record(policy::HttpFault::header_timeout, "nothing was said after CONNECT");
      worker_.complete(record.get(), *listener_->policy->policy);
      close();
      return;
    }
    case State::lingering:
    case State::closed:
      close();
      return;
  }
}

void ClientConnection::exchange_deadline() {
  if (expectation_ == Expectation::drained) {
    if (!still_reading()) write_timed_out();
    return;
  }
  auto record = client_record(policy::HttpFault::body_timeout, {});
  worker_.complete(record.get(), *listener_->policy->policy);
  exchange_.on_request_failed(std::move(record));
}

void ClientConnection::write_timed_out() {
  auto record = client_record(policy::HttpFault::write_timeout, {});
  worker_.complete(record.get(), *listener_->policy->policy);
  exchange_.abort();
  break_off();
}

}  // namespace whytls::proxy
