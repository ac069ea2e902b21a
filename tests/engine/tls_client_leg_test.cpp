// The leg on which we are the server: OpenSSL's client against tls::Stream::accept.
#include <openssl/err.h>

#include <stdexcept>

#include "tests/engine/memory_peer.h"
#include "tests/support/directory.h"
#include "tls/authority.h"
#include "tls/reasons.h"

namespace whytls::engine {
namespace {

namespace reason = tls::ssl_reason;
using tls::Alert;
using tls::HandshakeEnd;
using tls::HandshakeProgress;
using tls::StreamStatus;

class TlsClientLeg : public EngineTest {
 protected:
  static void SetUpTestSuite() {
    const support::Directory directory;
    auto authority = tls::Authority::load_or_create(directory.path(), support::kTestNow);
    ASSERT_TRUE(authority) << authority.error().text();
    authority_ = *authority;
  }
  static void TearDownTestSuite() { authority_.reset(); }

  TlsClientLeg() : client_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free) {
    identities_ = [this](const std::string& sni) {
      asked_.push_back(sni);
      return *authority_->mint(sni.empty() ? "10.0.0.1" : sni, support::kTestNow);
    };
    context_ = leg({}, tls::make_ticket_keys());
  }

  static std::shared_ptr<const tls::ClientLegContext> leg(
      const tls::ClientLegOptions& options, const std::shared_ptr<const tls::TicketKeys>& tickets) {
    auto context = tls::ClientLegContext::create(options, tickets);
    if (!context) throw std::runtime_error(context.error().text());
    return *context;
  }

  void accept(const std::string& sni = "site.test") {
    out_.clear();
    peer_ = std::make_unique<MemoryPeer>(client_, MemoryPeer::Role::client);
    if (!sni.empty()) SSL_set_tlsext_host_name(peer_->ssl(), sni.c_str());
    if (session_) SSL_set_session(peer_->ssl(), session_.get());
    poison();
    auto stream = tls::Stream::accept(context_, identities_, &out_);
    ASSERT_TRUE(stream);
    stream_ = std::move(*stream);
  }
  void trust_authority() const {
    const std::string der = authority_->certificate().der;
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509, decltype(&X509_free)> root(
        d2i_X509(nullptr, &cursor, static_cast<long>(der.size())), &X509_free);
    X509_STORE* store = SSL_CTX_get_cert_store(client_.get());
    X509_STORE_add_cert(store, root.get());
    verify();
  }
  void verify() const {
    SSL_CTX_set_verify(client_.get(), SSL_VERIFY_PEER, nullptr);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(client_.get()), support::kTestNow);
  }

  static std::shared_ptr<const tls::Authority> authority_;
  std::shared_ptr<SSL_CTX> client_;
  std::shared_ptr<const tls::ClientLegContext> context_;
  tls::IdentitySource identities_;
  std::vector<std::string> asked_;
  std::shared_ptr<SSL_SESSION> session_;
};
std::shared_ptr<const tls::Authority> TlsClientLeg::authority_;
WITH_BOTH_QUEUES(TlsClientLeg);

TEST_P(TlsClientLeg, AMintedLeafSatisfiesAClientThatTrustsTheAuthority) {
  trust_authority();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client_.get(), version);
    accept();
    SSL_set1_host(peer_->ssl(), "site.test");
    ASSERT_EQ(talk(), StreamStatus::ok) << evidence().openssl_text;
    EXPECT_TRUE(peer_->done());
    EXPECT_EQ(SSL_get_verify_result(peer_->ssl()), X509_V_OK);
    EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(peer_->ssl())), 2);
    EXPECT_EQ(asked_.back(), "site.test");
    EXPECT_EQ(evidence().offered.sni, "site.test");
    EXPECT_EQ(evidence().answered.version, version);
    EXPECT_EQ(evidence().progress, HandshakeProgress::finished);
    poison();
    ASSERT_EQ(stream_->write("welcome"), StreamStatus::ok);
    peer_->feed(out_);
    peer_->step();
    EXPECT_EQ(peer_->received(), "welcome");
  }
}

TEST_P(TlsClientLeg, WithoutSniTheSourceIsAskedForNothing) {
  accept("");
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_EQ(asked_, std::vector<std::string>{""});
}

TEST_P(TlsClientLeg, SurvivesInputOneByteAtATime) {
  accept();
  EXPECT_EQ(talk(1), StreamStatus::ok);
}

