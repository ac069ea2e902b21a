// HTTP/1.1 messages (RFC 9112): reading heads and bodies strictly, and writing heads for the other side.
// No sockets, no clock: bytes in, events out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "policy/evidence.h"

namespace whytls::proxy {

struct Field {
  std::string_view name;   // as it came
  std::string_view value;  // without surrounding whitespace
};

// How the length of a body is known (RFC 9112, 6.3).
enum class Framing : std::uint8_t { none, content_length, chunked, until_close };

// One message head. Views point into storage of the parser and live until its next step() or reset().
struct Head {
  std::string_view method;  // requests
  std::string_view target;  // requests: as it came
  int status = 0;           // responses
  std::string_view reason;
  int minor = 1;  // HTTP/1.minor
  std::vector<Field> fields;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  // as the field says, also where framing is none (HEAD, 304)
  bool keep_alive = false;           // of this message alone (version and Connection)
  bool upgrade = false;              // has Upgrade and Connection: upgrade
  bool expects_continue = false;     // Expect: 100-continue

  // First field of that name (case-insensitive), nullptr when absent.
  [[nodiscard]] const Field* find(std::string_view name) const;
  [[nodiscard]] std::string_view value(std::string_view name) const;  // of find(), "" when absent
};

// Why a message was refused: what goes into the evidence and, for requests, decides the status.
struct MessageError {
  policy::HttpFault fault = policy::HttpFault::none;
  int llhttp_errno = 0;  // 0 when a check of ours refused it
  std::string detail;    // one sentence; bytes of the peer are quoted escaped and bounded
};

// Reads messages of one connection one after the other. Strict: refuses both Content-Length and
// Transfer-Encoding, differing Content-Lengths, bad chunk sizes, obs-fold, bare CR or LF, NUL and other
// control bytes, missing / repeated / malformed Host (requests), transfer codings other than a final
// "chunked", over-long heads, targets and field counts, bytes before the head that are no CRLF (RFC
// 9112, 2.2).
class MessageParser {
 public:
  enum class Kind : std::uint8_t { request, response };

  struct Step {
    enum class What : std::uint8_t {
      need_more,  // all input was consumed
      head,       // head() is valid. 1xx responses (but 101) are followed by another head, without complete.
      body,       // `body` is a piece of content, valid as long as the input
      complete,   // the message ended; trailers() is valid; nothing behind it was consumed
      raw,  // the bytes that follow are no HTTP: CONNECT request, 101, or 2xx to CONNECT. Nothing behind was
            // consumed.
      error,  // error() says why; the parser is dead until reset()
    };
    What what = What::need_more;
    std::string_view body;
  };

  MessageParser(Kind kind, const config::Limits& limits);
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;

  // Consumes from the front of *input until there is something to report. To be called until need_more, raw
  // or error, also when the input is empty: `complete` needs no further byte. After `complete` it begins the
  // next message with the next byte, whether reset() was called or not; after `raw` only reset() does.
  Step step(std::string_view* input);
  // The transport ended: complete for a body that lasts until close, error (closed_in_message or
  // closed_before_message) in a message, need_more between two.
  Step end_of_input();

  // For responses, before each of them: the method of the request that it answers ("HEAD" has no body,
  // "CONNECT" turns raw on 2xx).
  void expect_response_to(std::string_view method);

  [[nodiscard]] const Head& head() const;
  [[nodiscard]] const std::vector<Field>& trailers() const;
  [[nodiscard]] const MessageError& error() const;
  // True when a message has begun (at least one byte of its head was seen) and is not complete.
  [[nodiscard]] bool in_message() const;
  // Forgets the message, finished or not, and an error too: the next step() begins a new one. Keeps the
  // storage.
  void reset();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// The parts of a request target (RFC 9112, 3.2). Views point into the target.
struct Target {
  enum class Form : std::uint8_t { origin, absolute, authority, asterisk };
  Form form = Form::origin;
  std::string_view scheme;     // absolute form
  std::string_view authority;  // absolute and authority form, userinfo refused
  // With query; "/" when the absolute form has none ("*" for OPTIONS); "*" for asterisk. Begins with '?' when
  // the absolute form has a query without a path: append_request_head writes the slash.
  std::string_view path;
};
// nullopt: malformed.
[[nodiscard]] std::optional<Target> split_target(std::string_view method, std::string_view target);
// "a.example:8443", "[::1]", "10.0.0.1": lower case host without brackets and trailing dot. nullopt:
// malformed.
[[nodiscard]] std::optional<config::HostPort> split_authority(std::string_view authority,
                                                              std::uint16_t default_port);

// How the request head for the upstream is to be written (RFC 9110, 7.6; RFC 7239).
struct RequestRewrite {
  std::string_view path;            // origin-form target to send
  std::string_view host;            // value of Host to send
  std::string_view original_host;   // Host as the client sent it, for X-Forwarded-Host and Forwarded
  std::string_view client_address;  // without port; IPv6 without brackets
  std::string_view client_scheme;   // "http" or "https"
  std::string_view proxy_name;      // for Via
  bool add_forwarded = true;        // X-Forwarded-*, Forwarded: reverse mode; forward mode adds only Via
};
// How often Via names `proxy_name` as a recipient (RFC 9110, 7.6.3): how often the request was here before,
// or at another proxy that has kept the same name.
[[nodiscard]] int visits(const Head& head, std::string_view proxy_name);

// Appends the head with its empty line. Connection-level fields (RFC 9110, 7.6.1) are removed, all others
// kept in order and as they came; framing fields are written anew; Upgrade goes on when head.upgrade.
void append_request_head(std::string* out, const Head& head, const RequestRewrite& rewrite);

struct ResponseRewrite {
  std::string_view proxy_name;      // for Via
  bool client_keep_alive = true;    // else Connection: close is added
  int client_minor = 1;             // for HTTP/1.0 clients chunked is written as until_close: send so then
  Framing framing = Framing::none;  // how the body is sent to the client
  // Extra fields, complete lines with CRLF, may be empty.
  std::string_view extra;
};
void append_response_head(std::string* out, const Head& head, const ResponseRewrite& rewrite);

// One chunk of the chunked coding, and its end with trailers (forbidden ones removed, RFC 9110, 6.5.1).
void append_chunk(std::string* out, std::string_view data);
void append_last_chunk(std::string* out, const std::vector<Field>& trailers);

// The reason phrase of a status code.
[[nodiscard]] std::string_view reason_phrase(int status);
// RFC 9110, 9.2: methods that may be repeated without asking.
[[nodiscard]] bool is_idempotent(std::string_view method);
// Request line for people: "this value has NUL at byte 12" helpers use it too. Escapes everything outside
// printable ASCII.
[[nodiscard]] std::string escape_for_text(std::string_view bytes, std::size_t max_bytes);

}  // namespace whytls::proxy
