// What is recorded of a server's certificates: every complaint, and never an end of the handshake.
#include "tests/engine/memory_peer.h"
#include "tests/support/directory.h"
#include "tests/support/scripts.h"
#include "tls/verify_codes.h"

namespace whytls::engine {
namespace {

namespace code = tls::verify_code;
using support::CertificateSpec;
using support::Credential;
using support::issue;
using support::kDay;
using support::Key;
using support::kTestNow;
using support::leaf_spec;
using support::self_sign;
using support::TlsScript;
using tls::StreamStatus;
using tls::UpstreamOptions;

// For messages: "10@0 20@1".
std::string text_of(const std::vector<tls::ChainError>& errors) {
  std::string out;
  for (const auto& error : errors)
    out += std::to_string(error.code) + "@" + std::to_string(error.depth) + " ";
  return out;
}

class TlsChain : public EngineTest {
 protected:
  // Both versions must let any certificate pass.
  void shake_hands(const std::vector<Credential>& chain, int version, const UpstreamOptions& options = {}) {
    TlsScript server = script();
    server.chain = chain;
    server.max_version = version;
    connect(server, options);
    ASSERT_EQ(talk(), StreamStatus::ok) << evidence().openssl_text;
    ASSERT_TRUE(evidence().chain.verified);
  }
  Credential leaf(const CertificateSpec& spec) { return issue(spec, intermediate_); }
};
WITH_BOTH_QUEUES(TlsChain);

TEST_P(TlsChain, AGoodChainHasNoComplaints) {
  shake_hands({leaf_, intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(evidence().chain.errors.empty());
  EXPECT_TRUE(evidence().chain.anchored);
  ASSERT_EQ(evidence().presented.size(), 2U);
  EXPECT_EQ(evidence().presented[0].der, leaf_.der());
  EXPECT_EQ(evidence().presented[1].der, intermediate_.der());
  ASSERT_EQ(evidence().chain.built.size(), 3U);
  EXPECT_EQ(evidence().chain.built[0].sha256_hex, evidence().presented[0].sha256_hex);
  EXPECT_EQ(evidence().chain.built[2].der, root_.der());
}

TEST_P(TlsChain, AMissingIntermediateIsRecordedWithTheLeafAlone) {
  shake_hands({leaf_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kUnableToGetIssuerCertLocally, 0));
  EXPECT_TRUE(has_error(code::kUnableToVerifyLeafSignature, 0));
  EXPECT_FALSE(evidence().chain.anchored);
  EXPECT_EQ(evidence().chain.built.size(), 1U);
}

TEST_P(TlsChain, ASelfSignedLeafIsRecorded) {
  shake_hands({self_sign(leaf_spec("device.test"))}, TLS1_2_VERSION);
  EXPECT_TRUE(has_error(code::kDepthZeroSelfSignedCert, 0));
  EXPECT_TRUE(evidence().presented.at(0).self_signed);
}

TEST_P(TlsChain, AnUntrustedRootIsRecorded) {
  const Credential other = self_sign(support::root_spec("unknown root"));
  shake_hands({issue(leaf_spec("device.test"), other), other}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kSelfSignedCertInChain, 1));
  EXPECT_FALSE(evidence().chain.anchored);
}

TEST_P(TlsChain, WeakKeysAndDigestsEndNoHandshake) {
  CertificateSpec issuer_spec = support::intermediate_spec("weak intermediate");
  issuer_spec.key = Key::rsa(1024);
  const Credential issuer = issue(issuer_spec, root_);
  CertificateSpec spec = leaf_spec("device.test");
  spec.key = Key::rsa(1024);
  spec.digest = "SHA1";
  const Credential weak = issue(spec, issuer);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    shake_hands({weak, issuer}, version);
    EXPECT_TRUE(has_error(code::kEeKeyTooSmall, 0));
    EXPECT_TRUE(has_error(code::kCaKeyTooSmall, 1));
    EXPECT_TRUE(has_error(code::kCaMdTooWeak, 0));
  }
}

TEST_P(TlsChain, AWeakDigestIsRecordedAlsoWhenTheIssuerIsMissing) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.digest = "SHA1";
  shake_hands({leaf(spec)}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCaMdTooWeak, 0));
  EXPECT_TRUE(has_error(code::kUnableToGetIssuerCertLocally, 0));
}

TEST_P(TlsChain, FiveFaultsGiveFiveComplaints) {
  CertificateSpec spec = leaf_spec("elsewhere.test");
  spec.not_after = kTestNow - kDay;
  spec.key = Key::rsa(1024);
  spec.digest = "SHA1";
  spec.extended_key_usage = "clientAuth";
  spec.unknown_critical_oid = "1.3.6.1.4.1.99999.1";
  const Credential stranger = self_sign(support::root_spec("stranger"));
  shake_hands({issue(spec, stranger)}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCertHasExpired, 0));
  EXPECT_TRUE(has_error(code::kEeKeyTooSmall, 0));
  EXPECT_TRUE(has_error(code::kCaMdTooWeak, 0));
  EXPECT_TRUE(has_error(code::kInvalidPurpose, 0));
  EXPECT_TRUE(has_error(code::kUnhandledCriticalExtension, 0));
  EXPECT_TRUE(has_error(code::kUnableToGetIssuerCertLocally, 0)) << text_of(evidence().chain.errors);
}

