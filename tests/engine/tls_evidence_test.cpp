// Handshakes that fail, and what is known of them afterwards.
#include "tests/engine/memory_peer.h"
#include "tests/support/directory.h"
#include "tests/support/scripts.h"
#include "tls/reasons.h"

namespace whytls::engine {
namespace {

namespace reason = tls::ssl_reason;
using support::Key;
using support::leaf_spec;
using support::TlsScript;
using tls::Alert;
using tls::HandshakeEnd;
using tls::HandshakeProgress;
using tls::StreamStatus;
using tls::UpstreamOptions;

class TlsEvidence : public EngineTest {
 protected:
  void expect_reason(int number) const {
    EXPECT_EQ(evidence().openssl_library, tls::kLibrarySsl) << evidence().openssl_text;
    EXPECT_EQ(evidence().openssl_reason, number) << evidence().openssl_text;
    EXPECT_NE(evidence().openssl_error, 0U);
    EXPECT_FALSE(evidence().openssl_text.empty());
  }
  [[nodiscard]] TlsScript rsa_script(unsigned bits = 2048) const {
    support::CertificateSpec spec = leaf_spec("device.test");
    spec.key = Key::rsa(bits);
    TlsScript server = script();
    server.chain = {support::issue(spec, intermediate_), intermediate_};
    return server;
  }
};
WITH_BOTH_QUEUES(TlsEvidence);

TEST_P(TlsEvidence, EveryAlertIsRecordedByItsNumber) {
  for (const int number : {40, 42, 70, 71, 80, 86, 112, 120, 200}) {
    connect_alone();
    const std::string alert = support::alert_record(2, static_cast<std::uint8_t>(number));
    ASSERT_EQ(answer(alert), StreamStatus::failed);
    EXPECT_EQ(evidence().end, HandshakeEnd::alert_received);
    EXPECT_EQ(evidence().progress, HandshakeProgress::client_hello);
    ASSERT_EQ(evidence().alerts.size(), 1U);
    EXPECT_EQ(evidence().alerts[0].direction, Alert::Direction::received);
    EXPECT_EQ(evidence().alerts[0].number, number);
    EXPECT_EQ(evidence().alerts[0].level, 2);
    EXPECT_FALSE(evidence().alerts[0].after_handshake);
    expect_reason(tls::kReasonAlertOffset + number);
    EXPECT_EQ(evidence().first_bytes, alert);
  }
}

TEST_P(TlsEvidence, AWarningDoesNotEndTheHandshake) {
  TlsScript server = script();
  server.max_version = TLS1_2_VERSION;
  connect(server);
  bool warned = false;
  tamper_ = [&warned](std::string& flight) {
    if (!warned) flight.insert(0, support::alert_record(1, 112));
    warned = true;
  };
  ASSERT_EQ(talk(), StreamStatus::ok);
  ASSERT_EQ(evidence().alerts.size(), 1U);
  EXPECT_EQ(evidence().alerts[0].level, 1);
}

TEST_P(TlsEvidence, ACloseNotifyInsteadOfAServerHelloIsClosed) {
  connect_alone();
  ASSERT_EQ(answer(support::alert_record(1, 0)), StreamStatus::closed);
  EXPECT_EQ(evidence().end, HandshakeEnd::closed);
  EXPECT_TRUE(has_alert(Alert::Direction::received, 0));
}

TEST_P(TlsEvidence, AVersionThatWeRefuseIsNamedInTheAnswer) {
  connect_alone();
  support::ServerHello hello;
  hello.version = support::kTls10;
  ASSERT_EQ(answer(support::server_hello_record(hello)), StreamStatus::failed);
  EXPECT_EQ(evidence().end, HandshakeEnd::protocol_error);
  expect_reason(reason::kUnsupportedProtocol);
  EXPECT_EQ(evidence().answered.version, support::kTls10);
  EXPECT_EQ(evidence().progress, HandshakeProgress::server_hello);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 70));
}

TEST_P(TlsEvidence, AServerThatRefusesOurVersionsSaysSoByAlert) {
  TlsScript server = script();
  server.max_version = TLS1_1_VERSION;
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_EQ(evidence().end, HandshakeEnd::alert_received);
  EXPECT_TRUE(has_alert(Alert::Direction::received, 70));
}

