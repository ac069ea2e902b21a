// What other clients would do: the meaning of the rules, and that the rules of clients.toml are sound.
#include "policy/clients.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "policy/findings.h"

namespace whytls::policy {
namespace {

using Op = ClientCondition::Test;

// A client made for a test; the rules stay with the caller.
Client client_of(std::span<const ClientRule> rules, bool lists_all = false) {
  return {"Tester", "1.0", lists_all, rules};
}

ClientRule rule(int position, Failure failure, ClientOutcome outcome, std::string_view code = {},
                std::span<const ClientCondition> when = {}, std::string_view words = {}) {
  return {"Tester", "1.0", position, failure, when, outcome, code, words, true, ""};
}

Attempt attempt() {
  Attempt made;
  made.host = "device.test";
  made.port = 443;
  return made;
}

Diagnosis with(std::vector<Finding> findings) {
  Diagnosis made;
  made.findings = std::move(findings);
  return made;
}

ClientView view(const std::vector<ClientRule>& rules, const Diagnosis& diagnosis, bool lists_all = false) {
  const Client client = client_of(rules, lists_all);
  return client_views(attempt(), diagnosis, {&client, 1}).at(0);
}

TEST(Clients, AFailureWithoutARuleIsUnknown) {
  const ClientView seen = view({rule(1, Failure::cert_expired, ClientOutcome::connects)},
                               with({make_finding(Failure::cert_self_signed, 0, {})}));
  EXPECT_EQ(seen.outcome, ClientOutcome::unknown);
  EXPECT_TRUE(seen.code.empty());
}

TEST(Clients, AcceptingOneFaultAndNotKnowingTheOtherIsUnknown) {
  const ClientView seen = view(
      {rule(1, Failure::cert_expired, ClientOutcome::connects)},
      with({make_finding(Failure::cert_self_signed, 0, {}), make_finding(Failure::cert_expired, 0, {})}));
  EXPECT_EQ(seen.outcome, ClientOutcome::unknown);
}

TEST(Clients, AcceptingEveryFaultIsConnecting) {
  const ClientView seen = view({rule(1, Failure::cert_expired, ClientOutcome::connects)},
                               with({make_finding(Failure::cert_expired, 0, {})}));
  EXPECT_EQ(seen.outcome, ClientOutcome::connects);
  EXPECT_TRUE(seen.measured);
}

TEST(Clients, TheOrderOfTheRulesDecidesAndNotThatOfTheFindings) {
  const std::vector<ClientRule> rules = {rule(1, Failure::cert_expired, ClientOutcome::asks, "DATE"),
                                         rule(2, Failure::cert_self_signed, ClientOutcome::refuses, "TRUST")};
  const ClientView seen = view(rules, with({make_finding(Failure::cert_self_signed, 0, {}),
                                            make_finding(Failure::cert_expired, 0, {})}));
  EXPECT_EQ(seen.outcome, ClientOutcome::asks);
  EXPECT_EQ(seen.code, "DATE");
}

TEST(Clients, ARefusalOutweighsWhatIsUnknown) {
  const ClientView seen = view(
      {rule(1, Failure::cert_expired, ClientOutcome::refuses, "DATE")},
      with({make_finding(Failure::cert_self_signed, 0, {}), make_finding(Failure::cert_expired, 0, {})}));
  EXPECT_EQ(seen.outcome, ClientOutcome::refuses);
}

TEST(Clients, AClientThatListsAllSaysEveryRefusalOnce) {
  const std::vector<ClientRule> rules = {
      rule(1, Failure::cert_self_signed, ClientOutcome::refuses, "", {}, "Issuer unknown."),
      rule(2, Failure::chain_unknown_issuer, ClientOutcome::refuses, "", {}, "Issuer unknown."),
      rule(3, Failure::cert_expired, ClientOutcome::refuses, "", {}, "Expired."),
      rule(4, Failure::cert_weak_key, ClientOutcome::connects)};
  const Diagnosis diagnosis = with(
      {make_finding(Failure::cert_weak_key, 0, {}), make_finding(Failure::cert_expired, 0, {}),
       make_finding(Failure::chain_unknown_issuer, 0, {}), make_finding(Failure::cert_self_signed, 0, {})});
  EXPECT_EQ(view(rules, diagnosis, true).words, "Issuer unknown. Expired.");
  EXPECT_EQ(view(rules, diagnosis, false).words, "Issuer unknown.");
}

struct ConditionRow {
  ClientCondition condition;
  bool holds;
};

TEST(Clients, ConditionsLookAtFacts) {
  const std::vector<ConditionRow> rows = {{{"key_bits", Op::less, "2048"}, true},
                                          {{"key_bits", Op::less, "1024"}, false},
                                          {{"key_bits", Op::at_most, "1024"}, true},
                                          {{"key_bits", Op::more, "512"}, true},
                                          {{"key_bits", Op::at_least, "1025"}, false},
                                          {{"key_type", Op::equal, "RSA"}, true},
                                          {{"key_type", Op::differs, "RSA"}, false},
                                          {{"subject", Op::contains, "vice"}, true},
                                          {{"subject", Op::contains, "x"}, false},
                                          {{"subject", Op::present, ""}, true},
                                          {{"issuer", Op::present, ""}, false},
                                          {{"issuer", Op::absent, ""}, true},
                                          {{"subject", Op::absent, ""}, false},
                                          {{"issuer", Op::differs, "A"}, true},
                                          {{"issuer", Op::equal, "A"}, false},
                                          {{"depth", Op::equal, "1"}, true},
                                          {{"depth", Op::more, "0"}, true},
                                          {{"host_is_ip", Op::present, ""}, false},
                                          {{"answered_version", Op::less, "TLSv1.2"}, true}};
  Finding finding = make_finding(Failure::cert_weak_key, 1,
                                 {{"key_bits", "1024"}, {"key_type", "RSA"}, {"subject", "device"}});
  add_fact(finding, "answered_version", "TLSv1.1");
  for (const ConditionRow& row : rows) {
    const std::vector<ClientRule> rules = {
        rule(1, Failure::cert_weak_key, ClientOutcome::refuses, "", {&row.condition, 1})};
    EXPECT_EQ(view(rules, with({finding})).outcome == ClientOutcome::refuses, row.holds)
        << condition_text(row.condition);
  }
}

TEST(Clients, WordsAreFilledIn) {
  const std::vector<ClientRule> rules = {rule(1, Failure::cert_expired, ClientOutcome::refuses, "{days}", {},
                                              "{host}:{port} since {not_after}, {no_such_fact}, {open")};
  const ClientView seen = view(
      rules, with({make_finding(Failure::cert_expired, 0, {{"days", "3"}, {"not_after", "2020-01-01"}})}));
  EXPECT_EQ(seen.words, "device.test:443 since 2020-01-01, \u2026, {open");
  EXPECT_EQ(seen.code, "3");
}

TEST(Clients, OnlyFaultsOfTheUpstreamLegAreSomethingThatOthersWouldMeet) {
  EXPECT_TRUE(client_views(attempt(), with({})).empty());
  EXPECT_TRUE(client_views(attempt(), with({make_finding(Failure::proxy_loop, -1, {})})).empty());
  Attempt of_client = attempt();
  of_client.leg = Leg::client;
  const Diagnosis diagnosis = with({make_finding(Failure::client_gone, -1, {})});
  EXPECT_TRUE(client_views(of_client, diagnosis).empty());
  EXPECT_EQ(client_views(attempt(), with({make_finding(Failure::cert_expired, 0, {})})).size(),
            clients().size());
}

// The data.

std::string where(const ClientRule& rule) {
  return std::string(rule.client) + " rule " + std::to_string(rule.position) + ", " +
         std::string(info(rule.failure).slug);
}

TEST(ClientRules, AreOfUpstreamFailuresWithASourceWhereTheyAreDocumented) {
  for (const ClientRule& one : client_rules()) {
    EXPECT_EQ(info(one.failure).leg, Leg::upstream) << where(one);
    EXPECT_EQ(one.measured, one.source.empty()) << where(one);
    EXPECT_FALSE(one.outcome == ClientOutcome::connects && !(one.code.empty() && one.words.empty()))
        << where(one) << " connects, and says something";
  }
}

TEST(ClientRules, EachClientHasAVersionAndANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Client& client : clients()) {
    EXPECT_TRUE(names.insert(client.name).second) << client.name;
    EXPECT_NE(std::find_if(client.version.begin(), client.version.end(),
                           [](char c) { return c >= '0' && c <= '9'; }),
              client.version.end())
        << client.name;
  }
  EXPECT_GE(names.size(), 14U);
}

// A rule behind one without conditions, or behind its own twin, can never be reached.
TEST(ClientRules, CanAllBeReached) {
  for (const Client& client : clients()) {
    std::map<Failure, std::vector<std::string>> before;
    for (const ClientRule& one : client.rules) {
      std::set<std::string> conditions;
      for (const ClientCondition& condition : one.when) conditions.insert(condition_text(condition));
      std::string all;
      for (const std::string& condition : conditions) all.append(condition).append(";");
      for (const std::string& earlier : before[one.failure]) {
        EXPECT_TRUE(!earlier.empty() && earlier != all) << where(one) << " stands behind [" << earlier << "]";
      }
      before[one.failure].push_back(all);
    }
  }
}

// Facts are listed in docs/facts.md, the others at CONDITIONS in clients.cpp.
TEST(ClientRules, LookAtFactsThatExist) {
  std::string known;
  for (const char* file : {"/docs/facts.md", "/policy/clients.cpp"}) {
    std::ifstream in(std::string(WHYTLS_SOURCE_DIR) + file);
    std::stringstream text;
    text << in.rdbuf();
    known.append(text.str());
  }
  for (const ClientRule& one : client_rules()) {
    for (const ClientCondition& condition : one.when) {
      const std::string fact(condition.fact);
      EXPECT_TRUE(known.find("`" + fact + "`") != std::string::npos ||
                  known.find("key == \"" + fact + "\"") != std::string::npos)
          << where(one) << ": " << fact;
    }
  }
}

TEST(ClientRules, KnowOfEveryMeasuredBrowserWhatItDoesAboutACertificate) {
  for (const FailureInfo& row : all_failures()) {
    if (row.proxy_status != "tls_certificate_error" || row.leg != Leg::upstream) continue;
    for (const std::string_view name : {"Firefox", "Chrome", "curl"}) {
      EXPECT_TRUE(std::any_of(
          client_rules().begin(), client_rules().end(),
          [&](const ClientRule& one) { return one.client == name && one.failure == row.failure; }))
          << name << " and " << row.slug;
    }
  }
}

// Our code is the one that Firefox shows: that is what people search for. Nobody there pins keys any more, a
// small Diffie-Hellman group or another OpenSSL error has no page of its own, and what cannot be parsed has
// several.
TEST(ClientRules, HaveOurCodeAmongThoseOfFirefox) {
  const std::set<Failure> excepted = {Failure::pin_mismatch, Failure::chain_invalid,
                                      Failure::cert_unparsable};
  for (const FailureInfo& row : all_failures()) {
    if (row.proxy_status != "tls_certificate_error" || row.leg != Leg::upstream) continue;
    if (excepted.contains(row.failure)) continue;
    const bool is_refused =
        std::any_of(client_rules().begin(), client_rules().end(), [&row](const ClientRule& one) {
          return one.client == "Firefox" && one.failure == row.failure &&
                 one.outcome != ClientOutcome::connects;
        });
    if (!is_refused) continue;  // it has no code for what it accepts
    EXPECT_TRUE(std::any_of(client_rules().begin(), client_rules().end(), [&](const ClientRule& one) {
      return one.client == "Firefox" && one.failure == row.failure && one.code == row.code;
    })) << row.slug;
  }
}

}  // namespace
}  // namespace whytls::policy
