// Resumption towards the upstream.
#include "tests/engine/memory_peer.h"
#include "tls/verify_codes.h"

namespace whytls::engine {
namespace {

namespace code = tls::verify_code;
using tls::StreamStatus;

class TlsSession : public EngineTest {
 protected:
  void start(int version) {
    support::TlsScript server = script();
    server.max_version = version;
    server_ = support::make_server_context(server);
    context_ = upstream();
  }
  // A whole connection; returns the session that the server gave.
  std::unique_ptr<tls::Session> visit(const tls::Session* resume) {
    connect(server_, context_, resume);
    EXPECT_EQ(talk(), StreamStatus::ok);
    std::string plaintext;
    EXPECT_EQ(read_all(&plaintext), StreamStatus::want_input);
    return stream_->take_session();
  }
  std::shared_ptr<SSL_CTX> server_;
  std::shared_ptr<const tls::UpstreamContext> context_;
};
WITH_BOTH_QUEUES(TlsSession);

TEST_P(TlsSession, ResumesInBothVersionsAndKeepsTheOriginsEvidence) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    start(version);
    const auto session = visit(nullptr);
    ASSERT_NE(session, nullptr);
    EXPECT_FALSE(evidence().answered.resumed);
    visit(session.get());
    EXPECT_TRUE(evidence().answered.resumed);
    EXPECT_EQ(evidence().answered.version, version);
    ASSERT_EQ(evidence().presented.size(), 2U);
    EXPECT_EQ(evidence().presented[0].der, leaf_.der());
    EXPECT_TRUE(evidence().chain.verified);
    EXPECT_TRUE(evidence().chain.anchored);
    EXPECT_TRUE(evidence().chain.errors.empty());
  }
}

TEST_P(TlsSession, OffersASessionOnce) {
  start(TLS1_3_VERSION);
  const auto session = visit(nullptr);
  ASSERT_NE(session, nullptr);
  visit(session.get());
  EXPECT_TRUE(evidence().answered.resumed);
  visit(session.get());
  EXPECT_FALSE(evidence().answered.resumed);
}

TEST_P(TlsSession, GivesEachTicketOnce) {
  start(TLS1_3_VERSION);
  EXPECT_NE(visit(nullptr), nullptr);
  EXPECT_EQ(stream_->take_session(), nullptr);
}

TEST_P(TlsSession, AResumedConnectionGivesTheNextSession) {
  start(TLS1_3_VERSION);
  auto session = visit(nullptr);
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(session, nullptr);
    session = visit(session.get());
    EXPECT_TRUE(evidence().answered.resumed);
    EXPECT_EQ(evidence().presented.size(), 2U);
  }
}

TEST_P(TlsSession, IsNotOfferedByAnotherContext) {
  start(TLS1_3_VERSION);
  const auto session = visit(nullptr);
  context_ = upstream();
  visit(session.get());
  EXPECT_FALSE(evidence().answered.resumed);
  EXPECT_TRUE(evidence().chain.verified);
}

TEST_P(TlsSession, IsNotOfferedForAnotherName) {
  start(TLS1_3_VERSION);
  const auto session = visit(nullptr);
  sni_ = "other.test";
  visit(session.get());
  EXPECT_FALSE(evidence().answered.resumed);
}

TEST_P(TlsSession, SurvivesAConnectionThatWasCutOff) {
  start(TLS1_2_VERSION);
  const auto session = visit(nullptr);
  stream_->end_of_input();
  stream_.reset();
  visit(session.get());
  EXPECT_TRUE(evidence().answered.resumed);
}

TEST_P(TlsSession, ACertificateThatExpiredSinceIsRecorded) {
  start(TLS1_3_VERSION);
  const auto session = visit(nullptr);
  now_ = support::kTestNow + 61 * support::kDay;
  visit(session.get());
  EXPECT_TRUE(evidence().answered.resumed);
  EXPECT_TRUE(has_error(code::kCertHasExpired, 0));
}

TEST_P(TlsSession, AServerThatForgotTheSessionIsJudgedAnew) {
  start(TLS1_3_VERSION);
  const auto session = visit(nullptr);
  const auto context = context_;
  start(TLS1_3_VERSION);
  context_ = context;
  visit(session.get());
  EXPECT_FALSE(evidence().answered.resumed);
  EXPECT_TRUE(evidence().chain.verified);
  EXPECT_EQ(evidence().presented.size(), 2U);
}

}  // namespace
}  // namespace whytls::engine
