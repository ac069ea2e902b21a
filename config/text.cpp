#include "config/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "policy/spelling.h"

namespace whytls::config {

namespace {

// Characters that a terminal obeys or does not show: C0, DEL, C1, bidi controls, zero width, separators, BOM,
// tags.
bool is_invisible(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

std::string escaped(char32_t c) {
  std::array<char, 16> buffer{};
  const char* format = c > 0xffff ? "\\U%08X" : "\\u%04X";
  const int written = std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(c));
  return {buffer.data(), static_cast<std::size_t>(written)};
}

std::string escaped_byte(unsigned char byte) {
  std::array<char, 8> buffer{};
  const int written = std::snprintf(buffer.data(), buffer.size(), "\\x%02x", static_cast<unsigned>(byte));
  return {buffer.data(), static_cast<std::size_t>(written)};
}

}  // namespace

CodePoint decode_utf8(std::string_view text) {
  if (text.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  char32_t value = 0;
  char32_t smallest = 0;
  if ((first & 0xe0U) == 0xc0U) {
    length = 2, value = first & 0x1fU, smallest = 0x80;
  } else if ((first & 0xf0U) == 0xe0U) {
    length = 3, value = first & 0x0fU, smallest = 0x800;
  } else if ((first & 0xf8U) == 0xf0U) {
    length = 4, value = first & 0x07U, smallest = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    value = (value << 6U) | (byte(i) & 0x3fU);
  }
  if (value < smallest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, length};
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t count = 0;
  while (!text.empty()) {
    if (count++ == limit) return out + "...";
    const CodePoint c = decode_utf8(text);
    if (c.length == 0) {
      out += escaped_byte(static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    if (is_invisible(c.value)) {
      out += escaped(c.value);
    } else {
      out.append(text.substr(0, c.length));
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string toml_string(std::string_view text) {
  std::string protected_text;
  for (const char c : text) {
    if (c == '"' || c == '\\') protected_text += '\\';
    protected_text += c;
  }
  return '"' + printable(protected_text, protected_text.size() + 1) + '"';
}

std::string in_quotes(std::string_view text) {
  return '"' + printable(text, kMaxQuoted) + '"';
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string> near = policy::nearest_words(word, known, 1);
  return near.empty() ? std::string() : near.front();
}

std::string lower_case(std::string_view text) {
  return policy::lower_case(text);
}

}  // namespace whytls::config
