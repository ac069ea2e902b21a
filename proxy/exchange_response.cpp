// The upstream's half of an exchange: its response, its failures, and relaying.
#include <utility>

#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

using policy::HttpFault;
using policy::TransportFault;
using What = MessageParser::Step::What;

// Tells people who look at a forwarded response which defects of the upstream a rule forgave.
std::string warning_field(const policy::Verdict& verdict) {
  if (verdict.decision != policy::Decision::forward_with_warning) return {};
  std::string slugs;
  for (const policy::JudgedFinding& judged : verdict.findings) {
    if (judged.action != policy::Action::warn) continue;
    if (!slugs.empty()) slugs += ", ";
    slugs += policy::info(judged.finding.failure).slug;
  }
  return slugs.empty() ? std::string() : "Whytls-Warning: " + slugs + "\r\n";
}

HttpFault fault_before_or_in(HttpFault before, HttpFault in, bool in_message) {
  return in_message ? in : before;
}

}  // namespace

void Exchange::on_upstream_failed(std::unique_ptr<Record> record) {
  if (tunnel_ && connect_reply_ == ConnectReply::sent) {
    incident_ = record->incident;
    status_ = record->status();
    finish(false);
    return;
  }
  answer_failure(std::move(record));
}

void Exchange::on_upstream_data(std::string_view bytes) {
  if (state_ == State::relaying) {
    client_.channel().out().append(bytes);
    client_.channel().wrote();
    response_bytes_ += bytes.size();
    if (client_.channel().write_failed()) {
      finish(false);
      return;
    }
    throttle_upstream();
    pace(Progress::made);
    return;
  }
  if (!std::exchange(response_begun_, true)) {
    upstream_->note_first_byte(client_.worker().loop().now_us() - request_sent_us_);
  }
  parse_response(bytes);
}

void Exchange::parse_response(std::string_view input) {
  for (;;) {
    const MessageParser::Step step = parser_.step(&input);
    if (step.what == What::need_more) break;
    if (!handle_step(step, &input)) return;
  }
  throttle_upstream();
  // A head that comes by the byte is no progress: the deadline is for the whole of it.
  pace(state_ == State::responding ? Progress::made : Progress::none);
}

bool Exchange::handle_step(const MessageParser::Step& step, std::string_view* input) {
  switch (step.what) {
    case What::head:
      return response_head(parser_.head());
    case What::body:
      response_body(step.body);
      return true;
    case What::complete:
      // Bytes behind a response that nobody asked for: the connection is out of step.
      if (!input->empty()) upstream_keep_alive_ = false;
      response_complete();
      return false;
    case What::raw:
      start_relaying(*input);
      return false;
    case What::error:
      upstream_broke(parser_.error().fault, TransportFault::none, parser_.error().llhttp_errno,
                     parser_.error().detail);
      return false;
    case What::need_more:
      break;
  }
  return true;
}

bool Exchange::response_head(const Head& head) {
  std::string& out = client_.channel().out();
  ResponseRewrite rewrite;
  rewrite.proxy_name = runtime_->settings().proxy_name;
  rewrite.client_minor = client_minor_;
  if (head.status == 101 && !client_wants_upgrade_) {
    upstream_broke(HttpFault::invalid_message, TransportFault::none, 0, "101 without a request to upgrade");
    return false;
  }
  if (head.status < 200) {
    if (client_minor_ >= 1) append_response_head(&out, head, rewrite);
    if (head.status == 101) status_ = 101;
    client_.channel().wrote();
    awaiting_continue_ = false;
    pace(Progress::made);
    return true;
  }
  if (!upstream_->reused())
    client_.worker().note_peer_date(upstream_->target().address.host, head.value("date"));
  status_ = head.status;
  response_framing_ = head.framing;
  if (head.framing == Framing::until_close || (head.framing == Framing::chunked && client_minor_ == 0)) {
    response_framing_ = client_minor_ >= 1 ? Framing::chunked : Framing::until_close;
  }
  const bool body_outstanding = request_framing_ != Framing::none && !request_complete_;
  upstream_keep_alive_ = head.keep_alive && head.framing != Framing::until_close;
  response_keep_alive_ = client_keep_alive_ && client_.may_keep_alive() && !body_outstanding &&
                         response_framing_ != Framing::until_close;
  const std::string warning = warning_field(upstream_->verdict());
  rewrite.client_keep_alive = response_keep_alive_;
  rewrite.framing = response_framing_;
  rewrite.extra = warning;
  append_response_head(&out, head, rewrite);
  client_.channel().wrote();
  state_ = State::responding;
  return true;
}

void Exchange::response_body(std::string_view bytes) {
  std::string& out = client_.channel().out();
  if (response_framing_ == Framing::chunked) {
    append_chunk(&out, bytes);
  } else {
    out.append(bytes);
  }
  response_bytes_ += bytes.size();
  client_.channel().wrote();
}

