// llhttp as a decoder of one message at a time: whole heads, pieces of bodies, whole trailers.
#pragma once

#include <llhttp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http_message.h"

namespace whytls::proxy {

// Neither copied nor moved: llhttp calls back with its address.
class Decoder {
 public:
  enum class Outcome : std::uint8_t {
    need_more,
    piece,     // piece() is content
    trailers,  // the last chunk was read, the trailer section follows
    complete,
    refused,  // describe() says why
  };

  explicit Decoder(MessageParser::Kind kind);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Begins a message with its whole head, empty line included. need_more: a body follows; complete: none
  // does. `without_body` is what the caller knows from the request or the status (RFC 9112, 6.3, rules 1 and
  // 2).
  enum class Body : std::uint8_t { by_head, none };
  Outcome read_head(std::string_view head, Body body);
  // Consumes from the front of *input until there is something to report.
  Outcome read_body(std::string_view* input);
  // The whole trailer section, empty line included, after trailers.
  Outcome read_trailers(std::string_view section);

  [[nodiscard]] std::string_view piece() const { return piece_; }
  // Of a body with Content-Length: bytes that are still to come. Of a chunked one: of this chunk.
  [[nodiscard]] std::uint64_t bytes_left() const { return parser_.content_length; }
  // After refused.
  void describe(MessageError* error) const;

 private:
  static const llhttp_settings_t* callbacks();
  static Decoder* self(llhttp_t* parser) { return static_cast<Decoder*>(parser->data); }
  Outcome run(std::string_view* input);
  int count_extension(std::size_t bytes);

  llhttp_t parser_{};
  std::string_view piece_;
  std::size_t extension_bytes_ = 0;
  Body body_ = Body::by_head;
  bool complete_ = false;    // message_complete was called
  bool last_chunk_ = false;  // the chunk of size 0 has begun, and its trailers were not read
};

}  // namespace whytls::proxy