TEST_P(TlsEvidence, NoCommonCipherIsAnAlert) {
  TlsScript server = script();
  server.max_version = TLS1_2_VERSION;
  server.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  UpstreamOptions options;
  options.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  connect(server, options);
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_TRUE(has_alert(Alert::Direction::received, 40));
  EXPECT_EQ(peer_->reason(), reason::kNoSharedCipher);
}

TEST_P(TlsEvidence, APeerWithoutRfc5746IsRefusedUnlessAllowed) {
  support::ServerHello hello;
  hello.renegotiation = support::ServerHello::Renegotiation::unsaid;
  connect_alone();
  ASSERT_EQ(answer(support::server_hello_record(hello)), StreamStatus::failed);
  expect_reason(reason::kUnsafeLegacyRenegotiationDisabled);
  EXPECT_FALSE(evidence().answered.secure_renegotiation);

  UpstreamOptions options;
  options.legacy_server_connect = true;
  connect_alone(options);
  EXPECT_EQ(answer(support::server_hello_record(hello)), StreamStatus::want_input);
}

TEST_P(TlsEvidence, ASmallDiffieHellmanGroupIsMeasured) {
  TlsScript server = rsa_script();
  server.max_version = TLS1_2_VERSION;
  server.ciphers = "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0";
  server.dh_bits = 1024;
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::failed);
  expect_reason(reason::kDhKeyTooSmall);
  EXPECT_EQ(evidence().offered.security_level, 2) << "the default";
  EXPECT_EQ(evidence().answered.key_exchange_bits, 1024);
  EXPECT_EQ(evidence().answered.cipher_openssl_name, "DHE-RSA-AES128-GCM-SHA256");
  EXPECT_EQ(evidence().progress, HandshakeProgress::key_exchange);

  UpstreamOptions options;
  options.security_level = 0;
  connect(server, options);
  EXPECT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(evidence().offered.security_level, 0);
  EXPECT_EQ(evidence().answered.key_exchange_bits, 1024);
}

TEST_P(TlsEvidence, ABadSignatureOfTheKeyExchangeIsNamed) {
  TlsScript server = rsa_script();
  server.max_version = TLS1_2_VERSION;
  connect(server);
  tamper_ = [](std::string& flight) {
    const auto place = support::find_message(flight, support::MessageType::server_key_exchange);
    if (place) flight[place->offset + place->size - 1] ^= 0x55;
  };
  ASSERT_EQ(talk(), StreamStatus::failed);
  expect_reason(reason::kBadSignature);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 51));
  EXPECT_EQ(evidence().presented.size(), 2U);
}

TEST_P(TlsEvidence, AMessageOutOfTurnIsNamed) {
  connect_alone();
  ASSERT_EQ(answer(support::handshake_record(support::MessageType::server_hello_done, "")),
            StreamStatus::failed);
  expect_reason(reason::kUnexpectedMessage);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 10));
}

TEST_P(TlsEvidence, ADamagedRecordAfterTheHandshakeIsAFailure) {
  connect(script());
  ASSERT_EQ(talk(), StreamStatus::ok);
  peer_->send("precious");
  std::string bytes = peer_->take();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  stream_->supply(bytes);
  std::string plaintext;
  EXPECT_EQ(read_all(&plaintext), StreamStatus::failed);
  EXPECT_EQ(evidence().end, HandshakeEnd::done);
  expect_reason(reason::kDecryptionFailedOrBadRecordMac);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 20));
  EXPECT_EQ(stream_->write("more"), StreamStatus::failed);
  EXPECT_EQ(read_all(&plaintext), StreamStatus::failed);
}

TEST_P(TlsEvidence, TextIsNotTls) {
  for (const char* quoted : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                             "220 mail ESMTP\r\n", "\x16\x05garbage", "\x80\x2e\x01"}) {
    const std::string text = quoted;
    connect_alone();
    const std::size_t sent = out_.size();
    EXPECT_EQ(answer(text), StreamStatus::failed) << text;
    EXPECT_EQ(evidence().end, HandshakeEnd::not_tls);
    EXPECT_EQ(evidence().first_bytes, text);
    EXPECT_TRUE(evidence().alerts.empty());
    EXPECT_EQ(out_.size(), sent) << "nothing more is sent to who doesn't speak TLS";
    EXPECT_EQ(evidence().openssl_error, 0U);
  }
}

