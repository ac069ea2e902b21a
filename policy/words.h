// The words of the page in every language: policy/words/LANG.toml and the prose of failure_text.toml,
// embedded at build time by config/tools/embed_words.cpp, which refuses a language that is not complete.
// English comes first and is what every other part of whytls speaks: log lines, the JSON document, the text
// line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/failure.h"

namespace whytls::policy {

// enum class Word, enum class Plural, kWordCount, kPluralCount, kTermKeys, kPhrases, kPageKeys: made from
// words/en.toml. Word has a `page_` enumerator for each label of the page's template.
#include "policy/word_keys.inc"

inline constexpr std::size_t kMaxForms = 6;  // of a plural: no language of gettext has more

// What people are told about one failure. Placeholders as in FailureText.
struct FailureWords {
  std::string_view summary;
  std::string_view sentence;  // see policy/sentence.h
  std::string_view meaning;
  std::vector<std::string_view> causes;
  std::string_view visitor;
  std::string_view owner;
  std::string_view device;
};

// Advice by situation in one language; rows in the order of all_situations(), all_device_families() and
// all_system_steps() (policy/situations.h). Texts may hold {host}, {port} and {sni}.
using Texts = std::span<const std::string_view>;
struct SituationWords {
  std::string_view title;
  Texts signs;              // how to recognise it
  Texts steps;              // what to do, in this order
  std::string_view settle;  // what tells it from the other causes
};
struct FamilyWords {
  std::string_view name;
  Texts notes;
  Texts steps;
};
struct StepsWords {
  std::string_view system;  // "Windows", "Debian and Ubuntu"
  Texts steps;
};
struct AdviceWords {
  std::span<const SituationWords> situations;
  std::span<const FamilyWords> families;
  std::span<const StepsWords> steps;
};
// By the language's place in languages().
[[nodiscard]] const AdviceWords& advice_words(std::size_t language);

struct Language {
  std::string_view tag;   // BCP 47: "en"
  std::string_view name;  // "English", "Deutsch"
  std::string_view thousands;
  std::string_view decimal;
  std::size_t (*form)(std::uint64_t count);  // which form of a plural goes with a number
  std::array<std::string_view, kWordCount> words;
  std::array<std::array<std::string_view, kMaxForms>, kPluralCount> plurals;
  std::array<std::string_view, kTermCount> terms;      // in the order of kTermKeys
  std::array<std::string_view, kPhraseCount> phrases;  // in the order of kPhrases
  std::array<FailureWords, kFailureCount> failures;
  AdviceWords advice;

  [[nodiscard]] std::string_view word(Word which) const { return words[static_cast<std::size_t>(which)]; }
  [[nodiscard]] const FailureWords& failure(Failure which) const {
    return failures[static_cast<std::size_t>(which)];
  }
};

// All that were built in, English first, the others by their tags.
[[nodiscard]] const std::vector<Language>& languages();
[[nodiscard]] const Language& english();

// A placeholder and what is put in its place.
using Filler = std::pair<std::string_view, std::string_view>;

// `text` with each {name} replaced; what is not among `fillers` stays.
[[nodiscard]] std::string filled(std::string_view text, std::span<const Filler> fillers);
[[nodiscard]] std::string say(const Language& language, Word word,
                              std::initializer_list<Filler> fillers = {});
// The form of a plural for `count`; fillers usually have {count} as it is to be written.
[[nodiscard]] std::string say(const Language& language, Plural plural, std::uint64_t count,
                              std::initializer_list<Filler> fillers);

// The key of a fact, the name of a check, a severity or a verdict. One that the catalogue does not know loses
// its underscores.
[[nodiscard]] std::string term(const Language& language, std::string_view key);

// A fixed English phrase of ours in another language; what is none stays as it is. Only for text that whytls
// wrote: a peer's must not pass through here.
[[nodiscard]] std::string phrase(const Language& language, std::string_view english_text);
// The value of a fact: phrases of ours and durations in the language, text of a peer as it is.
[[nodiscard]] std::string fact_text(const Language& language, std::string_view key, std::string_view value);
// A duration as findings write it ("7 hours"), standing alone or behind the words for ago and in.
enum class SpanUse : std::uint8_t { alone, in_time };
[[nodiscard]] std::string span_text(const Language& language, std::string_view english_span, SpanUse use);

}  // namespace whytls::policy
