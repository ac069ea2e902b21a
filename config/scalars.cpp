#include "config/scalars.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace whytls::config {

namespace {

constexpr std::size_t kDateLength = 10;  // 2027-06-30
constexpr std::size_t kTimeLength = 8;   // 12:30:00
constexpr std::size_t kMaxSecondDigits = 9;

bool is_digit(char c, int base) {
  if (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return true;
  return c >= '0' && c <= '9' && c - '0' < base;
}

// Digits of one base with single underscores between them.
bool is_digits(std::string_view text, int base) {
  bool after_digit = false;
  for (const char c : text) {
    if (c == '_' && !after_digit) return false;
    if (c != '_' && !is_digit(c, base)) return false;
    after_digit = c != '_';
  }
  return after_digit;
}

// 'd' in `shape` stands for a digit, everything else for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == 'd' ? !is_digit(text[i], 10) : text[i] != shape[i]) return false;
  }
  return true;
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  return text;
}

std::string integer_fault(std::string_view token) {
  std::string digits;
  for (const char c : token) {
    if (c != '_' && c != '+') digits += c;
  }
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    if (digits[1] == 'x') base = 16;
    if (digits[1] == 'o') base = 8;
    if (digits[1] == 'b') base = 2;
  }
  const char* begin = digits.data() + (base == 10 ? 0 : 2);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(begin, digits.data() + digits.size(), value, base);
  if (code == std::errc::result_out_of_range) return "the number does not fit into 64 bits";
  return code == std::errc() && end == digits.data() + digits.size() ? "" : "this is no number";
}

bool is_decimal(std::string_view unsigned_text) {
  return is_digits(unsigned_text, 10) && (unsigned_text == "0" || unsigned_text.front() != '0');
}

bool is_integer(std::string_view token) {
  const std::string_view prefix = token.substr(0, 2);
  if (prefix == "0x") return is_digits(token.substr(2), 16);
  if (prefix == "0o") return is_digits(token.substr(2), 8);
  if (prefix == "0b") return is_digits(token.substr(2), 2);
  return is_decimal(without_sign(token));
}

bool is_float(std::string_view token) {
  std::string_view rest = without_sign(token);
  if (rest == "inf" || rest == "nan") return true;
  const std::size_t e = rest.find_first_of("eE");
  if (e != std::string_view::npos) {
    if (!is_digits(without_sign(rest.substr(e + 1)), 10)) return false;
    rest = rest.substr(0, e);
  }
  const std::size_t point = rest.find('.');
  if (point == std::string_view::npos) return e != std::string_view::npos && is_decimal(rest);
  return is_decimal(rest.substr(0, point)) && is_digits(rest.substr(point + 1), 10);
}

std::string date_fault(std::string_view text) {
  const std::chrono::year_month_day day{std::chrono::year(number(text.substr(0, 4))),
                                        std::chrono::month(static_cast<unsigned>(number(text.substr(5, 2)))),
                                        std::chrono::day(static_cast<unsigned>(number(text.substr(8, 2))))};
  return day.ok() ? "" : "there is no such day";
}

std::string time_fault(std::string_view text) {
  if (!has_shape(text.substr(0, kTimeLength), "dd:dd:dd")) return "a time is written 12:30:00";
  if (number(text.substr(0, 2)) > 23 || number(text.substr(3, 2)) > 59 || number(text.substr(6, 2)) > 59) {
    return "there is no such time";
  }
  const std::string_view fraction = text.substr(kTimeLength);
  if (fraction.empty()) return "";
  if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > kMaxSecondDigits + 1 ||
      fraction.find_first_not_of("0123456789", 1) != std::string_view::npos) {
    return "a fraction of a second has one to nine digits";
  }
  return "";
}

std::string offset_time_fault(std::string_view text) {
  if (!text.empty() && (text.back() == 'Z' || text.back() == 'z'))
    return time_fault(text.substr(0, text.size() - 1));
  const std::size_t sign = text.find_first_of("+-");
  if (sign == std::string_view::npos) return time_fault(text);
  const std::string_view offset = text.substr(sign + 1);
  if (!has_shape(offset, "dd:dd")) return "an offset is written +01:00 or Z";
  if (number(offset.substr(0, 2)) > 23 || number(offset.substr(3, 2)) > 59) return "there is no such offset";
  return time_fault(text.substr(0, sign));
}

}  // namespace

bool looks_like_date(std::string_view text) {
  return has_shape(text.substr(0, kDateLength), "dddd-dd-dd");
}

std::string scalar_fault(std::string_view token) {
  if (token == "true" || token == "false") return "";
  if (looks_like_date(token)) {
    std::string fault = date_fault(token);
    if (!fault.empty() || token.size() == kDateLength) return fault;
    const char separator = token[kDateLength];
    if (separator != 'T' && separator != 't' && separator != ' ') return "a date is written 2027-06-30";
    return offset_time_fault(token.substr(kDateLength + 1));
  }
  if (has_shape(token.substr(0, 3), "dd:")) return time_fault(token);
  if (is_integer(token)) return integer_fault(token);
  if (is_float(token)) return "";
  const char first = token.empty() ? '\0' : token.front();
  if (is_digit(first, 10) || first == '+' || first == '-' || first == '.') return "this is no number";
  return "text must stand in quotes";
}

}  // namespace whytls::config
