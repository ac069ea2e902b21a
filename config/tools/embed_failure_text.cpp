// Build tool: turns policy/failure_text.toml into C++ tables.
//
//   embed_failure_text FAILURE_TEXT_TOML OUTPUT_INC
//
// Refuses a file in which a failure of the catalogue has no complete text, in which a text has no failure, or
// which has a key that nobody reads.
#include <array>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::literal_list;
using whytls::tools::Source;

constexpr std::array<std::string_view, 9> kKeys = {"sentence", "meaning",  "visitor",   "owner", "device",
                                                   "causes",   "commands", "reference", "tell"};

void write_failure(Source& source, const std::string& slug, std::ostream& out) {
  if (!source.document().contains(slug))
    return source.complain(slug, "is missing: every failure needs a text");
  const toml::value& row = source.document().at(slug);
  if (!source.check_keys(slug, row, kKeys)) return;
  const auto text = [&](const char* key) { return literal(source.text(slug, row, key)); };
  const auto list = [&](const char* key) { return literal_list(source.texts(slug, row, key)); };
  out << "{" << text("meaning") << ",\n " << list("causes") << ",\n " << text("visitor") << ",\n "
      << text("owner") << ",\n " << text("device") << ",\n " << list("commands") << ",\n "
      << text("reference") << ",\n " << literal(source.optional_text(slug, row, "tell")) << "},\n";
}

void write_tables(std::vector<Source>& sources, std::ostream& out) {
  Source& source = sources.front();
  for (const auto& [slug, unused] : source.document().as_table()) {
    (void)unused;
    if (!whytls::tools::contains(whytls::tools::slugs(), slug))
      source.complain(slug, "is no failure of failures.def");
  }
  for (const std::string_view slug : whytls::tools::slugs()) write_failure(source, std::string(slug), out);
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_failure_text FAILURE_TEXT_TOML OUTPUT_INC", 1, write_tables);
}
