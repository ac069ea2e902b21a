#include "proxy/policy_selector.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <string>

#include "config/units.h"
#include "proxy/resolver.h"
#include "proxy/route_table.h"

namespace whytls::proxy {
namespace {

class PolicySelectorTest : public testing::Test {
 protected:
  PolicySelectorTest() { browser_.policy = &browser_policy_; }

  // The entries are "1", "2" and so on; the line of each is its number.
  void add(const std::string& host, const std::string& address = {}, config::PortRange ports = {}) {
    config::PolicyFor& entry = entries_.emplace_back();
    entry.host = host;
    if (ports.first != 0) entry.ports = {ports};
    if (!address.empty()) entry.address = *config::parse_address_range(address);
    entry.place = {"w.toml", static_cast<int>(entries_.size()), 1};
    policy::Policy& rules = policies_.emplace_back();
    rules.name = std::to_string(entries_.size());
    PolicyRuntime& ready = ready_.emplace_back();
    ready.policy = &rules;
    selector_.add(&entry, &ready);
  }

  PolicySelector::Selection select(const std::string& host, const char* address = nullptr,
                                   std::uint16_t port = 443) {
    sockaddr_storage reached{};
    if (address != nullptr) {
      EXPECT_TRUE(parse_ip(address, port, &reached)) << address;
    }
    return selector_.select({host, port}, address == nullptr ? nullptr : &reached, {&browser_, {}});
  }

  // The name of the policy; with "?" when the address may still change it.
  std::string chosen(const std::string& host, const char* address = nullptr, std::uint16_t port = 443) {
    const auto selection = select(host, address, port);
    return selection.chosen.policy->policy->name + (selection.hangs_on_address ? "?" : "");
  }

