#include "proxy/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace whytls::proxy {
namespace {

enum class Newlines : std::uint8_t { escape, keep };
// What is written in place of a character that may not be shown as it is.
enum class Hidden : std::uint8_t { mark, keep };

struct Decoded {
  char32_t point = 0;
  std::size_t length = 0;  // 0: the first byte belongs to no character
};

// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  char32_t point = 0;
  char32_t smallest = 0;
  if ((lead & 0xe0U) == 0xc0U) {
    length = 2, point = lead & 0x1fU, smallest = 0x80;
  } else if ((lead & 0xf0U) == 0xe0U) {
    length = 3, point = lead & 0x0fU, smallest = 0x800;
  } else if ((lead & 0xf8U) == 0xf0U) {
    length = 4, point = lead & 0x07U, smallest = 0x10000;
  }
  if (length == 0 || bytes.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(bytes[i]);
    if ((next & 0xc0U) != 0x80U) return {};
    point = (point << 6U) | (next & 0x3fU);
  }
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < smallest || surrogate || point > 0x10ffff) return {};
  return {point, length};
}

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that show nothing, reorder what surrounds them, or break lines (Unicode: Cf, Zl, Zp,
// Default_Ignorable, noncharacters of the BMP, and blanks that are no space).
constexpr std::array kUnseen = {
    Range{0x0080, 0x00a0},   Range{0x00ad, 0x00ad},    Range{0x034f, 0x034f}, Range{0x061c, 0x061c},
    Range{0x115f, 0x1160},   Range{0x17b4, 0x17b5},    Range{0x180b, 0x180f}, Range{0x2000, 0x200f},
    Range{0x2028, 0x202f},   Range{0x205f, 0x206f},    Range{0x2800, 0x2800}, Range{0x3000, 0x3000},
    Range{0x3164, 0x3164},   Range{0xe000, 0xf8ff},    Range{0xfdd0, 0xfdef}, Range{0xfe00, 0xfe0f},
    Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},    Range{0xfff0, 0xffff}, Range{0x1d173, 0x1d17a},
    Range{0xe0000, 0xe0fff}, Range{0xf0000, 0x10ffff},
};

bool is_unseen(char32_t point) {
  for (const Range& range : kUnseen) {
    if (point >= range.first && point <= range.last) return true;
  }
  return false;
}

constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kUpperHex = "0123456789ABCDEF";

void append_byte(std::string* out, unsigned char byte) {
  *out += "\\x";
  *out += kLowerHex[byte >> 4U];
  *out += kLowerHex[byte & 0x0fU];
}

void append_mark(std::string* out, char32_t point) {
  *out += "\u2039U+";
  bool begun = false;
  for (int shift = 20; shift >= 0; shift -= 4) {
    const auto digit = static_cast<std::size_t>((point >> static_cast<unsigned>(shift)) & 0x0fU);
    begun = begun || digit != 0 || shift < 16;  // at least four digits, as Unicode writes them
    if (begun) *out += kUpperHex[digit];
  }
  *out += "\u203a";
}

// Bytes at the beginning that stand for themselves, whatever is to be shown: printable ASCII. Nearly all text
// is that, and it is looked at once only.
std::size_t plain_length(std::string_view text) {
  const auto* const end =
      std::find_if(text.begin(), text.end(), [](char c) { return c < 0x20 || c >= 0x7f; });
  return static_cast<std::size_t>(end - text.begin());
}

std::string convert(std::string_view bytes, std::size_t max_bytes, Hidden hidden, Newlines newlines) {
  std::string out;
  std::string_view rest = bytes;
  std::size_t used = 0;
  out.reserve(std::min(bytes.size(), max_bytes) + 16);
  while (!rest.empty()) {
    if (const std::size_t plain = std::min(plain_length(rest), max_bytes - used); plain > 0) {
      out.append(rest.substr(0, plain));
      rest.remove_prefix(plain);
      used += plain;
      continue;
    }
    const Decoded next = decode(rest);
    const std::size_t step = next.length == 0 ? 1 : next.length;
    if (used + step > max_bytes) break;
    const auto byte = static_cast<unsigned char>(rest.front());
    const bool control = next.length == 1 && (byte < 0x20 || byte == 0x7f);
    const bool stays = hidden == Hidden::keep || (byte == '\n' && newlines == Newlines::keep);
    if (next.length == 0 || (control && !stays)) {
      append_byte(&out, byte);
    } else if (is_unseen(next.point) && !stays) {
      append_mark(&out, next.point);
    } else {
      out.append(rest.substr(0, step));
    }
    rest.remove_prefix(step);
    used += step;
  }
  if (!rest.empty()) out += "\u2026 (" + std::to_string(rest.size()) + " more bytes)";
  return out;
}

bool is_plain_in_shell(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("._-:/@%+=,").find(c) != std::string_view::npos;
}

}  // namespace

std::string visible(std::string_view bytes, std::size_t max_bytes) {
  return convert(bytes, max_bytes, Hidden::mark, Newlines::escape);
}

std::string visible_lines(std::string_view bytes, std::size_t max_bytes) {
  return convert(bytes, max_bytes, Hidden::mark, Newlines::keep);
}

std::string valid_utf8(std::string_view bytes, std::size_t max_bytes) {
  return convert(bytes, max_bytes, Hidden::keep, Newlines::keep);
}

std::string visible_ascii(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  for (const char c : bytes.substr(0, max_bytes)) {
    if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      append_byte(&out, static_cast<unsigned char>(c));
    }
  }
  if (bytes.size() > max_bytes) out += "... (" + std::to_string(bytes.size() - max_bytes) + " more bytes)";
  return out;
}

std::string html_escape(std::string_view text) {
  const auto reference = [](char c) -> std::string_view {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  };
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const auto* const end =
        std::find_if(text.begin(), text.end(), [&](char c) { return !reference(c).empty(); });
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out.append(text.substr(0, plain));
    if (plain < text.size()) out.append(reference(text[plain]));
    text.remove_prefix(std::min(plain + 1, text.size()));
  }
  return out;
}

std::string shell_quote(std::string_view text) {
  std::string clean;
  bool plain = !text.empty();
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    clean += c;
    plain = plain && is_plain_in_shell(c);
  }
  if (plain && !clean.empty()) return clean;
  std::string out = "'";
  for (const char c : clean) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string toml_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : valid_utf8(text, text.size())) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kUpperHex[byte >> 4U];
      out += kUpperHex[byte & 0x0fU];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace whytls::proxy
