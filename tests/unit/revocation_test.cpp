// What the answers about revocation come to, by policy.
#include <gtest/gtest.h>

#include "policy_attempts.h"

namespace whytls::policy::test {
namespace {

using tls::RevocationAnswer;
using tls::RevocationFault;
using Source = tls::RevocationSource;

// "cert_revoked@0 refuse, crl_unusable@0 warn", with what decides about each.
std::string judged(const Attempt& attempt, const Policy& policy = browser_policy()) {
  const Verdict verdict = decide(diagnose(attempt, policy, kNow), policy, kNow);
  std::string out;
  for (const JudgedFinding& one : verdict.findings) {
    if (!out.empty()) out += ", ";
    out.append(info(one.finding.failure).slug).append("@").append(std::to_string(one.finding.depth));
    out.append(" ").append(name(one.action));
  }
  return out;
}

Policy hard() {
  Policy out = browser_policy();
  out.revocation = RevocationMode::hard;
  return out;
}

const Check& revocation_check(const Diagnosis& diagnosis) {
  for (const Check& check : diagnosis.checks) {
    if (check.name == "revocation") return check;
  }
  throw std::runtime_error("there is no check of revocation");
}

Attempt with_answers(std::vector<RevocationAnswer> answers) {
  Attempt out = healthy();
  out.handshake.chain.revocation = std::move(answers);
  return out;
}

TEST(Revocation, ARevokedCertificateIsRefusedWithItsFacts) {
  const Attempt attempt = answered({.source = Source::crl,
                                    .signer = "Inter",
                                    .says_revoked = true,
                                    .revoked_at = kNow - 3 * kDay,
                                    .reason = "keyCompromise"});
  const Diagnosis diagnosis = diagnose(attempt, browser_policy(), kNow);
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  const Finding& finding = diagnosis.findings[0];
  EXPECT_EQ(finding.fact("revoked_at"), "2026-11-15T11:06:40Z");
  EXPECT_EQ(finding.fact("revocation_reason"), "keyCompromise");
  EXPECT_EQ(finding.fact("revocation_source"), "CRL of Inter");
  EXPECT_EQ(diagnosis.sentence,
            "a.example:443 presents a certificate that was revoked by its CA on 2026-11-15, reason: "
            "keyCompromise (`a.example`; source: CRL of Inter).");
  EXPECT_EQ(judged(attempt), "cert_revoked@0 refuse");
}

TEST(Revocation, NoPinForgivesIt) {
  const Attempt attempt = answered({.says_revoked = true});
  for (const char* pin : {"pin of a.example", "pin of Inter"}) {
    Policy policy = browser_policy();
    policy.pins = {pin};
    EXPECT_EQ(judged(attempt, policy), "cert_revoked@0 refuse") << pin;
  }
  Policy allowing = browser_policy();
  allowing.on[static_cast<std::size_t>(Failure::cert_revoked)] = Rule{Action::warn, {}, "", {}, "own"};
  EXPECT_EQ(judged(attempt, allowing), "cert_revoked@0 warn");
}

TEST(Revocation, AResponseThatCannotBeUsedIsRefusedByTheCodeOfItsFaultAndAListIsAWarning) {
  struct Row {
    RevocationAnswer answer;
    const char* expected;
    const char* code;
  };
  const auto staple = [](RevocationFault fault, const char* detail = "") {
    return RevocationAnswer{.source = Source::stapled_ocsp, .faults = {fault}, .detail = detail};
  };
  const std::vector<Row> rows = {
      {staple(RevocationFault::expired), "ocsp_unusable@0 refuse", "SEC_ERROR_OCSP_OLD_RESPONSE"},
      {staple(RevocationFault::signer_unknown), "ocsp_unusable@0 refuse",
       "SEC_ERROR_OCSP_INVALID_SIGNING_CERT"},
      {staple(RevocationFault::responder_error, "tryLater"), "ocsp_unusable@0 refuse",
       "SEC_ERROR_OCSP_TRY_SERVER_LATER"},
      {staple(RevocationFault::responder_error, "unauthorized"), "ocsp_unusable@0 refuse",
       "SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST"},
      {staple(RevocationFault::malformed), "ocsp_unusable@0 refuse", "SEC_ERROR_OCSP_MALFORMED_RESPONSE"},
      {staple(RevocationFault::bad_signature), "ocsp_unusable@0 refuse", "SEC_ERROR_OCSP_BAD_SIGNATURE"},
      {staple(RevocationFault::not_about_it), "ocsp_unusable@0 refuse",
       "MOZILLA_PKIX_ERROR_OCSP_RESPONSE_FOR_CERT_MISSING"},
      {staple(RevocationFault::unknown_to_responder), "ocsp_unusable@0 refuse",
       "SEC_ERROR_OCSP_UNKNOWN_CERT"},
      {staple(RevocationFault::not_yet_valid), "ocsp_unusable@0 refuse", "SEC_ERROR_OCSP_FUTURE_RESPONSE"},
      {{.faults = {RevocationFault::bad_signature}}, "crl_unusable@0 warn", "SEC_ERROR_CRL_INVALID"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(judged(answered(row.answer)), row.expected) << row.code;
    const Diagnosis diagnosis = diagnose(answered(row.answer), browser_policy(), kNow);
    ASSERT_EQ(diagnosis.findings.size(), 1U);
    EXPECT_EQ(diagnosis.findings[0].code().symbol, row.code);
  }
}

TEST(Revocation, EveryFaultOfAnAnswerIsAFinding) {
  const Attempt attempt =
      answered({.faults = {RevocationFault::expired, RevocationFault::bad_signature}, .says_revoked = true});
  EXPECT_EQ(judged(attempt), "crl_unusable@0 warn, crl_unusable@0 warn");
  const Attempt out_of_date = answered({.faults = {RevocationFault::expired}, .says_revoked = true});
  EXPECT_EQ(judged(out_of_date), "cert_revoked@0 refuse, crl_unusable@0 warn");
}

TEST(Revocation, HardWantsAnAnswerForEveryCertificateBelowTheAnchor) {
  EXPECT_EQ(judged(healthy(), hard()), "cert_revocation_unknown@0 refuse, cert_revocation_unknown@1 refuse");
  const RevocationAnswer leaf{.source = Source::stapled_ocsp};
  const RevocationAnswer inter{.source = Source::crl, .depth = 1};
  EXPECT_EQ(judged(with_answers({leaf}), hard()), "cert_revocation_unknown@1 refuse");
  EXPECT_EQ(judged(with_answers({leaf, inter}), hard()), "");
  const RevocationAnswer unusable{.source = Source::crl, .depth = 1, .faults = {RevocationFault::expired}};
  EXPECT_EQ(judged(with_answers({leaf, unusable}), hard()),
            "cert_revocation_unknown@1 refuse, crl_unusable@1 warn");
  const RevocationAnswer revoked{.source = Source::crl, .depth = 1, .says_revoked = true};
  EXPECT_EQ(judged(with_answers({leaf, revoked}), hard()), "cert_revoked@1 refuse");
}

TEST(Revocation, OneSourceIsEnoughWhenTheOtherCannotBeUsed) {
  const RevocationAnswer stale{.source = Source::stapled_ocsp, .faults = {RevocationFault::expired}};
  const RevocationAnswer list{.source = Source::crl, .signer = "Inter"};
  const RevocationAnswer inter{.source = Source::crl, .depth = 1};
  EXPECT_EQ(judged(with_answers({stale, list, inter}), hard()), "ocsp_unusable@0 refuse");
}

TEST(Revocation, MustStapleIsKeptByAnyResponse) {
  Attempt attempt = healthy();
  attempt.handshake.chain.built[0].requires_staple = true;
  EXPECT_EQ(judged(attempt), "cert_must_staple@0 refuse");
  attempt.handshake.chain.has_staple = true;
  EXPECT_EQ(judged(attempt), "");
}

TEST(Revocation, WithoutAnAnchorNothingOfItIsSaid) {
  Attempt attempt = with_gap({leaf_certificate()}, 1);
  attempt.handshake.chain.revocation = {{.says_revoked = true}};
  attempt.handshake.chain.built[0].requires_staple = true;
  EXPECT_EQ(judged(attempt, hard()), "chain_unknown_issuer@0 refuse");
  EXPECT_EQ(revocation_check(diagnose(attempt, hard(), kNow)).outcome, CheckOutcome::not_checked);
}

TEST(Revocation, TheCheckNamesWhoAnsweredAndForWhomNobodyDid) {
  const Check none = revocation_check(diagnose(healthy(), browser_policy(), kNow));
  EXPECT_EQ(none.outcome, CheckOutcome::not_checked);
  EXPECT_EQ(none.detail,
            "not checked: the server stapled no OCSP response, and there is no CRL of its CA "
            "(trust.crl_files)");
  const RevocationAnswer leaf{.source = Source::stapled_ocsp, .signer = "Inter"};
  const Check half = revocation_check(diagnose(with_answers({leaf}), browser_policy(), kNow));
  EXPECT_EQ(half.outcome, CheckOutcome::pass);
  EXPECT_EQ(half.detail,
            "the certificate was not revoked, says the stapled OCSP response of Inter; not checked for the "
            "CAs in between: there is no CRL about each of them (trust.crl_files)");
  const RevocationAnswer inter{.source = Source::crl, .depth = 1};
  const Check whole = revocation_check(diagnose(with_answers({leaf, inter}), browser_policy(), kNow));
  EXPECT_EQ(whole.detail, "the certificate was not revoked, says the stapled OCSP response of Inter");
  const Check revoked = revocation_check(diagnose(answered({.says_revoked = true}), browser_policy(), kNow));
  EXPECT_EQ(revoked.outcome, CheckOutcome::fail);
}

}  // namespace
}  // namespace whytls::policy::test