TEST_P(TlsClientLeg, RecordsWhatTheClientOffers) {
  SSL_CTX_set_min_proto_version(client_.get(), TLS1_2_VERSION);
  SSL_CTX_set_ciphersuites(client_.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_cipher_list(client_.get(), "ECDHE-ECDSA-AES128-GCM-SHA256");
  SSL_CTX_set1_groups_list(client_.get(), "P-384:X25519");
  accept();
  ASSERT_EQ(talk(), StreamStatus::ok);
  const auto& offered = evidence().offered;
  EXPECT_EQ(offered.min_version, TLS1_2_VERSION);
  EXPECT_EQ(offered.max_version, TLS1_3_VERSION);
  EXPECT_EQ(offered.cipher_suites, (std::vector<std::uint16_t>{0x1301, 0xC02B, 0x00FF}));
  EXPECT_EQ(offered.groups, (std::vector<std::uint16_t>{24, 29}));
}

TEST_P(TlsClientLeg, AnswersAlpnWithHttp11OrNotAtAll) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"\x02h2\x08http/1.1", "http/1.1"}, {"\x02h2", ""}, {"\x08http/1.0", ""}};
  for (const auto& [offer, answer] : rows) {
    SSL_CTX_set_alpn_protos(client_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                            static_cast<unsigned>(offer.size()));
    accept();
    ASSERT_EQ(talk(), StreamStatus::ok);
    EXPECT_EQ(evidence().answered.alpn, answer);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(peer_->ssl(), &chosen, &size);
    EXPECT_EQ(size, answer.size());
  }
}

TEST_P(TlsClientLeg, ASourceWithoutAnIdentityEndsTheHandshake) {
  identities_ = [](const std::string&) { return nullptr; };
  accept();
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_EQ(evidence().openssl_reason, reason::kCertCbError);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 80));
  identities_ = [](const std::string&) -> std::shared_ptr<const tls::Identity> {
    throw std::runtime_error("no");
  };
  accept();
  EXPECT_EQ(talk(), StreamStatus::failed);
}

TEST_P(TlsClientLeg, AClientThatDoesNotTrustUsSaysSo) {
  verify();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client_.get(), version);
    accept();
    ASSERT_EQ(talk(), StreamStatus::failed);
    EXPECT_EQ(evidence().end, HandshakeEnd::alert_received);
    EXPECT_TRUE(has_alert(Alert::Direction::received, 48));
    EXPECT_FALSE(evidence().alerts.back().after_handshake);
  }
}

TEST_P(TlsClientLeg, AnOldClientIsRefusedWithItsOffer) {
  SSL_CTX_set_security_level(client_.get(), 0);
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_VERSION);
  accept();
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_EQ(evidence().end, HandshakeEnd::protocol_error);
  EXPECT_EQ(evidence().openssl_reason, reason::kUnsupportedProtocol);
  EXPECT_EQ(evidence().offered.max_version, TLS1_VERSION);
  EXPECT_EQ(evidence().progress, HandshakeProgress::client_hello);
  EXPECT_TRUE(has_alert(Alert::Direction::sent, 70));
}

TEST_P(TlsClientLeg, NoCommonCipherIsNamed) {
  SSL_CTX_set_max_proto_version(client_.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(client_.get(), "ECDHE-RSA-AES128-GCM-SHA256");
  accept();
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_EQ(evidence().openssl_reason, reason::kNoSharedCipher);
  EXPECT_EQ(evidence().offered.cipher_suites.front(), 0xC02F);
}

TEST_P(TlsClientLeg, PlainHttpAndSslv2AreNotTls) {
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), std::string("CONNECT a:1 HTTP/1.1\r\n"),
        std::string("\x80\x2e\x01\x00\x02", 5)}) {
    accept();
    EXPECT_EQ(answer(text), StreamStatus::failed);
    EXPECT_EQ(evidence().end, HandshakeEnd::not_tls);
    EXPECT_EQ(evidence().first_bytes, text);
    EXPECT_TRUE(out_.empty()) << "the listener answers in plain text";
  }
}

TEST_P(TlsClientLeg, AClientThatLeavesBeforeItsHelloLeavesNothing) {
  accept();
  stream_->end_of_input();
  poison();
  EXPECT_EQ(stream_->handshake(), StreamStatus::truncated);
  EXPECT_EQ(evidence().end, HandshakeEnd::closed);
  EXPECT_EQ(evidence().progress, HandshakeProgress::nothing);
  EXPECT_EQ(evidence().bytes_received, 0U);
  EXPECT_TRUE(out_.empty());
}

TEST_P(TlsClientLeg, ATicketOfOneContextIsGoodForAnotherWithTheSameKeys) {
  const auto keys = tls::make_ticket_keys();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client_.get(), version);
    session_.reset();
    context_ = leg({}, keys);
    accept();
    ASSERT_EQ(talk(), StreamStatus::ok);
    SSL_SESSION* session = SSL_get1_session(peer_->ssl());
    session_.reset(session, &SSL_SESSION_free);
    SSL_set_shutdown(peer_->ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    const std::size_t asked_before = asked_.size();
    context_ = leg({}, keys);
    accept();
    ASSERT_EQ(talk(), StreamStatus::ok);
    EXPECT_TRUE(evidence().answered.resumed);
    EXPECT_EQ(SSL_session_reused(peer_->ssl()), 1);
    // The source is not asked at a resumption, so the evidence alone has the name.
    EXPECT_EQ(asked_.size(), asked_before);
    EXPECT_EQ(evidence().offered.sni, "site.test");
    SSL_set_shutdown(peer_->ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    context_ = leg({}, tls::make_ticket_keys());
    accept();
    ASSERT_EQ(talk(), StreamStatus::ok);
    EXPECT_FALSE(evidence().answered.resumed);
  }
}

}  // namespace
}  // namespace whytls::engine
