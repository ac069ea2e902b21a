#include "policy/words.h"

#include <algorithm>

namespace whytls::policy {

const std::vector<Language>& languages() {
  static const std::vector<Language> kLanguages = {
#include "policy/words.inc"
  };
  return kLanguages;
}

const Language& english() {
  return languages().front();
}

std::string filled(std::string_view text, std::span<const Filler> fillers) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) break;
    const auto found = std::find_if(fillers.begin(), fillers.end(), [&](const Filler& one) {
      return one.first == text.substr(1, close - 1);
    });
    out += found == fillers.end() ? text.substr(0, close + 1) : found->second;
    text.remove_prefix(close + 1);
  }
  return out.append(text);
}

std::string say(const Language& language, Word word, std::initializer_list<Filler> fillers) {
  return filled(language.word(word), std::span(fillers.begin(), fillers.size()));
}

std::string say(const Language& language, Plural plural, std::uint64_t count,
                std::initializer_list<Filler> fillers) {
  return filled(language.plurals[static_cast<std::size_t>(plural)][language.form(count)],
                std::span(fillers.begin(), fillers.size()));
}

std::string term(const Language& language, std::string_view key) {
  const auto* const found = std::lower_bound(kTermKeys.begin(), kTermKeys.end(), key);
  if (found != kTermKeys.end() && *found == key) {
    return std::string(language.terms[static_cast<std::size_t>(found - kTermKeys.begin())]);
  }
  std::string out(key);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

}  // namespace whytls::policy