TEST_P(TlsEvidence, TheFirstBytesAreBounded) {
  connect_alone();
  const std::string text(100000, 'A');
  ASSERT_EQ(answer(text), StreamStatus::failed);
  EXPECT_EQ(evidence().first_bytes, text.substr(0, tls::kMaxFirstBytes));
  EXPECT_EQ(evidence().bytes_received, text.size());
}

TEST_P(TlsEvidence, AnEndBeforeAnyByteAndInTheMiddleIsClosed) {
  connect_alone();
  stream_->end_of_input();
  EXPECT_EQ(stream_->handshake(), StreamStatus::truncated);
  EXPECT_EQ(evidence().end, HandshakeEnd::closed);
  EXPECT_EQ(evidence().bytes_received, 0U);
  EXPECT_GT(evidence().bytes_sent, 0U);
  EXPECT_EQ(evidence().progress, HandshakeProgress::client_hello);

  TlsScript server = script();
  server.max_version = TLS1_2_VERSION;
  connect(server);
  stream_->handshake();
  peer_->feed(out_);
  peer_->step();
  const std::string flight = peer_->take();
  stream_->supply(std::string_view(flight).substr(0, 100));
  stream_->end_of_input();
  poison();
  EXPECT_EQ(stream_->handshake(), StreamStatus::truncated);
  EXPECT_EQ(evidence().end, HandshakeEnd::closed);
  EXPECT_EQ(evidence().progress, HandshakeProgress::server_hello);
  EXPECT_FALSE(has_alert(Alert::Direction::sent, 50)) << "nobody is there to be alerted";
}

TEST_P(TlsEvidence, AClientCertificateWantedInTls12EndsTheHandshake) {
  TlsScript server = script();
  server.max_version = TLS1_2_VERSION;
  server.client_ca = root_;
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_TRUE(evidence().client_certificate_requested);
  EXPECT_FALSE(evidence().client_certificate_sent);
  EXPECT_EQ(evidence().client_certificate_authorities, std::vector<std::string>{"CN=engine root"});
  ASSERT_TRUE(has_alert(Alert::Direction::received, 40));
  EXPECT_FALSE(evidence().alerts.back().after_handshake);
}

TEST_P(TlsEvidence, AClientCertificateWantedInTls13IsAnAlertAfterTheHandshake) {
  TlsScript server = script();
  server.client_ca = root_;
  connect(server);
  // The handshake is over for us when the server learns that there is no certificate.
  talk();
  ASSERT_TRUE(stream_->handshake_done());
  std::string plaintext;
  EXPECT_EQ(read_all(&plaintext), StreamStatus::failed);
  EXPECT_EQ(evidence().end, HandshakeEnd::done);
  EXPECT_TRUE(evidence().client_certificate_requested);
  EXPECT_EQ(evidence().client_certificate_authorities.size(), 1U);
  ASSERT_TRUE(has_alert(Alert::Direction::received, 116));
  EXPECT_TRUE(evidence().alerts.back().after_handshake);
  expect_reason(tls::kReasonAlertOffset + 116);
}

TEST_P(TlsEvidence, AClientCertificateIsSentWhenThereIsOne) {
  support::CertificateSpec spec = leaf_spec("client.test");
  spec.extended_key_usage = "clientAuth";
  const support::Credential client = support::issue(spec, root_);
  const support::Directory directory;
  UpstreamOptions options;
  options.client_certificate_file = directory.write("client.pem", client.pem());
  options.client_key_file = directory.write("client.key", client.key.pem());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    support::TlsScript server = script();
    server.max_version = version;
    server.client_ca = root_;
    connect(server, options);
    ASSERT_EQ(talk(), StreamStatus::ok) << evidence().openssl_text;
    EXPECT_TRUE(peer_->done());
    EXPECT_TRUE(evidence().client_certificate_sent);
  }
}

TEST_P(TlsEvidence, AnUnknownNameIsAnAlert) {
  support::TlsScript server = script();
  server.only_name = "other.test";
  connect(server);
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_TRUE(has_alert(Alert::Direction::received, 112));
}

}  // namespace
}  // namespace whytls::engine
