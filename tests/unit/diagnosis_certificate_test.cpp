#include <gtest/gtest.h>

#include <algorithm>

#include "policy/diagnosis.h"
#include "policy_attempts.h"
#include "tls/verify_codes.h"

namespace whytls::policy::test {
namespace {

using tls::Certificate;

const Finding* find(const Diagnosis& diagnosis, Failure failure) {
  const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                  [&](const Finding& finding) { return finding.failure == failure; });
  return found == diagnosis.findings.end() ? nullptr : &*found;
}

TEST(CertificateDiagnosis, FiveFaultsAreFiveFindingsRankedAsFirefoxDoes) {
  Certificate leaf = leaf_certificate();
  leaf.not_after = kNow - 4000 * kDay;
  leaf.not_before = kNow - 5000 * kDay;
  leaf.names[0].value = "idrac-default";
  leaf.key_bits = 1024;
  leaf.signature_digest = "SHA1";
  leaf.signature_algorithm = "sha1WithRSAEncryption";
  const Diagnosis diagnosis = diagnose_now(with_gap({leaf}, 1));
  EXPECT_EQ(slugs(diagnosis),
            "chain_unknown_issuer cert_weak_signature cert_weak_key cert_name_mismatch cert_expired");
  EXPECT_FALSE(diagnosis.failed_before_verdict);
  EXPECT_NE(diagnosis.sentence.find("2 more faults were found"), std::string::npos) << diagnosis.sentence;
}

TEST(CertificateDiagnosis, TheSentenceNamesBothHalves) {
  Attempt attempt = with_leaf([](Certificate& c) {
    c.names[0].value = "idrac-default";
    c.not_after = kNow - 2341 * kDay - 60;
    c.not_before = c.not_after - kDay;
  });
  attempt.host = "idrac-07";
  attempt.port = 0;
  EXPECT_EQ(diagnose_now(attempt).sentence,
            "idrac-07 presents a certificate that was not issued for `idrac-07` but for `idrac-default` and "
            "expired "
            "2341 days ago (2020-06-21).");
}

TEST(CertificateDiagnosis, TheSentenceLeavesNamesOutThatWereNotLookedAt) {
  const Attempt attempt = with_leaf([](Certificate& c) {
    c.names = {{tls::AltName::Kind::email, "a@b.example"}};
    c.names_omitted = 3;
  });
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(diagnosis.primary()->failure, Failure::cert_name_mismatch);
  EXPECT_EQ(diagnosis.sentence.find("``"), std::string::npos) << diagnosis.sentence;
  EXPECT_EQ(diagnosis.sentence.find("but for"), std::string::npos) << diagnosis.sentence;
}

TEST(CertificateDiagnosis, BothEndsOfThePeriodBelongToIt) {
  EXPECT_TRUE(diagnose_now(with_leaf([](Certificate& c) { c.not_after = kNow; })).healthy());
  EXPECT_TRUE(diagnose_now(with_leaf([](Certificate& c) { c.not_before = kNow; })).healthy());
  EXPECT_FALSE(diagnose_now(with_leaf([](Certificate& c) { c.not_after = kNow - 1; })).healthy());
  EXPECT_FALSE(diagnose_now(with_leaf([](Certificate& c) { c.not_before = kNow + 1; })).healthy());
}

TEST(CertificateDiagnosis, OpensslsOwnWordOnDatesAndNamesIsNotTaken) {
  namespace code = tls::verify_code;
  EXPECT_TRUE(diagnose_now(with_errors({{code::kCertHasExpired, 0},
                                        {code::kHostnameMismatch, 0},
                                        {code::kAkidSkidMismatch, 0}}))
                  .healthy());
}

TEST(CertificateDiagnosis, DaysAreSigned) {
  const auto expired = diagnose_now(with_leaf([](Certificate& c) { c.not_after = kNow - 3 * kDay; }));
  EXPECT_EQ(expired.primary()->fact("days"), "3");
  const auto early = diagnose_now(with_leaf([](Certificate& c) { c.not_before = kNow + 3 * kDay; }));
  EXPECT_EQ(early.primary()->fact("days"), "-3");
  EXPECT_EQ(early.primary()->fact("now"), "2026-11-18T11:06:40Z");
}

TEST(CertificateDiagnosis, TheSameFaultAtTheSameDepthCountsOnce) {
  Attempt attempt = with_leaf([](Certificate& c) { c.key_bits = 1024; });
  attempt.handshake.chain.errors = {{tls::verify_code::kEeKeyTooSmall, 0}};
  EXPECT_EQ(slugs(diagnose_now(attempt)), "cert_weak_key");
}

TEST(CertificateDiagnosis, AFaultOfACaRanksBeforeTrustAndTheSameOfTheLeafBehindIt) {
  Attempt attempt = with_gap({leaf_certificate(), ca_certificate("Inter", "Root")}, 2);
  attempt.handshake.chain.built[0].key_bits = 1024;
  attempt.handshake.chain.built[1].key_bits = 1024;
  const Diagnosis diagnosis = diagnose_now(attempt);
  ASSERT_EQ(slugs(diagnosis), "cert_weak_key chain_unknown_issuer cert_weak_key");
  EXPECT_EQ(diagnosis.findings[0].depth, 1);
  EXPECT_EQ(diagnosis.findings[2].depth, 0);
}

TEST(CertificateDiagnosis, ASelfSignedCaAsServerIsFirstOfAllSelfSigned) {
  Attempt attempt = self_signed();
  for (Certificate* leaf : {&attempt.handshake.presented[0], &attempt.handshake.chain.built[0]}) {
    leaf->basic_constraints_ca = true;
    leaf->signature_digest = "SHA1";  // its own signature: nobody relies on it
  }
  EXPECT_EQ(slugs(diagnose_now(attempt)), "cert_self_signed cert_ca_as_leaf");
}

TEST(CertificateDiagnosis, TheDigestOfATrustedRootDoesNotMatter) {
  Attempt attempt = healthy();
  attempt.handshake.chain.built[2].signature_digest = "MD5";
  attempt.handshake.chain.built[2].self_signed = false;
  EXPECT_TRUE(diagnose_now(attempt).healthy());
}

TEST(CertificateDiagnosis, AMissingIntermediateIsToldWithItsAddress) {
  Certificate leaf = leaf_certificate();
  leaf.aia_issuers = {"http://ca.example/inter.crt"};
  const Diagnosis diagnosis = diagnose_now(with_gap({leaf}, 1));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::chain_missing_intermediate);
  EXPECT_EQ(diagnosis.primary()->fact("missing_issuer"), "Inter");
  EXPECT_EQ(diagnosis.primary()->fact("aia"), "http://ca.example/inter.crt");
  EXPECT_EQ(diagnosis.primary()->fact("aki"), "ski of Inter");
  EXPECT_EQ(diagnosis.primary()->fact("sent"), "a.example");
}

