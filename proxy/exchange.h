// One request and its response: chooses the upstream connection, streams both bodies with back-pressure, and
// answers with the reason when the upstream can't be used. Also relays bytes after CONNECT and after 101.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http_message.h"
#include "proxy/record.h"
#include "proxy/upstream_connection.h"

namespace whytls::proxy {

class ClientConnection;

// What the client connection found out about where a request goes.
struct RequestPlan {
  std::shared_ptr<const Runtime> runtime;
  std::shared_ptr<const UpstreamTarget> target;
  std::string route;               // label for records, "" in forward mode
  std::string_view path;           // origin-form target for the upstream
  std::string_view upstream_host;  // Host to send
  std::string_view client_host;    // Host that came
  std::string_view client_scheme;  // "http" or "https"
  std::string url;                 // absolute, for records
};

class Exchange final : private UpstreamUser, private DeadlineUser {
 public:
  explicit Exchange(ClientConnection& client);
  ~Exchange();

  // A request head came. Views of head and plan are used only during the call.
  void begin(const Head& head, const RequestPlan& plan);
  // CONNECT to a host whose bytes are relayed untouched. `reply_to_connect`: whether 200 is still owed.
  enum class ConnectReply : std::uint8_t { owed, sent };
  void begin_tunnel(const RequestPlan& plan, ConnectReply reply);
  // A request that goes to no upstream: answers with the reason. `record` is complete and logged.
  void refuse(const Head& head, std::unique_ptr<Record> record);
  // The same when no head could be read. `record` is complete already; the connection is closed after it.
  void refuse_unread(std::unique_ptr<Record> record);
  // Answers with a body of our own.
  void answer(int status, const Rendered& rendered);

  // True when body bytes can be taken now.
  [[nodiscard]] bool wants_body() const;
  [[nodiscard]] bool relaying() const { return state_ == State::relaying; }
  [[nodiscard]] bool active() const { return state_ != State::idle; }
  void on_request_body(std::string_view bytes);
  void on_request_complete(const std::vector<Field>& trailers);
  // The request body broke off: malformed, or the deadline of the client passed.
  void on_request_failed(std::unique_ptr<Record> record);
  void relay_from_client(std::string_view bytes);
  void on_client_drained();
  void on_client_end(ChannelEnd end);
  // Ends it without a word to the client.
  void abort();
  void remember_request(const Head& head);

 private:
  enum class State : std::uint8_t {
    idle,
    waiting_upstream,   // connecting; the head for the upstream is ready in request_head_
    awaiting_response,  // the head was sent; body may still be on its way
    responding,         // the response head was sent to the client
    relaying,           // bytes both ways
  };

  void describe(Record* record) override;
  void on_upstream_ready() override;
  void on_upstream_failed(std::unique_ptr<Record> record) override;
  void on_upstream_data(std::string_view bytes) override;
  void on_upstream_end(ChannelEnd end, int status) override;
  void on_upstream_drained() override;
  void on_deadline() override;

  void connect_upstream();
  void connect_fresh();
  void send_request();
  void parse_response(std::string_view input);
  // Both return false when the exchange is over or the rest of the input is not for the parser.
  bool handle_step(const MessageParser::Step& step, std::string_view* input);
  bool response_head(const Head& head);
  void response_body(std::string_view bytes);
  void response_complete();
  void start_relaying(std::string_view early);
  void upstream_broke(policy::HttpFault http, policy::TransportFault transport, int status,
                      std::string detail);
  bool retry_on_fresh_connection();
  void answer_failure(std::unique_ptr<Record> record);
  void write_own_response(int status, const Rendered& rendered);
  void finish(bool client_may_continue);
  void drop_upstream();
  // What the upstream has to do next, and so the deadline that runs on its side.
  enum class UpstreamWait : std::uint8_t { nothing, write, first_byte, body, tunnel };
  [[nodiscard]] UpstreamWait upstream_wait() const;
  // Sets the deadlines of both sides by what is waited for now. `progress`: the upstream has just done
  // something, so that its deadline begins anew; else only one for something else does.
  enum class Progress : std::uint8_t { none, made };
  void pace(Progress progress);
  void throttle_upstream();
  void pause_client_when_full();
  // After the second end of a relay: leaves when the upstream has got everything.
  void end_relay();
  void write_access_line();

  ClientConnection& client_;
  State state_ = State::idle;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<const UpstreamTarget> target_;
  std::unique_ptr<UpstreamConnection> upstream_;
  MessageParser parser_;
  Deadline deadline_{this};

  std::string request_head_;  // for the upstream, kept for a retry
  std::string method_;
  std::string url_;
  std::string route_;
  std::string incident_;  // of the failure that was answered
  Wishes wishes_;
  Framing request_framing_ = Framing::none;
  int client_minor_ = 1;
  bool client_keep_alive_ = true;
  bool client_wants_upgrade_ = false;
  bool request_complete_ = false;
  bool request_body_sent_ = false;  // at least one byte of it
  bool awaiting_continue_ = false;  // the client sends its body only when the upstream asks for it
  bool response_begun_ = false;     // at least one byte of it
  bool retried_ = false;
  bool tunnel_ = false;
  ConnectReply connect_reply_ = ConnectReply::owed;
  bool client_paused_ = false;    // the upstream takes nothing
  bool upstream_paused_ = false;  // the client takes nothing
  bool client_ended_ = false;     // relaying: half closed
  bool upstream_ended_ = false;
  Framing response_framing_ = Framing::none;
  bool upstream_keep_alive_ = false;
  bool response_keep_alive_ = false;  // what we told the client
  int status_ = 0;
  std::uint64_t response_bytes_ = 0;
  std::uint64_t request_bytes_ = 0;
  std::int64_t began_us_ = 0;
  std::int64_t request_sent_us_ = 0;
  UpstreamWait upstream_wait_ = UpstreamWait::nothing;
  std::size_t undelivered_bytes_ = 0;  // to the upstream, when its write deadline was set
};

}  // namespace whytls::proxy
