#include "proxy/http_decoder.h"

#include <limits>

namespace whytls::proxy {
namespace {

using policy::HttpFault;

// Chunk extensions mean nothing here and are dropped; this much of them is read for one chunk.
constexpr std::size_t kMaxExtensionBytes = 4096;
constexpr int kSkipBody = 1;  // answer to on_headers_complete
constexpr int kFailed = -1;

HttpFault fault_of(llhttp_errno_t number) {
  switch (number) {
    case HPE_INVALID_VERSION:
      return HttpFault::version_unsupported;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING:
      return HttpFault::framing_ambiguous;
    default:
      return HttpFault::invalid_message;
  }
}

// What llhttp's number means, in words. Its own reason is added behind.
std::string_view words_of(llhttp_errno_t number) {
  switch (number) {
    case HPE_INVALID_METHOD:
      return "The method is not one that is known here";
    case HPE_INVALID_URL:
      return "The request target is malformed";
    case HPE_INVALID_VERSION:
      return "The HTTP version is malformed or not spoken here";
    case HPE_INVALID_STATUS:
      return "The status line is malformed";
    case HPE_INVALID_HEADER_TOKEN:
      return "A header field is malformed";
    case HPE_INVALID_CONTENT_LENGTH:
      return "Content-Length is malformed";
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return "Content-Length is there twice or beside Transfer-Encoding";
    case HPE_INVALID_TRANSFER_ENCODING:
      return "Transfer-Encoding is malformed or at a wrong place";
    case HPE_INVALID_CHUNK_SIZE:
    case HPE_CB_CHUNK_HEADER:
      return "A chunk size of the body is malformed or too large";
    case HPE_STRICT:
      return "A chunk of the body is malformed";
    case HPE_CR_EXPECTED:
    case HPE_LF_EXPECTED:
      return "A line does not end in CR and LF";
    case HPE_USER:
      return "A chunk of the body has too long extensions";
    default:
      return "The message breaks the syntax of HTTP/1.1";
  }
}

}  // namespace

Decoder::Decoder(MessageParser::Kind kind) {
  llhttp_init(&parser_, kind == MessageParser::Kind::request ? HTTP_REQUEST : HTTP_RESPONSE, callbacks());
  parser_.data = this;
}

const llhttp_settings_t* Decoder::callbacks() {
  static const llhttp_settings_t kCallbacks = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_headers_complete = [](llhttp_t* parser) {
      return self(parser)->body_ == Body::none ? kSkipBody : 0;
    };
    settings.on_body = [](llhttp_t* parser, const char* at, std::size_t length) -> int {
      // llhttp reports an empty piece when the input ends where the piece begins.
      if (length == 0) return HPE_OK;
      self(parser)->piece_ = std::string_view(at, length);
      return HPE_PAUSED;
    };
    settings.on_chunk_extension_name = [](llhttp_t* parser, const char*, std::size_t length) {
      return self(parser)->count_extension(length);
    };
    settings.on_chunk_extension_value = settings.on_chunk_extension_name;
    settings.on_chunk_header = [](llhttp_t* parser) -> int {
      Decoder* decoder = self(parser);
      decoder->extension_bytes_ = 0;
      if (parser->content_length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return kFailed;
      }
      decoder->last_chunk_ = parser->content_length == 0;
      return decoder->last_chunk_ ? HPE_PAUSED : HPE_OK;
    };
    settings.on_message_complete = [](llhttp_t* parser) -> int {
      self(parser)->complete_ = true;
      return HPE_PAUSED;
    };
    return settings;
  }();
  return &kCallbacks;
}

int Decoder::count_extension(std::size_t bytes) {
  extension_bytes_ += bytes;
  return extension_bytes_ > kMaxExtensionBytes ? kFailed : HPE_OK;
}

Decoder::Outcome Decoder::read_head(std::string_view head, Body body) {
  llhttp_reset(&parser_);
  body_ = body;
  complete_ = false;
  last_chunk_ = false;
  extension_bytes_ = 0;
  return run(&head);
}

Decoder::Outcome Decoder::read_body(std::string_view* input) {
  return run(input);
}

Decoder::Outcome Decoder::read_trailers(std::string_view section) {
  last_chunk_ = false;
  return run(&section);
}

Decoder::Outcome Decoder::run(std::string_view* input) {
  const bool paused = llhttp_get_errno(&parser_) == HPE_PAUSED;
  if (input->empty() && !paused) return Outcome::need_more;
  llhttp_resume(&parser_);
  piece_ = {};
  // Never a null pointer: llhttp takes one for "no piece was begun".
  const char* data = input->empty() ? "" : input->data();
  const llhttp_errno_t number = llhttp_execute(&parser_, data, input->size());
  if (number == HPE_OK) {
    input->remove_prefix(input->size());
    return Outcome::need_more;
  }
  if (number != HPE_PAUSED) return Outcome::refused;
  input->remove_prefix(static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - data));
  if (complete_) return Outcome::complete;
  if (last_chunk_) return Outcome::trailers;
  return Outcome::piece;
}

void Decoder::describe(MessageError* error) const {
  const llhttp_errno_t number = llhttp_get_errno(&parser_);
  const char* reason = llhttp_get_error_reason(&parser_);
  error->fault = fault_of(number);
  error->llhttp_errno = static_cast<int>(number);
  error->detail = words_of(number);
  error->detail += " (";
  error->detail += llhttp_errno_name(number);
  if (reason != nullptr && *reason != '\0') error->detail.append(": ").append(reason);
  error->detail += ").";
}

}  // namespace whytls::proxy