TEST(CertificateDiagnosis, AWrongIntermediateIsNamedAsUnrelated) {
  const Diagnosis diagnosis =
      diagnose_now(with_gap({leaf_certificate(), ca_certificate("Other", "Root")}, 1));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::chain_missing_intermediate);
  EXPECT_EQ(diagnosis.primary()->fact("unrelated"), "Other");
}

TEST(CertificateDiagnosis, AnIntermediateOfTheSameNameWithAnotherKeyIsSeen) {
  Certificate namesake = ca_certificate("Inter", "Root");
  namesake.subject_key_id = "another key";
  const Diagnosis diagnosis = diagnose_now(with_gap({leaf_certificate(), namesake}, 1));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::chain_missing_intermediate);
  EXPECT_FALSE(diagnosis.primary()->fact("key_id_mismatch").empty());
}

TEST(CertificateDiagnosis, AnIssuerThatMayNotSignIsWhatIsWrong) {
  Certificate issuer = ca_certificate("Inter", "Root");
  issuer.key_usage = 0x0080;
  const Diagnosis diagnosis = diagnose_now(with_gap({leaf_certificate(), issuer}, 1));
  EXPECT_EQ(slugs(diagnosis), "cert_key_usage chain_unknown_issuer");
  EXPECT_EQ(diagnosis.primary()->depth, 1);
  EXPECT_EQ(diagnosis.primary()->fact("presented_usage"), "digitalSignature");
}

TEST(CertificateDiagnosis, AnUnknownRootAboveAnIntermediateIsNotAMissingIntermediate) {
  Certificate inter = ca_certificate("Inter", "Root");
  inter.aia_issuers = {"http://ca.example/root.crt"};
  const Diagnosis diagnosis = diagnose_now(with_gap({leaf_certificate(), inter}, 2));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::chain_unknown_issuer);
  EXPECT_EQ(diagnosis.primary()->fact("missing_issuer"), "Root");
  EXPECT_FALSE(diagnosis.primary()->fact("competing_cause").empty());
}

TEST(CertificateDiagnosis, NoAnchorIsNeverAPass) {
  Attempt attempt = healthy();
  attempt.handshake.chain.anchored = false;
  EXPECT_FALSE(diagnose_now(attempt).healthy());
}

TEST(CertificateDiagnosis, TheCommonNameIsAFactAndNotAName) {
  const Diagnosis diagnosis = diagnose_now(with_leaf([](Certificate& c) {
    c.names.clear();
    c.has_san = false;
    c.subject_cn = "a.example";
  }));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::cert_no_san);
  EXPECT_EQ(diagnosis.primary()->fact("cn"), "a.example");
}

TEST(CertificateDiagnosis, OnlyTheLabelWwwIsMissing) {
  Attempt attempt = healthy();
  attempt.host = "www.a.example";
  EXPECT_NE(diagnose_now(attempt).primary()->fact("name_hint").find("a.example"), std::string_view::npos);
}

