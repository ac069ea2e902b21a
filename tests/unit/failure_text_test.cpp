#include "policy/failure_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace whytls::policy {
namespace {

// What the renderer fills in; see docs/facts.md.
constexpr std::string_view kPlaceholders[] = {"{host}", "{port}", "{sni}", "{address}", "{url}", "{aia}"};

bool has_placeholder(std::string_view text) {
  return std::any_of(std::begin(kPlaceholders), std::end(kPlaceholders),
                     [&](std::string_view name) { return text.find(name) != std::string_view::npos; });
}

// The text without what stands between two quotes of one kind.
std::string quoted_parts(std::string_view text) {
  std::string out;
  char open = '\0';
  for (const char c : text) {
    if (open == '\0' && (c == '\'' || c == '"')) {
      open = c;
    } else if (c == open) {
      open = '\0';
    } else if (open != '\0') {
      out += c;
    }
  }
  return out;
}

TEST(FailureText, EveryFailureHasProseOfItsOwn) {
  std::set<std::string_view> meanings;
  for (const FailureInfo& row : all_failures()) {
    const FailureText& prose = text(row.failure);
    EXPECT_TRUE(meanings.insert(prose.meaning).second) << row.slug << " repeats a meaning";
    EXPECT_FALSE(prose.causes.empty()) << row.slug;
    EXPECT_FALSE(prose.visitor.empty()) << row.slug;
    EXPECT_FALSE(prose.owner.empty()) << row.slug;
    EXPECT_FALSE(prose.device.empty()) << row.slug;
    EXPECT_FALSE(prose.commands.empty()) << row.slug;
    EXPECT_FALSE(prose.reference.empty()) << row.slug;
  }
}

TEST(FailureText, AMeaningIsTwoSentences) {
  for (const FailureInfo& row : all_failures()) {
    const std::string_view meaning = text(row.failure).meaning;
    EXPECT_EQ(meaning.back(), '.') << row.slug;
    EXPECT_NE(meaning.find(". "), std::string_view::npos) << row.slug;
    EXPECT_LE(meaning.size(), 400U) << row.slug;
  }
}

TEST(FailureText, TextsBelongToTheirFailure) {
  EXPECT_NE(text(Failure::cert_unparsable).meaning.find("DER"), std::string_view::npos);
  EXPECT_NE(text(Failure::tls_plain_ssh).meaning.find("SSH"), std::string_view::npos);
  EXPECT_NE(text(Failure::unclassified).meaning.find("catalogue"), std::string_view::npos);
}

// A value is quoted when it is filled in; inside of quotes that would end them.
TEST(FailureText, NoPlaceholderStandsBetweenQuotesOfACommand) {
  for (const FailureInfo& row : all_failures()) {
    for (const std::string_view command : text(row.failure).commands) {
      EXPECT_FALSE(has_placeholder(quoted_parts(command))) << row.slug << ": " << command;
    }
  }
}

}  // namespace
}  // namespace whytls::policy