void Exchange::response_complete() {
  if (response_framing_ == Framing::chunked) {
    append_last_chunk(&client_.channel().out(), parser_.trailers());
    client_.channel().wrote();
  }
  if (request_framing_ == Framing::none) request_complete_ = true;
  finish(true);
}

void Exchange::on_upstream_end(ChannelEnd end, int status) {
  if (state_ == State::relaying) {
    upstream_ended_ = true;
    if (!is_orderly(end)) {
      finish(false);
    } else if (client_ended_) {
      end_relay();
    } else {
      client_.channel().half_close();
    }
    return;
  }
  const bool in_message = state_ == State::responding || parser_.in_message();
  const What last = parser_.end_of_input().what;
  // Where the response broke off, and how much of it was missing.
  std::string detail = last == What::error ? parser_.error().detail : std::string();
  switch (end) {
    case ChannelEnd::clean:
    case ChannelEnd::truncated:
      if (last == What::complete) {
        upstream_keep_alive_ = false;
        response_complete();
        return;
      }
      upstream_broke(
          fault_before_or_in(HttpFault::closed_before_message, HttpFault::closed_in_message, in_message),
          TransportFault::closed, 0, std::move(detail));
      break;
    case ChannelEnd::reset:
      upstream_broke(
          fault_before_or_in(HttpFault::reset_before_message, HttpFault::closed_in_message, in_message),
          TransportFault::reset, status, std::move(detail));
      break;
    case ChannelEnd::tls_failed:
      upstream_broke(in_message ? HttpFault::closed_in_message : HttpFault::none, TransportFault::none, 0,
                     std::move(detail));
      break;
  }
}

bool Exchange::retry_on_fresh_connection() {
  const bool untouched = request_framing_ == Framing::none || (!request_body_sent_ && !request_complete_);
  if (state_ != State::awaiting_response || !upstream_->reused() || response_begun_ || retried_ ||
      !untouched || !is_idempotent(method_)) {
    return false;
  }
  retried_ = true;
  drop_upstream();
  connect_fresh();
  return true;
}

void Exchange::upstream_broke(HttpFault http, TransportFault transport, int status, std::string detail) {
  const bool died_unasked =
      http == HttpFault::closed_before_message || http == HttpFault::reset_before_message;
  if (died_unasked && retry_on_fresh_connection()) return;
  std::unique_ptr<Record> record = client_.worker().new_record();
  const UpstreamTarget& target = upstream_->target();
  record->policy_name = target.policy->policy->name;
  record->policy_choice = target.choice;
  record->sni = target.sni;
  record->expected_name = target.expected_name;
  record->attempt = upstream_->attempt();
  record->attempt.phase = http == HttpFault::none ? policy::Phase::after_handshake : policy::Phase::http;
  record->attempt.http = http;
  record->attempt.http_errno = transport == TransportFault::none ? status : 0;
  record->attempt.http_detail = std::move(detail);
  record->attempt.transport = transport;
  record->attempt.transport_errno = transport == TransportFault::none ? 0 : status;
  if (record->attempt.transport_errno != 0) record->attempt.transport_text = uv_err_name(status);
  describe(record.get());
  client_.worker().complete(record.get(), *target.policy->policy);
  if (state_ != State::responding) {
    answer_failure(std::move(record));
    return;
  }
  incident_ = record->incident;
  drop_upstream();
  write_access_line();
  state_ = State::idle;
  client_.break_off();
}

void Exchange::start_relaying(std::string_view early) {
  state_ = State::relaying;
  request_complete_ = true;
  if (!early.empty()) {
    client_.channel().out().append(early);
    client_.channel().wrote();
    response_bytes_ += early.size();
  }
  throttle_upstream();
  pace(Progress::made);
  client_.resume_input();
}

void Exchange::relay_from_client(std::string_view bytes) {
  upstream_->channel().out().append(bytes);
  upstream_->channel().wrote();
  request_bytes_ += bytes.size();
  if (upstream_->channel().write_failed()) {
    finish(false);
    return;
  }
  pause_client_when_full();
  pace(Progress::made);
}

void Exchange::on_client_end(ChannelEnd end) {
  if (state_ != State::relaying) {
    client_.abort();
    return;
  }
  client_ended_ = true;
  if (!is_orderly(end)) {
    finish(false);
    return;
  }
  upstream_->channel().half_close();
  if (upstream_ended_) end_relay();
}

// What is still on its way to the client is the client connection's to deliver.
void Exchange::end_relay() {
  if (upstream_->channel().pending_bytes() == 0) {
    finish(false);
  } else {
    upstream_->channel().want_drained();
  }
}

}  // namespace whytls::proxy
