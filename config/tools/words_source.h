// What the tools share that read policy/words/*.toml: the keys of English in a fixed order, and what two
// texts must have in common to say the same.
#pragma once

#include <algorithm>

#include "config/tools/embed_source.h"

namespace whytls::tools {

// The table of a language; an empty one, with a complaint, when it is missing.
inline const toml::value& table_of(Source& source, const std::string& name) {
  static const toml::value kNone{toml::table{}};
  if (source.document().contains(name) && source.document().at(name).is_table())
    return source.document().at(name);
  source.complain(name, "must be a table");
  return kNone;
}

// The keys of a table, sorted: a TOML table has no order.
inline std::vector<std::string> keys_of(Source& source, const std::string& table) {
  std::vector<std::string> keys;
  for (const auto& [key, unused] : table_of(source, table).as_table()) {
    (void)unused;
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

// The words of [page], as page_KEY, then those of [words].
inline std::vector<std::string> word_keys(Source& english) {
  std::vector<std::string> keys;
  for (const std::string& key : keys_of(english, "page")) keys.push_back(std::string("page_").append(key));
  for (std::string& key : keys_of(english, "words")) keys.push_back(std::move(key));
  return keys;
}

inline std::vector<std::string> known_phrases(Source& english) {
  return english.texts("phrases", table_of(english, "phrases"), "known");
}

inline bool is_name(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos;
}

// The {placeholders} of a text, sorted. Braces around anything else are text.
inline std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) break;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (is_name(name)) found.emplace_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// What stands between `open` and `close`, piece by piece, sorted; `shown(piece)` says what of a piece counts.
template <typename Shown>
std::vector<std::string> pieces(std::string_view text, char open, char close, Shown shown) {
  std::vector<std::string> found;
  std::size_t at = text.find(open);
  while (at != std::string_view::npos) {
    const std::size_t end = text.find(close, at + 1);
    if (end == std::string_view::npos) {
      found.emplace_back("unclosed");
      break;
    }
    found.push_back(shown(text.substr(at + 1, end - at - 1)));
    at = text.find(open, end + 1);
  }
  std::sort(found.begin(), found.end());
  return found;
}

inline std::vector<std::string> code_pieces(std::string_view text) {
  return pieces(text, '`', '`', [](std::string_view piece) { return std::string(piece); });
}

// The [parts] of a sentence that are left out together, each as its placeholders.
inline std::vector<std::string> optional_parts(std::string_view text) {
  return pieces(text, '[', ']', [](std::string_view piece) {
    std::string names;
    for (const std::string& name : placeholders(piece)) names.append(name).append(" ");
    return names;
  });
}

}  // namespace whytls::tools
