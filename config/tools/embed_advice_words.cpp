// Build tool: turns the texts of advice by situation, in every language, into C++ tables.
//
//   embed_advice_words SITUATIONS_TOML EN_TOML [LANGUAGE_TOML]... OUTPUT_INC
//
// English has its texts in situations.toml, every other language in the tables [situation.ID], [family.ID]
// and [[steps]] of its own file. A language is refused that lacks a row or a text, has one too many, or whose
// text fills in other {placeholders} or names other `code`.
#include <array>
#include <sstream>

#include "config/tools/words_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::Source;

constexpr std::array<std::string_view, 4> kSituationKeys = {"title", "signs", "steps", "settle"};
constexpr std::array<std::string_view, 3> kFamilyKeys = {"name", "notes", "steps"};
constexpr std::array<std::string_view, 4> kStepsKeys = {"topic", "system", "name", "steps"};

// One row in English and in the language that is written; both are the same for English.
struct Pair {
  const toml::value& english;
  const toml::value& row;
  std::string where;
};

class Writer {
 public:
  Writer(Source& english, Source& source, std::size_t number, std::ostream& out)
      : english_(english), source_(source), number_(number), out_(out) {}

  void write() {
    begin("situation");
    each("situation", kSituationKeys, [this](const Pair& pair) {
      row() << text(pair, "title") << ", " << list(pair, "signs") << ", " << list(pair, "steps") << ", "
            << text(pair, "settle") << "},\n";
    });
    end("SituationWords", "kSituations");
    begin("family");
    each("family", kFamilyKeys, [this](const Pair& pair) {
      row() << text(pair, "name") << ", " << optional_list(pair, "notes") << ", "
            << optional_list(pair, "steps") << "},\n";
    });
    end("FamilyWords", "kFamilies");
    begin("steps");
    each_steps([this](const Pair& pair) {
      row() << text(pair, is_english() ? "system" : "name") << ", " << list(pair, "steps") << "},\n";
    });
    end("StepsWords", "kSteps");
  }

 private:
  [[nodiscard]] bool is_english() const { return number_ == 0; }

  // The rows of a table are collected, because their lists have to stand before them.
  void begin(const char* table) {
    table_ = table;
    lists_ = 0;
    rows_.str({});
  }
  std::ostream& row() { return rows_ << "{"; }
  void end(const char* type, const char* name) {
    out_ << "constexpr " << type << " " << name << number_ << "[] = {\n" << rows_.str() << "};\n";
  }

  // The rows of a table with ids. `write_row(pair)` for each, in the order of English.
  template <typename Keys, typename Write>
  void each(const char* table, const Keys& keys, Write write_row) {
    std::vector<std::string> ids;
    for (const toml::value& row : english_.document().at(table).as_array()) {
      if (!row.contains("id") || !row.at("id").is_string()) continue;  // embed_situations complains
      const std::string& id = ids.emplace_back(row.at("id").as_string().str);
      const std::string where = Source::place(table, id);
      if (is_english()) {
        write_row(Pair{row, row, where});
      } else if (const toml::value& own = whytls::tools::table_of(source_, table); own.contains(id)) {
        if (source_.check_keys(where, own.at(id), keys)) write_row(Pair{row, own.at(id), where});
      } else {
        source_.complain(where, "is missing");
      }
    }
    if (is_english()) return;
    for (const std::string& key : whytls::tools::keys_of(source_, table)) {
      if (!whytls::tools::contains(ids, key))
        source_.complain(Source::place(table, key), "is unknown to situations.toml");
    }
  }

