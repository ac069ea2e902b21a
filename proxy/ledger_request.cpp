#include "proxy/ledger_request.h"

#include <algorithm>
#include <chrono>

#include "config/units.h"
#include "proxy/http_message.h"

namespace whytls::proxy {
namespace {

constexpr std::size_t kSha256Digits = 64;

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// True when `text` has digits where `form` has '9', and otherwise its characters.
bool has_form(const std::string& text, std::string_view form) {
  return std::equal(text.begin(), text.end(), form.begin(), form.end(),
                    [](char c, char wanted) { return wanted == '9' ? c >= '0' && c <= '9' : c == wanted; });
}

// Digits that were checked before.
int number(const std::string& text, std::size_t at, std::size_t length) {
  int out = 0;
  for (std::size_t i = at; i < at + length; ++i) out = out * 10 + (text[i] - '0');
  return out;
}

}  // namespace

std::optional<std::string> sha256_beginning(const std::string& text) {
  const bool in_pairs = text.find(':') != std::string::npos;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_separator = in_pairs && i % 3 == 2;
    if (is_separator != (text[i] == ':')) return std::nullopt;
    if (is_separator) continue;
    digits += to_lower(text[i]);
    if (!is_hex(digits.back())) return std::nullopt;
  }
  if (digits.empty() || digits.size() > kSha256Digits) return std::nullopt;
  return digits;
}

std::optional<tls::UnixSeconds> moment_of(const std::string& text) {
  const bool has_time = has_form(text, "9999-99-99T99:99:99Z");
  if (!has_time && !has_form(text, "9999-99-99")) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(text, 0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(text, 5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(text, 8, 2)))};
  if (!day.ok()) return std::nullopt;
  std::chrono::seconds when = std::chrono::sys_days(day).time_since_epoch();
  if (has_time) {
    const int hour = number(text, 11, 2);
    const int minute = number(text, 14, 2);
    const int second = number(text, 17, 2);
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    when += std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
  return when.count();
}

std::optional<LedgerHost> ledger_host(const std::string& text) {
  constexpr std::uint16_t kNone = 0;  // which no authority may name
  if (const auto parts = split_authority(text, kNone)) {
    LedgerHost out{parts->host, std::nullopt};
    if (parts->port != kNone) out.port = parts->port;
    if (const auto host = config::parse_host(out.host)) out.host = host->name;  // IPv6: its one spelling
    return out;
  }
  if (const auto bare = config::parse_host(text); bare && bare->is_ip) return LedgerHost{bare->name, {}};
  return std::nullopt;
}

}  // namespace whytls::proxy
