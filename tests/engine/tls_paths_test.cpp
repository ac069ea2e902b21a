// Several ways lead to an anchor: one good one is enough, and the others say what was wrong with them.
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <filesystem>

#include "tests/support/certificates.h"
#include "tests/support/directory.h"
#include "tls/certificate_reader.h"
#include "tls/files.h"
#include "tls/openssl.h"
#include "tls/validate.h"
#include "tls/verify_codes.h"

namespace whytls::engine {
namespace {

namespace code = tls::verify_code;
using support::CertificateSpec;
using support::Credential;
using support::issue;
using support::kDay;
using support::kTestNow;
using support::leaf_spec;
using support::root_spec;
using support::self_sign;

class Paths : public testing::Test {
 protected:
  static CertificateSpec authority(const char* name, const char* key = "the key of the intermediate") {
    CertificateSpec spec = support::intermediate_spec(name);
    spec.key = support::Key::ec(key);
    return spec;
  }
  // The evidence of a server that sends these, with these anchors.
  [[nodiscard]] tls::HandshakeEvidence judged(const std::vector<Credential>& sent,
                                              const std::vector<Credential>& anchors) const {
    tls::TrustOptions options;
    options.system = false;
    std::string pem;
    for (const Credential& one : anchors) pem += one.pem();
    if (!anchors.empty()) options.ca_files.push_back(directory_.write("anchors.pem", pem));
    const auto trust = tls::TrustStore::load(options);
    EXPECT_TRUE(trust);
    tls::ValidateRequest request;
    for (const Credential& one : sent) request.certificates.push_back(one.der());
    request.now = kTestNow;
    return tls::validate(request, **trust);
  }

