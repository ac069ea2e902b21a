// Build tool: turns policy/clients.toml into C++ tables.
//
//   embed_clients CLIENTS_TOML OUTPUT_INC
//
// Refuses an unknown failure or key, a condition that cannot be parsed, a documented rule without a source, a
// client without a version.
#include <algorithm>
#include <array>
#include <sstream>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::contains;
using whytls::tools::literal;
using whytls::tools::Source;

constexpr std::array<std::string_view, 7> kClientKeys = {"name",      "version", "evidence", "source",
                                                         "lists_all", "like",    "says"};
constexpr std::array<std::string_view, 7> kRuleKeys = {"failures", "when",     "outcome", "code",
                                                       "words",    "evidence", "source"};
constexpr std::array<std::string_view, 3> kOutcomes = {"connects", "asks", "refuses"};
constexpr std::array<std::string_view, 2> kEvidence = {"measured", "documented"};

struct Operator {
  std::string_view sign;
  std::string_view test;  // enumerator of ClientCondition::Test
};
constexpr std::array<Operator, 7> kOperators = {{{"=", "equal"},
                                                 {"!=", "differs"},
                                                 {"<", "less"},
                                                 {"<=", "at_most"},
                                                 {">", "more"},
                                                 {">=", "at_least"},
                                                 {"contains", "contains"}}};

// What is written: three arrays, of which the later ones point into the earlier ones.
struct Tables {
  std::ostringstream conditions;
  std::ostringstream rules;
  std::ostringstream clients;
  int condition_count = 0;
  int rule_count = 0;
};

// Whose rules they are, and what they say where they say nothing.
struct Owner {
  std::string name;
  std::string version;
  std::string evidence;
  std::string source;
  bool borrows = false;  // the rules are another client's: documented by this source, without its words
};

// One of a list of words; the fallback, without a complaint, when the key is missing.
template <typename List>
std::string choice(Source& source, const std::string& where, const toml::value& row, const std::string& key,
                   const List& known, const std::string& fallback) {
  if (!row.contains(key) && !fallback.empty()) return fallback;
  std::string word = source.text(where, row, key);
  if (!word.empty() && !contains(known, word))
    source.complain(Source::place(where, key), std::string("has no value ").append(word));
  return word;
}

bool flag(Source& source, const std::string& where, const toml::value& row, const std::string& key) {
  if (!row.contains(key)) return false;
  if (row.at(key).is_boolean()) return row.at(key).as_boolean();
  source.complain(Source::place(where, key), "must be true or false");
  return false;
}

// "FACT", "not FACT" or "FACT OP VALUE", the value up to the end.
void write_condition(Source& source, const std::string& where, const std::string& text, Tables& out) {
  std::istringstream words(text);
  std::string fact;
  std::string sign;
  std::string value;
  words >> fact >> sign;
  std::getline(words >> std::ws, value);
  std::string_view test = "present";
  if (fact == "not" && !sign.empty() && value.empty()) {
    test = "absent";
    fact = sign;
  } else if (!sign.empty()) {
    const auto* const found = std::find_if(kOperators.begin(), kOperators.end(),
                                           [&](const Operator& op) { return op.sign == sign; });
    if (found == kOperators.end() || value.empty())
      return source.complain(where, std::string("is no condition: ").append(text));
    test = found->test;
  }
  out.conditions << "{" << literal(fact) << ", ClientCondition::Test::" << test << ", " << literal(value)
                 << "},\n";
  ++out.condition_count;
}

