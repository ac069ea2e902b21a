#include "policy/verdict.h"

#include <algorithm>

#include "policy/findings.h"
#include "policy/judgement.h"

namespace whytls::policy {

namespace {

bool is_trust_failure(Failure failure) {
  return failure == Failure::cert_self_signed || failure == Failure::chain_untrusted_root ||
         failure == Failure::chain_missing_intermediate || failure == Failure::chain_unknown_issuer;
}

// A pinned leaf is exactly the key that the owner expects: whatever its certificate says, it is the right
// server. A pinned CA vouches for trust only: it may have issued certificates for other names. Who else has
// the key of a revoked certificate, no pin can say.
bool pin_forgives(PinMatch pin, Failure failure) {
  if (!can_be_forgiven(failure) || failure == Failure::pin_mismatch || failure == Failure::cert_revoked ||
      failure == Failure::key_changed)
    return false;
  return pin == PinMatch::leaf || pin == PinMatch::remembered ||
         (pin == PinMatch::issuer && is_trust_failure(failure));
}

const char* const kWithoutRule = "without_rule";

// What becomes of a finding that no rule and no pin is about.
Action unruled_action(const Finding& finding) {
  return finding.failure == Failure::pin_mismatch ? Action::refuse : finding.default_action;
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

// The rule as it would be written, without control characters: it is the owner's text, not the peer's.
std::string value_text(const Rule& rule) {
  if (!rule.until && rule.reason.empty()) return quoted(std::string(name(rule.action)));
  std::string out = "{ action = " + quoted(std::string(name(rule.action)));
  if (rule.until) out += ", until = " + date_text(*rule.until);
  if (!rule.reason.empty()) out += ", reason = " + quoted(rule.reason);
  return out + " }";
}

Judgement by_rule(const Rule& rule, const std::string& key, const Policy& policy, UnixSeconds now) {
  const bool over = rule.until && now >= *rule.until;
  Judgement out;
  out.action = over ? Action::refuse : rule.action;
  out.rule = {rule.policy.empty() ? policy.name : rule.policy, rule.place, key, value_text(rule)};
  if (over) out.rule.value += ", which ended on " + date_text(*rule.until);
  return out;
}

// Worse first; within an action the ranking order stays.
int order_of(Action action) {
  switch (action) {
    case Action::refuse:
      return 0;
    case Action::warn:
      return 1;
    case Action::allow:
      return 2;
  }
  return 0;
}

// No rule applies to what ended by itself, so none is named.
DecidingRule no_connection(const Policy& policy) {
  return {policy.name, Place{}, "", "refuse (no connection exists that a rule could allow)"};
}

Decision decision_of(Action action) {
  switch (action) {
    case Action::refuse:
      return Decision::refuse;
    case Action::warn:
      return Decision::forward_with_warning;
    case Action::allow:
      return Decision::forward;
  }
  return Decision::refuse;
}

}  // namespace

std::string_view name(Decision decision) {
  switch (decision) {
    case Decision::forward:
      return "forward";
    case Decision::forward_with_warning:
      return "forward_with_warning";
    case Decision::refuse:
      return "refuse";
  }
  return "";
}

Judgement judge(const Finding& finding, PinMatch pin, const Policy& policy, UnixSeconds now) {
  if (!can_be_forgiven(finding.failure)) {
    // Who forwards everything forwards this too; no rule that is about one failure can.
    const bool goes_on = finding.failure == Failure::cert_unparsable && policy.without_rule &&
                         policy.without_rule->action != Action::refuse;
    if (goes_on) return by_rule(*policy.without_rule, kWithoutRule, policy, now);
    return {Action::refuse, {policy.name, Place{}, "", "refuse (no rule can allow this)"}};
  }
  const std::string key = "on." + std::string(info(finding.failure).slug);
  const auto& rule = policy.on[static_cast<std::size_t>(finding.failure)];
  if (rule) return by_rule(*rule, key, policy, now);
  if (pin_forgives(pin, finding.failure) && pin == PinMatch::remembered) {
    return {Action::warn,
            {policy.name, policy.first_use_place, "trust", "first_use: no other key is remembered"}};
  }
  if (pin_forgives(pin, finding.failure)) {
    const char* value =
        pin == PinMatch::leaf ? "the server's key is pinned" : "the key of a CA in the chain is pinned";
    return {Action::warn, {policy.name, policy.pins_place, "pins", value}};
  }
  if (policy.without_rule && policy.without_rule->action != unruled_action(finding)) {
    return by_rule(*policy.without_rule, kWithoutRule, policy, now);
  }
  if (finding.failure == Failure::pin_mismatch) {
    return {Action::refuse, {policy.name, policy.pins_place, "pins", "no presented key is pinned"}};
  }
  return {finding.default_action,
          {policy.name, Place{}, key, std::string(name(finding.default_action)).append(" (default)")}};
}

Verdict decide(const Diagnosis& diagnosis, const Policy& policy, UnixSeconds now) {
  Verdict out;
  out.policy = {policy.home,  policy.extends, policy.place, policy.own_keys, policy.tls.trust.ca_files,
                policy.shared};
  std::vector<std::pair<JudgedFinding, DecidingRule>> judged;
  for (const Finding& finding : diagnosis.findings) {
    Judgement judgement = judge(finding, diagnosis.pin, policy, now);
    judged.emplace_back(JudgedFinding{finding, judgement.action}, std::move(judgement.rule));
  }
  // The first one is what ended the attempt: nothing goes on after it, whatever is said of its like.
  if (diagnosis.failed_before_verdict && !judged.empty()) judged.front().first.action = Action::refuse;
  std::stable_sort(judged.begin(), judged.end(), [](const auto& a, const auto& b) {
    return order_of(a.first.action) < order_of(b.first.action);
  });
  for (const auto& entry : judged) out.findings.push_back(entry.first);

  if (diagnosis.failed_before_verdict) {
    out.decision = Decision::refuse;
    out.failure = diagnosis.findings.empty() ? Failure::unclassified : diagnosis.findings.front().failure;
    out.rule = no_connection(policy);
    return out;
  }
  if (judged.empty()) {
    out.rule = {policy.name, policy.place, "", "nothing is wrong"};
    return out;
  }
  const auto& [worst, rule] = judged.front();
  out.decision = decision_of(worst.action);
  out.rule = rule;
  if (worst.action != Action::allow) out.failure = worst.finding.failure;
  return out;
}

}  // namespace whytls::policy
