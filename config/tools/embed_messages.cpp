// Build tool: turns policy/messages.toml, the words of programs that are no client of the table, into a C++
// table.
//
//   embed_messages MESSAGES_TOML OUTPUT_INC
//
// Refuses a failure that is none, several failures without a word on what tells them apart, and a key that
// nobody reads.
#include <array>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::Source;

constexpr std::array<std::string_view, 6> kKeys = {"program", "text", "failures", "equal", "settle", "note"};

bool is_equal(Source& source, const std::string& where, const toml::value& row) {
  if (!row.contains("equal")) return false;
  if (row.at("equal").is_boolean()) return row.at("equal").as_boolean();
  source.complain(where, "equal must be true or false");
  return false;
}

void write_message(Source& source, const std::string& where, const toml::value& row, std::ostream& out) {
  if (!source.check_keys(where, row, kKeys)) return;
  const std::vector<std::string> failures = source.texts(where, row, "failures");
  std::string list = "{";
  for (const std::string& slug : failures) {
    if (!whytls::tools::contains(whytls::tools::slugs(), slug))
      source.complain(where, "names a failure that is none: " + slug);
    list.append("Failure::").append(slug).append(", ");
  }
  if (failures.size() > 1) (void)source.text(where, row, "settle");
  out << "{" << literal(source.text(where, row, "program")) << ", "
      << literal(source.text(where, row, "text")) << ", " << list << "}, "
      << (is_equal(source, where, row) ? "true" : "false") << ", "
      << literal(source.optional_text(where, row, "settle")) << ", "
      << literal(source.optional_text(where, row, "note")) << "},\n";
}

void write_tables(std::vector<Source>& sources, std::ostream& out) {
  Source& source = sources.front();
  const toml::value& document = source.document();
  if (!document.contains("message") || !document.at("message").is_array())
    return source.complain("message", "is missing");
  for (const toml::value& row : document.at("message").as_array()) {
    const std::string where = "message in line " + std::to_string(row.location().line());
    write_message(source, where, row, out);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_messages MESSAGES_TOML OUTPUT_INC", 1, write_tables);
}
