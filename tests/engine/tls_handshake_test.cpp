// Handshakes that succeed, and what flows after them.
#include "tests/engine/memory_peer.h"

namespace whytls::engine {
namespace {

using support::TlsScript;
using tls::HandshakeEnd;
using tls::HandshakeProgress;
using tls::StreamStatus;
using tls::UpstreamOptions;

constexpr tls::WireVersion kTls10 = 0x0301;
constexpr tls::WireVersion kTls12 = 0x0303;
constexpr tls::WireVersion kTls13 = 0x0304;

class TlsHandshake : public EngineTest {};
WITH_BOTH_QUEUES(TlsHandshake);

TEST_P(TlsHandshake, SpeaksTls13AndDescribesTheAnswer) {
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(evidence().end, HandshakeEnd::done);
  EXPECT_EQ(evidence().progress, HandshakeProgress::finished);
  EXPECT_EQ(evidence().answered.version, kTls13);
  EXPECT_EQ(evidence().answered.cipher_suite, 0x1302);
  EXPECT_EQ(evidence().answered.cipher_name, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(evidence().answered.group, "x25519");
  EXPECT_EQ(evidence().answered.key_exchange_bits, 253);
  EXPECT_EQ(evidence().answered.signature_algorithm, "ECDSA-SHA256");
  EXPECT_FALSE(evidence().answered.resumed);
  EXPECT_TRUE(evidence().first_bytes.empty());
  EXPECT_EQ(evidence().openssl_error, 0U);
}

TEST_P(TlsHandshake, SpeaksTls12AndDescribesTheAnswer) {
  TlsScript server = script();
  server.max_version = kTls12;
  server.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  server.groups = "P-256";
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(evidence().answered.version, kTls12);
  EXPECT_EQ(evidence().answered.cipher_suite, 0xC02B);
  EXPECT_EQ(evidence().answered.cipher_openssl_name, "ECDHE-ECDSA-AES128-GCM-SHA256");
  EXPECT_EQ(evidence().answered.group, "P-256");
  EXPECT_EQ(evidence().answered.key_exchange_bits, 256);
  EXPECT_TRUE(evidence().answered.secure_renegotiation);
  EXPECT_TRUE(evidence().answered.extended_master_secret);
}

TEST_P(TlsHandshake, OffersWhatItsOptionsSay) {
  UpstreamOptions options;
  options.max_version = kTls12;
  options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  options.groups = "P-384";
  connect_alone(options);
  const auto& offered = evidence().offered;
  EXPECT_EQ(evidence().progress, HandshakeProgress::client_hello);
  EXPECT_EQ(offered.min_version, kTls12);
  EXPECT_EQ(offered.max_version, kTls12);
  // 0x00FF is the signal of RFC 5746.
  EXPECT_EQ(offered.cipher_suites, (std::vector<std::uint16_t>{0xC02B, 0x00FF}));
  EXPECT_EQ(offered.groups, std::vector<std::uint16_t>{24});
  EXPECT_FALSE(offered.signature_algorithms.empty());
  EXPECT_EQ(offered.alpn, std::vector<std::string>{"http/1.1"});
  EXPECT_EQ(offered.sni, "device.test");
}

TEST_P(TlsHandshake, SendsNoSniWhenThereIsNone) {
  sni_.clear();
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(evidence().offered.sni, "");
  EXPECT_EQ(SSL_get_servername(peer_->ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_P(TlsHandshake, SpeaksTls10AtLevelZeroWhenTheMinimumAsksForIt) {
  TlsScript server = script();
  server.max_version = kTls10;
  UpstreamOptions options;
  options.min_version = kTls10;
  connect(server, options);
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(evidence().answered.version, kTls10);
  EXPECT_EQ(evidence().offered.min_version, kTls10);
  EXPECT_EQ(evidence().offered.max_version, kTls13);
}

TEST_P(TlsHandshake, SurvivesInputOneByteAtATime) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsScript server = script();
    server.max_version = version;
    connect(server);
    ASSERT_EQ(talk(1), StreamStatus::ok);
    peer_->send("hello");
    const std::string bytes = peer_->take();
    std::string plaintext;
    for (const char byte : bytes) {
      stream_->supply({&byte, 1});
      ASSERT_EQ(read_all(&plaintext), StreamStatus::want_input);
    }
    EXPECT_EQ(plaintext, "hello");
  }
}

TEST_P(TlsHandshake, KeepsBorrowedBytesThatItWasToldToRetain) {
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    peer_->send("part " + std::to_string(i));
    expected += "part " + std::to_string(i);
  }
  std::string bytes = peer_->take();
  stream_->supply(bytes);
  std::string plaintext(6, '\0');
  std::size_t count = 0;
  ASSERT_EQ(stream_->read(plaintext.data(), plaintext.size(), &count), StreamStatus::ok);
  stream_->retain();
  bytes.assign(bytes.size(), 'x');
  EXPECT_EQ(read_all(&plaintext), StreamStatus::want_input);
  EXPECT_EQ(plaintext, expected);
}

TEST_P(TlsHandshake, CarriesMegabytesBothWays) {
  constexpr std::size_t kSize = 5UL * 1024 * 1024 + 17;
  std::string body(kSize, '\0');
  std::uint32_t state = 1;
  for (char& byte : body) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsScript server = script();
    server.max_version = version;
    connect(server);
    ASSERT_EQ(talk(), StreamStatus::ok);
    poison();
    ASSERT_EQ(stream_->write(body), StreamStatus::ok);
    peer_->feed(out_);
    out_.clear();
    peer_->step();
    EXPECT_TRUE(peer_->received() == body);
    peer_->send(body);
    const std::string bytes = peer_->take();
    std::string plaintext;
    constexpr std::size_t kTurn = 65536;
    for (std::size_t at = 0; at < bytes.size(); at += kTurn) {
      stream_->supply(std::string_view(bytes).substr(at, kTurn));
      ASSERT_EQ(read_all(&plaintext), StreamStatus::want_input);
    }
    EXPECT_TRUE(plaintext == body);
    EXPECT_EQ(evidence().bytes_received > kSize, true);
    EXPECT_EQ(evidence().bytes_sent > kSize, true);
  }
}

TEST_P(TlsHandshake, TellsCloseNotifyFromTruncation) {
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  peer_->send("last words");
  peer_->send_close_notify();
  const std::string polite = peer_->take();
  stream_->supply(polite);
  stream_->end_of_input();
  std::string plaintext;
  EXPECT_EQ(read_all(&plaintext), StreamStatus::closed);
  EXPECT_EQ(plaintext, "last words");
  EXPECT_EQ(read_all(&plaintext), StreamStatus::closed);
  EXPECT_EQ(evidence().end, HandshakeEnd::done);

  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  peer_->send("cut off");
  const std::string rude = peer_->take();
  stream_->supply(rude);
  stream_->end_of_input();
  plaintext.clear();
  EXPECT_EQ(read_all(&plaintext), StreamStatus::truncated);
  EXPECT_EQ(plaintext, "cut off");
}

TEST_P(TlsHandshake, SaysGoodbyeOnce) {
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  out_.clear();
  poison();
  stream_->shutdown();
  const std::size_t size = out_.size();
  EXPECT_GT(size, 0U);
  stream_->shutdown();
  EXPECT_EQ(out_.size(), size);
  peer_->feed(out_);
  peer_->step();
  EXPECT_TRUE(peer_->closed());
  ASSERT_FALSE(evidence().alerts.empty());
  EXPECT_EQ(evidence().alerts.back().direction, tls::Alert::Direction::sent);
  EXPECT_TRUE(evidence().alerts.back().after_handshake);
}

TEST_P(TlsHandshake, AnswersNothingToAHelloRequest) {
  TlsScript server = script();
  server.max_version = kTls12;
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::ok);
  SSL_renegotiate(peer_->ssl());
  SSL_do_handshake(peer_->ssl());
  const std::string request = peer_->take();
  ASSERT_FALSE(request.empty());
  stream_->supply(request);
  std::string plaintext;
  EXPECT_EQ(read_all(&plaintext), StreamStatus::want_input);
  EXPECT_TRUE(has_alert(tls::Alert::Direction::sent, 100));
}

}  // namespace
}  // namespace whytls::engine
