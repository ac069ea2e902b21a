// What earlier certificates of an upstream, and others with the same number, come to by policy.
#include "policy/history.h"

#include <gtest/gtest.h>

#include "policy/ledger/types.h"
#include "policy_attempts.h"
#include "proxy/expiry_notices.h"
#include "proxy/upstream_history.h"

namespace whytls::policy::test {
namespace {

std::string judged(const Attempt& attempt, const Policy& policy) {
  const Verdict verdict = decide(diagnose(attempt, policy, kNow), policy, kNow);
  std::string out;
  for (const JudgedFinding& one : verdict.findings) {
    if (!out.empty()) out += ", ";
    out.append(info(one.finding.failure).slug).append(" ").append(name(one.action));
  }
  return out;
}

Policy first_use() {
  Policy out = browser_policy();
  out.first_use = true;
  out.first_use_place = {"w.toml", 7, 3};
  return out;
}

Attempt with_history(Attempt attempt, const History& history) {
  attempt.history = std::make_shared<const History>(history);
  return attempt;
}

History key_is(KeyMemory key) {
  History out;
  out.key = key;
  if (key == KeyMemory::other) {
    out.remembered = SeenBefore{"a.example", 443, "0a0b", "old", kNow - 30 * kDay, kNow - kDay};
    out.differences = "key, serial number";
  }
  return out;
}

TEST(History, AReusedSerialNumberIsAWarningThatNamesTheOther) {
  History history;
  history.reused_serials = {{1, {"b.example", 8443, "0a0b", "pin", kNow - 30 * kDay, kNow - kDay}, 3}};
  const Diagnosis diagnosis = diagnose(with_history(healthy(), history), browser_policy(), kNow);
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  const Finding& finding = diagnosis.findings[0];
  EXPECT_EQ(finding.failure, Failure::cert_reused_serial);
  EXPECT_EQ(finding.depth, 1);
  EXPECT_EQ(finding.fact("serial"), "0123456789abcdef");
  EXPECT_EQ(finding.fact("issuer"), "Root");
  EXPECT_EQ(finding.fact("other_host"), "b.example:8443");
  EXPECT_EQ(finding.fact("other_sha256"), "0a0b");
  EXPECT_EQ(finding.fact("others"), "3");
  EXPECT_EQ(judged(with_history(healthy(), history), browser_policy()), "cert_reused_serial warn");
}

TEST(History, ADepthThatWasNotSentIsPassedOver) {
  History history;
  history.reused_serials = {{7, {}, 1}};
  EXPECT_EQ(judged(with_history(healthy(), history), browser_policy()), "");
}

TEST(History, FirstUseForgivesWhatAPinForgives) {
  for (const KeyMemory key : {KeyMemory::none_yet, KeyMemory::same}) {
    EXPECT_EQ(judged(with_history(self_signed(), key_is(key)), first_use()), "cert_self_signed warn");
    EXPECT_EQ(judged(with_history(self_signed(), key_is(key)), browser_policy()), "cert_self_signed refuse");
  }
  EXPECT_EQ(judged(with_history(self_signed(), key_is(KeyMemory::not_kept)), first_use()),
            "cert_self_signed refuse");
  EXPECT_EQ(judged(self_signed(), first_use()), "cert_self_signed refuse");
}

TEST(History, AnotherKeyIsRefusedAlsoWhenItsChainIsGood) {
  const Attempt attempt = with_history(healthy(), key_is(KeyMemory::other));
  EXPECT_EQ(judged(attempt, first_use()), "key_changed refuse");
  EXPECT_EQ(judged(attempt, browser_policy()), "");
  const Diagnosis diagnosis = diagnose(attempt, first_use(), kNow);
  EXPECT_EQ(diagnosis.findings[0].fact("old_pin"), "sha256/old");
  EXPECT_EQ(diagnosis.findings[0].fact("new_pin"), "sha256/pin of a.example");
  EXPECT_EQ(diagnosis.findings[0].fact("differences"), "key, serial number");
  EXPECT_EQ(judged(with_history(self_signed(), key_is(KeyMemory::other)), first_use()),
            "key_changed refuse, cert_self_signed refuse");
}

TEST(History, ARevokedCertificateIsRefusedWhoeverIsRemembered) {
  const Attempt attempt =
      with_history(answered({.signer = "Inter", .says_revoked = true}), key_is(KeyMemory::same));
  EXPECT_EQ(judged(attempt, first_use()), "cert_revoked refuse");
}

TEST(History, TheRuleThatDecidesIsNamed) {
  const Policy policy = first_use();
  const Attempt attempt = with_history(self_signed(), key_is(KeyMemory::same));
  const Verdict verdict = decide(diagnose(attempt, policy, kNow), policy, kNow);
  EXPECT_EQ(verdict.decision, Decision::forward_with_warning);
  EXPECT_EQ(verdict.rule.key, "trust");
  EXPECT_EQ(verdict.rule.place.line, 7);
}

TEST(History, FirstUseSaysWhomToTrust) {
  Policy policy;
  policy.tls.trust.system = false;
  EXPECT_FALSE(says_whom_to_trust(policy));
  policy.first_use = true;
  EXPECT_TRUE(says_whom_to_trust(policy));
}

TEST(History, IsMadeOfWhatTheLedgerKnows) {
  ledger::Memory memory;
  EXPECT_EQ(proxy::history_of(memory)->key, KeyMemory::none_yet);
  memory.remembered = ledger::Remembered{};
  EXPECT_EQ(proxy::history_of(memory)->key, KeyMemory::same);
  ledger::Previous other;
  other.certificate.host = "a.example";
  other.certificate.spki_sha256.fill(0xff);
  other.differences.add(ledger::Differences::names);
  memory.remembered->other = other;
  EXPECT_EQ(proxy::history_of(memory)->key, KeyMemory::same);
  other.differences.add(ledger::Differences::key);
  memory.remembered->other = other;
  const auto history = proxy::history_of(memory);
  EXPECT_EQ(history->key, KeyMemory::other);
  EXPECT_EQ(history->differences, "key, names");
  EXPECT_EQ(history->remembered->pin, "//////////////////////////////////////////8=");
  memory.conflicts = {{0, {}, 0}, {1, {other.certificate}, 2}};
  ASSERT_EQ(proxy::history_of(memory)->reused_serials.size(), 1U);
  EXPECT_EQ(proxy::history_of(memory)->reused_serials[0].total, 2U);
}

TEST(ExpiryNotices, SpeakOfEachCertificateOnceForEachStep) {
  proxy::ExpiryNotices notices;
  ledger::Expiring expiring;
  expiring.leaves = {{"a.example", 443, {}, kNow + 20 * kDay}};
  const auto days = [&](UnixSeconds now) {
    std::vector<int> out;
    for (const proxy::ExpiryNotice& one : notices.due(expiring, now)) out.push_back(one.within_days);
    return out;
  };
  EXPECT_EQ(days(kNow), std::vector<int>{30});
  EXPECT_EQ(days(kNow + kDay), std::vector<int>{});
  EXPECT_EQ(days(kNow + 6 * kDay), std::vector<int>{14});
  EXPECT_EQ(days(kNow + 13 * kDay), std::vector<int>{7});
  EXPECT_EQ(days(kNow + 19 * kDay), std::vector<int>{1});
  EXPECT_EQ(days(kNow + 19 * kDay + 3600), std::vector<int>{});
  expiring.leaves.clear();
  EXPECT_EQ(days(kNow + 19 * kDay + 7200), std::vector<int>{});
}

}  // namespace
}  // namespace whytls::policy::test