  support::Directory directory_;
  Credential old_root_ = self_sign(root_spec("Old Root"));
  Credential new_root_ = self_sign(root_spec("New Root"));
};

TEST_F(Paths, TheOneWithoutAComplaintIsTaken) {
  CertificateSpec limited = authority("Cross");
  limited.name_constraints = "critical,excluded;DNS:a.test";
  const Credential first = issue(limited, old_root_);
  const Credential second = issue(authority("Cross"), new_root_);
  const Credential leaf = issue(leaf_spec("a.test"), second);
  for (const auto& sent : {std::vector{leaf, first, second}, std::vector{leaf, second, first}}) {
    const tls::ChainEvidence chain = judged(sent, {old_root_, new_root_}).chain;
    EXPECT_TRUE(chain.errors.empty());
    EXPECT_TRUE(chain.anchored);
    ASSERT_EQ(chain.built.size(), 3U);
    EXPECT_EQ(chain.built[2].subject_cn, "New Root");
  }
  const tls::ChainEvidence chain = judged({leaf, first, second}, {old_root_, new_root_}).chain;
  ASSERT_EQ(chain.others.size(), 1U);
  EXPECT_TRUE(chain.others[0].anchored);
  EXPECT_EQ(chain.others[0].subjects, (std::vector<std::string>{"CN=a.test", "CN=Cross", "CN=Old Root"}));
  ASSERT_EQ(chain.others[0].errors.size(), 1U);
  EXPECT_EQ(chain.others[0].errors[0].code, code::kExcludedViolation);
  EXPECT_EQ(chain.others[0].errors[0].depth, 0);
}

TEST_F(Paths, OneThatLeadsToAnAnchorIsBetterThanADeadEnd) {
  const Credential foreign = self_sign(root_spec("Foreign Root"));
  CertificateSpec ended = authority("Cross");
  ended.not_after = kTestNow - kDay;
  const Credential dead = issue(authority("Cross"), foreign);
  const Credential good = issue(ended, old_root_);
  const Credential leaf = issue(leaf_spec("a.test"), dead);
  const tls::ChainEvidence chain = judged({leaf, dead, good}, {old_root_}).chain;
  EXPECT_TRUE(chain.anchored);
  ASSERT_EQ(chain.errors.size(), 1U);
  EXPECT_EQ(chain.errors[0].code, code::kCertHasExpired);
}

TEST_F(Paths, WithoutAGoodOneTheFirstStands) {
  CertificateSpec ended = authority("Cross");
  ended.not_after = kTestNow - kDay;
  const Credential first = issue(ended, old_root_);
  const Credential second = issue(ended, new_root_);
  const Credential leaf = issue(leaf_spec("a.test"), second);
  const tls::ChainEvidence chain = judged({leaf, first, second}, {old_root_, new_root_}).chain;
  ASSERT_EQ(chain.errors.size(), 1U);
  ASSERT_EQ(chain.others.size(), 1U);
  EXPECT_NE(chain.others[0].subjects.back(), chain.built.back().subject);
}

TEST_F(Paths, AUsualChainTriesNoOther) {
  const Credential issuer = issue(authority("Cross"), new_root_);
  const Credential unused = issue(authority("Cross"), old_root_);
  const tls::ChainEvidence chain =
      judged({issue(leaf_spec("a.test"), issuer), issuer, unused}, {old_root_, new_root_}).chain;
  EXPECT_TRUE(chain.errors.empty());
  EXPECT_TRUE(chain.others.empty());
}

TEST_F(Paths, ASignatureThatDoesNotHoldIsNoWay) {
  const Credential forged = issue(authority("Cross", "another key"), old_root_);
  const Credential right = issue(authority("Cross"), self_sign(root_spec("Foreign Root")));
  CertificateSpec spec = leaf_spec("a.test");
  spec.authority_key_id = false;  // or the key identifier would tell already
  const tls::ChainEvidence chain = judged({issue(spec, right), right, forged}, {old_root_}).chain;
  EXPECT_FALSE(chain.anchored && chain.errors.empty());
}

// Each CA has been issued by every other one: there is no end to the ways, and none leads out.
TEST_F(Paths, CirclesEndInBoundedTime) {
  constexpr int kAuthorities = 12;
  std::vector<Credential> own;
  own.reserve(kAuthorities);
  for (int i = 0; i < kAuthorities; ++i) own.push_back(self_sign(root_spec("Ring " + std::to_string(i))));
  std::vector<Credential> sent = {issue(leaf_spec("a.test"), own[0])};
  for (int i = 0; i < kAuthorities; ++i) {
    for (int j = 0; j < kAuthorities; ++j) {
      if (i == j || sent.size() >= 100) continue;
      CertificateSpec spec = root_spec("Ring " + std::to_string(i));
      spec.serial_hex = "0123456789abcdef" + std::to_string(10 + j);
      sent.push_back(issue(spec, own[static_cast<std::size_t>(j)]));
    }
  }
  const tls::HandshakeEvidence evidence = judged(sent, {old_root_});
  EXPECT_FALSE(evidence.chain.anchored);
  EXPECT_FALSE(evidence.chain.errors.empty());
  EXPECT_TRUE(evidence.chain.others.empty());
}

TEST_F(Paths, WithoutCertificatesNothingWasVerified) {
  EXPECT_FALSE(judged({}, {old_root_}).chain.verified);
  const auto trust = tls::TrustStore::load({.system = false, .ca_files = {}});
  ASSERT_TRUE(trust);
  const tls::HandshakeEvidence evidence = tls::validate({{"no certificate"}, kTestNow}, **trust);
  EXPECT_FALSE(evidence.chain.verified);
  ASSERT_EQ(evidence.presented.size(), 1U);
  EXPECT_NE(evidence.presented[0].parse_error, "");
}

// "Reject" is a mark on the store's copy of a certificate (openssl x509 -addreject).
TEST_F(Paths, AnAuthorityThatTheStoreRejectsIsOnNone) {
  const Credential issuer = issue(authority("Cross"), new_root_);
  const Credential again = issue(authority("Cross"), old_root_);
  const Credential leaf = issue(leaf_spec("a.test"), issuer);
  const tls::X509Ptr marked(X509_dup(issuer.certificate.get()));
  const tls::Asn1ObjectPtr use(OBJ_nid2obj(NID_server_auth));
  ASSERT_EQ(X509_add1_reject_object(marked.get(), use.get()), 1);
  const tls::BioPtr memory(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_X509_AUX(memory.get(), marked.get()), 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  tls::TrustOptions options;
  options.system = false;
  options.ca_files = {directory_.write(
      "marked.pem", std::string(text, static_cast<std::size_t>(size)) + new_root_.pem() + old_root_.pem())};
  const auto trust = tls::TrustStore::load(options);
  ASSERT_TRUE(trust);
  for (const std::vector<std::string>& sent :
       {std::vector{leaf.der(), issuer.der()}, std::vector{leaf.der(), again.der(), issuer.der()},
        std::vector{leaf.der()}}) {
    const tls::ChainEvidence chain = tls::validate({sent, kTestNow}, **trust).chain;
    EXPECT_FALSE(chain.errors.empty());
  }
}

// Only what the distribution ships is a public CA.
TEST_F(Paths, TellAPublicAnchorFromAnOwnOne) {
  EXPECT_FALSE(judged({issue(leaf_spec("a.test"), new_root_)}, {new_root_}).chain.anchor_is_public);
  const std::filesystem::path folder = "/usr/share/ca-certificates/mozilla";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << folder << " is where Debian has them";
  const auto trust = tls::TrustStore::load({});
  const std::string file = std::filesystem::directory_iterator(folder)->path().string();
  const auto as_own = tls::TrustStore::load({.system = false, .ca_files = {file}});
  ASSERT_TRUE(trust && as_own);
  const auto pem = tls::read_file(file);
  ASSERT_TRUE(pem);
  const tls::BioPtr bio(BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())));
  const tls::X509Ptr root(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  const std::string der = tls::describe_certificate(root.get()).der;
  EXPECT_TRUE(tls::validate({{der}, kTestNow}, **trust).chain.anchor_is_public);
  EXPECT_FALSE(tls::validate({{der}, kTestNow}, **as_own).chain.anchor_is_public);
}

}  // namespace
}  // namespace whytls::engine
