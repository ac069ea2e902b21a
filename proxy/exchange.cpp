#include "proxy/exchange.h"

#include <utility>

#include "proxy/access_line.h"
#include "proxy/client_connection.h"
#include "proxy/worker.h"

namespace whytls::proxy {

using policy::HttpFault;
using policy::TransportFault;

namespace {

// The status in the access line of a request whose client went away before an answer.
constexpr int kClientClosedRequest = 499;

}  // namespace

Exchange::Exchange(ClientConnection& client)
    : client_(client), parser_(MessageParser::Kind::response, client.worker().runtime()->settings().limits) {}

Exchange::~Exchange() {
  drop_upstream();
}

void Exchange::remember_request(const Head& head) {
  method_ = head.method;
  client_minor_ = head.minor;
  client_keep_alive_ = head.keep_alive;
  client_wants_upgrade_ = head.upgrade;
  request_framing_ =
      head.framing == Framing::content_length && head.content_length == 0 ? Framing::none : head.framing;
  wishes_.accept = head.value("Accept");
  wishes_.accept_language = head.value("Accept-Language");
  wishes_.sec_fetch_mode = head.value("Sec-Fetch-Mode");
  wishes_.sec_fetch_dest = head.value("Sec-Fetch-Dest");
  wishes_.user_agent = head.value("User-Agent");
  awaiting_continue_ = head.expects_continue && request_framing_ != Framing::none;
  request_complete_ = request_body_sent_ = response_begun_ = retried_ = tunnel_ = false;
  client_paused_ = upstream_paused_ = client_ended_ = upstream_ended_ = false;
  upstream_wait_ = UpstreamWait::nothing;
  upstream_keep_alive_ = response_keep_alive_ = false;
  status_ = 0;
  request_bytes_ = response_bytes_ = 0;
  incident_.clear();
  url_.clear();
  route_.clear();
  target_.reset();
  runtime_ = client_.worker().runtime();
  began_us_ = client_.worker().loop().now_us();
  client_.worker().mutable_counters().requests.add();
}

void Exchange::begin(const Head& head, const RequestPlan& plan) {
  remember_request(head);
  runtime_ = plan.runtime;
  target_ = plan.target;
  url_ = plan.url;
  route_ = plan.route;
  RequestRewrite rewrite;
  rewrite.path = plan.path;
  rewrite.host = plan.upstream_host;
  rewrite.original_host = plan.client_host;
  rewrite.client_address = client_.peer_ip();
  rewrite.client_scheme = plan.client_scheme;
  rewrite.proxy_name = runtime_->settings().proxy_name;
  rewrite.add_forwarded = !plan.route.empty();
  request_head_.clear();
  append_request_head(&request_head_, head, rewrite);
  state_ = State::waiting_upstream;
  connect_upstream();
}

void Exchange::begin_tunnel(const RequestPlan& plan, ConnectReply reply) {
  runtime_ = plan.runtime;
  target_ = plan.target;
  url_ = plan.url;
  tunnel_ = true;
  connect_reply_ = reply;
  request_framing_ = Framing::none;
  state_ = State::waiting_upstream;
  client_.worker().mutable_counters().tunnels.add();
  upstream_ =
      std::make_unique<UpstreamConnection>(client_.worker(), runtime_, target_, UpstreamSpeech::tunnel);
  upstream_->start(this);
}

void Exchange::connect_upstream() {
  upstream_ = client_.worker().pool().take(target_->key);
  if (upstream_ == nullptr) {
    connect_fresh();
    return;
  }
  upstream_->adopt(this);
  send_request();
}

void Exchange::connect_fresh() {
  state_ = State::waiting_upstream;
  pace(Progress::none);
  upstream_ = std::make_unique<UpstreamConnection>(client_.worker(), runtime_, target_, UpstreamSpeech::http);
  upstream_->start(this);
}

void Exchange::describe(Record* record) {
  client_.describe(record);
  record->method = method_;
  record->url = url_;
  record->route = route_;
}

void Exchange::on_upstream_ready() {
  if (!tunnel_) {
    send_request();
    return;
  }
  status_ = 200;
  if (connect_reply_ == ConnectReply::owed) {
    client_.channel().out().append("HTTP/1.1 200 Connection established\r\n\r\n");
    client_.channel().wrote();
  }
  start_relaying({});
}

void Exchange::send_request() {
  parser_.reset();
  parser_.expect_response_to(method_);
  upstream_->channel().out().append(request_head_);
  upstream_->channel().wrote();
  state_ = State::awaiting_response;
  request_sent_us_ = client_.worker().loop().now_us();
  pace(Progress::made);
  if (!request_complete_) client_.resume_input();
}

bool Exchange::wants_body() const {
  if (state_ == State::relaying) return !client_paused_;
  return (state_ == State::awaiting_response || state_ == State::responding) && !client_paused_ &&
         !request_complete_;
}

void Exchange::on_request_body(std::string_view bytes) {
  std::string& out = upstream_->channel().out();
  if (request_framing_ == Framing::chunked) {
    append_chunk(&out, bytes);
  } else {
    out.append(bytes);
  }
  upstream_->channel().wrote();
  request_bytes_ += bytes.size();
  request_body_sent_ = true;
  awaiting_continue_ = false;
  pause_client_when_full();
  pace(Progress::made);
}

void Exchange::on_request_complete(const std::vector<Field>& trailers) {
  if (request_framing_ == Framing::chunked) {
    append_last_chunk(&upstream_->channel().out(), trailers);
    upstream_->channel().wrote();
    request_body_sent_ = true;
  }
  request_complete_ = true;
  pace(Progress::none);
}

void Exchange::on_request_failed(std::unique_ptr<Record> record) {
  drop_upstream();
  if (state_ == State::responding) {
    incident_ = record->incident;
    write_access_line();
    state_ = State::idle;
    client_.break_off();
    return;
  }
  answer_failure(std::move(record));
}

void Exchange::pause_client_when_full() {
  if (upstream_->channel().pending_bytes() <= ClientConnection::kHighWaterBytes) return;
  client_paused_ = true;
  upstream_->channel().want_drained();
}

void Exchange::on_upstream_drained() {
  if (client_ended_ && upstream_ended_) {
    finish(false);
    return;
  }
  if (!client_paused_) return;
  client_paused_ = false;
  pace(Progress::made);
  client_.resume_input();
}

void Exchange::on_client_drained() {
  if (!upstream_paused_) return;
  upstream_paused_ = false;
  if (upstream_ == nullptr) return;
  pace(Progress::made);
  if (const int status = upstream_->channel().start_reading(); status != 0) {
    on_upstream_end(ChannelEnd::reset, status);
  }
}

void Exchange::throttle_upstream() {
  if (upstream_ == nullptr || upstream_paused_) return;
  if (client_.channel().pending_bytes() <= ClientConnection::kHighWaterBytes) return;
  upstream_paused_ = true;
  upstream_->channel().pause_reading();
}

// An upstream that is not read has nothing to do: the client's deadline runs then. One that answers while the
// body is still coming may take its time with either, as long as something moves.
Exchange::UpstreamWait Exchange::upstream_wait() const {
  switch (state_) {
    case State::awaiting_response:
      if (upstream_paused_) return UpstreamWait::nothing;
      if (client_paused_) return UpstreamWait::write;
      return request_complete_ || request_framing_ == Framing::none || awaiting_continue_
                 ? UpstreamWait::first_byte
                 : UpstreamWait::nothing;
    case State::responding:
      return upstream_paused_ ? UpstreamWait::nothing : UpstreamWait::body;
    case State::relaying:
      return UpstreamWait::tunnel;
    case State::idle:
    case State::waiting_upstream:
      break;
  }
  return UpstreamWait::nothing;
}

void Exchange::pace(Progress progress) {
  using Expectation = ClientConnection::Expectation;
  const bool body_is_next = (state_ == State::awaiting_response || state_ == State::responding) &&
                            request_framing_ != Framing::none && !request_complete_ && !client_paused_ &&
                            !awaiting_continue_;
  client_.expect(upstream_paused_ ? Expectation::drained
                 : body_is_next   ? Expectation::body
                                  : Expectation::nothing);

  const UpstreamWait wait = upstream_wait();
  if (wait == std::exchange(upstream_wait_, wait) && progress == Progress::none) return;
  const config::Timeouts& timeouts = runtime_->settings().timeouts;
  TimerWheel& wheel = client_.worker().loop().wheel();
  switch (wait) {
    case UpstreamWait::nothing:
      deadline_.cancel();
      break;
    case UpstreamWait::write:
      undelivered_bytes_ = upstream_->channel().undelivered_bytes();
      deadline_.set(wheel, timeouts.upstream_write);
      break;
    case UpstreamWait::first_byte:
      deadline_.set(wheel, timeouts.first_byte);
      break;
    case UpstreamWait::body:
      deadline_.set(wheel, timeouts.upstream_body);
      break;
    case UpstreamWait::tunnel:
      deadline_.set(wheel, timeouts.tunnel_idle);
      break;
  }
}

void Exchange::on_deadline() {
  const Loop::Turn turn(client_.worker().loop());
  switch (state_) {
    case State::awaiting_response:
      if (client_paused_ && upstream_->channel().undelivered_bytes() < undelivered_bytes_) {
        pace(Progress::made);  // slow, but reading
        break;
      }
      upstream_broke(client_paused_ ? HttpFault::write_timeout : HttpFault::first_byte_timeout,
                     TransportFault::timeout, UV_ETIMEDOUT, {});
      break;
    case State::responding:
      upstream_broke(HttpFault::stalled_in_message, TransportFault::timeout, UV_ETIMEDOUT, {});
      break;
    case State::relaying:
      finish(false);
      break;
    case State::idle:
    case State::waiting_upstream:
      break;
  }
}

void Exchange::drop_upstream() {
  deadline_.cancel();
  if (upstream_ != nullptr) client_.worker().retire(std::move(upstream_));
}

void Exchange::abort() {
  if (state_ == State::idle) return;
  if (status_ == 0) status_ = kClientClosedRequest;
  drop_upstream();
  write_access_line();
  state_ = State::idle;
}

void Exchange::finish(bool client_may_continue) {
  deadline_.cancel();
  write_access_line();
  const bool reusable = client_may_continue && upstream_ != nullptr && upstream_keep_alive_ &&
                        request_complete_ && upstream_->channel().pending_bytes() == 0;
  if (reusable) {
    client_.worker().release(std::move(upstream_));
  } else {
    drop_upstream();
  }
  state_ = State::idle;
  if (client_may_continue && response_keep_alive_) {
    client_.next_request();
  } else {
    client_.finish_and_close();
  }
}

void Exchange::write_access_line() {
  WorkerCounters& counters = client_.worker().mutable_counters();
  const auto status_class = static_cast<std::size_t>(status_ / 100);
  if (status_class > 0 && status_class < counters.responses_by_class.size()) {
    counters.responses_by_class[status_class].add();
  }
  counters.bytes_to_clients.add(response_bytes_);
  const config::Log& wanted = runtime_->settings().log;
  if (!wanted.access || wanted.level > config::LogLevel::info) return;
  AccessLine line;
  line.time_ms = client_.worker().now_ms();
  client_.describe(&line);
  line.method = method_;
  line.url = url_;
  line.route = route_;
  line.incident = incident_;
  line.status = status_;
  line.request_bytes = request_bytes_;
  line.response_bytes = response_bytes_;
  line.duration_us = client_.worker().loop().now_us() - began_us_;
  if (const UpstreamConnection* upstream = upstream_.get(); upstream != nullptr) {
    line.upstream = upstream->target().address.text();
  }
  client_.worker().log(config::LogLevel::info, render_access_line(line));
}

void Exchange::refuse_unread(std::unique_ptr<Record> record) {
  remember_request(Head{});
  answer_failure(std::move(record));
}

void Exchange::refuse(const Head& head, std::unique_ptr<Record> record) {
  remember_request(head);
  answer_failure(std::move(record));
}

void Exchange::answer_failure(std::unique_ptr<Record> record) {
  drop_upstream();
  incident_ = record->incident;
  Rendered rendered = render(*record, choose_representation(wishes_),
                             choose_language(wishes_.accept_language), runtime_->page());
  rendered.headers.emplace_back("Proxy-Status", render_proxy_status(*record));
  write_own_response(record->status(), rendered);
}

void Exchange::answer(int status, const Rendered& rendered) {
  write_own_response(status, rendered);
}

void Exchange::write_own_response(int status, const Rendered& rendered) {
  status_ = status;
  const bool body_outstanding = request_framing_ != Framing::none && !request_complete_;
  response_keep_alive_ = !tunnel_ && !body_outstanding && client_keep_alive_ && client_.may_keep_alive();
  std::string& out = client_.channel().out();
  out.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(reason_phrase(status))
      .append("\r\n");
  out.append("Content-Type: ").append(rendered.content_type).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(rendered.body.size())).append("\r\n");
  out.append("Cache-Control: no-store\r\n");
  for (const auto& [name, value] : rendered.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  out.append(response_keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  if (method_ != "HEAD") {
    out.append(rendered.body);
    response_bytes_ += rendered.body.size();
  }
  client_.channel().wrote();
  request_complete_ = !body_outstanding;
  finish(true);
}

}  // namespace whytls::proxy
