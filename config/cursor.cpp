#include "config/cursor.h"

#include <charconv>
#include <cstdint>

namespace whytls::config {

namespace {

// nullopt: not a Unicode scalar value.
std::optional<std::string> encode_utf8(std::uint32_t c) {
  if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return std::nullopt;
  const auto tail = [c](unsigned shift) { return static_cast<char>(0x80U | ((c >> shift) & 0x3fU)); };
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  if (c < 0x800) return std::string{static_cast<char>(0xc0U | (c >> 6U)), tail(0)};
  if (c < 0x10000) return std::string{static_cast<char>(0xe0U | (c >> 12U)), tail(6), tail(0)};
  return std::string{static_cast<char>(0xf0U | (c >> 18U)), tail(12), tail(6), tail(0)};
}

}  // namespace

void Cursor::advance() {
  if (at_end()) return;
  const auto byte = static_cast<unsigned char>(text_[offset_++]);
  if (byte == '\n') {
    ++line_;
    column_ = 1;
    return;
  }
  const bool next_continues = !at_end() && (static_cast<unsigned char>(text_[offset_]) & 0xc0U) == 0x80U;
  if (!next_continues) ++column_;
}

void Cursor::advance(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) advance();
}

void Cursor::advance_newline() {
  if (starts_with("\r\n")) advance();
  advance();
}

void Cursor::skip_spaces() {
  while (!at_end() && (peek() == ' ' || peek() == '\t')) advance();
}

void Cursor::skip_line() {
  while (!at_end() && !at_newline()) advance();
}

bool Cursor::skip_line_continuation() {
  const Cursor before = *this;
  skip_spaces();
  if (at_end() || !at_newline()) {
    *this = before;
    return false;
  }
  while (!at_end() && (at_newline() || peek() == ' ' || peek() == '\t')) advance();
  return true;
}

std::optional<std::string> Cursor::take_escape() {
  if (at_end()) return std::nullopt;
  const char kind = peek();
  constexpr std::string_view kLetters = "btnfr\"\\";
  constexpr std::string_view kMeanings = "\b\t\n\f\r\"\\";
  const std::size_t index = kLetters.find(kind);
  if (index != std::string_view::npos) {
    advance();
    return std::string(1, kMeanings[index]);
  }
  if (kind != 'u' && kind != 'U') return std::nullopt;
  const std::size_t length = kind == 'u' ? 4 : 8;
  const std::string_view digits = rest().substr(1, length);
  std::uint32_t value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != length || code != std::errc() || end != digits.data() + length) return std::nullopt;
  advance(length + 1);
  return encode_utf8(value);
}

bool Cursor::is_bare_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool Cursor::is_scalar(char c) {
  return is_bare_key(c) || c == '+' || c == '.' || c == ':';
}

}  // namespace whytls::config
