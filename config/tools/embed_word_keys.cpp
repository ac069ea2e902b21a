// Build tool: turns the keys of policy/words/en.toml into the enumerations and tables of policy/words.h.
//
//   embed_word_keys EN_TOML OUTPUT_INC
#include "config/tools/words_source.h"

namespace {

using whytls::tools::keys_of;
using whytls::tools::literal;
using whytls::tools::Source;

void write_enum(const char* name, const char* count, const std::vector<std::string>& keys,
                std::ostream& out) {
  out << "enum class " << name << " : std::uint16_t {\n";
  for (const std::string& key : keys) out << "  " << key << ",\n";
  out << "};\ninline constexpr std::size_t " << count << " = " << keys.size() << ";\n";
}

void write_names(const char* type, const char* name, const char* count, const std::vector<std::string>& keys,
                 std::ostream& out) {
  out << "inline constexpr std::size_t " << count << " = " << keys.size() << ";\n";
  out << "inline constexpr std::array<" << type << ", " << count << "> " << name << " = {{\n";
  for (const std::string& key : keys) out << "  " << literal(key) << ",\n";
  out << "}};\n";
}

void write_keys(std::vector<Source>& sources, std::ostream& out) {
  Source& source = sources.front();
  const std::vector<std::string> page = keys_of(source, "page");
  write_enum("Word", "kWordCount", whytls::tools::word_keys(source), out);
  write_enum("Plural", "kPluralCount", keys_of(source, "plurals"), out);
  out << "// The labels of the page's template, {{say.KEY}}, and their words: the first ones of Word.\n";
  write_names("std::string_view", "kPageKeys", "kPageKeyCount", page, out);
  write_names("std::string_view", "kTermKeys", "kTermCount", keys_of(source, "terms"), out);
  write_names("std::string_view", "kPhrases", "kPhraseCount", whytls::tools::known_phrases(source), out);
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_word_keys EN_TOML OUTPUT_INC", 1, write_keys);
}
