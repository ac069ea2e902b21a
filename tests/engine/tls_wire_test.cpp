// Handshake messages read from their bytes.
#include <gtest/gtest.h>

#include "tls/wire.h"

namespace whytls::tls {
namespace {

std::string number(std::uint32_t value, int width) {
  std::string out;
  for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>((value >> shift) & 0xFFU);
  return out;
}

std::string vector(const std::string& body, int width) {
  return number(static_cast<std::uint32_t>(body.size()), width) + body;
}

std::string message(int type, const std::string& body) {
  return std::string(1, static_cast<char>(type)) + vector(body, 3);
}

std::string extension(std::uint32_t type, const std::string& body) {
  return number(type, 2) + vector(body, 2);
}

std::string client_hello(const std::string& suites, const std::string& extensions) {
  return message(1, number(0x0303, 2) + std::string(32, 'r') + vector("", 1) + vector(suites, 2) +
                        vector(std::string(1, '\0'), 1) + vector(extensions, 2));
}

TEST(WireReading, GreaseIsNoVersion) {
  const std::string versions = number(0x7A7A, 2) + number(0x0304, 2) + number(0x0302, 2);
  const auto hello = parse_client_hello(client_hello(number(0x1301, 2), extension(43, vector(versions, 1))));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->min_version, 0x0302);
  EXPECT_EQ(hello->max_version, 0x0304);
}

TEST(WireReading, AHelloWithoutVersionsNamesItsHighestOnly) {
  const auto hello = parse_client_hello(client_hello(number(0x002F, 2), ""));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->min_version, 0);
  EXPECT_EQ(hello->max_version, 0x0303);
}

TEST(WireReading, ListsAreBounded) {
  const auto hello = parse_client_hello(client_hello(std::string(60000, 'c'), ""));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->cipher_suites.size(), kMaxOfferedEntries);
}

TEST(WireReading, AHelloCutOffAnywhereIsSurvived) {
  const std::string name = number(0, 1) + vector("site.test", 2);
  const std::string whole =
      client_hello(number(0x1301, 2),
                   extension(0, vector(name, 2)) + extension(16, vector(vector("h2", 1), 2)) +
                       extension(10, vector(number(29, 2), 2)) + extension(13, vector(number(0x0403, 2), 2)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto hello = parse_client_hello(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(!hello || hello->sni.empty());
  }
  const auto hello = parse_client_hello(whole);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->sni, "site.test");
  EXPECT_EQ(hello->alpn, std::vector<std::string>{"h2"});
  EXPECT_EQ(hello->groups, std::vector<std::uint16_t>{29});
  EXPECT_EQ(hello->signature_algorithms, std::vector<std::uint16_t>{0x0403});
}

TEST(WireReading, CertificateMessagesDifferByVersion) {
  const std::string old = message(11, vector(vector("one", 3) + vector("two", 3), 3));
  EXPECT_EQ(parse_certificate_message(old, 0x0303), (std::vector<std::string_view>{"one", "two"}));
  const std::string entry = vector("one", 3) + vector("", 2) + vector("two", 3) + vector("xt", 2);
  const std::string modern = message(11, vector("", 1) + vector(entry, 3));
  EXPECT_EQ(parse_certificate_message(modern, 0x0304), (std::vector<std::string_view>{"one", "two"}));
  EXPECT_TRUE(parse_certificate_message(old.substr(0, old.size() - 1), 0x0303).empty());
  EXPECT_TRUE(parse_certificate_message("", 0x0303).empty());
}

TEST(WireReading, CertificateRequestsDifferByVersion) {
  const std::string names = vector(vector("ca1", 2) + vector("ca2", 2), 2);
  const std::vector<std::string_view> expected{"ca1", "ca2"};
  EXPECT_EQ(parse_certificate_request(message(13, vector("t", 1) + names), 0x0301), expected);
  EXPECT_EQ(parse_certificate_request(message(13, vector("t", 1) + vector("sa", 2) + names), 0x0303),
            expected);
  const std::string extensions = extension(13, "sigs") + extension(47, names);
  EXPECT_EQ(parse_certificate_request(message(13, vector("", 1) + vector(extensions, 2)), 0x0304), expected);
}

}  // namespace
}  // namespace whytls::tls
