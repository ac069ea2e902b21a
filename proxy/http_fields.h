// Field sections (header and trailer) of a message: finding their end, cutting them into fields, and what the
// fields of a head say about the message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/http_message.h"

namespace whytls::proxy {

// Moves bytes from the front of *input to the end of *buffer until the empty line that ends a section.
class SectionEnd {
 public:
  enum class Outcome : std::uint8_t { need_more, found, bare_line_feed, too_large };

  // The section begins at this offset of the buffer.
  void begin(std::size_t offset) { line_begin_ = offset; }
  // The buffer never grows beyond max_bytes. Each byte is looked at once, however the input was cut.
  Outcome take(std::string_view* input, std::string* buffer, std::size_t max_bytes);

 private:
  std::size_t line_begin_ = 0;
};

// Cuts a section, which ends with its empty line and has CR before each LF, into fields (RFC 9112, 5). False:
// *error says why.
[[nodiscard]] bool parse_fields(std::string_view section, std::size_t max_fields, std::vector<Field>* fields,
                                MessageError* error);

// Which request a response answers, as far as it decides about the body (RFC 9112, 6.3).
enum class Answers : std::uint8_t { other, head, connect };

// Sets what follows from the fields: framing, content_length, keep_alive, upgrade, expects_continue. Refuses
// contradictions. False: *error says why.
[[nodiscard]] bool judge_request(Head* head, MessageError* error);
[[nodiscard]] bool judge_response(Answers answers, Head* head, MessageError* error);
// Refuses trailers that would speak about the length of the body that they end.
[[nodiscard]] bool judge_trailers(const std::vector<Field>& trailers, MessageError* error);

}  // namespace whytls::proxy
