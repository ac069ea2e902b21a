#include "proxy/structured_field.h"

#include "proxy/escape.h"

namespace whytls::proxy {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// tchar of RFC 9110, 5.6.2, and ":" and "/".
bool is_token_char(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~:/").find(c) != std::string_view::npos;
}

}  // namespace

bool is_sf_token(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '*')) return false;
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return true;
}

std::string sf_string(std::string_view text, std::size_t max_bytes) {
  std::string out = "\"";
  for (const char c : visible_ascii(text, max_bytes)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string sf_token_or_string(std::string_view text) {
  return is_sf_token(text) ? std::string(text) : sf_string(text);
}

SfItem& SfItem::string(std::string_view key, std::string_view value) {
  text_.append("; ").append(key).append("=").append(sf_string(value));
  return *this;
}

SfItem& SfItem::token(std::string_view key, std::string_view value) {
  text_.append("; ").append(key).append("=").append(sf_token_or_string(value));
  return *this;
}

SfItem& SfItem::integer(std::string_view key, std::int64_t value) {
  text_.append("; ").append(key).append("=").append(std::to_string(value));
  return *this;
}

}  // namespace whytls::proxy
