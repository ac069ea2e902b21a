// Build tool: turns the languages of policy/words/ into C++ tables.
//
//   embed_words FAILURE_TEXT_TOML EN_TOML [LANGUAGE_TOML]... OUTPUT_INC
//
// English has its prose of failures in failure_text.toml and failures.def, every other language in its own
// file. A language is refused that lacks a text which English has, that has one too many, or whose text fills
// in other {placeholders}, leaves out other [parts] or names other `code`.
#include <map>

#include "config/tools/words_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::literal_list;
using whytls::tools::Source;

struct Prose {
  std::string summary;
  std::map<std::string, std::string> texts;  // kProse
  std::vector<std::string> causes;
};
constexpr std::array<const char*, 5> kProse = {"sentence", "meaning", "visitor", "owner", "device"};
constexpr std::array<std::string_view, 7> kProseKeys = {"summary", "sentence", "meaning", "causes",
                                                        "visitor", "owner",    "device"};

// What English says, for the others to be compared with.
struct English {
  std::map<std::string, std::string> words;  // "page.copy", "words.ago", "terms.pin"
  std::map<std::string, std::vector<std::string>> plurals;
  std::vector<std::string> phrases;
  std::vector<std::string> word_keys;
  std::vector<std::string> plural_keys;
  std::vector<std::string> term_keys;
  std::vector<Prose> failures;  // in the order of failures.def
};

const std::vector<std::string_view>& summaries() {
  static const std::vector<std::string_view> kSummaries = {
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) summary,
#include "policy/failures.def"
#undef WHYTLS_FAILURE
  };
  return kSummaries;
}

void compare(Source& source, const std::string& where, const std::string& ours, const std::string& english) {
  if (ours.empty()) return;  // complained about already
  if (whytls::tools::placeholders(ours) != whytls::tools::placeholders(english))
    source.complain(where,
                    std::string("fills in other {placeholders} than the English text: ").append(english));
  if (whytls::tools::code_pieces(ours) != whytls::tools::code_pieces(english))
    source.complain(where, std::string("has other `code` than the English text: ").append(english));
}

void compare_sentence(Source& source, const std::string& where, const std::string& ours,
                      const std::string& english) {
  compare(source, where, ours, english);
  if (!ours.empty() && whytls::tools::optional_parts(ours) != whytls::tools::optional_parts(english))
    source.complain(where, std::string("leaves out other [parts] than the English text: ").append(english));
}

void same_keys(Source& source, const std::string& table, const std::vector<std::string>& known) {
  for (const std::string& key : whytls::tools::keys_of(source, table)) {
    if (!whytls::tools::contains(known, key))
      source.complain(Source::place(table, key), "is unknown to en.toml");
  }
}

// "page_copy" is "copy" of [page], any other that of [words].
std::pair<std::string, std::string> place_of_word(const std::string& key) {
  constexpr std::string_view kPage = "page_";
  if (key.starts_with(kPage)) return {"page", key.substr(kPage.size())};
  return {"words", key};
}

std::string word(Source& source, const std::string& table, const std::string& key, const English& english) {
  std::string text = source.text(table, whytls::tools::table_of(source, table), key);
  compare(source, Source::place(table, key), text, english.words.at(Source::place(table, key)));
  return text;
}

void write_head(Source& source, std::ostream& out) {
  constexpr std::array<std::string_view, 6> kKeys = {"tag",   "name",      "plural",
                                                     "forms", "thousands", "decimal"};
  const toml::value& head = whytls::tools::table_of(source, "language");
  source.check_keys("language", head, kKeys);
  for (const char* key : {"tag", "name", "thousands", "decimal"})
    out << literal(source.text("language", head, key)) << ", ";
  const std::string formula = source.text("language", head, "plural");
  if (formula.find_first_not_of("n0123456789 %!=<>&|?:()") != std::string::npos)
    source.complain("language.plural", "must be a formula of gettext over n");
  out << "\n [](std::uint64_t n) { (void)n; return static_cast<std::size_t>(" << formula << "); },\n";
}

std::size_t forms_of(Source& source) {
  constexpr std::int64_t kMost = 6;  // kMaxForms
  const toml::value& head = whytls::tools::table_of(source, "language");
  if (head.contains("forms") && head.at("forms").is_integer()) {
    const std::int64_t forms = head.at("forms").as_integer();
    if (forms >= 1 && forms <= kMost) return static_cast<std::size_t>(forms);
  }
  source.complain("language.forms", "must be a number from 1 to 6");
  return 1;
}

// Forms may leave a placeholder out ("one more"), but the last has all of them.
void write_plurals(Source& source, const English& english, std::ostream& out) {
  const std::size_t count = forms_of(source);
  out << "{{";
  for (const std::string& key : english.plural_keys) {
    const std::vector<std::string> forms =
        source.texts("plurals", whytls::tools::table_of(source, "plurals"), key);
    const std::string where = Source::place("plurals", key);
    if (forms.size() != count) source.complain(where, "must have as many forms as the language");
    const auto known = whytls::tools::placeholders(english.plurals.at(key).back());
    for (const std::string& form : forms) {
      const auto used = whytls::tools::placeholders(form);
      if (!std::includes(known.begin(), known.end(), used.begin(), used.end()) ||
          (&form == &forms.back() && used != known))
        source.complain(where, "fills in other {placeholders} than the English text");
    }
    out << " {" << literal_list(forms) << "},\n";
  }
  out << "}},\n";
}

void write_phrases(Source& source, const English& english, bool is_english, std::ostream& out) {
  const toml::value& table = whytls::tools::table_of(source, "phrases");
  out << "{{";
  for (const std::string& key : english.phrases) {
    const std::string text = is_english ? key : source.text("phrases", table, key);
    compare(source, Source::place("phrases", key), text, key);
    out << literal(text) << ",\n";
  }
  out << "}},\n";
}

