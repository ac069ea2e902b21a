#include "proxy/structured_field.h"

#include <gtest/gtest.h>

namespace whytls::proxy {
namespace {

TEST(StructuredField, KnowsWhatATokenIs) {
  EXPECT_TRUE(is_sf_token("whytls"));
  EXPECT_TRUE(is_sf_token("*a/b:c.d-e"));
  EXPECT_FALSE(is_sf_token(""));
  EXPECT_FALSE(is_sf_token("10.0.0.1")) << "a token begins with a letter or a star";
  EXPECT_FALSE(is_sf_token("a b"));
  EXPECT_FALSE(is_sf_token("a\"b"));
  EXPECT_FALSE(is_sf_token("\u00fc"));
}

TEST(StructuredField, StringsHoldPrintableAsciiOnly) {
  EXPECT_EQ(sf_string("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(sf_string("x\r\ny\xff"), "\"x\\\\x0d\\\\x0ay\\\\xff\"");
  EXPECT_LT(sf_string(std::string(10000, 'a')).size(), 300U);
}

TEST(StructuredField, ParametersKeepTheirOrder) {
  SfItem item("my proxy");
  item.token("error", "dns_error")
      .integer("alert-id", 40)
      .string("details", "a,b")
      .token("next-hop", "10.0.0.1");
  EXPECT_EQ(item.text(),
            "\"my proxy\"; error=dns_error; alert-id=40; details=\"a,b\"; next-hop=\"10.0.0.1\"");
}

}  // namespace
}  // namespace whytls::proxy
