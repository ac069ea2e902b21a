#include "pseudo_language.h"

#include <deque>
#include <vector>

namespace whytls::policy::test {

namespace {

constexpr std::string_view kOpen = "⟦";
constexpr std::string_view kClose = "⟧";

struct Maker {
  std::deque<std::string> texts;  // what the language looks at
  std::deque<std::vector<std::string_view>> lists;
  std::vector<SituationWords> situations;
  std::vector<FamilyWords> families;
  std::vector<StepsWords> steps;

  void mark(std::string_view& text) {
    if (!text.empty()) text = texts.emplace_back(std::string(kOpen).append(text).append(kClose));
  }

  Language make() {
    Language made = english();
    made.tag = "x-marked";
    for (std::string_view& word : made.words) mark(word);
    for (auto& forms : made.plurals) {
      for (std::string_view& form : forms) mark(form);
    }
    for (std::string_view& term : made.terms) mark(term);
    for (std::string_view& phrase : made.phrases) mark(phrase);
    for (FailureWords& failure : made.failures) {
      for (std::string_view* text : {&failure.summary, &failure.sentence, &failure.meaning, &failure.visitor,
                                     &failure.owner, &failure.device}) {
        mark(*text);
      }
      for (std::string_view& cause : failure.causes) mark(cause);
    }
    situations = rows_of(english().advice.situations);
    for (SituationWords& one : situations) {
      mark(one.title);
      mark(one.signs);
      mark(one.steps);
      mark(one.settle);
    }
    families = rows_of(english().advice.families);
    for (FamilyWords& one : families) {
      mark(one.name);
      mark(one.notes);
      mark(one.steps);
    }
    steps = rows_of(english().advice.steps);
    for (StepsWords& one : steps) {
      mark(one.system);
      mark(one.steps);
    }
    made.advice = {situations, families, steps};
    return made;
  }

  template <typename Row>
  static std::vector<Row> rows_of(std::span<const Row> rows) {
    return {rows.begin(), rows.end()};
  }
  void mark(Texts& list) {
    auto& own = lists.emplace_back(list.begin(), list.end());
    for (std::string_view& text : own) mark(text);
    list = own;
  }
};

}  // namespace

const Language& pseudo_language() {
  static Maker maker;
  static const Language kMade = maker.make();
  return kMade;
}

std::string outside_of_marks(const std::string& text) {
  std::string out;
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = std::string_view(text).substr(at);
    if (rest.starts_with(kOpen)) {
      ++depth;
      at += kOpen.size();
    } else if (rest.starts_with(kClose)) {
      --depth;
      at += kClose.size();
    } else {
      if (depth == 0) out += text[at];
      ++at;
    }
  }
  return out;
}

}  // namespace whytls::policy::test
