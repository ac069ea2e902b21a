#include "policy/verdict.h"

#include <gtest/gtest.h>

#include "policy_attempts.h"

namespace whytls::policy::test {
namespace {

Attempt expired() {
  return with_leaf([](tls::Certificate& c) { c.not_after = kNow - 3 * kDay; });
}

Attempt expired_and_misnamed() {
  return with_leaf([](tls::Certificate& c) {
    c.not_after = kNow - 3 * kDay;
    c.names[0].value = "b.example";
  });
}

Policy with_rule(Failure failure, Action action, std::optional<UnixSeconds> until = std::nullopt) {
  Policy out = browser_policy();
  out.name = "lab";
  Rule rule;
  rule.action = action;
  rule.until = until;
  rule.reason = "firmware due";
  rule.place = {"whytls.toml", 12, 3};
  rule.policy = "lab";
  out.on[static_cast<std::size_t>(failure)] = rule;
  return out;
}

Verdict decide_now(const Attempt& attempt, const Policy& policy) {
  return decide(diagnose(attempt, policy, kNow), policy, kNow);
}

TEST(Verdict, AHealthyUpstreamIsForwarded) {
  const Verdict verdict = decide_now(healthy(), browser_policy());
  EXPECT_EQ(verdict.decision, Decision::forward);
  EXPECT_FALSE(verdict.failure.has_value());
  EXPECT_TRUE(verdict.findings.empty());
}

TEST(Verdict, WithoutARuleAFindingIsRefusedByTheBuiltInDefault) {
  const Verdict verdict = decide_now(expired(), browser_policy());
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::cert_expired);
  EXPECT_EQ(verdict.rule.key, "on.cert_expired");
  EXPECT_EQ(verdict.rule.value, "refuse (default)");
  EXPECT_EQ(verdict.rule.place.text(), "built-in");
  EXPECT_EQ(verdict.rule.policy, "browser");
}

TEST(Verdict, ARuleThatWarnsForwardsAndIsNamedWithItsPlace) {
  const Verdict verdict = decide_now(expired(), with_rule(Failure::cert_expired, Action::warn));
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.failure, Failure::cert_expired);
  EXPECT_EQ(verdict.rule.policy, "lab");
  EXPECT_EQ(verdict.rule.place.text(), "whytls.toml:12:3");
  EXPECT_EQ(verdict.rule.value, R"({ action = "warn", reason = "firmware due" })");
}

TEST(Verdict, ARuleThatAllowsForwardsWithoutAFailure) {
  const Verdict verdict = decide_now(expired(), with_rule(Failure::cert_expired, Action::allow));
  EXPECT_EQ(verdict.decision, Decision::forward);
  EXPECT_FALSE(verdict.failure.has_value());
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].action, Action::allow);
}

TEST(Verdict, ARuleHoldsUntilItsDateAndNotInItsFirstSecond) {
  const Policy before = with_rule(Failure::cert_expired, Action::warn, kNow + 1);
  EXPECT_EQ(decide_now(expired(), before).decision, Decision::forward_with_warning);

  const Policy at = with_rule(Failure::cert_expired, Action::warn, kNow);
  const Verdict verdict = decide_now(expired(), at);
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.rule.key, "on.cert_expired");
  EXPECT_NE(verdict.rule.value.find("which ended on 2026-11-18"), std::string::npos) << verdict.rule.value;
}

TEST(Verdict, OneFindingThatIsNotForgivenRefusesTheWhole) {
  const Policy policy = with_rule(Failure::cert_name_mismatch, Action::warn);
  const Verdict verdict = decide_now(expired_and_misnamed(), policy);
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::cert_expired);
  ASSERT_EQ(verdict.findings.size(), 2U);
  EXPECT_EQ(verdict.findings[0].finding.failure, Failure::cert_expired);
  EXPECT_EQ(verdict.findings[0].action, Action::refuse);
  EXPECT_EQ(verdict.findings[1].action, Action::warn);
}

TEST(Verdict, WhatEndedByItselfIsRefusedWhateverTheRulesSay) {
  Attempt attempt = expired();
  attempt.handshake.end = tls::HandshakeEnd::reset;
  attempt.handshake.progress = tls::HandshakeProgress::key_exchange;
  const Verdict verdict = decide_now(attempt, with_rule(Failure::cert_expired, Action::allow));
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::tls_reset_mid_handshake);
  EXPECT_NE(verdict.rule.value.find("no connection"), std::string::npos);
}

TEST(Verdict, ACertificateThatCannotBeReadIsNeverAllowed) {
  Attempt attempt = with_leaf([](tls::Certificate& c) {
    c = {};
    c.parse_error = "bad tag";
  });
  const Verdict verdict = decide_now(attempt, with_rule(Failure::cert_unparsable, Action::allow));
  EXPECT_EQ(verdict.decision, Decision::refuse);
}

TEST(Verdict, APinOnTheLeafForgivesEveryFaultOfItsCertificate) {
  Policy policy = browser_policy();
  policy.pins = {"pin of a.example"};
  policy.pins_place = {"whytls.toml", 30, 1};
  Attempt attempt = self_signed();
  attempt.handshake.presented[0].not_after = attempt.handshake.chain.built[0].not_after = kNow - kDay;
  attempt.handshake.presented[0].names[0].value = "idrac-default";
  const Verdict verdict = decide_now(attempt, policy);
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.findings.size(), 3U);
  EXPECT_EQ(verdict.rule.key, "pins");
  EXPECT_EQ(verdict.rule.place.text(), "whytls.toml:30:1");
}

TEST(Verdict, AnExplicitRefusalStandsAgainstAPin) {
  Policy policy = with_rule(Failure::cert_expired, Action::refuse);
  policy.pins = {"pin of a.example"};
  const Verdict verdict = decide_now(expired(), policy);
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.rule.key, "on.cert_expired");
}

TEST(Verdict, APinOnACaForgivesTrustButNoOtherName) {
  Policy policy = browser_policy();
  policy.pins = {"pin of Inter"};
  Attempt attempt = with_gap({leaf_certificate(), ca_certificate("Inter", "Root")}, 2);
  EXPECT_EQ(decide_now(attempt, policy).decision, Decision::forward_with_warning);
  attempt.handshake.presented[0].names[0].value = "b.example";
  const Verdict verdict = decide_now(attempt, policy);
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::cert_name_mismatch);
}

TEST(Verdict, APinnedCaThatWasOnlySentAlongIsNoMatch) {
  Policy policy = browser_policy();
  policy.pins = {"pin of Inter"};
  const Verdict sent_along =
      decide_now(with_gap({leaf_certificate(), ca_certificate("Inter", "Root")}, 1), policy);
  EXPECT_EQ(sent_along.decision, Decision::refuse);
  EXPECT_EQ(sent_along.findings[0].finding.failure, Failure::pin_mismatch);

  Attempt forged = healthy();
  forged.handshake.chain.errors = {{7, 0}};
  EXPECT_EQ(decide_now(forged, policy).failure, Failure::pin_mismatch);
}

TEST(Verdict, AWrongPinRefusesEvenAPerfectChain) {
  Policy policy = browser_policy();
  policy.pins = {"another"};
  const Verdict verdict = decide_now(healthy(), policy);
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::pin_mismatch);
  EXPECT_EQ(verdict.rule.key, "pins");
}

TEST(Verdict, DecisionsHaveNames) {
  EXPECT_EQ(name(Decision::forward), "forward");
  EXPECT_EQ(name(Decision::forward_with_warning), "forward_with_warning");
  EXPECT_EQ(name(Decision::refuse), "refuse");
}

}  // namespace
}  // namespace whytls::policy::test