  // The steps have no ids: the same topics and systems in the same order.
  template <typename Write>
  void each_steps(Write write_row) {
    const auto& english = english_.document().at("steps").as_array();
    if (!source_.document().contains("steps") || !source_.document().at("steps").is_array())
      return source_.complain("steps", "is missing");
    const auto& own = source_.document().at("steps").as_array();
    if (own.size() != english.size())
      return source_.complain("steps", "has more or fewer systems than situations.toml");
    for (std::size_t i = 0; i < own.size(); ++i) {
      const std::string where = std::string("steps ").append(english_.text("steps", english[i], "topic"));
      const Pair pair{english[i], own[i],
                      std::string(where).append(".").append(english_.text("steps", english[i], "system"))};
      if (!is_english()) {
        if (!source_.check_keys(pair.where, own[i], kStepsKeys)) continue;
        for (const char* key : {"topic", "system"}) {
          if (source_.text(pair.where, own[i], key) != english_.text(pair.where, english[i], key))
            source_.complain(pair.where, "is not in the order of situations.toml");
        }
      }
      write_row(pair);
    }
  }

  void compare(const Pair& pair, const std::string& key, const std::string& own, const std::string& english) {
    if (own.empty()) return;  // complained about already
    if (whytls::tools::placeholders(own) != whytls::tools::placeholders(english))
      source_.complain(Source::place(pair.where, key),
                       std::string("fills in other {placeholders} than the English text: ").append(english));
    if (whytls::tools::code_pieces(own) != whytls::tools::code_pieces(english))
      source_.complain(Source::place(pair.where, key),
                       std::string("has other `code` than the English text: ").append(english));
  }

  std::string text(const Pair& pair, const std::string& key) {
    const std::string own = source_.text(pair.where, pair.row, key);
    const std::string english_key = key == "name" && !pair.english.contains(key) ? "system" : key;
    compare(pair, key, own, english_.text(pair.where, pair.english, english_key));
    return literal(own).append("sv");
  }

  std::string optional_list(const Pair& pair, const std::string& key) {
    if (pair.english.contains(key)) return list(pair, key);
    if (pair.row.contains(key))
      source_.complain(Source::place(pair.where, key), "is unknown to situations.toml");
    return "{}";
  }

  // Writes the list as an array of its own; the name of that.
  std::string list(const Pair& pair, const std::string& key) {
    const std::vector<std::string> own = source_.texts(pair.where, pair.row, key);
    const std::vector<std::string> english = english_.texts(pair.where, pair.english, key);
    if (own.size() != english.size()) {
      source_.complain(Source::place(pair.where, key), "has more or fewer entries than the English text");
    } else {
      for (std::size_t i = 0; i < own.size(); ++i) compare(pair, key, own[i], english[i]);
    }
    std::string name = std::string("kList_").append(table_).append("_");
    name.append(std::to_string(number_)).append("_").append(std::to_string(lists_++));
    out_ << "constexpr std::string_view " << name << "[] = {\n";
    for (const std::string& one : own) out_ << "  " << literal(one) << "sv,\n";
    out_ << "};\n";
    return name;
  }

  Source& english_;
  Source& source_;
  std::size_t number_;
  std::ostream& out_;
  std::string table_;
  std::size_t lists_ = 0;
  std::ostringstream rows_;
};

void write_all(std::vector<Source>& sources, std::ostream& out) {
  for (const char* table : {"situation", "family", "steps"}) {
    if (!sources[0].document().contains(table) || !sources[0].document().at(table).is_array())
      return sources[0].complain(table, "is missing");
  }
  // sources[1] is en.toml: its place in the order of languages is that of English.
  Writer(sources[0], sources[0], 0, out).write();
  for (std::size_t i = 2; i < sources.size(); ++i) Writer(sources[0], sources[i], i - 1, out).write();
  out << "constexpr AdviceWords kAdvice[] = {\n";
  for (std::size_t i = 1; i < sources.size(); ++i) {
    const std::string number = std::to_string(i - 1);
    out << "  {kSituations" << number << ", kFamilies" << number << ", kSteps" << number << "},\n";
  }
  out << "};\n";
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(
      argc, argv, "embed_advice_words SITUATIONS_TOML EN_TOML [LANGUAGE_TOML]... OUTPUT_INC", 2, write_all);
}
