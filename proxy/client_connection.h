// One connection of a client: its TLS handshake, its requests one after the other, and what CONNECT makes of
// it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/access_line.h"
#include "proxy/channel.h"
#include "proxy/exchange.h"
#include "proxy/http_message.h"
#include "proxy/runtime.h"

namespace whytls::proxy {

class Worker;

class ClientConnection final : public Retirable, private ChannelUser, private DeadlineUser {
 public:
  // Above this many unsent bytes the other side is not read any further.
  static constexpr std::size_t kHighWaterBytes = std::size_t{128} * 1024;
  // What a client may send ahead of its turn before it is not read any further.
  static constexpr std::size_t kMaxStashBytes = std::size_t{64} * 1024;

  ClientConnection(Worker& worker, std::string listener);
  ~ClientConnection() override;

  [[nodiscard]] int accept(uv_stream_t* stream);
  // Owned by the worker from here on.
  void begin();
  // No further request on this connection; one under way is finished.
  void drain();
  void abort();

  // For the exchange.
  [[nodiscard]] Worker& worker() { return worker_; }
  [[nodiscard]] Channel& channel() { return channel_; }
  // Fills in what is known of listener and client.
  void describe(Record* record) const;
  void describe(AccessLine* line) const;
  // The exchange is over.
  void next_request();
  void finish_and_close();
  void break_off();  // in the middle of a response: the client must notice
  // Body bytes or relayed bytes can be taken again.
  void resume_input();
  // What the exchange waits for on this side, and so the deadline that runs: `body` is renewed by every piece
  // of it, `drained` as long as the client takes something.
  enum class Expectation : std::uint8_t { nothing, body, drained };
  void expect(Expectation expectation);
  [[nodiscard]] bool may_keep_alive() const;
  [[nodiscard]] const std::string& peer_ip() const { return peer_ip_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t {
    tls_handshake,
    idle,
    head,
    exchange,
    sniffing,   // CONNECT was answered; the first bytes say what is spoken inside
    congested,  // the client sends requests and does not read the answers
    farewell,   // the last answer is on its way to the client
    lingering,  // it has left; the client may still be sending
    closed
  };

  void on_handshake_done() override;
  void on_data(std::string_view bytes) override;
  void on_end(ChannelEnd end, int status) override;
  void on_drained() override;
  void on_deadline() override;

  void enter(State state);
  void consume(std::string_view input);
  // True when it made progress and may be called again.
  bool advance(std::string_view* input);
  bool step_parser(std::string_view* input);
  bool take_current_settings();
  void update_reading();
  void wait_until_drained();
  [[nodiscard]] bool still_reading();
  void write_timed_out();
  void on_head();
  void on_connect(const Head& head);
  void on_forward_request(const Head& head);
  void on_tunnelled_request(const Head& head);
  void on_reverse_request(const Head& head);
  // `authority`: what the client asked for, as it wrote it; `host`: the same, read.
  void start_request(const Head& head, const config::HostPort& host, std::string_view authority,
                     std::shared_ptr<const UpstreamTarget> target, std::string_view path,
                     const RouteRuntime* route);
  void on_parse_error(const MessageError& error);
  void refuse_own(const Head& head, policy::OwnFault fault, std::string detail, const config::HostPort& host);
  void refuse_host(const Head& head, std::string detail);
  [[nodiscard]] std::unique_ptr<Record> client_record(policy::HttpFault fault, std::string detail) const;
  // False: more bytes are needed to tell.
  bool sniff(std::string_view* input);
  Result<void> accept_tls(std::string_view early);
  void handshake_failed(ChannelEnd end, int status);
  bool answer_plain_http(const Record& record);
  void exchange_deadline();
  // What is nobody's failure is recorded at debug level only.
  void note(policy::HttpFault fault) const;
  void close();
  // Nothing of the client matters any more.
  [[nodiscard]] bool is_over() const;
  [[nodiscard]] std::string fallback_name() const;
  [[nodiscard]] std::string asked_name() const;

  Worker& worker_;
  std::string listener_name_;
  std::shared_ptr<const Runtime> runtime_;
  const ListenerRuntime* listener_ = nullptr;
  Channel channel_;
  Deadline deadline_{this};
  State state_ = State::idle;
  Expectation expectation_ = Expectation::nothing;
  MessageParser parser_;
  Exchange exchange_;
  std::string stash_;                       // bytes that came ahead of their turn
  std::size_t undelivered_bytes_ = 0;       // when the write deadline was set
  std::optional<ChannelEnd> end_of_relay_;  // the client is done, but stash_ has not been relayed yet
  bool consuming_ = false;
  bool draining_ = false;
  bool client_ended_ = false;  // it sends nothing any more
  bool parser_done_ = false;   // the request of the current exchange was read completely
  std::optional<config::HostPort> connect_target_;
  std::shared_ptr<const UpstreamTarget> inner_target_;
  std::string minted_name_;
  std::string peer_;
  std::string peer_ip_;
  std::int64_t accepted_us_ = 0;
};

}  // namespace whytls::proxy
