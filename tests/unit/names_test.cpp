#include <gtest/gtest.h>

#include "policy/diagnosis.h"

namespace whytls::policy {
namespace {

struct NameRow {
  std::string pattern;
  std::string host;
  bool matches;
};

TEST(Names, DnsNamesMatchByRfc9525) {
  const NameRow rows[] = {
      {"a.example", "a.example", true},
      {"A.EXAMPLE", "a.example", true},
      {"a.example", "b.example", false},
      {"*.a.example", "x.a.example", true},
      {"*.A.Example", "x.a.example", true},
      {"*.a.example", "a.example", false},
      {"*.a.example", "y.x.a.example", false},
      {"*.example", "a.example", false},  // one label after the wildcard is not enough
      {"*", "a", false},
      {"*.", "a.", false},
      {"f*.a.example", "foo.a.example", false},
      {"*f.a.example", "xf.a.example", false},
      {"x.*.example", "x.a.example", false},
      {"*.*.a.example", "y.x.a.example", false},
      {"a.example.", "a.example", false},  // a trailing dot in the certificate never matches
      {"", "a.example", false},
      {"a.example", "", false},
      {".a.example", "a.example", false},
      {"a..example", "a..example", false},
      {std::string("a.example\0.b.example", 20), "a.example", false},
      {std::string("a.exa\0ple", 9), std::string("a.exa\0ple", 9), false},
      {"192.0.2.7", "192.0.2.7", false},  // an address is not a DNS name
      {"*.0.2.7", "192.0.2.7", false},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", true},
      {"*.a.example", "*.a.example", false},
  };
  for (const NameRow& row : rows) {
    EXPECT_EQ(matches_dns_name(row.pattern, row.host), row.matches) << row.pattern << " and " << row.host;
  }
}

TEST(Names, AddressesAreComparedWithAddressEntriesOnly) {
  tls::Certificate certificate;
  certificate.names = {{tls::AltName::Kind::dns, "10.0.0.1"},
                       {tls::AltName::Kind::ip, "10.0.0.2"},
                       {tls::AltName::Kind::ip, "2001:db8::1"},
                       {tls::AltName::Kind::dns, "a.example"}};
  EXPECT_FALSE(certificate_names(certificate, "10.0.0.1", true));
  EXPECT_TRUE(certificate_names(certificate, "10.0.0.2", true));
  EXPECT_TRUE(certificate_names(certificate, "2001:DB8:0:0:0:0:0:1", true));
  EXPECT_FALSE(certificate_names(certificate, "2001:db8::2", true));
  EXPECT_TRUE(certificate_names(certificate, "a.example", false));
  EXPECT_FALSE(certificate_names(certificate, "a.example", true));
}

}  // namespace
}  // namespace whytls::policy
