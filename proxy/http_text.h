// Small pure helpers for the text of HTTP messages: character classes, lists, and fields that have a meaning
// here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace whytls::proxy {

// How many bytes of a peer's text are quoted in a sentence.
inline constexpr std::size_t kQuotedBytes = 64;

// Fields that the proxy reads or writes itself. Everything else is `other` and is passed on as it came.
enum class KnownField : std::uint8_t {
  other,
  connection,
  content_length,
  expect,
  forwarded,
  host,
  keep_alive,
  proxy_authenticate,
  proxy_authentication_info,
  proxy_authorization,
  proxy_connection,
  te,
  transfer_encoding,
  upgrade,
  via,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
};
[[nodiscard]] KnownField classify(std::string_view name);

// tchar of RFC 9110, 5.6.2.
[[nodiscard]] bool is_token_char(char c);
[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] bool is_digit(char c);
[[nodiscard]] char to_lower(char c);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
// Without SP and HTAB at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
// Position of the first byte that a field value must not have (RFC 9110, 5.5: control characters other than
// HTAB), npos when there is none.
[[nodiscard]] std::size_t find_control(std::string_view text);
// The text escaped, bounded to kQuotedBytes and between quotation marks.
[[nodiscard]] std::string quote(std::string_view bytes);
// "0x0b"
[[nodiscard]] std::string hex_byte(char c);

// Takes the next element off a comma-separated list (RFC 9110, 5.6.1); empty elements are skipped, nullopt at
// the end. Quoted strings are not understood: it is for lists of tokens.
[[nodiscard]] std::optional<std::string_view> next_element(std::string_view* list);
// True when one element equals `wanted` (case-insensitive).
[[nodiscard]] bool has_element(std::string_view list, std::string_view wanted);

// host [":" port] without any storage of its own. Views point into the text.
struct AuthorityParts {
  std::string_view host;              // without brackets and trailing dot, case as it came
  std::optional<std::uint16_t> port;  // nullopt: no port, or an empty one
};
// nullopt: malformed. Refused are userinfo, percent-encoding, empty labels, zone ids, port 0, and numbers
// that resolvers read as an IPv4 address though they are no dotted quad ("127.1", "0x7f000001").
[[nodiscard]] std::optional<AuthorityParts> parse_authority(std::string_view authority);

}  // namespace whytls::proxy
