// Who says that a certificate was revoked, and whose word counts.
#include <openssl/x509_vfy.h>

#include "tests/engine/memory_peer.h"
#include "tests/support/directory.h"
#include "tests/support/revocation.h"
#include "tls/revocation.h"
#include "tls/validate.h"
#include "tls/verify_codes.h"

namespace whytls::engine {
namespace {

namespace code = tls::verify_code;
using support::Credential;
using support::issue;
using support::kDay;
using support::kTestNow;
using support::ListSpec;
using support::make_list;
using support::make_ocsp_response;
using support::ResponseSpec;
using support::Signature;
using tls::RevocationAnswer;
using tls::RevocationFault;
using tls::RevocationSource;
using Faults = std::vector<RevocationFault>;

class Lists : public testing::Test {
 protected:
  // The evidence of a server that sends leaf and intermediate, with these lists.
  [[nodiscard]] tls::ChainEvidence judged(const std::vector<std::string>& lists,
                                          const std::vector<Credential>& sent) const {
    tls::TrustOptions options{false, {directory_.write("root.pem", root_.pem())}, {}};
    for (std::size_t i = 0; i < lists.size(); ++i)
      options.crl_files.push_back(directory_.write("list" + std::to_string(i), lists[i]));
    const auto trust = tls::TrustStore::load(options);
    EXPECT_TRUE(trust) << trust.error().text();
    tls::ValidateRequest request;
    request.now = kTestNow;
    for (const Credential& one : sent) request.certificates.push_back(one.der());
    return trust ? tls::validate(request, **trust).chain : tls::ChainEvidence{};
  }
  [[nodiscard]] tls::ChainEvidence judged(const std::vector<std::string>& lists) const {
    return judged(lists, {leaf_, intermediate_});
  }
  // The answer about the leaf of one list that its CA made.
  [[nodiscard]] RevocationAnswer about_leaf(const ListSpec& spec) const {
    const tls::ChainEvidence chain = judged({make_list(spec, intermediate_)});
    return chain.revocation.size() == 1 ? chain.revocation[0] : RevocationAnswer{};
  }