  std::deque<config::PolicyFor> entries_;
  std::deque<policy::Policy> policies_;
  std::deque<PolicyRuntime> ready_;
  policy::Policy browser_policy_;
  PolicyRuntime browser_;
  PolicySelector selector_;
};

TEST_F(PolicySelectorTest, without_entries_everything_is_judged_by_what_the_listener_says) {
  EXPECT_EQ(chosen("a.example"), "browser");
  EXPECT_EQ(chosen("10.0.0.1", "10.0.0.1"), "browser");
}

TEST_F(PolicySelectorTest, the_first_that_matches_decides_and_not_the_most_exact) {
  add("*.lab.example");
  add("a.lab.example");
  add("*");
  EXPECT_EQ(chosen("a.lab.example"), "1");
  EXPECT_EQ(chosen("deep.in.the.lab.example"), "1");
  EXPECT_EQ(chosen("lab.example"), "3") << "a pattern is for names below it";
  EXPECT_EQ(chosen("xlab.example"), "3");
}

TEST_F(PolicySelectorTest, entries_with_different_patterns_keep_their_order) {
  add("*.example", "", {1, 1});
  add("a.example", "", {2, 2});
  add("*", "", {3, 3});
  add("*.example", "", {2, 3});
  EXPECT_EQ(chosen("a.example", nullptr, 1), "1");
  EXPECT_EQ(chosen("a.example", nullptr, 2), "2");
  EXPECT_EQ(chosen("b.example", nullptr, 2), "4");
  EXPECT_EQ(chosen("a.example", nullptr, 3), "3");
  EXPECT_EQ(chosen("a.example", nullptr, 4), "browser");
}

TEST_F(PolicySelectorTest, the_choice_is_named_with_its_place) {
  add("a.example");
  add("*.example");
  const auto selection = select("b.example");
  EXPECT_EQ(selection.chosen.choice.by, policy::Chooser::policy_for);
  EXPECT_EQ(selection.chosen.choice.place.text(), "w.toml:2:1");
  EXPECT_EQ(select("elsewhere.test").chosen.choice.by, policy::Chooser::listener);
}

TEST_F(PolicySelectorTest, ports_belong_to_a_range_with_both_of_its_ends) {
  add("*", "", {8000, 8999});
  EXPECT_EQ(chosen("a", nullptr, 7999), "browser");
  EXPECT_EQ(chosen("a", nullptr, 8000), "1");
  EXPECT_EQ(chosen("a", nullptr, 8999), "1");
  EXPECT_EQ(chosen("a", nullptr, 9000), "browser");
}

TEST_F(PolicySelectorTest, an_address_decides_only_once_it_is_known) {
  add("*.example", "10.0.0.0/8");
  add("a.example");
  EXPECT_EQ(chosen("a.example"), "2?");
  EXPECT_EQ(chosen("a.example", "10.1.2.3"), "1");
  EXPECT_EQ(chosen("a.example", "11.1.2.3"), "2");
  EXPECT_EQ(chosen("b.example"), "browser?");
  EXPECT_EQ(chosen("a.test"), "browser") << "no address can bring the entry to this host";
}

TEST_F(PolicySelectorTest, an_entry_behind_the_one_that_matches_asks_for_no_address) {
  add("a.example");
  add("*", "10.0.0.0/8");
  EXPECT_EQ(chosen("a.example"), "1");
  EXPECT_EQ(chosen("a.example", "10.0.0.1"), "1");
}

TEST_F(PolicySelectorTest, a_literal_is_its_own_address_however_it_is_written) {
  add("*", "10.0.0.0/8");
  add("fd00::7");
  add("*", "fd00::/8");
  EXPECT_EQ(chosen("10.0.0.1"), "1");
  EXPECT_EQ(chosen("::ffff:10.0.0.1"), "1");
  EXPECT_EQ(chosen("FD00:0:0::7"), "2");
  EXPECT_EQ(chosen("fd00::8"), "3");
}

TEST_F(PolicySelectorTest, a_name_with_the_dot_of_the_root_is_the_same_name) {
  add("*.lab.example");
  EXPECT_EQ(chosen("a.lab.example."), "1");
}

struct RangeRow {
  const char* range;
  const char* address;
  bool within;
};

TEST(AddressRangeTest, ranges_end_at_any_bit_and_families_are_kept_apart) {
  const RangeRow rows[] = {{"10.0.0.0/8", "10.255.255.255", true},
                           {"10.0.0.0/8", "11.0.0.0", false},
                           {"10.64.0.0/10", "10.127.0.1", true},
                           {"10.64.0.0/10", "10.128.0.1", false},
                           {"10.0.0.7", "10.0.0.7", true},
                           {"10.0.0.7", "10.0.0.6", false},
                           {"0.0.0.0/0", "192.0.2.1", true},
                           {"0.0.0.0/0", "2001:db8::1", false},
                           {"::/0", "2001:db8::1", true},
                           {"::/0", "192.0.2.1", false},
                           {"::/0", "::ffff:192.0.2.1", false},
                           {"192.0.2.0/24", "::ffff:192.0.2.1", true},
                           {"2001:db8::/33", "2001:db8:7fff::", true},
                           {"2001:db8::/33", "2001:db8:8000::", false},
                           {"127.0.0.0/8", "0.0.0.0", true},
                           {"::1", "::", true}};
  for (const RangeRow& row : rows) {
    sockaddr_storage address{};
    ASSERT_TRUE(parse_ip(row.address, 1, &address));
    EXPECT_EQ(is_within(address, *config::parse_address_range(row.range)), row.within)
        << row.address << " in " << row.range;
  }
}

TEST_F(PolicySelectorTest, a_target_that_hangs_on_the_address_shares_no_connection_with_one_that_does_not) {
  add("*", "10.0.0.0/8");
  const auto make = [&](const PolicySelector* selector) {
    return make_target(config::Scheme::https, {"a.example", 443}, "a.example", {{&browser_, {}}, selector});
  };
  const auto asked = make(&selector_);
  EXPECT_NE(asked->key, make(nullptr)->key);
  EXPECT_EQ(asked->policy->policy->name, "browser");
  sockaddr_storage inside{};
  sockaddr_storage outside{};
  ASSERT_TRUE(parse_ip("10.0.0.1", 443, &inside) && parse_ip("192.0.2.1", 443, &outside));
  const auto by_entry = at(asked, inside);
  EXPECT_EQ(by_entry->policy->policy->name, "1");
  EXPECT_EQ(by_entry->choice.place.line, 1);
  EXPECT_NE(by_entry->key, asked->key) << "sessions are kept by the policy that is in force";
  EXPECT_EQ(at(asked, outside)->policy->policy->name, "browser");
  EXPECT_EQ(at(asked, outside)->key, make(nullptr)->key);
  const auto fixed = make(nullptr);
  EXPECT_EQ(at(fixed, inside), fixed);
}

}  // namespace
}  // namespace whytls::proxy