void write_rule(Source& source, const std::string& where, const toml::value& row, const Owner& owner,
                int position, Tables& out) {
  if (!source.check_keys(where, row, kRuleKeys)) return;
  const int first = out.condition_count;
  for (const std::string& text : source.optional_texts(where, row, "when"))
    write_condition(source, Source::place(where, "when"), text, out);
  const std::string outcome = choice(source, where, row, "outcome", kOutcomes, "");
  std::string words = source.optional_text(where, row, "words");
  std::string evidence = choice(source, where, row, "evidence", kEvidence, owner.evidence);
  std::string from = source.optional_text(where, row, "source");
  if (owner.borrows) {
    words.clear();
    evidence = "documented";
    from.clear();
  }
  if (from.empty() && evidence == "documented") from = owner.source;
  if (from.empty() == (evidence == "documented"))
    source.complain(Source::place(where, "source"), "is for documented rules, and they need one");
  for (const std::string& slug : source.texts(where, row, "failures")) {
    if (!contains(whytls::tools::slugs(), slug)) {
      source.complain(Source::place(where, "failures"),
                      std::string(slug).append(" is no failure of failures.def"));
      continue;
    }
    out.rules << "{" << literal(owner.name) << ", " << literal(owner.version) << ", " << position
              << ", Failure::" << slug << ", {kConditions.data() + " << first << ", "
              << out.condition_count - first << "}, ClientOutcome::" << outcome << ",\n "
              << literal(source.optional_text(where, row, "code")) << ", " << literal(words) << ", "
              << (evidence == "measured" ? "true" : "false") << ", " << literal(from) << "},\n";
    ++out.rule_count;
  }
}

// The rules that stand in `row`, for their owner. The next position.
int write_rules(Source& source, const toml::value& row, const Owner& owner, int position, Tables& out) {
  if (!row.contains("says") || !row.at("says").is_array()) return position;
  for (const toml::value& rule : row.at("says").as_array()) {
    ++position;
    const std::string where = std::string(owner.name).append(" rule ").append(std::to_string(position));
    write_rule(source, where, rule, owner, position, out);
  }
  return position;
}

void write_client(Source& source, const toml::array& rows, const toml::value& row, Tables& out) {
  Owner owner = {source.text("client", row, "name"), source.text("client", row, "version"),
                 choice(source, "client", row, "evidence", kEvidence, "measured"),
                 source.optional_text("client", row, "source")};
  if (!source.check_keys(owner.name, row, kClientKeys)) return;
  const int first = out.rule_count;
  const int position = write_rules(source, row, owner, 0, out);
  const std::string model = source.optional_text(owner.name, row, "like");
  if (!model.empty()) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const toml::value& other) {
      return source.text("client", other, "name") == model;
    });
    if (found == rows.end())
      return source.complain(Source::place(owner.name, "like"), std::string("no client ").append(model));
    owner.borrows = true;
    write_rules(source, *found, owner, position, out);
  }
  if (out.rule_count == first) source.complain(owner.name, "has no rule");
  out.clients << "{" << literal(owner.name) << ", " << literal(owner.version) << ", "
              << (flag(source, owner.name, row, "lists_all") ? "true" : "false") << ", {kRules.data() + "
              << first << ", " << out.rule_count - first << "}},\n";
}

void write_tables(std::vector<Source>& sources, std::ostream& out) {
  Source& source = sources.front();
  Tables tables;
  const toml::value& document = source.document();
  if (!source.check_keys("file", document, std::array<std::string_view, 1>{"client"})) return;
  if (!document.contains("client") || !document.at("client").is_array())
    return source.complain("client", "is missing");
  const auto& rows = document.at("client").as_array();
  for (const toml::value& row : rows) write_client(source, rows, row, tables);
  // std::array of no elements has no braces to fill in; there is always one condition.
  out << "constexpr std::array<ClientCondition, " << tables.condition_count + 1 << "> kConditions = {{\n"
      << tables.conditions.str() << "{\"\", ClientCondition::Test::present, \"\"},\n}};\n"
      << "constexpr std::array<ClientRule, " << tables.rule_count << "> kRules = {{\n"
      << tables.rules.str() << "}};\n"
      << "constexpr std::array<Client, " << rows.size() << "> kClients = {{\n"
      << tables.clients.str() << "}};\n";
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_clients CLIENTS_TOML OUTPUT_INC", 1, write_tables);
}