  support::Directory directory_;
  Credential root_ = self_sign(support::root_spec("Root"));
  Credential intermediate_ = issue(support::intermediate_spec("Inter"), root_);
  Credential leaf_ = issue(support::leaf_spec("device.test"), intermediate_);
};

TEST_F(Lists, WithoutAnyNothingIsAskedAndNothingIsWrong) {
  const tls::ChainEvidence chain = judged({});
  EXPECT_FALSE(chain.has_crls);
  EXPECT_TRUE(chain.revocation.empty());
  EXPECT_TRUE(chain.errors.empty());
}

TEST_F(Lists, TheListOfEachCaAnswersForWhatItIssued) {
  for (const bool as_der : {false, true}) {
    std::vector<std::string> lists = {make_list({}, intermediate_), make_list({}, root_)};
    if (as_der) {
      for (std::string& list : lists) list = support::list_der(list);
    }
    const tls::ChainEvidence chain = judged(lists);
    EXPECT_TRUE(chain.has_crls);
    EXPECT_TRUE(chain.errors.empty());
    ASSERT_EQ(chain.revocation.size(), 2U);
    EXPECT_TRUE(chain.revocation[0].counts());
    EXPECT_FALSE(chain.revocation[0].is_revoked());
    EXPECT_EQ(chain.revocation[0].signer, "Inter");
    EXPECT_EQ(chain.revocation[1].depth, 1);
    EXPECT_EQ(chain.revocation[1].signer, "Root");
  }
}

TEST_F(Lists, ACaWithoutAListLeavesItsCertificatesUnanswered) {
  const tls::ChainEvidence chain = judged({make_list({}, root_)});
  EXPECT_TRUE(chain.errors.empty());
  ASSERT_EQ(chain.revocation.size(), 1U);
  EXPECT_EQ(chain.revocation[0].depth, 1);
}

TEST_F(Lists, ARevokedLeafIsFoundWithDayAndReason) {
  const RevocationAnswer answer =
      about_leaf({.revoked = {{leaf_, kTestNow - 3 * kDay, support::kKeyCompromise}}});
  EXPECT_TRUE(answer.is_revoked());
  EXPECT_EQ(answer.depth, 0);
  EXPECT_EQ(answer.revoked_at, kTestNow - 3 * kDay);
  EXPECT_EQ(answer.reason, "keyCompromise");
  EXPECT_EQ(answer.next_update, kTestNow + 7 * kDay);
}

TEST_F(Lists, ARevokedIntermediateIsAnErrorOfItsDepth) {
  const tls::ChainEvidence chain = judged({make_list({.revoked = {{intermediate_}}}, root_)});
  ASSERT_EQ(chain.errors.size(), 1U);
  EXPECT_EQ(chain.errors[0].code, code::kCertRevoked);
  EXPECT_EQ(chain.errors[0].depth, 1);
  ASSERT_EQ(chain.revocation.size(), 1U);
  EXPECT_EQ(chain.revocation[0].reason, "");
}

// A cross-signed CA of which one certificate was revoked: the other one is a good path.
TEST_F(Lists, APathAroundARevokedIntermediateIsTaken) {
  support::CertificateSpec twin = support::intermediate_spec("Inter");
  twin.serial_hex = "77";
  const Credential second = issue(twin, root_);
  const std::string list = make_list({.revoked = {{intermediate_}}}, root_);
  for (const auto& sent : {std::vector{leaf_, intermediate_, second}, {leaf_, second, intermediate_}}) {
    const tls::ChainEvidence chain = judged({list}, sent);
    EXPECT_TRUE(chain.errors.empty());
    EXPECT_TRUE(chain.anchored);
    ASSERT_EQ(chain.revocation.size(), 1U);
    EXPECT_FALSE(chain.revocation[0].is_revoked());
  }
}

TEST_F(Lists, WhatIsWrongWithAListIsSaidAndNoErrorOfTheChain) {
  struct Row {
    ListSpec spec;
    Faults faults;
  };
  const std::vector<Row> rows = {
      {{.this_update = kTestNow - 9 * kDay, .next_update = kTestNow - kDay}, {RevocationFault::expired}},
      {{.this_update = kTestNow + kDay}, {RevocationFault::not_yet_valid}},
      {{.signature = Signature::corrupted}, {RevocationFault::bad_signature}},
      {{.has_unknown_critical_extension = true}, {RevocationFault::critical_extension}},
      {{.issuing_point = "onlyCA:TRUE"}, {RevocationFault::other_scope}},
      {{.next_update = kTestNow - kDay, .signature = Signature::corrupted},
       {RevocationFault::expired, RevocationFault::bad_signature}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(about_leaf(row.spec).faults, row.faults);
    const tls::ChainEvidence chain = judged({make_list(row.spec, intermediate_)});
    EXPECT_TRUE(chain.errors.empty());
  }
}

TEST_F(Lists, ARevocationStandsInAListOutOfDateButNotInAForgedOne) {
  const std::vector<support::Revoked> revoked = {{leaf_}};
  EXPECT_TRUE(about_leaf({.revoked = revoked, .next_update = kTestNow - kDay / 2}).is_revoked());
  EXPECT_FALSE(about_leaf({.revoked = revoked, .signature = Signature::corrupted}).is_revoked());
  EXPECT_FALSE(about_leaf({.revoked = revoked, .has_unknown_critical_extension = true}).is_revoked());
}

TEST_F(Lists, TheNewestOfTwoListsAnswers) {
  const std::string old_list = make_list({.next_update = kTestNow - kDay / 2}, intermediate_);
  const std::string new_list = make_list({.revoked = {{leaf_}}}, intermediate_);
  for (const auto& lists : {std::vector{old_list, new_list}, {new_list, old_list}, {old_list + new_list}}) {
    const tls::ChainEvidence chain = judged(lists);
    ASSERT_EQ(chain.revocation.size(), 1U);
    EXPECT_TRUE(chain.revocation[0].is_revoked());
    EXPECT_TRUE(chain.revocation[0].counts());
  }
}

TEST_F(Lists, AListOfAnotherKeyOfTheCaIsNamedAsSuch) {
  const RevocationAnswer answer = about_leaf({.key = support::Key::ec("the old key")});
  EXPECT_EQ(answer.faults, Faults{RevocationFault::bad_signature});
  support::CertificateSpec old_spec = support::intermediate_spec("Inter");
  old_spec.key = support::Key::ec("the old key");
  const tls::ChainEvidence chain = judged({make_list({}, issue(old_spec, root_))});
  ASSERT_EQ(chain.revocation.size(), 1U);
  EXPECT_EQ(chain.revocation[0].faults, Faults{RevocationFault::signer_unknown});
}

TEST_F(Lists, ACaThatMaySignNoListsHasNone) {
  support::CertificateSpec spec = support::intermediate_spec("Inter");
  spec.key_usage = "critical,keyCertSign";
  const Credential limited = issue(spec, root_);
  const tls::ChainEvidence chain =
      judged({make_list({}, limited)}, {issue(support::leaf_spec("device.test"), limited), limited});
  ASSERT_EQ(chain.revocation.size(), 1U);
  EXPECT_EQ(chain.revocation[0].faults, Faults{RevocationFault::signer_not_allowed});
}

TEST_F(Lists, WithoutAnAnchorNobodysWordCounts) {
  const Credential stranger = self_sign(support::root_spec("Stranger"));
  const Credential leaf = issue(support::leaf_spec("device.test"), stranger);
  const tls::ChainEvidence chain = judged({make_list({.revoked = {{leaf}}}, stranger)}, {leaf, stranger});
  EXPECT_FALSE(chain.anchored);
  EXPECT_TRUE(chain.revocation.empty());
}

TEST_F(Lists, AFileWithoutAListIsRefused) {
  for (const std::string& content : {std::string("nothing"), root_.pem(), std::string()}) {
    const std::string file = directory_.write("no.crl", content);
    const auto trust = tls::TrustStore::load({false, {}, {file}});
    ASSERT_FALSE(trust);
    EXPECT_EQ(trust.error().where, file);
  }
}

class Staples : public EngineTest {
 protected:
  // The evidence of a server that staples this; the answer is the only one.
  const RevocationAnswer& stapled(const std::string& response, int version) {
    script_ = script();
    script_.staple = response;
    script_.max_version = version;
    connect(script_);
    EXPECT_EQ(talk(), tls::StreamStatus::ok);
    EXPECT_TRUE(evidence().chain.has_staple);
    if (evidence().chain.revocation.size() == 1) return evidence().chain.revocation[0];
    ADD_FAILURE() << evidence().chain.revocation.size() << " answers";
    static const RevocationAnswer kNone;
    return kNone;
  }
  support::TlsScript script_;  // outlives the contexts that are made of it
};
WITH_BOTH_QUEUES(Staples);

TEST_P(Staples, AGoodOneCountsInBothVersions) {
  const std::string response = make_ocsp_response({}, leaf_, intermediate_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const RevocationAnswer& answer = stapled(response, version);
    EXPECT_EQ(answer.source, RevocationSource::stapled_ocsp);
    EXPECT_TRUE(answer.counts());
    EXPECT_FALSE(answer.is_revoked());
    EXPECT_EQ(answer.signer, "engine intermediate");
    EXPECT_EQ(answer.next_update, kTestNow + 3 * kDay);
  }
}

TEST_P(Staples, ARevocationComesWithDayAndReason) {
  ResponseSpec spec;
  spec.says = ResponseSpec::Says::revoked;
  spec.reason = support::kSuperseded;
  const RevocationAnswer& answer = stapled(make_ocsp_response(spec, leaf_, intermediate_), TLS1_2_VERSION);
  EXPECT_TRUE(answer.is_revoked());
  EXPECT_EQ(answer.revoked_at, kTestNow - 3 * kDay);
  EXPECT_EQ(answer.reason, "superseded");
}

TEST_P(Staples, ASessionKeepsWhatWasStapledToItsHandshake) {
  script_ = script();
  script_.staple = make_ocsp_response({}, leaf_, intermediate_);
  const auto server = support::make_server_context(script_);
  const auto context = upstream();
  connect(server, context);
  ASSERT_EQ(talk(), tls::StreamStatus::ok);
  std::string plaintext;
  read_all(&plaintext);
  const auto session = stream_->take_session();
  ASSERT_NE(session, nullptr);
  connect(server, context, session.get());
  ASSERT_EQ(talk(), tls::StreamStatus::ok);
  ASSERT_TRUE(evidence().answered.resumed);
  EXPECT_TRUE(evidence().chain.has_staple);
  EXPECT_EQ(evidence().chain.revocation.size(), 1U);
}

TEST_P(Staples, AServerWithoutOneIsNotHeldToIt) {
  connect(script());
  ASSERT_EQ(talk(), tls::StreamStatus::ok);
  EXPECT_FALSE(evidence().chain.has_staple);
  EXPECT_TRUE(evidence().chain.revocation.empty());
}

TEST_P(Staples, WithoutAnAnchorAResponseIsSeenAndNotRead) {
  script_ = script();
  script_.chain = {self_sign(support::leaf_spec("device.test"))};
  script_.staple = "whatever";
  connect(script_);
  ASSERT_EQ(talk(), tls::StreamStatus::ok);
  EXPECT_TRUE(evidence().chain.has_staple);
  EXPECT_TRUE(evidence().chain.revocation.empty());
}

class Responses : public Lists {
 protected:
  [[nodiscard]] RevocationAnswer read(const std::string& response) const {
    return tls::read_ocsp_response(response, leaf_.der(), intermediate_.der(), kTestNow);
  }
  [[nodiscard]] RevocationAnswer read(const ResponseSpec& spec) const {
    return read(make_ocsp_response(spec, leaf_, intermediate_));
  }
  // A responder whose certificate was issued by `issuer`.
  [[nodiscard]] static Credential responder(const Credential& issuer,
                                            const std::string& usage = "OCSPSigning") {
    support::CertificateSpec spec = support::leaf_spec("ocsp.test");
    spec.common_name = "Responder";
    spec.extended_key_usage = usage;
    return issue(spec, issuer);
  }
  [[nodiscard]] static ResponseSpec signed_by(const Credential& signer) {
    ResponseSpec spec;
    spec.signer = signer;
    return spec;
  }
};

TEST_F(Responses, AResponderThatTheCaChoseMayAnswer) {
  const RevocationAnswer answer = read(signed_by(responder(intermediate_)));
  EXPECT_TRUE(answer.counts());
  EXPECT_EQ(answer.signer, "Responder");
}

TEST_F(Responses, NobodyElseMay) {
  support::CertificateSpec ended = support::leaf_spec("ocsp.test");
  ended.extended_key_usage = "OCSPSigning";
  ended.not_after = kTestNow - kDay;
  for (const Credential& signer : {responder(root_), responder(intermediate_, "serverAuth"),
                                   issue(ended, intermediate_), self_sign(support::leaf_spec("ocsp.test"))}) {
    EXPECT_EQ(read(signed_by(signer)).faults, Faults{RevocationFault::signer_not_allowed});
  }
  // The root answers for what it issued, not for what its intermediates did.
  EXPECT_EQ(read(signed_by(root_)).faults, Faults{RevocationFault::signer_not_allowed});
}

TEST_F(Responses, WhatIsWrongIsSaid) {
  struct Row {
    ResponseSpec spec;
    RevocationFault fault;
  };
  const Credential other = issue(support::leaf_spec("other.test"), intermediate_);
  const std::vector<Row> rows = {
      {{.next_update = kTestNow - kDay / 2}, RevocationFault::expired},
      {{.this_update = kTestNow - 2 * kDay, .next_update = 0}, RevocationFault::expired},
      {{.this_update = kTestNow + kDay}, RevocationFault::not_yet_valid},
      {{.says = ResponseSpec::Says::unknown}, RevocationFault::unknown_to_responder},
      {{.status = 3}, RevocationFault::responder_error},
      {{.other_leaf = other}, RevocationFault::not_about_it},
      {{.signature = Signature::corrupted}, RevocationFault::bad_signature},
  };
  for (const Row& row : rows) EXPECT_EQ(read(row.spec).faults, Faults{row.fault});
  EXPECT_EQ(read(ResponseSpec{.status = 3}).detail, "tryLater");
  EXPECT_EQ(read(ResponseSpec{.status = 6}).detail, "unauthorized");
  EXPECT_TRUE(read(ResponseSpec{.this_update = kTestNow - kDay / 2, .next_update = 0}).counts());
}

// Without the certificate of its signer a response can only be checked with the key of the CA.
TEST_F(Responses, OneOfAnUnknownSignerDoesNotCount) {
  const std::string response = make_ocsp_response({}, leaf_, root_);
  EXPECT_EQ(read(response).faults, Faults{RevocationFault::signer_unknown});
}

TEST_F(Responses, EveryCutAndSomeBytesMoreAreMalformed) {
  const std::string response = make_ocsp_response({}, leaf_, intermediate_);
  for (std::size_t size = 0; size < response.size(); ++size)
    EXPECT_EQ(read(response.substr(0, size)).faults, Faults{RevocationFault::malformed}) << size;
  EXPECT_EQ(read(response + "x").faults, Faults{RevocationFault::malformed});
}

TEST_F(Responses, NoChangedByteMakesARevokedCertificateGood) {
  ResponseSpec spec;
  spec.says = ResponseSpec::Says::revoked;
  const std::string response = make_ocsp_response(spec, leaf_, intermediate_);
  for (std::size_t at = 0; at < response.size(); ++at) {
    std::string changed = response;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const RevocationAnswer answer = read(changed);
    EXPECT_TRUE(answer.is_revoked() || !answer.counts()) << at;
  }
}

}  // namespace
}  // namespace whytls::engine
