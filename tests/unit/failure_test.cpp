#include "policy/failure.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>

#include "policy/policy.h"

namespace whytls::policy {
namespace {

std::map<std::string, int> known_codes() {
  std::ifstream file(std::string(WHYTLS_SOURCE_DIR) + "/tests/data/nss_codes.tsv");
  std::map<std::string, int> out;
  for (std::string line; std::getline(file, line);) {
    const std::size_t tab = line.find('\t');
    if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
    out[line.substr(0, tab)] = std::stoi(line.substr(tab + 1));
  }
  return out;
}

TEST(Failure, EachSymbolHasTheNumberThatNssAndNsprGiveIt) {
  const std::map<std::string, int> codes = known_codes();
  ASSERT_GT(codes.size(), 50U);
  for (const FailureInfo& row : all_failures()) {
    const auto found = codes.find(std::string(row.code));
    ASSERT_NE(found, codes.end()) << row.slug << " has the unknown symbol " << row.code;
    EXPECT_EQ(found->second, row.number) << row.slug;
  }
}

TEST(Failure, TheTableOfCodesHasNothingThatNoFailureUses) {
  std::set<std::string_view> used;
  for (const FailureInfo& row : all_failures()) used.insert(row.code);
  EXPECT_EQ(used.size(), known_codes().size());
}

TEST(Failure, ASlugLeadsBackToItsRow) {
  for (const FailureInfo& row : all_failures()) {
    ASSERT_TRUE(failure_by_slug(row.slug).has_value());
    EXPECT_EQ(*failure_by_slug(row.slug), row.failure);
    EXPECT_EQ(&info(row.failure), &all_failures()[static_cast<std::size_t>(row.failure)]);
  }
  EXPECT_FALSE(failure_by_slug("cert_expird").has_value());
  EXPECT_FALSE(failure_by_slug("").has_value());
}

TEST(Failure, AnUntrustedRootIsWhatFirefoxCallsIt) {
  EXPECT_EQ(info(Failure::chain_untrusted_root).code, "SEC_ERROR_UNKNOWN_ISSUER");
  EXPECT_EQ(info(Failure::chain_untrusted_root).number, -8179);
}

TEST(Failure, TimeoutsAreGatewayTimeoutsAndTheRestBadGateways) {
  for (const FailureInfo& row : all_failures()) {
    if (row.leg != Leg::upstream) continue;
    const bool timeout = row.slug.ends_with("timeout") || row.slug.ends_with("stalled");
    EXPECT_EQ(row.status, timeout ? 504 : 502) << row.slug;
  }
}

TEST(Failure, OnlyFindingsAboutCertificatesCanBeForgiven) {
  for (const FailureInfo& row : all_failures()) {
    const bool about_certificate =
        row.leg == Leg::upstream &&
        (row.slug.starts_with("cert_") || row.slug.starts_with("chain_") || row.slug.starts_with("pin_") ||
         row.slug.starts_with("crl_") || row.slug == "key_changed" || row.slug.starts_with("ocsp_"));
    EXPECT_EQ(can_be_forgiven(row.failure), about_certificate && row.failure != Failure::cert_unparsable)
        << row.slug;
  }
}

TEST(Failure, EveryEnumeratorHasAName) {
  for (const FailureInfo& row : all_failures()) {
    EXPECT_FALSE(name(row.leg).empty());
    EXPECT_FALSE(name(row.phase).empty());
    EXPECT_FALSE(name(row.severity).empty());
  }
  EXPECT_EQ(name(Phase::key_exchange), "key_exchange");
  EXPECT_EQ(name(Leg::ourselves), "ourselves");
  EXPECT_EQ(name(Action::warn), "warn");
}

TEST(Place, SaysWhereAValueWasWritten) {
  EXPECT_EQ(Place{}.text(), "built-in");
  EXPECT_EQ((Place{"whytls.toml", 12, 3}).text(), "whytls.toml:12:3");
  EXPECT_EQ((Place{"whytls.toml", 0, 0}).text(), "whytls.toml");
}

}  // namespace
}  // namespace whytls::policy
