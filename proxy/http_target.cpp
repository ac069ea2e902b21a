// Request targets and authorities (RFC 9112, 3.2; RFC 3986, 3.2).
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "proxy/http_message.h"
#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, 2.3.4, as text
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMaxPortDigits = 5;

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool parses_as(int family, std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, terminated.data(), address.data()) == 1;
}

// Resolvers take a last label like "1" or "0x7f" as part of an IPv4 address in one of its old spellings, so a
// name may only end in one when the whole is the usual dotted quad.
bool looks_like_number(std::string_view label) {
  if (label.size() >= 2 && label[0] == '0' && to_lower(label[1]) == 'x') return true;
  return std::all_of(label.begin(), label.end(), is_digit);
}

bool is_name_or_ipv4(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return false;
  std::string_view rest = host;
  std::string_view label;
  for (;;) {
    const std::size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabelBytes) return false;
    const bool fine = std::all_of(label.begin(), label.end(),
                                  [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; });
    if (!fine) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  return !looks_like_number(label) || parses_as(AF_INET, host);
}

// False: malformed. An empty port is the same as none (RFC 3986, 3.2.3).
bool read_port(std::string_view after_host, std::optional<std::uint16_t>* port) {
  if (after_host.empty()) return true;
  if (after_host.front() != ':') return false;
  after_host.remove_prefix(1);
  if (after_host.empty()) return true;
  if (after_host.size() > kMaxPortDigits || !std::all_of(after_host.begin(), after_host.end(), is_digit)) {
    return false;
  }
  std::uint32_t number = 0;
  std::from_chars(after_host.data(), after_host.data() + after_host.size(), number);
  if (number == 0 || number > 0xffff) return false;
  *port = static_cast<std::uint16_t>(number);
  return true;
}

std::optional<Target> split_absolute(std::string_view method, std::string_view target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(target.front())) return std::nullopt;
  Target parts;
  parts.form = Target::Form::absolute;
  parts.scheme = target.substr(0, colon);
  const bool scheme_fine = std::all_of(parts.scheme.begin(), parts.scheme.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  if (!scheme_fine) return std::nullopt;
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  parts.authority = rest.substr(0, path);
  parts.path = rest.substr(path);
  if (!parse_authority(parts.authority)) return std::nullopt;
  // RFC 9112, 3.2.4: the last proxy makes "OPTIONS *" of "OPTIONS http://a.example".
  if (parts.path.empty()) parts.path = method == "OPTIONS" ? "*" : "/";
  return parts;
}

}  // namespace

std::optional<AuthorityParts> parse_authority(std::string_view authority) {
  AuthorityParts parts;
  std::string_view after_host;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    parts.host = authority.substr(1, close - 1);
    after_host = authority.substr(close + 1);
    if (!parses_as(AF_INET6, parts.host)) return std::nullopt;
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    parts.host = authority.substr(0, colon);
    after_host = authority.substr(colon);
    if (parts.host.size() > 1 && parts.host.back() == '.') parts.host.remove_suffix(1);
    if (!is_name_or_ipv4(parts.host)) return std::nullopt;
  }
  if (!read_port(after_host, &parts.port)) return std::nullopt;
  return parts;
}

std::optional<config::HostPort> split_authority(std::string_view authority, std::uint16_t default_port) {
  const auto parts = parse_authority(authority);
  if (!parts) return std::nullopt;
  config::HostPort out;
  out.host.resize(parts->host.size());
  std::transform(parts->host.begin(), parts->host.end(), out.host.begin(), to_lower);
  out.port = parts->port.value_or(default_port);
  return out;
}

std::optional<Target> split_target(std::string_view method, std::string_view target) {
  const bool printable =
      std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (target.empty() || !printable) return std::nullopt;
  Target parts;
  if (method == "CONNECT") {
    const auto authority = parse_authority(target);
    // RFC 9110, 9.3.6: there is no default port.
    if (!authority || !authority->port) return std::nullopt;
    parts.form = Target::Form::authority;
    parts.authority = target;
    return parts;
  }
  if (target == "*") {
    if (method != "OPTIONS") return std::nullopt;
    parts.form = Target::Form::asterisk;
    parts.path = target;
    return parts;
  }
  if (target.front() == '/') {
    parts.path = target;
    return parts;
  }
  return split_absolute(method, target);
}

}  // namespace whytls::proxy
