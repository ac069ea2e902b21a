// What may have been meant by a text in which nothing was recognised.
#include <algorithm>

#include "policy/explain_clues.h"
#include "policy/spelling.h"

namespace whytls::policy {

namespace {

constexpr std::size_t kMostShown = 5;
constexpr std::size_t kMostTried = 40;  // words of the text

const std::vector<std::string>& known_words() {
  static const std::vector<std::string> kWords = [] {
    std::vector<std::string> made;
    for (const FailureInfo& row : all_failures()) made.emplace_back(row.slug);
    for (const Code& code : all_codes()) made.emplace_back(code.symbol);
    return made;
  }();
  return kWords;
}

bool is_symbol_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Words that look like a symbol, or all words of a text that has one or two of them.
std::vector<std::string_view> symbols_in(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size() && words.size() < kMostTried;) {
    const std::size_t begin = static_cast<std::size_t>(
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_symbol_char) -
        text.begin());
    std::size_t end = begin;
    while (end < text.size() && is_symbol_char(text[end])) ++end;
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    at = end + 1;
  }
  if (words.size() <= 2) return words;
  std::erase_if(words, [](std::string_view word) { return word.find('_') == std::string_view::npos; });
  return words;
}

}  // namespace

std::vector<std::string> nearest_codes(std::string_view text) {
  constexpr std::size_t kShortest = 4;  // everything is near to "no"
  std::vector<std::string> out;
  for (const std::string_view word : symbols_in(text)) {
    if (word.size() < kShortest) continue;
    for (std::string& near : nearest_words(word, known_words(), kMostShown)) {
      const bool is_new = std::find(out.begin(), out.end(), near) == out.end();
      if (is_new && out.size() < kMostShown) out.push_back(std::move(near));
    }
  }
  return out;
}

}  // namespace whytls::policy
