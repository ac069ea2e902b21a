// Policies: inheritance with places, rules, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/load.h"

namespace whytls::config {
namespace {

using policy::Action;
using policy::Failure;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Settings good(const std::string& toml) {
  auto loaded = parse(toml, "w.toml");
  if (loaded) return loaded->settings;
  for (const Mistake& mistake : loaded.error()) ADD_FAILURE() << mistake.text();
  return {};
}

std::vector<std::string> errors_of(const std::string& toml) {
  const auto loaded = parse(toml, "w.toml");
  std::vector<std::string> out;
  if (loaded) return out;
  for (const Mistake& mistake : loaded.error()) {
    if (!mistake.warning) out.push_back(mistake.text());
  }
  return out;
}

std::string place_of(const Settings& settings, const std::string& key) {
  for (const ShownValue& value : settings.shown) {
    if (value.key == key) return value.place.file.empty() ? "default" : std::to_string(value.place.line);
  }
  return "(not shown)";
}

// "2 default", "\"TLSv1.0\" 3"
std::string shown(const Settings& settings, const std::string& key) {
  for (const ShownValue& value : settings.shown) {
    if (value.key == key) return value.value + ' ' + place_of(settings, key);
  }
  return "(not shown)";
}

const std::optional<policy::Rule>& rule(const policy::Policy& policy, Failure failure) {
  return policy.on.at(static_cast<std::size_t>(failure));
}

TEST(ConfigPolicy, show_has_the_versions_and_the_level_that_are_in_force_by_default) {
  const Settings s = good(
      "[policy.lab]\n[policy.old.tls]\nmin_version = \"TLSv1.0\"\n"
      "[[listener]]\nname = \"r\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:1\"\nupstream = \"https://a\"\n"
      "tls = { mint = true, min_version = \"TLSv1.1\" }\n");
  for (const std::string owner : {"policy.browser.tls.", "policy.lab.tls."}) {
    EXPECT_EQ(shown(s, owner + "min_version"), "\"TLSv1.2\" default");
    EXPECT_EQ(shown(s, owner + "max_version"), "\"TLSv1.3\" default");
    EXPECT_EQ(shown(s, owner + "security_level"), "2 default");
  }
  EXPECT_EQ(shown(s, "policy.old.tls.min_version"), "\"TLSv1.0\" 3");
  EXPECT_EQ(shown(s, "policy.old.tls.security_level"), "0 default") << "what an old minimum needs";
  EXPECT_EQ(shown(s, "listener[0].tls.max_version"), "\"TLSv1.3\" default");
  EXPECT_EQ(shown(s, "listener[0].tls.security_level"), "0 default");
}

TEST(ConfigPolicy, values_are_inherited_and_keep_their_places) {
  const Settings s = good(
      "[policy.a]\n"
      "trust = { system = false, ca_files = [\"/a.pem\"] }\n"
      "tls = { min_version = \"TLSv1.0\", ciphers = \"ALL\" }\n"
      "[policy.a.on]\n"
      "cert_expired = \"warn\"\n"
      "[policy.b]\n"
      "extends = \"a\"\n"
      "tls = { ciphers = \"HIGH\" }\n"
      "[policy.c]\n"
      "extends = \"b\"\n"
      "trust.ca_files = [\"/c.pem\"]\n"
      "on.cert_expired = \"refuse\"\n");
  const policy::Policy& c = s.policies.at("c");
  EXPECT_FALSE(c.tls.trust.system);
  EXPECT_THAT(c.tls.trust.ca_files, ElementsAre("/c.pem"));
  EXPECT_EQ(c.tls.min_version, 0x0301);
  EXPECT_EQ(c.tls.ciphers, "HIGH");
  EXPECT_EQ(c.extends, "b");
  ASSERT_TRUE(rule(c, Failure::cert_expired).has_value());
  EXPECT_EQ(rule(c, Failure::cert_expired)->action, Action::refuse);
  EXPECT_EQ(rule(c, Failure::cert_expired)->policy, "c");
  EXPECT_EQ(rule(c, Failure::cert_expired)->place.line, 12);
  const policy::Policy& b = s.policies.at("b");
  EXPECT_EQ(rule(b, Failure::cert_expired)->action, Action::warn);
  EXPECT_EQ(rule(b, Failure::cert_expired)->policy, "a");
  EXPECT_EQ(place_of(s, "policy.c.trust.system"), "2");
  EXPECT_EQ(place_of(s, "policy.c.trust.ca_files"), "11");
  EXPECT_EQ(place_of(s, "policy.c.tls.min_version"), "3");
  EXPECT_EQ(place_of(s, "policy.c.tls.ciphers"), "8");
  EXPECT_EQ(place_of(s, "policy.c.tls.groups"), "default");
  EXPECT_EQ(place_of(s, "policy.b.on.cert_expired"), "5");
}

TEST(ConfigPolicy, trust_on_first_use_is_a_word_or_a_key) {
  for (const std::string trust : {"\"first_use\"", "{ first_use = true }"}) {
    const Settings s = good("[policy.a]\ntrust = " + trust + "\n");
    EXPECT_TRUE(s.policies.at("a").first_use);
    EXPECT_TRUE(s.policies.at("a").tls.trust.system);
    EXPECT_EQ(s.policies.at("a").first_use_place.line, 2);
  }
  EXPECT_FALSE(good("[policy.a]\ntrust = { first_use = false }\n").policies.at("a").first_use);
}

TEST(ConfigPolicy, a_policy_extends_browser_when_it_says_nothing) {
  const Settings s = good("[policy.a]\nmin_rsa_bits = 1024\nmin_ec_bits = 192\n");
  EXPECT_EQ(s.policies.at("a").extends, "browser");
  EXPECT_EQ(s.policies.at("a").min_rsa_bits, 1024);
  EXPECT_EQ(s.policies.at("a").min_ec_bits, 192);
  EXPECT_TRUE(s.policies.at("a").tls.trust.system);
}

TEST(ConfigPolicy, every_tls_option_is_read) {
  const tls::UpstreamOptions o = good(
                                     "[policy.a.tls]\nmin_version = \"TLSv1.0\"\nmax_version = "
                                     "\"TLSv1.2\"\nciphers = \"A\"\nciphersuites = \"B\"\n"
                                     "groups = \"C\"\nsecurity_level = 0\nlegacy_server_connect = true\n"
                                     "client_certificate = \"/d\"\nclient_key = \"/e\"\n")
                                     .policies.at("a")
                                     .tls;
  EXPECT_EQ(o.min_version, 0x0301);
  EXPECT_EQ(o.max_version, 0x0303);
  EXPECT_EQ(o.ciphers + o.ciphersuites + o.groups, "ABC");
  EXPECT_EQ(o.security_level, 0);
  EXPECT_TRUE(o.legacy_server_connect);
  EXPECT_EQ(o.client_certificate_file + o.client_key_file, "/d/e");
}

TEST(ConfigPolicy, sni_is_a_name_or_a_switch) {
  const Settings s = good(
      "[policy.a]\nsni = \"Dev.Example\"\n[policy.b]\nsni = false\n[policy.c]\nextends = \"b\"\nsni = "
      "true\n");
  EXPECT_EQ(s.policies.at("a").sni, policy::SniMode::fixed);
  EXPECT_EQ(s.policies.at("a").sni_name, "dev.example");
  EXPECT_EQ(s.policies.at("b").sni, policy::SniMode::off);
  EXPECT_EQ(s.policies.at("c").sni, policy::SniMode::upstream_name);
}

TEST(ConfigPolicy, a_rule_ends_at_midnight_utc_or_at_a_given_moment) {
  const Settings s = good(
      "[policy.a.on]\n"
      "cert_expired = { action = \"allow\", until = 2027-06-30, reason = \"firmware due\" }\n"
      "cert_no_san = { action = \"warn\", until = 2027-06-30T01:30:05+01:30 }\n");
  const policy::Policy& a = s.policies.at("a");
  EXPECT_EQ(rule(a, Failure::cert_expired)->until, 1'814'313'600);
  EXPECT_EQ(rule(a, Failure::cert_expired)->action, Action::allow);
  EXPECT_EQ(rule(a, Failure::cert_expired)->reason, "firmware due");
  EXPECT_EQ(rule(a, Failure::cert_no_san)->until, 1'814'313'605);
}

struct PolicyRow {
  const char* name;
  const char* toml;
  const char* expected;
};

class ConfigPolicyMistake : public testing::TestWithParam<PolicyRow> {};

TEST_P(ConfigPolicyMistake, is_named_with_its_place) {
  EXPECT_THAT(errors_of(GetParam().toml), Contains(HasSubstr(GetParam().expected)));
}

const PolicyRow kMistakes[] = {
    {"a_circle", "[policy.a]\nextends = \"c\"\n[policy.b]\nextends = \"a\"\n[policy.c]\nextends = \"b\"\n",
     "2:11: error: policy.a.extends: policies extend each other in a circle: a -> c -> b -> a"},
    {"a_circle_of_one", "[policy.a]\nextends = \"a\"\n", "in a circle: a -> a"},
    {"an_unknown_parent", "[policy.lab]\n[policy.a]\nextends = \"labb\"\n",
     "3:11: error: policy.a.extends: there is no policy \"labb\"; allowed: browser, strict, legacy, observe, "
     "a, "
     "lab; did you mean \"lab\"?"},
    {"a_built_in_parent_misspelt", "[policy.a]\nextends = \"strikt\"\n", "did you mean \"strict\"?"},
    {"strict_itself", "[policy.strict]\n",
     "1:1: error: policy.strict: \"strict\" is built in and cannot be changed; allowed: a policy with a name "
     "of "
     "its own, that extends \"strict\""},
    {"legacy_itself", "[policy.legacy]\n", "policy.legacy: \"legacy\" is built in"},
    {"observe_itself", "[policy.observe]\n", "policy.observe: \"observe\" is built in"},
    {"a_warning_for_everything", "[policy.a]\nwithout_rule = \"warn\"\n",
     "2:16: error: policy.a.without_rule: \"warn\" for every failure would turn verification off; allowed: "
     "\"by_finding\", \"refuse\"; only what extends \"observe\""},
    {"an_unknown_floor", "[policy.a]\nwithout_rule = \"refused\"\n",
     "2:16: error: policy.a.without_rule: \"refused\" is not known here; allowed: \"by_finding\", "
     "\"refuse\"; "
     "did you mean \"refuse\"?"},
    {"browser_itself", "[policy.browser]\nmin_rsa_bits = 1024\n",
     "1:1: error: policy.browser: \"browser\" is built in"},
    {"a_name_with_a_space", "[policy.\"a b\"]\n", "\"a b\" is no name"},
    {"an_unknown_version", "[policy.a.tls]\nmin_version = \"TLSv1.4\"\n",
     "2:15: error: policy.a.tls.min_version: \"TLSv1.4\" is no TLS version; allowed: \"SSLv3\""},
    {"versions_that_exclude_each_other",
     "[policy.a]\ntls.min_version = \"TLSv1.2\"\n[policy.b]\nextends = \"a\"\ntls.max_version = "
     "\"TLSv1.1\"\n",
     "5:19: error: policy.b.tls.max_version: min_version TLSv1.2 is above max_version TLSv1.1"},
    {"half_a_client_certificate", "[policy.a.tls]\nclient_key = \"k\"\n",
     "2:14: error: policy.a.tls.client_key: client_certificate and client_key go together"},
    {"an_empty_option", "[policy.a.tls]\nciphers = \"\"\n",
     "2:11: error: policy.a.tls.ciphers: an empty string"},
    {"a_security_level_too_high", "[policy.a.tls]\nsecurity_level = 6\n",
     "found 6, out of range; allowed: a whole number from 0 to 5"},
    {"an_unknown_way_to_trust", "[policy.a]\ntrust = \"first_usage\"\n",
     "2:9: error: policy.a.trust: \"first_usage\""},
    {"an_unknown_trust_key", "[policy.a]\ntrust = { ca_file = \"x\" }\n",
     "2:11: error: policy.a.trust.ca_file: unknown key; allowed: first_use, system, ca_files, crl_files; did "
     "you mean "
     "\"ca_files\"?"},
    {"a_rule_on_what_ended_the_connection", "[policy.a.on]\ntls_garbage = \"allow\"\n",
     "2:1: error: policy.a.on.tls_garbage: no rule can forgive this"},
    {"a_rule_by_code", "[policy.a.on]\nSEC_ERROR_EXPIRED_CERTIFICATE = \"warn\"\n",
     "did you mean \"cert_expired\"?"},
    {"an_unknown_action", "[policy.a.on]\ncert_expired = \"ignore\"\n",
     "2:16: error: policy.a.on.cert_expired: \"ignore\" is not known here; allowed: \"refuse\", \"warn\", "
     "\"allow\""},
    {"a_rule_without_action", "[policy.a.on]\ncert_expired = { until = 2027-06-30 }\n",
     "2:1: error: policy.a.on.cert_expired.action: the action is missing"},
    {"a_date_in_quotes", "[policy.a.on]\ncert_expired = { action = \"warn\", until = \"2027-06-30\" }\n",
     "2:43: error: policy.a.on.cert_expired.until: found the string \"2027-06-30\""},
    {"a_time_without_offset",
     "[policy.a.on]\ncert_expired = { action = \"warn\", until = 2027-06-30T12:00:00 }\n",
     "a time with its offset"},
    {"a_rule_with_an_unknown_key", "[policy.a.on]\ncert_expired = { action = \"warn\", reson = \"x\" }\n",
     "2:35: error: policy.a.on.cert_expired.reson: unknown key; allowed: action, until, reason; did you mean "
     "\"reason\"?"},
    {"a_pin_that_is_no_list", "[policy.a]\npins = \"sha256/x\"\n",
     "2:8: error: policy.a.pins: found the string \"sha256/x\"; allowed: a list of strings"},
};

INSTANTIATE_TEST_SUITE_P(Rows, ConfigPolicyMistake, testing::ValuesIn(kMistakes),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ConfigPolicy, the_refusal_of_a_rule_lists_what_can_be_forgiven) {
  const std::vector<std::string> errors = errors_of("[policy.a.on]\ntls_garbage = \"allow\"\n");
  ASSERT_THAT(errors, testing::SizeIs(1));
  for (const policy::FailureInfo& row : policy::all_failures()) {
    EXPECT_EQ(errors[0].find(std::string(row.slug)) != std::string::npos,
              policy::can_be_forgiven(row.failure) || row.slug == "tls_garbage")
        << row.slug;
  }
}

// p000, and each after it extends the one before.
std::string line_of_policies(int count) {
  std::string toml = "[policy.p000]\nmin_rsa_bits = 1234\n";
  for (int i = 1; i < count; ++i) {
    const auto name = [](int n) {
      return "p" + std::string(n < 10 ? "00" : n < 100 ? "0" : "") + std::to_string(n);
    };
    toml += "[policy." + name(i) + "]\nextends = \"" + name(i - 1) + "\"\n";
  }
  return toml;
}

TEST(ConfigPolicy, as_many_policies_as_there_may_be_can_extend_each_other) {
  const Settings s = good(line_of_policies(500));
  ASSERT_EQ(s.policies.count("p499"), 1U);
  EXPECT_EQ(s.policies.at("p499").min_rsa_bits, 1234);
  EXPECT_EQ(place_of(s, "policy.p499.min_rsa_bits"), "2");
}

// The first name in the alphabet is the one at the end of the line, so that it waits for all others at once.
TEST(ConfigPolicy, the_order_of_the_names_does_not_matter_to_a_long_line) {
  std::string toml = "[policy.z]\nmin_rsa_bits = 1234\n";
  for (int i = 499; i > 0; --i) {
    toml += "[policy.p" + std::to_string(1000 + i) + "]\nextends = \"" +
            (i == 499 ? "z" : "p" + std::to_string(1001 + i)) + "\"\n";
  }
  EXPECT_EQ(good(toml).policies.at("p1001").min_rsa_bits, 1234);
}

TEST(ConfigPolicy, a_circle_of_all_policies_is_named_whole) {
  std::string toml = line_of_policies(500);
  toml.replace(0, toml.find("[policy.p001]"), "[policy.p000]\nextends = \"p499\"\n");
  const std::vector<std::string> errors = errors_of(toml);
  ASSERT_THAT(errors, testing::SizeIs(1));
  EXPECT_THAT(errors[0],
              HasSubstr("2:11: error: policy.p000.extends: policies extend each other in a circle: p000 "
                        "-> p499 -> p498 -> "));
  EXPECT_THAT(errors[0], HasSubstr(" -> p002 -> p001 -> p000"));
}

TEST(ConfigPolicy, more_policies_than_anybody_needs_are_refused) {
  std::string toml;
  for (int i = 0; i < 600; ++i) toml += "[policy.p" + std::to_string(i) + "]\n";
  EXPECT_THAT(errors_of(toml), Contains(HasSubstr("too many policies")));
}

TEST(ConfigPolicy, what_is_built_in_is_shown_and_can_be_extended) {
  const Settings s =
      good("[policy.a]\nextends = \"strict\"\n[policy.b]\nextends = \"a\"\nwithout_rule = \"by_finding\"\n");
  EXPECT_EQ(shown(s, "policy.strict.without_rule"), "\"refuse\" default");
  EXPECT_EQ(shown(s, "policy.observe.without_rule"), "\"warn\" default");
  EXPECT_EQ(shown(s, "policy.browser.without_rule"), "\"by_finding\" default");
  EXPECT_EQ(shown(s, "policy.legacy.tls.min_version"), "\"TLSv1.0\" default");
  EXPECT_EQ(shown(s, "policy.legacy.on.cert_weak_signature"), "\"warn\" default");
  EXPECT_EQ(shown(s, "policy.legacy.trust.system"), "false default");
  EXPECT_EQ(s.policies.at("a").without_rule->policy, "strict");
  EXPECT_EQ(s.policies.at("a").tls.groups, "X25519:P-256:P-384");
  EXPECT_FALSE(s.policies.at("b").without_rule.has_value());
  EXPECT_EQ(shown(s, "policy.b.without_rule"), "\"by_finding\" 5");
}

TEST(ConfigPolicy, a_floor_of_the_owner_is_named_with_its_place) {
  const policy::Policy a = good("[policy.a]\nwithout_rule = \"refuse\"\n").policies.at("a");
  ASSERT_TRUE(a.without_rule.has_value());
  EXPECT_EQ(a.without_rule->policy, "a");
  EXPECT_EQ(a.without_rule->place.text(), "w.toml:2:16");
}

TEST(ConfigPolicy, trusting_nothing_at_all_is_a_warning) {
  const auto loaded = parse(
      "[[listener]]\nname = \"f\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = \"a\"\n"
      "[policy.a]\ntrust = { system = false }\n",
      "w.toml");
  ASSERT_TRUE(loaded);
  ASSERT_THAT(loaded->warnings, testing::SizeIs(1));
  EXPECT_THAT(loaded->warnings[0].text(),
              HasSubstr("w.toml:7:20: warning: policy.a.trust.system: this policy trusts no CA"));
}

}  // namespace
}  // namespace whytls::config
