// docs/failures.md is made from the catalogue: this is what makes it, and what proves that it is up to date.
#include <gtest/gtest.h>

#include "golden.h"
#include "policy/failure_text.h"

namespace whytls::policy {
namespace {

const char* const kHead = R"(# The failures

One section for each slug, in the order of `policy/failures.def`; the prose is that of `policy/failure_text.toml`. This page is
made from both by `WHYTLS_UPDATE_GOLDEN=1 BUILD/tests/whytls_unit --gtest_filter='FailuresPage.*'`, and a test compares it
with them. Slugs and numbers never change and are never reused. Facts are explained in [facts.md](facts.md).
)";

using Text = std::string;

Text facts_of(const FailureInfo& row) {
  return "`" + Text(row.code) + "` (" + std::to_string(row.number) + ") · leg " + Text(name(row.leg)) +
         " · phase " + Text(name(row.phase)) + " · severity " + Text(name(row.severity)) + " · status " +
         std::to_string(row.status) + " · Proxy-Status `" + Text(row.proxy_status) + "`\n";
}

Text causes_of(const FailureText& prose) {
  if (prose.causes.empty()) return {};
  Text out = "\nLikely causes:\n\n";
  for (const std::string_view cause : prose.causes) out += "- " + Text(cause) + "\n";
  return out;
}

Text advice_of(const FailureText& prose) {
  return "\n- Visitor: " + Text(prose.visitor) + "\n- Owner of the proxy: " + Text(prose.owner) +
         "\n- Owner of the server: " + Text(prose.device) + "\n";
}

Text commands_of(const FailureText& prose) {
  if (prose.commands.empty()) return {};
  Text out = "\nTo see it without whytls:\n\n```sh\n";
  for (const std::string_view command : prose.commands) out += Text(command) + "\n";
  return out + "```\n";
}

Text equivalents_of(const FailureText& prose) {
  Text out;
  for (const Equivalent& one : prose.equivalents) {
    out += (out.empty() ? "" : "; ") + Text(one.client) + ": " + Text(one.text);
  }
  return out.empty() ? out : "\nWhat other clients say: " + out + ".\n";
}

Text section(const FailureInfo& row) {
  const FailureText& prose = text(row.failure);
  return "\n## " + Text(row.slug) + "\n\n**" + Text(row.summary) + "**\n\n" + facts_of(row) + "\n" +
         Text(prose.meaning) + "\n" + causes_of(prose) + advice_of(prose) + commands_of(prose) +
         equivalents_of(prose) + "\nReference: " + Text(prose.reference) + "\n";
}

TEST(FailuresPage, IsWhatTheCatalogueSays) {
  Text page = kHead;
  for (const FailureInfo& row : all_failures()) page += section(row);
  unit::expect_file("docs/failures.md", page);
}

}  // namespace
}  // namespace whytls::policy
