// docs/failures.md is made from the catalogue: this is what makes it, and what proves that it is up to date.
#include <gtest/gtest.h>

#include "golden.h"
#include "policy/clients.h"
#include "policy/failure_text.h"

namespace whytls::policy {
namespace {

const char* const kHead = R"(# The failures

One section for each slug, in the order of `policy/failures.def`; the prose is that of `policy/failure_text.toml`, and what
other clients do comes from `policy/clients.toml`. This page is made from them by
`WHYTLS_UPDATE_GOLDEN=1 BUILD/tests/whytls_unit --gtest_filter='FailuresPage.*'`, and a test compares it with them. Slugs and
numbers never change and are never reused. Facts are explained in [facts.md](facts.md).

In the tables of clients the first row of a client whose conditions hold says what it does; where none does it is not known.
Of several faults most clients name only the first that they find: the end of this page lists the order of each.
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

// Text of ours in a cell: the bar would end it.
Text cell(std::string_view text) {
  Text out;
  for (const char c : text) out += c == '|' ? Text("\\|") : Text(1, c);
  return out;
}

Text when_of(const ClientRule& rule) {
  Text out;
  for (const ClientCondition& condition : rule.when) {
    out += (out.empty() ? "`" : ", `") + cell(condition_text(condition)) + "`";
  }
  return out;
}

// What it prints, its code first where the words do not hold it.
Text says(const ClientRule& rule) {
  const bool has_code = rule.words.find(rule.code) != std::string_view::npos;
  Text out = has_code ? Text() : "`" + cell(rule.code) + "`";
  if (!rule.words.empty()) out += (out.empty() ? "" : " ") + cell(rule.words);
  return out;
}

Text outcome_of(const ClientRule& rule) {
  switch (rule.outcome) {
    case ClientOutcome::connects:
      return "yes";
    case ClientOutcome::asks:
      return "after a warning";
    case ClientOutcome::refuses:
      return "no";
    case ClientOutcome::unknown:
      break;
  }
  return {};
}

Text clients_of(Failure failure) {
  Text out;
  for (const ClientRule& rule : client_rules()) {
    if (rule.failure != failure) continue;
    out += "| " + Text(rule.client) + " | " + when_of(rule) + " | " + outcome_of(rule) + " | " + says(rule) +
           " | " + (rule.measured ? "measured" : cell(rule.source)) + " |\n";
  }
  if (out.empty()) return out;
  return "\nWhat other clients do:\n\n| client | when | connects | says | known from "
         "|\n|---|---|---|---|---|\n" +
         out;
}

Text section(const FailureInfo& row) {
  const FailureText& prose = text(row.failure);
  return "\n## " + Text(row.slug) + "\n\n**" + Text(row.summary) + "**\n\n" + facts_of(row) + "\n" +
         Text(prose.meaning) + "\n" + causes_of(prose) + advice_of(prose) + commands_of(prose) +
         clients_of(row.failure) + "\nReference: " + Text(prose.reference) + "\n";
}

// Failures of a certificate or a chain that it refuses, in the order of its rules.
Text order_of(const Client& client) {
  Text listed;
  for (const ClientRule& rule : client.rules) {
    const FailureInfo& row = info(rule.failure);
    const Text item = "`" + Text(row.slug) + "`";
    if (row.proxy_status != "tls_certificate_error" || rule.outcome == ClientOutcome::connects) continue;
    if (listed.find(item) == Text::npos) listed += (listed.empty() ? "" : ", ") + item;
  }
  return "\n" + Text(client.name) + " " + Text(client.version) +
         (client.lists_all ? ", which names all that it finds" : "") + ": " + listed + ".\n";
}

TEST(FailuresPage, IsWhatTheCatalogueSays) {
  Text page = kHead;
  for (const FailureInfo& row : all_failures()) page += section(row);
  page += "\n## The order in which clients check certificates\n";
  for (const Client& client : clients()) page += order_of(client);
  unit::expect_file("docs/failures.md", page);
}

}  // namespace
}  // namespace whytls::policy