Prose own_prose(Source& source, const std::string& slug) {
  Prose prose;
  const toml::value& all = whytls::tools::table_of(source, "failure");
  const std::string where = Source::place("failure", slug);
  if (!all.contains(slug)) {
    source.complain(where, "is missing: every failure needs a text");
    return prose;
  }
  const toml::value& row = all.at(slug);
  if (!source.check_keys(where, row, kProseKeys)) return prose;
  prose.summary = source.text(where, row, "summary");
  for (const char* key : kProse) prose.texts[key] = source.text(where, row, key);
  prose.causes = source.texts(where, row, "causes");
  return prose;
}

void compare_prose(Source& source, const std::string& slug, const Prose& ours, const Prose& english) {
  const std::string where = Source::place("failure", slug);
  for (const char* key : kProse) {
    if (!ours.texts.contains(key)) continue;
    const bool is_sentence = std::string_view(key) == "sentence";
    (is_sentence ? compare_sentence : compare)(source, Source::place(where, key), ours.texts.at(key),
                                               english.texts.at(key));
  }
  if (ours.causes.empty()) return;
  if (ours.causes.size() != english.causes.size()) {
    source.complain(Source::place(where, "causes"), "has more or fewer entries than the English text");
    return;
  }
  for (std::size_t i = 0; i < ours.causes.size(); ++i)
    compare(source, Source::place(where, "causes"), ours.causes[i], english.causes[i]);
}

void write_failures(Source& source, const English& english, bool is_english, std::ostream& out) {
  out << "{{";
  for (std::size_t i = 0; i < english.failures.size(); ++i) {
    const std::string slug(whytls::tools::slugs()[i]);
    const Prose prose = is_english ? english.failures[i] : own_prose(source, slug);
    if (!is_english) compare_prose(source, slug, prose, english.failures[i]);
    const auto text = [&](const char* key) {
      return prose.texts.contains(key) ? literal(prose.texts.at(key)) : std::string("\"\"");
    };
    out << " {" << literal(prose.summary) << ",\n " << text("sentence") << ",\n " << text("meaning") << ",\n "
        << literal_list(prose.causes) << ",\n " << text("visitor") << ",\n " << text("owner") << ",\n "
        << text("device") << "},\n";
  }
  out << "}},\n";
}

void write_language(Source& source, const English& english, std::size_t number, std::ostream& out) {
  const bool is_english = number == 0;
  out << "{";
  write_head(source, out);
  out << "{{";
  for (const std::string& key : english.word_keys) {
    const auto [table, name] = place_of_word(key);
    out << literal(word(source, table, name, english)) << ",\n";
  }
  out << "}},\n";
  write_plurals(source, english, out);
  out << "{{";
  for (const std::string& key : english.term_keys)
    out << literal(word(source, "terms", key, english)) << ",\n";
  out << "}},\n";
  write_phrases(source, english, is_english, out);
  write_failures(source, english, is_english, out);
  out << "advice_words(" << number << ")},\n";
}

void check_tables(Source& source, const English& english) {
  // The last three are read by embed_advice_words.
  constexpr std::array<std::string_view, 10> kTables = {
      "language", "page", "terms", "plurals", "words", "phrases", "failure", "situation", "family", "steps"};
  for (const auto& [key, unused] : source.document().as_table()) {
    (void)unused;
    if (!whytls::tools::contains(kTables, key)) source.complain(key, "is a table that nobody reads");
  }
  for (const char* table : {"page", "words", "terms"}) {
    std::vector<std::string> known;
    for (const auto& [place, unused] : english.words) {
      if (place.starts_with(std::string(table).append(".")))
        known.push_back(place.substr(place.find('.') + 1));
    }
    same_keys(source, table, known);
  }
  same_keys(source, "plurals", english.plural_keys);
  same_keys(source, "phrases", english.phrases);
  std::vector<std::string> failures;
  for (const std::string_view slug : whytls::tools::slugs()) failures.emplace_back(slug);
  same_keys(source, "failure", failures);
}

English read_english(Source& prose, Source& source) {
  English english;
  for (const char* table : {"page", "words", "terms"}) {
    for (const std::string& key : whytls::tools::keys_of(source, table))
      english.words[Source::place(table, key)] =
          source.text(table, whytls::tools::table_of(source, table), key);
  }
  english.word_keys = whytls::tools::word_keys(source);
  english.plural_keys = whytls::tools::keys_of(source, "plurals");
  english.term_keys = whytls::tools::keys_of(source, "terms");
  english.phrases = whytls::tools::known_phrases(source);
  for (const std::string& key : english.plural_keys)
    english.plurals[key] = source.texts("plurals", whytls::tools::table_of(source, "plurals"), key);
  for (std::size_t i = 0; i < whytls::tools::slugs().size(); ++i) {
    const std::string slug(whytls::tools::slugs()[i]);
    Prose& failure = english.failures.emplace_back();
    failure.summary = summaries()[i];
    if (!prose.document().contains(slug)) continue;  // embed_failure_text complains
    const toml::value& row = prose.document().at(slug);
    for (const char* key : kProse) failure.texts[key] = prose.text(slug, row, key);
    failure.causes = prose.texts(slug, row, "causes");
  }
  return english;
}

void write_languages(std::vector<Source>& sources, std::ostream& out) {
  const English english = read_english(sources[0], sources[1]);
  for (std::size_t i = 1; i < sources.size(); ++i) {
    if (i > 1) check_tables(sources[i], english);
    write_language(sources[i], english, i - 1, out);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(
      argc, argv, "embed_words FAILURE_TEXT_TOML EN_TOML [LANGUAGE_TOML]... OUTPUT_INC", 2, write_languages);
}
