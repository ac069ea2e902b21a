#include "proxy/route_table.h"

#include <gtest/gtest.h>

#include <deque>

namespace whytls::proxy {
namespace {

class RouteTableTest : public testing::Test {
 protected:
  void add(const std::string& host, const std::string& path) {
    config::Route route;
    route.host = host;
    route.path = path;
    routes_.push_back(route);
    table_.add(RouteRuntime{&routes_.back(), nullptr, host + path});
  }
  std::string find(std::string_view host, std::string_view path) {
    table_.sort();
    const RouteRuntime* found = table_.find(host, path);
    return found == nullptr ? "none" : found->label;
  }

  std::deque<config::Route> routes_;
  RouteTable table_;
};

TEST_F(RouteTableTest, an_exact_host_wins_over_a_wildcard_and_that_over_any) {
  add("", "/");
  add("*.lab.example", "/");
  add("a.lab.example", "/");
  EXPECT_EQ(find("a.lab.example", "/x"), "a.lab.example/");
  EXPECT_EQ(find("b.lab.example", "/x"), "*.lab.example/");
  EXPECT_EQ(find("deep.b.lab.example", "/x"), "*.lab.example/");
  EXPECT_EQ(find("lab.example", "/x"), "/");
}

TEST_F(RouteTableTest, the_longest_path_wins_and_matches_at_segment_borders_only) {
  add("", "/");
  add("", "/api");
  add("", "/api/v2/");
  EXPECT_EQ(find("h", "/api"), "/api");
  EXPECT_EQ(find("h", "/api?q=/api/v2/"), "/api");
  EXPECT_EQ(find("h", "/api/v2/x"), "/api/v2/");
  EXPECT_EQ(find("h", "/apix"), "/");
}

TEST_F(RouteTableTest, dot_segments_lead_to_the_route_of_where_they_end) {
  add("", "/");
  add("", "/only");
  add("", "/only/deep/");
  EXPECT_EQ(find("h", "/only/../secret"), "/");
  EXPECT_EQ(find("h", "/only/%2e%2E/secret"), "/");
  EXPECT_EQ(find("h", "/only/.%2e"), "/");
  EXPECT_EQ(find("h", "/x/../only"), "/only");
  EXPECT_EQ(find("h", "/../../only/./x"), "/only");
  EXPECT_EQ(find("h", "/only/deep/x/.."), "/only/deep/");
  EXPECT_EQ(find("h", "/only/.well-known/x%2ey/..."), "/only");
  EXPECT_EQ(find("h", "/only?a=/../"), "/only");
}

TEST_F(RouteTableTest, the_asterisk_of_options_goes_where_the_root_goes) {
  add("", "/");
  add("a.example", "/api");
  add("b.example", "/");
  EXPECT_EQ(find("a.example", "*"), "/");
  EXPECT_EQ(find("b.example", "*"), "b.example/");
}

TEST_F(RouteTableTest, nothing_matches_when_no_route_fits) {
  add("a.example", "/only");
  EXPECT_EQ(find("a.example", "/"), "none");
  EXPECT_EQ(find("b.example", "/only"), "none");
}

class TargetTest : public testing::Test {
 protected:
  std::shared_ptr<const UpstreamTarget> target(const std::string& host, std::string_view name) {
    runtime_.policy = &policy_;
    return make_target(config::Scheme::https, config::HostPort{host, 443}, name, {{&runtime_, {}}, nullptr});
  }
  policy::Policy policy_;
  PolicyRuntime runtime_;
};

TEST_F(TargetTest, the_name_is_sent_as_sni_and_checked) {
  const auto made = target("a.example", "a.example");
  EXPECT_EQ(made->sni, "a.example");
  EXPECT_EQ(made->expected_name, "a.example");
  EXPECT_TRUE(made->sni_absent_reason.empty());
}

TEST_F(TargetTest, an_ip_address_is_never_sent_as_sni_and_the_reason_is_kept) {
  const auto made = target("10.0.0.7", "10.0.0.7");
  EXPECT_TRUE(made->sni.empty());
  EXPECT_TRUE(made->expected_is_ip);
  EXPECT_FALSE(made->sni_absent_reason.empty());
}

TEST_F(TargetTest, the_policy_overrides_sni_and_name_separately) {
  policy_.sni = policy::SniMode::fixed;
  policy_.sni_name = "front.example";
  policy_.expected_name = "device.example";
  const auto made = target("10.0.0.7", "10.0.0.7");
  EXPECT_EQ(made->sni, "front.example");
  EXPECT_EQ(made->expected_name, "device.example");
  policy_.sni = policy::SniMode::off;
  EXPECT_TRUE(target("a.example", "a.example")->sni.empty());
}

TEST_F(TargetTest, targets_that_differ_in_anything_that_matters_do_not_share_connections) {
  const std::string plain = target("a.example", "a.example")->key;
  EXPECT_NE(plain, target("a.example", "b.example")->key);
  policy_.name = "other";
  EXPECT_NE(plain, target("a.example", "a.example")->key);
}

}  // namespace
}  // namespace whytls::proxy