TEST_P(TlsChain, TheTimeIsTheOneOfTheConnection) {
  now_ = kTestNow + 61 * kDay;
  shake_hands({leaf_, intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCertHasExpired, 0));
  now_ = kTestNow - 31 * kDay;
  shake_hands({leaf_, intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCertNotYetValid, 0));
  EXPECT_FALSE(has_error(code::kCertNotYetValid, 1));
}

TEST_P(TlsChain, AnExpiredIntermediateIsRecordedAlsoWithoutItsRoot) {
  CertificateSpec spec = support::intermediate_spec("old intermediate");
  spec.not_after = kTestNow - kDay;
  const Credential stranger = self_sign(support::root_spec("absent root"));
  const Credential old = issue(spec, stranger);
  shake_hands({issue(leaf_spec("device.test"), old), old}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCertHasExpired, 1));
  EXPECT_TRUE(has_error(code::kUnableToGetIssuerCertLocally, 1));
}

TEST_P(TlsChain, ABadSignatureIsRecorded) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.signature = support::Signature::corrupted;
  shake_hands({leaf(spec), intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kCertSignatureFailure, 0));
}

TEST_P(TlsChain, AnIssuerThatIsNoCaIsRecorded) {
  const Credential issuer = issue(leaf_spec("not.a.ca"), intermediate_);
  shake_hands({issue(leaf_spec("device.test"), issuer), issuer, intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kInvalidCa, 1));
}

TEST_P(TlsChain, PathLengthAndNameConstraintsAreRecorded) {
  const Credential too_deep = issue(support::intermediate_spec("too deep"), intermediate_);
  shake_hands({issue(leaf_spec("device.test"), too_deep), too_deep, intermediate_}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kPathLengthExceeded, 2));

  CertificateSpec spec = support::intermediate_spec("inside only");
  spec.name_constraints = "critical,permitted;DNS:inside.test";
  const Credential inside = issue(spec, root_);
  shake_hands({issue(leaf_spec("device.test"), inside), inside}, TLS1_3_VERSION);
  EXPECT_TRUE(has_error(code::kPermittedViolation, 0));
}

TEST_P(TlsChain, WhateverIsInTheTrustStoreIsAnAnchor) {
  const support::Directory directory;
  const std::string file = directory.write("anchor.pem", intermediate_.pem());
  const auto trust = tls::TrustStore::load({false, {file}});
  ASSERT_TRUE(trust) << trust.error().text();
  EXPECT_EQ((*trust)->size(), 1U);
  EXPECT_EQ((*trust)->description(), file);
  const auto context = tls::UpstreamContext::create({}, *trust);
  ASSERT_TRUE(context);
  TlsScript server = script();
  server.chain = {leaf_};
  connect(support::make_server_context(server), *context);
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_TRUE(evidence().chain.errors.empty());
  EXPECT_TRUE(evidence().chain.anchored);
  EXPECT_EQ(evidence().chain.trust_description, file);
}

TEST_P(TlsChain, WithoutTrustNothingIsAnchored) {
  const auto trust = tls::TrustStore::load({false, {}});
  ASSERT_TRUE(trust);
  EXPECT_EQ((*trust)->description(), "nothing");
  const auto context = tls::UpstreamContext::create({}, *trust);
  ASSERT_TRUE(context);
  connect(support::make_server_context(script()), *context);
  ASSERT_EQ(talk(), StreamStatus::ok);
  EXPECT_FALSE(evidence().chain.anchored);
  EXPECT_TRUE(has_error(code::kUnableToGetIssuerCertLocally, 1));
}

TEST_P(TlsChain, AnUnparsableCertificateIsStillPresented) {
  TlsScript server = script();
  server.max_version = TLS1_2_VERSION;
  connect(server);
  tamper_ = [](std::string& flight) {
    const auto place = support::find_message(flight, support::MessageType::certificate);
    // Two lengths of three bytes, then the outer SEQUENCE of the leaf: now an INTEGER.
    if (place) flight[place->offset + 6] = 0x02;
  };
  ASSERT_EQ(talk(), StreamStatus::failed);
  EXPECT_EQ(evidence().end, tls::HandshakeEnd::protocol_error);
  EXPECT_EQ(evidence().progress, tls::HandshakeProgress::server_certificate);
  EXPECT_FALSE(evidence().chain.verified);
  ASSERT_EQ(evidence().presented.size(), 2U);
  EXPECT_FALSE(evidence().presented[0].parse_error.empty());
  EXPECT_EQ(evidence().presented[0].der.size(), leaf_.der().size());
  EXPECT_EQ(evidence().presented[1].subject_cn, "engine intermediate");
}

TEST_P(TlsChain, AHugeListIsBounded) {
  std::vector<Credential> many(25, intermediate_);
  many.insert(many.begin(), leaf_);
  shake_hands(many, TLS1_3_VERSION);
  EXPECT_EQ(evidence().presented.size(), tls::kMaxKeptCertificates);
  EXPECT_EQ(evidence().presented_omitted, 6U);
  EXPECT_TRUE(evidence().chain.errors.empty());
}

}  // namespace
}  // namespace whytls::engine
