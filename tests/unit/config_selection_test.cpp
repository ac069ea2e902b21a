// By which policy an upstream is judged: [[policy_for]], what is named beside an upstream, and what is
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/load.h"
#include "config/units.h"

namespace whytls::config {
namespace {

using policy::Chooser;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kLab = "[policy.lab]\n";
const std::string kPin = "pins = [\"sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"]\n";

std::string listener(const std::string& rest, const std::string& mode = "reverse",
                     const std::string& host = "127.0.0.1") {
  return "[[listener]]\nname = \"door\"\nmode = \"" + mode + "\"\nlisten = \"" + host + ":0\"\n" + rest;
}

Loaded good(const std::string& toml) {
  auto loaded = parse(toml, "w.toml");
  if (loaded) return *loaded;
  for (const Mistake& mistake : loaded.error()) ADD_FAILURE() << mistake.text();
  return {};
}

std::vector<std::string> warnings_of(const std::string& toml) {
  std::vector<std::string> out;
  for (const Mistake& mistake : good(toml).warnings) out.push_back(mistake.text());
  return out;
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

TEST(ConfigPolicyFor, every_key_is_read_and_shown) {
  const Settings s = good(
                         "[[policy_for]]\nhost = \"*.Lab.Example.\"\nports = [443, \"8000-8999\"]\naddress = "
                         "\"10.0.0.0/8\"\npolicy = \"lab\"\n" +
                         kLab)
                         .settings;
  ASSERT_THAT(s.policy_for, SizeIs(1));
  const PolicyFor& entry = s.policy_for[0];
  EXPECT_EQ(entry.host, "*.lab.example");
  ASSERT_THAT(entry.ports, SizeIs(2));
  EXPECT_EQ(entry.ports[1], (PortRange{8000, 8999}));
  ASSERT_TRUE(entry.address.has_value());
  EXPECT_EQ(entry.address->text(), "10.0.0.0/8");
  EXPECT_EQ(entry.policy, "lab");
  EXPECT_EQ(entry.place.text(), "w.toml:1:1");
  const std::string shown = show(s);
  EXPECT_THAT(shown, HasSubstr("policy_for[0].ports   = [443, \"8000-8999\"]"));
  EXPECT_THAT(shown, HasSubstr("policy_for[0].address = \"10.0.0.0/8\""));
}

TEST(ConfigPolicyFor, the_policies_that_it_names_are_used_and_made_ready) {
  const Loaded loaded = good("[[policy_for]]\nhost = \"*\"\npolicy = \"strict\"\n");
  EXPECT_THAT(loaded.warnings, IsEmpty());
  EXPECT_EQ(upstream_policies(loaded.settings).count("strict"), 2U) << "it stands for more than one upstream";
  EXPECT_TRUE(loaded.settings.policies.at("strict").shared);
  const Settings one = good("[[policy_for]]\nhost = \"a.example\"\npolicy = \"strict\"\n").settings;
  EXPECT_FALSE(one.policies.at("strict").shared);
}

TEST(ConfigPolicyFor, is_not_asked_where_a_policy_is_named_beside_the_upstream) {
  const std::string routes =
      "policy = \"lab\"\n"
      "[[listener.route]]\nhost = \"a.example\"\nupstream = \"https://a\"\n"
      "[[listener.route]]\nhost = \"b.example\"\nupstream = \"https://b\"\npolicy = \"strict\"\n"
      "[[listener.route]]\nhost = \"c.example\"\nupstream = \"https://c\"\n";
  const Settings s = good(listener(routes + kPin) + kLab).settings;
  const std::vector<Route>& made = s.listeners[0].routes;
  EXPECT_FALSE(made[0].choice.has_value()) << "the listener's is for whatever says nothing";
  ASSERT_TRUE(made[1].choice.has_value());
  EXPECT_EQ(made[1].choice->by, Chooser::route);
  EXPECT_EQ(made[1].choice->place.line, 12);
  ASSERT_TRUE(made[2].choice.has_value()) << "a pin beside the upstream is no less than a name";
  EXPECT_EQ(made[2].choice->place.line, 13);
}

TEST(ConfigPolicyFor, a_listener_with_one_upstream_speaks_of_that_one) {
  const std::string one = "upstream = \"https://a\"\n";
  EXPECT_FALSE(good(listener(one)).settings.listeners[0].routes[0].choice.has_value());
  const Settings named = good(listener(one + "policy = \"lab\"\n") + kLab).settings;
  ASSERT_TRUE(named.listeners[0].routes[0].choice.has_value());
  EXPECT_EQ(named.listeners[0].routes[0].choice->by, Chooser::listener);
  EXPECT_EQ(named.listeners[0].routes[0].choice->place.line, 6);
  EXPECT_TRUE(good(listener(one + kPin)).settings.listeners[0].routes[0].choice.has_value());
}

struct Row {
  const char* name;
  std::string toml;
  const char* expected;
};

class ConfigSelectionMistake : public testing::TestWithParam<Row> {};

TEST_P(ConfigSelectionMistake, is_named_with_its_place) {
  EXPECT_THAT(errors_of(GetParam().toml), Contains(HasSubstr(GetParam().expected)));
}

const std::string kEntry = "[[policy_for]]\npolicy = \"strict\"\n";
const std::string kNoTrust = "\"legacy\" trusts no CA and no key by itself";

const Row kMistakes[] = {
    {"no_condition", kEntry, "1:1: error: policy_for[0].host: this does not say which upstreams it is for"},
    {"no_policy", "[[policy_for]]\nhost = \"a\"\n",
     "1:1: error: policy_for[0].policy: the policy is missing"},
    {"an_unknown_policy", "[[policy_for]]\nhost = \"a\"\npolicy = \"observ\"\n",
     "3:10: error: policy_for[0].policy: there is no policy \"observ\"; allowed: browser, strict, legacy, "
     "observe; did you mean \"observe\"?"},
    {"an_unknown_key", kEntry + "hosts = \"a\"\n",
     "3:1: error: policy_for[0].hosts: unknown key; allowed: host, ports, address, policy; did you mean "
     "\"host\"?"},
    {"a_pattern_in_the_middle", kEntry + "host = \"a.*.example\"\n", "3:8: error: policy_for[0].host: "},
    {"a_host_that_is_a_range", kEntry + "host = \"10.0.0.0/8\"\n", "3:8: error: policy_for[0].host: "},
    {"ports_in_a_string", kEntry + "ports = \"443\"\n",
     "3:9: error: policy_for[0].ports: found the string \"443\"; allowed: a list of ports and ranges"},
    {"a_port_too_high", kEntry + "ports = [443, 70000]\n",
     "3:15: error: policy_for[0].ports[1]: found the number "},
    {"a_range_backwards", kEntry + "ports = [\"9-8\"]\n", "the range ends before it begins"},
    {"no_ports", kEntry + "ports = []\n", "3:9: error: policy_for[0].ports: an empty list matches no port"},
    {"no_address", kEntry + "address = \"lab\"\n",
     "3:11: error: policy_for[0].address: \"lab\": this is no IP address and no range of them; allowed: "
     "\"10.0.0.0/8\""},
    {"too_many_bits", kEntry + "address = \"10.0.0.0/33\"\n", "a number from 0 to 32"},
    {"too_many_bits_of_ipv6", kEntry + "address = \"fd00::/129\"\n", "a number from 0 to 128"},
    {"bits_behind_the_range", kEntry + "address = \"10.1.2.3/8\"\n",
     "the address goes on behind its first 8 bits; the range is \"10.0.0.0/8\""},
    {"ipv4_in_ipv6", kEntry + "address = \"::ffff:10.0.0.0/104\"\n", "an IPv4 address is written as one"},
    {"the_same_twice", kEntry + "host = \"a\"\n" + kEntry + "host = \"A\"\n",
     "6:1: error: policy_for[1].host: this matches the same as the one in line 1, which comes first"},
    {"legacy_for_a_listener", listener("policy = \"legacy\"\n", "forward"),
     "5:10: error: listener[0].policy: "},
    {"legacy_for_one_upstream", listener("upstream = \"https://a\"\npolicy = \"legacy\"\n"),
     "6:10: error: listener[0].policy: \"legacy\" trusts no CA and no key by itself, and nothing here says "
     "which "
     "server is the right one; allowed: pins = [\"sha256/...\"]"},
    {"legacy_for_a_route", listener("[[listener.route]]\nupstream = \"https://a\"\npolicy = \"legacy\"\n"),
     "7:10: error: listener[0].route[0].policy: "},
    {"legacy_for_a_route_with_other_keys",
     listener("[[listener.route]]\nupstream = \"https://a\"\npolicy = \"legacy\"\nsni = false\n"),
     "7:10: error: listener[0].route[0].policy: "},
    {"legacy_of_an_entry", "[[policy_for]]\nhost = \"a\"\npolicy = \"legacy\"\n",
     "3:10: error: policy_for[0].policy: "},
    {"legacy_extended",
     listener("policy = \"old\"\n", "forward") +
         "[policy.old]\nextends = \"legacy\"\non.cert_expired = \"warn\"\n",
     "7:11: error: policy.old.extends: \"legacy\" trusts no CA and no key by itself"},
};

INSTANTIATE_TEST_SUITE_P(Rows, ConfigSelectionMistake, testing::ValuesIn(kMistakes),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ConfigPolicyFor, more_entries_than_anybody_needs_are_refused) {
  std::string toml;
  for (int i = 0; i < 1001; ++i) toml += kEntry + "host = \"h" + std::to_string(i) + "\"\n";
  EXPECT_THAT(errors_of(toml), Contains(HasSubstr("policy_for: too many entries")));
}

TEST(ConfigPolicyFor, what_stands_behind_a_match_for_everything_is_a_warning) {
  EXPECT_THAT(warnings_of(kEntry + "host = \"*\"\n" + kEntry + "host = \"a\"\n"),
              testing::ElementsAre(
                  HasSubstr("w.toml:4:1: warning: policy_for[1]: this is never asked: the one in line "
                            "1 matches every upstream")));
  EXPECT_THAT(warnings_of(kEntry + "host = \"*\"\nports = [1]\n" + kEntry + "host = \"a\"\n"), IsEmpty());
}

TEST(ConfigLegacy, is_good_with_a_pin_a_ca_or_a_rule_about_trust) {
  const std::string use = listener("upstream = \"https://a\"\npolicy = \"old\"\n");
  const std::string base = use + "[policy.old]\nextends = \"legacy\"\n";
  for (const std::string& trust :
       {kPin, std::string("trust.ca_files = [\"/a.pem\"]\n"), std::string("trust.system = true\n"),
        std::string("on.cert_self_signed = \"warn\"\n")}) {
    EXPECT_THAT(errors_of(std::string(base).append(trust)), IsEmpty()) << trust;
  }
  EXPECT_THAT(errors_of(listener("upstream = \"https://a\"\npolicy = \"legacy\"\n" + kPin)), IsEmpty());
}

TEST(ConfigLegacy, may_leave_the_pins_to_those_who_extend_it) {
  const std::string base = "[policy.old]\nextends = \"legacy\"\n[policy.idrac]\nextends = \"old\"\n" + kPin;
  EXPECT_THAT(errors_of(listener("upstream = \"https://a\"\npolicy = \"idrac\"\n") + base), IsEmpty());
  const std::string routes = "policy = \"legacy\"\n[[listener.route]]\nupstream = \"https://a\"\n" + kPin;
  EXPECT_THAT(errors_of(listener(routes)), IsEmpty()) << "no upstream is judged by what the listener names";
}

TEST(ConfigObserve, on_a_listener_that_others_reach_is_a_warning) {
  const std::string observe = "policy = \"observe\"\n";
  const std::string one = "upstream = \"https://a\"\n";
  const std::vector<std::string> warnings = warnings_of(listener(one + observe, "reverse", "0.0.0.0"));
  ASSERT_THAT(warnings, SizeIs(1));
  EXPECT_THAT(warnings[0],
              HasSubstr("w.toml:6:10: warning: listener[0].policy: \"observe\" protects nobody"));
  EXPECT_THAT(warnings[0], HasSubstr("listener \"door\" on \"0.0.0.0:0\" is reachable from the network"));
  EXPECT_THAT(warnings_of(listener(one + observe)), IsEmpty()) << "loopback";
}

TEST(ConfigObserve, chosen_by_an_entry_or_a_route_is_the_same_warning) {
  const std::string entry =
      "[[policy_for]]\nhost = \"*\"\npolicy = \"seen\"\n[policy.seen]\nextends = \"observe\"\n";
  const std::string one = "upstream = \"https://a\"\n";
  EXPECT_THAT(warnings_of(listener(one, "reverse", "0.0.0.0") + entry),
              testing::ElementsAre(
                  HasSubstr("w.toml:8:10: warning: policy_for[0].policy: \"seen\" protects nobody")));
  EXPECT_THAT(warnings_of(listener(one + "policy = \"browser\"\n", "reverse", "0.0.0.0") + entry), IsEmpty())
      << "no entry is asked";
  const std::string route = "[[listener.route]]\nupstream = \"https://a\"\npolicy = \"observe\"\n";
  EXPECT_THAT(warnings_of(listener(route, "reverse", "0.0.0.0")),
              testing::ElementsAre(HasSubstr("w.toml:7:10: warning: listener[0].route[0].policy: ")));
}

TEST(AddressRanges, are_written_back_in_their_one_form) {
  for (const auto& [text, form] :
       std::vector<std::pair<std::string, std::string>>{{"10.0.0.0/8", "10.0.0.0/8"},
                                                        {"10.0.0.7", "10.0.0.7/32"},
                                                        {"0.0.0.0/0", "0.0.0.0/0"},
                                                        {"FD00:0::/8", "fd00::/8"},
                                                        {"::1", "::1/128"},
                                                        {"::/0", "::/0"}}) {
    const auto range = parse_address_range(text);
    ASSERT_TRUE(range) << text;
    EXPECT_EQ(range->text(), form);
  }
  for (const char* text :
       {"", "/8", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "[::1]/128", "a"})
    EXPECT_FALSE(parse_address_range(text)) << text;
}

}  // namespace
}  // namespace whytls::config
