// Text for people: bounded, safe on a terminal, and the nearest spelling of a word.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace whytls::config {

// The longest piece of a file that a message repeats, in characters.
inline constexpr std::size_t kMaxQuoted = 80;

// One character of UTF-8 at the beginning of `text`; length 0: the bytes there are not UTF-8 (RFC 3629).
struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;
};
[[nodiscard]] CodePoint decode_utf8(std::string_view text);

// Control, bidi and other invisible characters and bytes that are not UTF-8 are made visible ("\u001B",
// "\xff"); at most `limit` characters are kept, then "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit);
// `text` as a TOML basic string, complete.
[[nodiscard]] std::string toml_string(std::string_view text);
// `text` in quotes, printable and bounded: for messages only.
[[nodiscard]] std::string in_quotes(std::string_view text);
// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

// The word of `known` that `word` probably means (case-insensitive, swapped neighbours count one); empty:
// none.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace whytls::config
