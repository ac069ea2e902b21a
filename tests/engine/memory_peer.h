// The other end for tests of tls::Stream: OpenSSL itself over memory BIOs, and the fixture that lets both
// ends talk.
#pragma once

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/peer.h"
#include "tls/stream.h"

namespace whytls::engine {

class MemoryPeer {
 public:
  enum class Role : std::uint8_t { server, client };
  MemoryPeer(std::shared_ptr<SSL_CTX> context, Role role);

  void feed(std::string_view ciphertext);
  // Goes on with the handshake, then reads what application data there is.
  void step();
  void send(std::string_view plaintext);
  void send_close_notify();
  // The ciphertext made since the last call.
  std::string take();

  [[nodiscard]] bool done() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  [[nodiscard]] const std::string& received() const { return received_; }
  // ERR_GET_REASON of the first failure, 0: none.
  [[nodiscard]] int reason() const { return reason_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

 private:
  void judge(int result);

  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::string received_;
  int reason_ = 0;
  bool closed_ = false;
};

// Whether something stale lies on the thread's error queue whenever the stream is called.
enum class Queue : std::uint8_t { clean, poisoned };

inline constexpr std::size_t kWhole = SIZE_MAX;

// A root, an intermediate and a leaf for device.test, and contexts that trust the root.
class EngineTest : public testing::TestWithParam<Queue> {
 protected:
  EngineTest();

  // Puts a stale error on the queue when the test runs with a poisoned one.
  void poison() const;

  [[nodiscard]] support::TlsScript script() const;
  [[nodiscard]] std::shared_ptr<const tls::UpstreamContext> upstream(
      const tls::UpstreamOptions& options = {}) const;
  // Opens `stream_` towards a server that follows the script.
  void connect(const support::TlsScript& script, const tls::UpstreamOptions& options = {},
               const tls::Session* resume = nullptr);
  void connect(std::shared_ptr<SSL_CTX> server, std::shared_ptr<const tls::UpstreamContext> context,
               const tls::Session* resume = nullptr);
  // Opens `stream_` without anybody at the other end.
  void connect_alone(const tls::UpstreamOptions& options = {});

  // Lets both ends talk until nothing moves; the stream gets `chunk` bytes at a time.
  tls::StreamStatus talk(std::size_t chunk = kWhole);
  // Reads everything that is there; the status is the one that ended it.
  tls::StreamStatus read_all(std::string* plaintext);
  // Supplies bytes and goes on with the handshake.
  tls::StreamStatus answer(std::string_view bytes);
  [[nodiscard]] const tls::HandshakeEvidence& evidence() const { return stream_->evidence(); }
  [[nodiscard]] bool has_error(int code, int depth) const;
  [[nodiscard]] bool has_alert(tls::Alert::Direction direction, int number) const;

  support::Credential root_;
  support::Credential intermediate_;
  support::Credential leaf_;
  std::string out_;
  std::unique_ptr<MemoryPeer> peer_;
  std::unique_ptr<tls::Stream> stream_;
  // What a resumed connection offers.
  std::string sni_ = "device.test";
  tls::UnixSeconds now_ = support::kTestNow;
  // Changes what the peer says before the stream gets it.
  std::function<void(std::string&)> tamper_;

 private:
  tls::StreamStatus deliver(std::string_view bytes, std::size_t chunk);
};

[[nodiscard]] std::string queue_name(const testing::TestParamInfo<Queue>& info);

}  // namespace whytls::engine

// Every engine test runs twice.
#define WITH_BOTH_QUEUES(fixture)                                                                          \
  INSTANTIATE_TEST_SUITE_P(Queues, fixture,                                                                \
                           testing::Values(whytls::engine::Queue::clean, whytls::engine::Queue::poisoned), \
                           whytls::engine::queue_name)
