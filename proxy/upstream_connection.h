// One connection to an upstream: lookup, connect, handshake, judgement; then bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/verdict.h"
#include "proxy/channel.h"
#include "proxy/record.h"
#include "proxy/resolver.h"
#include "proxy/route_table.h"
#include "proxy/runtime.h"

namespace whytls::proxy {

class Worker;

// What was decided about an upstream by a full handshake, for the connections that resume its session.
struct Judgement {
  policy::Diagnosis diagnosis;
  policy::Verdict verdict;
  tls::UnixSeconds usable_until = 0;  // the earliest moment at which the answer could change
};

class UpstreamUser {
 public:
  // Fills what the user knows (listener, client, request) into a record about to be written.
  virtual void describe(Record* record) = 0;
  virtual void on_upstream_ready() = 0;
  // It can't be used. The record is complete, counted and logged. The connection is over.
  virtual void on_upstream_failed(std::unique_ptr<Record> record) = 0;
  virtual void on_upstream_data(std::string_view bytes) = 0;
  virtual void on_upstream_end(ChannelEnd end, int status) = 0;
  virtual void on_upstream_drained() = 0;

 protected:
  ~UpstreamUser() = default;
};

// What is spoken to the target. tunnel: nothing of ours, bytes are relayed.
enum class UpstreamSpeech : std::uint8_t { http, tunnel };

class UpstreamConnection final : public Retirable, private ChannelUser, private DeadlineUser {
 public:
  UpstreamConnection(Worker& worker, std::shared_ptr<const Runtime> runtime,
                     std::shared_ptr<const UpstreamTarget> target, UpstreamSpeech speech);
  ~UpstreamConnection() override;

  // Begins. The user is called back, possibly before this returns.
  void start(UpstreamUser* user);
  // From the pool to a new user; the connection is ready.
  void adopt(UpstreamUser* user);
  // Into the pool: end of input closes it by itself (the pool is told), anything else too.
  void become_idle();

  [[nodiscard]] Channel& channel() { return channel_; }
  // With the policy in force: that of the address that was tried last.
  [[nodiscard]] const UpstreamTarget& target() const { return *target_; }
  // Under which it waits in the pool: that of what was asked for.
  [[nodiscard]] const std::string& pool_key() const { return asked_->key; }
  [[nodiscard]] bool reused() const { return reused_; }
  [[nodiscard]] bool idle() const { return state_ == State::idle; }
  // The attempt with the latest handshake evidence, for a failure after the handshake.
  [[nodiscard]] policy::Attempt attempt() const;
  // How long the first byte of the response took, for a failure behind it.
  void note_first_byte(std::int64_t microseconds) { attempt_.timings.first_byte_us = microseconds; }
  [[nodiscard]] const policy::Verdict& verdict() const { return verdict_; }
  // True for settings that are still the worker's: others don't go back to the pool.
  [[nodiscard]] bool current() const;
  // Ends it; no callback comes after this. Its owner retires it.
  void close();

 private:
  enum class State : std::uint8_t { fresh, resolving, connecting, handshaking, ready, idle, closed };

  void on_handshake_done() override;
  void on_data(std::string_view bytes) override;
  void on_end(ChannelEnd end, int status) override;
  void on_drained() override;
  void on_deadline() override;

  void enter(State state);
  void use(std::shared_ptr<const UpstreamTarget> target);
  void resolved(Addresses addresses);
  void connect_next();
  void connected(int status);
  void start_handshake();
  void judge();
  bool resume_judgement();
  // Tells the ledger what came, and the record what the ledger knew of it.
  void look_up_history(Record& record);
  // Trust on first use: remembers the key of an upstream that was accepted for want of another one. False: it
  // may not be accepted, since another one came first, or there is no room for this one; the record says so.
  bool remember_key(Record& record);
  void keep_session();
  void ready();
  void fail_transport(policy::TransportFault fault, int status, policy::Phase phase);
  void fail_own(policy::OwnFault fault, std::string detail);
  void fail_handshake(ChannelEnd end, int status);
  void report_failure();
  std::unique_ptr<Record> make_record();

  Worker& worker_;
  std::shared_ptr<const Runtime> runtime_;
  std::shared_ptr<const UpstreamTarget> asked_;   // what the user wants
  std::shared_ptr<const UpstreamTarget> target_;  // the same with the policy of the address
  UpstreamSpeech speech_;
  UpstreamUser* user_ = nullptr;
  Channel channel_;
  Deadline deadline_{this};
  State state_ = State::fresh;
  bool reused_ = false;
  std::unique_ptr<Resolver::Request> lookup_;
  Addresses addresses_;
  std::size_t next_address_ = 0;
  int last_connect_error_ = 0;
  policy::Attempt attempt_;
  policy::Verdict verdict_;
  std::shared_ptr<const Judgement> judgement_;
  std::shared_ptr<const Judgement> offered_judgement_;
  std::int64_t stage_began_us_ = 0;
  std::int64_t began_us_ = 0;
};

}  // namespace whytls::proxy
