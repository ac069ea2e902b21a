// The reference of all codes: docs/codes.html is what `whytls codes --html` prints.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "policy/codes.h"
#include "proxy/render_codes.h"
#include "tests/unit/golden.h"

namespace whytls::proxy {
namespace {

using ::testing::HasSubstr;

TEST(Codes, ThePageOfTheDocumentationIsTheOneThatTheProgramPrints) {
  unit::expect_file("docs/codes.html", codes_html());
}

TEST(Codes, ThePageHasAnAnchorForEveryCodeAndFailureAndLeadsToNoneThatIsMissing) {
  const std::string page = codes_html();
  for (const policy::Code& code : policy::all_codes())
    EXPECT_THAT(page, HasSubstr("<article id=\"" + std::string(code.symbol) + "\"")) << code.symbol;
  for (const policy::FailureInfo& row : policy::all_failures())
    EXPECT_THAT(page, HasSubstr("<article id=\"" + std::string(row.slug) + "\"")) << row.slug;
  for (std::size_t at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1)) {
    const std::size_t begin = at + 7;
    const std::string id = page.substr(begin, page.find('"', begin) - begin);
    EXPECT_THAT(page, HasSubstr("id=\"" + id + "\"")) << id;
  }
}

TEST(Codes, TextAndJsonListThemAll) {
  const std::string text = codes_text();
  const auto json = nlohmann::json::parse(codes_json());
  EXPECT_EQ(json["codes"].size(), policy::all_codes().size());
  EXPECT_EQ(json["failures"].size(), policy::kFailureCount);
  for (const policy::Code& code : policy::all_codes())
    EXPECT_THAT(text, HasSubstr("\n" + std::string(code.symbol) + " ")) << code.symbol;
}

}  // namespace
}  // namespace whytls::proxy
