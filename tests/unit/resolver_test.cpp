#include "proxy/resolver.h"

#include <gtest/gtest.h>

#include <ostream>

namespace whytls::proxy {
namespace {

struct Row {
  const char* name;
  const char* target;
  const char* own;
  bool reached;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class Reaches : public testing::TestWithParam<Row> {};

TEST_P(Reaches, OurListenerByEverySpelling) {
  sockaddr_storage target{};
  sockaddr_storage own{};
  ASSERT_TRUE(parse_ip(GetParam().target, 8080, &target));
  ASSERT_TRUE(parse_ip(GetParam().own, 8080, &own));
  EXPECT_EQ(reaches(target, own), GetParam().reached);
  ASSERT_TRUE(parse_ip(GetParam().target, 8081, &target));
  EXPECT_FALSE(reaches(target, own)) << "another port is somebody else";
}

INSTANTIATE_TEST_SUITE_P(Addresses, Reaches,
                         testing::Values(Row{"same", "127.0.0.1", "127.0.0.1", true},
                                         Row{"mapped", "::ffff:127.0.0.1", "127.0.0.1", true},
                                         Row{"any_address", "0.0.0.0", "127.0.0.1", true},
                                         Row{"any_address_6", "::", "::1", true},
                                         Row{"other_loopback", "127.0.0.2", "127.0.0.1", false},
                                         Row{"other_loopback_of_wildcard", "127.0.0.2", "0.0.0.0", true},
                                         Row{"loopback_6_of_wildcard", "::1", "::", true},
                                         Row{"elsewhere", "192.0.2.1", "0.0.0.0", false}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Addresses, AreShownWithTheirPort) {
  sockaddr_storage address{};
  ASSERT_TRUE(parse_ip("::1", 443, &address));
  EXPECT_EQ(address_text(address), "[::1]:443");
  ASSERT_TRUE(parse_ip("10.0.0.7", 8443, &address));
  EXPECT_EQ(address_text(address), "10.0.0.7:8443");
  EXPECT_FALSE(parse_ip("a.example", 1, &address));
}

}  // namespace
}  // namespace whytls::proxy
