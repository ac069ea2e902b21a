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
  static constexpr std::size_t kHighWaterBytes = 128 * 1024;
  // What a client may send ahead of its turn before it is not read any further.
  static constexpr std::size_t kMaxStashBytes = 64 * 1024;

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
  // The deadline for reading the request body, while the exchange waits for it.
  void expect_body();
  void expect_nothing();
  void expect_drained();
  [[nodiscard]] bool may_keep_alive() const;
  [[nodiscard]] const std::string& peer_ip() const { return peer_ip_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t { tls_handshake, idle, head, exchange, sniffing, lingering, closed };
  // The deadline that runs in State::exchange.
  enum class Expectation : std::uint8_t { nothing, body, drained };

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
  void update_reading();
  void on_head();
  void on_connect(const Head& head);
  void on_forward_request(const Head& head);
  void on_tunnelled_request(const Head& head);
  void on_reverse_request(const Head& head);
  void start_request(const Head& head, const config::HostPort& host,
                     std::shared_ptr<const UpstreamTarget> target, std::string_view path,
                     const RouteRuntime* route);
  void on_parse_error(const MessageError& error);
  void refuse_own(const Head& head, policy::OwnFault fault, std::string detail, const config::HostPort& host);
  void refuse_host(const Head& head, std::string detail);
  [[nodiscard]] std::unique_ptr<Record> client_record(policy::HttpFault fault, std::string detail) const;
  void sniff(std::string_view* input);
  Result<void> accept_tls(std::string_view early);
  void handshake_failed(ChannelEnd end, int status);
  bool answer_plain_http(const Record& record);
  void exchange_deadline();
  // What is nobody's failure is recorded at debug level only.
  void note(policy::HttpFault fault) const;
  void close();
  void linger();
  [[nodiscard]] std::string fallback_name() const;

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
  std::string stash_;              // bytes that came ahead of their turn
  std::size_t untaken_bytes_ = 0;  // when the write deadline was set
  bool consuming_ = false;
  bool draining_ = false;
  bool parser_done_ = false;  // the request of the current exchange was read completely
  std::optional<config::HostPort> connect_target_;
  std::shared_ptr<const UpstreamTarget> inner_target_;
  std::string minted_name_;
  std::string peer_;
  std::string peer_ip_;
  std::int64_t accepted_us_ = 0;
};

}  // namespace whytls::proxy
