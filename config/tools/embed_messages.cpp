// Build tool: turns policy/messages.toml, the words of programs that are no client of the table, into a C++
// table.
//
//   embed_messages MESSAGES_TOML OUTPUT_INC
//
// Refuses a failure that is none, several failures without a word on what tells them apart, and a key that
// nobody reads.
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::Source;

constexpr std::array<std::string_view, 2> kTables = {"message", "settle"};
constexpr std::array<std::string_view, 5> kKeys = {"program", "text", "failures", "settle", "note"};

// With its length in the program text: compilers count only so many characters of constants.
std::string literal(std::string_view text) {
  return whytls::tools::literal(text).append("sv");
}

// Constants only, and each list of failures and each sentence once: there are many messages, and compilers
// take minutes for as many vectors.
class Writer {
 public:
  Writer(Source& source, std::ostream& out) : source_(source), out_(out) {}

  void write() {
    const toml::value& document = source_.document();
    if (!source_.check_keys("the file", document, kTables)) return;
    if (!document.contains("message") || !document.at("message").is_array())
      return source_.complain("message", "is missing");
    for (const toml::value& row : document.at("message").as_array()) {
      const std::string where = std::string("message in line ").append(std::to_string(row.location().line()));
      if (source_.check_keys(where, row, kKeys)) add(where, row);
    }
    report_unused(document);
    for (const auto& [list, name] : lists_) out_ << "constexpr Failure " << name << "[] = " << list << ";\n";
    out_ << "constexpr Message kMessages[] = {\n" << rows_.str() << "};\n";
  }

 private:
  void add(const std::string& where, const toml::value& row) {
    const std::vector<std::string> failures = source_.texts(where, row, "failures");
    rows_ << "{" << literal(source_.text(where, row, "program")) << ", "
          << literal(source_.text(where, row, "text")) << ", " << list_name(where, failures) << ", "
          << literal(settle(where, row, failures.size())) << ", "
          << literal(source_.optional_text(where, row, "note")) << "},\n";
  }

  std::string list_name(const std::string& where, const std::vector<std::string>& failures) {
    std::string list = "{";
    for (const std::string& slug : failures) {
      if (!whytls::tools::contains(whytls::tools::slugs(), slug))
        source_.complain(where, std::string("names a failure that is none: ").append(slug));
      list.append("Failure::").append(slug).append(", ");
    }
    const auto name = std::string("kFailures").append(std::to_string(lists_.size()));
    return lists_.emplace(list.append("}"), name).first->second;
  }

  // The sentence itself, or the one that [settle] has under that key.
  std::string settle(const std::string& where, const toml::value& row, std::size_t failures) {
    if (failures < 2) {
      if (row.contains("settle")) source_.complain(where, "has nothing to settle: it means one failure");
      return {};
    }
    std::string word = source_.text(where, row, "settle");
    const bool is_key = word.find(' ') == std::string::npos;
    if (!is_key) return word;
    used_.insert(word);
    const toml::value& document = source_.document();
    if (document.contains("settle") && document.at("settle").contains(word))
      return source_.text("settle", document.at("settle"), word);
    source_.complain(where, std::string("[settle] has no ").append(word));
    return {};
  }

  void report_unused(const toml::value& document) {
    if (!document.contains("settle")) return;
    for (const auto& [key, unused] : document.at("settle").as_table()) {
      (void)unused;
      if (used_.count(key) == 0) source_.complain(Source::place("settle", key), "is used by no message");
    }
  }

  Source& source_;
  std::ostream& out_;
  std::ostringstream rows_;
  std::map<std::string, std::string> lists_;  // the list in C++ -> the name of its constant
  std::set<std::string> used_;                // keys of [settle]
};

void write_tables(std::vector<Source>& sources, std::ostream& out) {
  Writer(sources.front(), out).write();
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_messages MESSAGES_TOML OUTPUT_INC", 1, write_tables);
}
