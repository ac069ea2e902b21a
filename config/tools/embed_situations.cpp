// Build tool: turns policy/situations.toml, advice by situation, into C++ tables of what it applies to; its
// texts are embedded by embed_advice_words.
//
//   embed_situations SITUATIONS_TOML CODES_TOML... OUTPUT_INC
//
// Refuses an id that is there twice, a reference to a code or failure that is none, a row that is not
// complete, and a key that nobody reads. The files of codes are read for their symbols only.
#include <array>
#include <set>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::literal_list;
using whytls::tools::Source;

constexpr int kSources = 7;
constexpr std::array<std::string_view, 3> kTables = {"situation", "family", "steps"};
constexpr std::array<std::string_view, 6> kSituationKeys = {"id", "title", "for", "signs", "steps", "settle"};
constexpr std::array<std::string_view, 6> kFamilyKeys = {"id", "name", "match", "for", "notes", "steps"};
constexpr std::array<std::string_view, 6> kStepsKeys = {"topic",    "system",      "for",
                                                        "families", "client_side", "steps"};
constexpr std::array<std::string_view, 2> kTopics = {"trust", "clock"};

class Writer {
 public:
  Writer(std::vector<Source>& sources, std::ostream& out) : source_(sources.front()), out_(out) {
    for (const std::string_view slug : whytls::tools::slugs()) known_.emplace(slug);
    for (std::size_t i = 1; i < sources.size(); ++i) {
      for (const auto& [symbol, unused] : sources[i].document().as_table()) {
        (void)unused;
        known_.insert(symbol);
      }
    }
  }

  void write() {
    (void)source_.check_keys("the file", source_.document(), kTables);
    begin("Situation", "situations");
    each("situation", kSituationKeys, [this](const std::string& where, const toml::value& row) {
      out_ << "{" << id(where, row) << ", " << references(where, row, "for") << "},\n";
      for (const char* key : {"title", "settle"}) (void)source_.text(where, row, key);
      for (const char* key : {"signs", "steps"}) (void)source_.texts(where, row, key);
    });
    end();
    begin("DeviceFamily", "families");
    each("family", kFamilyKeys, [this](const std::string& where, const toml::value& row) {
      out_ << "{" << id(where, row) << ", " << literal_list(source_.texts(where, row, "match")) << ", "
           << (row.contains("for") ? references(where, row, "for") : "{}") << "},\n";
      (void)source_.text(where, row, "name");
      for (const char* key : {"notes", "steps"}) (void)source_.optional_texts(where, row, key);
    });
    end();
    begin("SystemSteps", "steps");
    each("steps", kStepsKeys, [this](const std::string& where, const toml::value& row) {
      out_ << "{Topic::" << topic(where, row) << ", " << references(where, row, "for") << ", "
           << families(where, row) << ", " << flag(where, row, "client_side") << "},\n";
      (void)source_.text(where, row, "system");
      (void)source_.texts(where, row, "steps");
    });
    end();
  }

 private:
  // A function around each table: it is made when somebody asks, not at every start of the program.
  void begin(const char* type, const char* name) {
    out_ << "const std::vector<" << type << ">& " << name << "() {\n  static const std::vector<" << type
         << "> kRows = {\n";
  }
  void end() { out_ << "};\n  return kRows;\n}\n"; }

  template <typename Keys, typename Write>
  void each(const char* table, const Keys& keys, Write write_row) {
    if (!source_.document().contains(table) || !source_.document().at(table).is_array())
      return source_.complain(table, "is missing");
    for (const toml::value& row : source_.document().at(table).as_array()) {
      const std::string where =
          std::string(table).append(" in line ") + std::to_string(row.location().line());
      if (source_.check_keys(where, row, keys)) write_row(where, row);
    }
  }

  std::string id(const std::string& where, const toml::value& row) {
    const std::string found = source_.text(where, row, "id");
    if (!ids_.insert(found).second)
      source_.complain(where, std::string("the id is there twice: ").append(found));
    return literal(found);
  }
  std::string references(const std::string& where, const toml::value& row, const char* key) {
    const std::vector<std::string> found = source_.texts(where, row, key);
    for (const std::string& one : found) {
      if (known_.count(one) == 0)
        source_.complain(where, std::string("names a code or failure that is none: ").append(one));
    }
    return literal_list(found);
  }
  // Ids of families, which stand before the steps.
  std::string families(const std::string& where, const toml::value& row) {
    const std::vector<std::string> found = source_.optional_texts(where, row, "families");
    for (const std::string& one : found) {
      if (ids_.count(one) == 0)
        source_.complain(where, std::string("names a family that is none: ").append(one));
    }
    return literal_list(found);
  }
  std::string flag(const std::string& where, const toml::value& row, const char* key) {
    if (!row.contains(key)) return "false";
    if (!row.at(key).is_boolean()) source_.complain(Source::place(where, key), "must be true or false");
    return row.at(key).is_boolean() && row.at(key).as_boolean() ? "true" : "false";
  }
  std::string topic(const std::string& where, const toml::value& row) {
    std::string found = source_.text(where, row, "topic");
    if (!whytls::tools::contains(kTopics, found))
      source_.complain(where, std::string("is about no known topic: ").append(found));
    return found;
  }

  Source& source_;
  std::ostream& out_;
  std::set<std::string> known_;
  std::set<std::string> ids_;
};

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(
      argc, argv, "embed_situations SITUATIONS_TOML SIX_CODES_TOML OUTPUT_INC", kSources,
      [](std::vector<Source>& sources, std::ostream& out) { Writer(sources, out).write(); });
}
