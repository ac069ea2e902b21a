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

// Under a CA of the owner: the CA has no key identifier, which RFC 5280 asks for and nobody else misses.
Attempt with_a_small_fault() {
  Attempt attempt = healthy();
  attempt.handshake.chain.anchor_is_public = false;
  for (tls::Certificate& certificate : attempt.handshake.presented) certificate.serial_hex = "00";
  for (tls::Certificate& certificate : attempt.handshake.chain.built) certificate.serial_hex = "00";
  return attempt;
}

// Every fault of a certificate that is only a warning by default, and some that are not.
std::vector<Attempt> faulty() {
  return {expired(), expired_and_misnamed(), self_signed(), with_a_small_fault()};
}

TEST(BuiltInPolicies, AreFourAndKnownByName) {
  std::vector<std::string> names;
  for (const Policy& policy : built_in_policies()) names.push_back(policy.name);
  EXPECT_EQ(names, (std::vector<std::string>{"browser", "strict", "legacy", "observe"}));
  for (const std::string& one : names) EXPECT_TRUE(is_built_in(one));
  EXPECT_FALSE(is_built_in("lab"));
}

TEST(BuiltInPolicies, OnlyLegacyTrustsNobodyByItself) {
  for (const Policy& policy : built_in_policies()) {
    EXPECT_EQ(policy.demands_trust, policy.name == "legacy");
    EXPECT_EQ(says_whom_to_trust(policy), policy.name != "legacy");
  }
  Policy by_rule = legacy_policy();
  by_rule.on[static_cast<std::size_t>(Failure::cert_expired)] = Rule{Action::warn, {}, {}, {}, "lab"};
  EXPECT_FALSE(says_whom_to_trust(by_rule)) << "a rule about dates says nothing about trust";
  by_rule.on[static_cast<std::size_t>(Failure::cert_self_signed)] = Rule{Action::warn, {}, {}, {}, "lab"};
  EXPECT_TRUE(says_whom_to_trust(by_rule));
}

TEST(Strict, RefusesWhatBrowserOnlyWarnsOf) {
  ASSERT_EQ(decide_now(with_a_small_fault(), browser_policy()).decision, Decision::forward_with_warning);
  const Verdict verdict = decide_now(with_a_small_fault(), strict_policy());
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.failure, Failure::cert_serial);
  EXPECT_EQ(verdict.rule.policy, "strict");
  EXPECT_EQ(verdict.rule.place.text(), "built-in");
  EXPECT_EQ(verdict.rule.key, "without_rule");
  EXPECT_EQ(verdict.rule.value, "\"refuse\"");
}

TEST(Strict, LeavesTheNameOfTheRuleWhereItChangesNothing) {
  const Verdict verdict = decide_now(expired(), strict_policy());
  EXPECT_EQ(verdict.rule.key, "on.cert_expired");
  EXPECT_EQ(verdict.rule.value, "refuse (default)");
}

TEST(Strict, ARuleOrAPinOfTheOwnerStillForgives) {
  Policy policy = strict_policy();
  policy.on[static_cast<std::size_t>(Failure::cert_serial)] = Rule{Action::warn, {}, {}, {}, "lab"};
  EXPECT_EQ(decide_now(with_a_small_fault(), policy).rule.key, "on.cert_serial");
  EXPECT_EQ(decide_now(with_a_small_fault(), policy).decision, Decision::forward_with_warning);
  policy = strict_policy();
  policy.pins = {"pin of a.example"};
  EXPECT_EQ(decide_now(with_a_small_fault(), policy).rule.key, "pins");
}

TEST(Legacy, RefusesEveryDeviceUntilItsKeyIsPinned) {
  EXPECT_EQ(decide_now(self_signed(), legacy_policy()).decision, Decision::refuse);
  Policy policy = legacy_policy();
  policy.pins = {"pin of a.example"};
  Attempt attempt = self_signed();
  attempt.handshake.presented[0].not_after = attempt.handshake.chain.built[0].not_after = kNow - kDay;
  attempt.handshake.presented[0].names[0].value = "idrac-default";
  const Verdict verdict = decide_now(attempt, policy);
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.rule.key, "pins");
}

TEST(Legacy, TakesOldKeysAndSaysThatADigestIsWeak) {
  const Attempt small = with_leaf([](tls::Certificate& c) {
    c.key_type = "RSA";
    c.key_bits = 1024;
  });
  EXPECT_EQ(decide_now(small, browser_policy()).failure, Failure::cert_weak_key);
  EXPECT_EQ(decide_now(small, legacy_policy()).decision, Decision::forward);
  const Attempt weak = with_leaf([](tls::Certificate& c) { c.signature_digest = "SHA1"; });
  const Verdict verdict = decide_now(weak, legacy_policy());
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.rule.policy, "legacy");
  EXPECT_EQ(verdict.rule.place.text(), "built-in");
  EXPECT_EQ(verdict.rule.key, "on.cert_weak_signature");
}

TEST(Observe, ForwardsWhateverIsFoundAndWarnsOfAllOfIt) {
  for (const Attempt& attempt : faulty()) {
    const Verdict verdict = decide_now(attempt, observe_policy());
    EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
    ASSERT_FALSE(verdict.findings.empty());
    for (const JudgedFinding& one : verdict.findings) EXPECT_EQ(one.action, Action::warn);
    EXPECT_EQ(verdict.rule.policy, "observe");
  }
  EXPECT_EQ(decide_now(expired(), observe_policy()).rule.key, "without_rule");
  EXPECT_EQ(decide_now(expired(), observe_policy()).rule.value, "\"warn\"");
}

TEST(Observe, ForwardsEvenACertificateThatCannotBeReadAndAKeyThatIsNotPinned) {
  const Attempt unreadable = with_leaf([](tls::Certificate& c) {
    c = {};
    c.parse_error = "bad tag";
  });
  const Diagnosis diagnosis = diagnose(unreadable, observe_policy(), kNow);
  const Verdict verdict = decide(diagnosis, observe_policy(), kNow);
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.failure, Failure::cert_unparsable);
  for (const Check& check : diagnosis.checks) EXPECT_NE(check.outcome, CheckOutcome::fail) << check.name;

  Policy pinned = observe_policy();
  pinned.pins = {"another"};
  const Verdict changed = decide_now(healthy(), pinned);
  EXPECT_EQ(changed.decision, Decision::forward_with_warning);
  EXPECT_EQ(changed.failure, Failure::pin_mismatch);
  EXPECT_EQ(changed.rule.key, "without_rule");
}

TEST(Observe, WhatEndedByItselfIsStillRefused) {
  Attempt attempt = expired();
  attempt.handshake.end = tls::HandshakeEnd::reset;
  attempt.handshake.progress = tls::HandshakeProgress::key_exchange;
  const Verdict verdict = decide_now(attempt, observe_policy());
  EXPECT_EQ(verdict.decision, Decision::refuse);
  EXPECT_EQ(verdict.findings.front().action, Action::refuse);
}

TEST(Verdict, DecisionsHaveNames) {
  EXPECT_EQ(name(Decision::forward), "forward");
  EXPECT_EQ(name(Decision::forward_with_warning), "forward_with_warning");
  EXPECT_EQ(name(Decision::refuse), "refuse");
}

}  // namespace
}  // namespace whytls::policy::test
