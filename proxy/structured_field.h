// Writing structured fields for HTTP (RFC 8941): an item with parameters, as Proxy-Status wants it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace whytls::proxy {

// RFC 8941, 3.3.4: begins with a letter or "*".
[[nodiscard]] bool is_sf_token(std::string_view text);
// RFC 8941, 3.3.3: a quoted string. What a string can't hold (anything outside printable ASCII) is shown as
// \x1b, at most `max_bytes` bytes of the input.
[[nodiscard]] std::string sf_string(std::string_view text, std::size_t max_bytes = 256);
// As a token when it is one, else as a string.
[[nodiscard]] std::string sf_token_or_string(std::string_view text);

// An item and its parameters, in the order in which they are added.
class SfItem {
 public:
  // The bare item: a token when `name` is one, else a string.
  explicit SfItem(std::string_view name) : text_(sf_token_or_string(name)) {}

  // `key` is a constant of ours and a valid key (RFC 8941, 3.1.2).
  SfItem& string(std::string_view key, std::string_view value);
  SfItem& token(std::string_view key, std::string_view value);  // a string when the value is no token
  SfItem& integer(std::string_view key, std::int64_t value);    // -999999999999999 to 999999999999999

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace whytls::proxy