TEST(CertificateDiagnosis, ThePolicyMayExpectAnotherName) {
  Policy policy = browser_policy();
  policy.expected_name = "A.Example.";
  Attempt attempt = healthy();
  attempt.host = "10.0.3.7";
  attempt.host_is_ip = true;
  EXPECT_TRUE(diagnose_now(attempt, policy).healthy());
}

TEST(CertificateDiagnosis, TheNameThatTheClientAskedForIsProvenAndNotTheHostThatWasReached) {
  Attempt attempt = healthy();
  attempt.expected_name = "bank.test";
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(slugs(diagnosis), "cert_name_mismatch");
  EXPECT_EQ(diagnosis.primary()->fact("expected_name"), "bank.test");

  attempt.host = "10.0.3.7";
  attempt.host_is_ip = true;
  attempt.expected_name = "a.example";
  EXPECT_TRUE(diagnose_now(attempt).healthy());
  Policy policy = browser_policy();
  policy.expected_name = "device.example";
  EXPECT_EQ(diagnose_now(attempt, policy).primary()->fact("expected_name"), "device.example");
}

TEST(CertificateDiagnosis, TheSentenceLeavesOutWhatIsOnlyAWarning) {
  const auto sentence = [](bool is_expired) {
    return diagnose_now(with_leaf([is_expired](Certificate& c) {
             c.serial_hex = "00";
             if (is_expired) c.not_after = kNow - kDay;
           }))
        .sentence;
  };
  EXPECT_NE(sentence(true).find("expired"), std::string::npos);
  EXPECT_EQ(sentence(true).find("serial"), std::string::npos);
  EXPECT_NE(sentence(false).find("serial"), std::string::npos) << "it is all there is to say";
  Policy policy = browser_policy();
  policy.on[static_cast<std::size_t>(Failure::cert_serial)] = Rule{Action::refuse, {}, "", {}, "own"};
  const Attempt attempt = with_leaf([](Certificate& c) {
    c.serial_hex = "00";
    c.not_after = kNow - kDay;
  });
  EXPECT_NE(diagnose(attempt, policy, kNow).sentence.find("serial"), std::string::npos)
      << "a rule refuses it";
}

// OpenSSL compares the wildcard itself with the constraint, and finds nothing.
TEST(CertificateDiagnosis, AWildcardMustNotStandForAnExcludedName) {
  const auto asked_for = [](const std::string& host, const std::string& excluded) {
    Attempt attempt = with_leaf([](Certificate& c) { c.names[0].value = "*.a.example"; });
    attempt.handshake.chain.built[1].name_constraints.emplace().excluded_hosts = {"other.test", excluded};
    attempt.host = host;
    return slugs(diagnose_now(attempt));
  };
  EXPECT_EQ(asked_for("b.a.example", "b.a.example"), "chain_name_constraint");
  EXPECT_EQ(asked_for("b.a.example", "B.A.example"), "chain_name_constraint");
  EXPECT_EQ(asked_for("b.a.example", "a.example"), "chain_name_constraint");
  EXPECT_EQ(asked_for("b.a.example", "c.a.example"), "");
  EXPECT_EQ(asked_for("bb.a.example", "b.a.example"), "");
  EXPECT_EQ(asked_for("b.c.example", "b.c.example"), "cert_name_mismatch") << "the wildcard is not for it";
  EXPECT_EQ(asked_for("b.a.example", ".a.example"), "chain_name_constraint");
}

TEST(CertificateDiagnosis, PurposeIsExplainedByTheKeyUsageWhenThatIsTheReason) {
  Attempt attempt = with_leaf([](Certificate& c) { c.key_usage = 0x0002; });
  attempt.handshake.chain.errors = {{tls::verify_code::kInvalidPurpose, 0}};
  EXPECT_EQ(slugs(diagnose_now(attempt)), "cert_key_usage");
}

TEST(CertificateDiagnosis, AMatchingPinIsAPassedCheck) {
  Policy policy = browser_policy();
  policy.pins = {"pin of a.example"};
  const Diagnosis diagnosis = diagnose_now(self_signed(), policy);
  EXPECT_EQ(diagnosis.pin, PinMatch::leaf);
  for (const Check& check : diagnosis.checks) {
    if (check.name == "pin") {
      EXPECT_EQ(check.outcome, CheckOutcome::pass);
    }
    if (check.name == "trust") {
      EXPECT_EQ(check.outcome, CheckOutcome::warn);
      EXPECT_EQ(check.failure, Failure::cert_self_signed);
    }
  }
}

TEST(CertificateDiagnosis, AnUnusualErrorKeepsItsNumber) {
  const Diagnosis diagnosis = diagnose_now(with_errors({{tls::verify_code::kEcKeyExplicitParams, 1}}));
  EXPECT_EQ(diagnosis.primary()->failure, Failure::chain_invalid);
  EXPECT_EQ(diagnosis.primary()->fact("verify_error"), "94");
  EXPECT_EQ(find(diagnosis, Failure::chain_untrusted_root), nullptr);
}

}  // namespace
}  // namespace whytls::policy::test
