// What the fields of a head say about the message: its length, its connection, its host (RFC 9112, 3.2,
// 6, 9.3).
#include <charconv>

#include "proxy/http_fields.h"
#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

using policy::HttpFault;

constexpr std::size_t kMaxLengthDigits = 18;  // below 2^63 without any check for overflow
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

// The fields that matter here, counted while passing over all once.
struct Seen {
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* host = nullptr;
  const Field* expect = nullptr;
  int content_lengths = 0;
  int transfer_encodings = 0;
  int hosts = 0;
  int expects = 0;
  bool close = false;  // options of Connection
  bool keep_alive = false;
  bool connection_upgrade = false;
  bool upgrade = false;  // Upgrade names a protocol
  bool h2c = false;
};

bool refuse(MessageError* error, HttpFault fault, std::string detail) {
  error->fault = fault;
  error->llhttp_errno = 0;
  error->detail = std::move(detail);
  return false;
}

void see_connection(std::string_view options, Seen* seen) {
  while (const auto option = next_element(&options)) {
    if (equal_ignoring_case(*option, "close")) {
      seen->close = true;
    } else if (equal_ignoring_case(*option, "keep-alive")) {
      seen->keep_alive = true;
    } else if (equal_ignoring_case(*option, "upgrade")) {
      seen->connection_upgrade = true;
    }
  }
}

Seen look_at(const std::vector<Field>& fields) {
  Seen seen;
  for (const Field& field : fields) {
    const KnownField known = classify(field.name);
    if (known == KnownField::other) continue;
    if (known == KnownField::connection) {
      see_connection(field.value, &seen);
    } else if (known == KnownField::content_length) {
      seen.content_length = &field;
      ++seen.content_lengths;
    } else if (known == KnownField::transfer_encoding) {
      seen.transfer_encoding = &field;
      ++seen.transfer_encodings;
    } else if (known == KnownField::host) {
      seen.host = &field;
      ++seen.hosts;
    } else if (known == KnownField::expect) {
      seen.expect = &field;
      ++seen.expects;
    } else if (known == KnownField::upgrade) {
      seen.upgrade = seen.upgrade || !field.value.empty();
      seen.h2c = seen.h2c || has_element(field.value, "h2c");
    }
  }
  return seen;
}

// The coding must be "chunked" alone. What else it is decides between 400 and 501 (RFC 9112, 6.1 and 6.3).
bool judge_codings(const Head& head, const Seen& seen, MessageError* error) {
  const std::string_view value = seen.transfer_encoding->value;
  if (head.minor == 0) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "An HTTP/1.0 message has Transfer-Encoding, which came with HTTP/1.1.");
  }
  if (seen.transfer_encodings > 1) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "Transfer-Encoding is there " + std::to_string(seen.transfer_encodings) + " times.");
  }
  if (equal_ignoring_case(value, "chunked")) return true;
  int chunked = 0;
  std::string_view last;
  for (std::string_view rest = value; const auto coding = next_element(&rest);) {
    last = *coding;
    if (equal_ignoring_case(last, "chunked")) ++chunked;
  }
  const bool final_and_once = chunked == 1 && equal_ignoring_case(last, "chunked");
  if (last.empty() || (chunked > 0 && !final_and_once)) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "Transfer-Encoding does not end in exactly one \"chunked\": " + quote(value) + ".");
  }
  return refuse(error, HttpFault::transfer_coding_unknown,
                "Transfer-Encoding names a coding other than \"chunked\": " + quote(value) + ".");
}

bool judge_length(const Seen& seen, Head* head, MessageError* error) {
  const std::string_view value = seen.content_length->value;
  if (seen.content_lengths > 1) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "Content-Length is there " + std::to_string(seen.content_lengths) + " times.");
  }
  if (value.find(',') != std::string_view::npos) {
    return refuse(error, HttpFault::framing_ambiguous, "Content-Length has a list: " + quote(value) + ".");
  }
  bool fine = !value.empty() && value.size() <= kMaxLengthDigits;
  for (const char c : value) fine = fine && is_digit(c);
  if (!fine) {
    return refuse(error, HttpFault::invalid_message,
                  "Content-Length is no number of at most 18 digits: " + quote(value) + ".");
  }
  std::from_chars(value.data(), value.data() + value.size(), head->content_length);
  head->framing = Framing::content_length;
  return true;
}

bool judge_framing(const Seen& seen, Head* head, MessageError* error) {
  if (seen.content_length != nullptr && seen.transfer_encoding != nullptr) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "The message has both Content-Length (" + quote(seen.content_length->value) +
                      ") and Transfer-Encoding (" + quote(seen.transfer_encoding->value) + ").");
  }
  if (seen.transfer_encoding != nullptr) {
    if (!judge_codings(*head, seen, error)) return false;
    head->framing = Framing::chunked;
  }
  return seen.content_length == nullptr || judge_length(seen, head, error);
}

bool judge_host(const Head& head, const Seen& seen, MessageError* error) {
  if (seen.hosts > 1) {
    return refuse(error, HttpFault::host_invalid, "Host is there " + std::to_string(seen.hosts) + " times.");
  }
  if (seen.host == nullptr) {
    if (head.minor == 0) return true;
    return refuse(error, HttpFault::host_invalid, "The request has no Host.");
  }
  if (parse_authority(seen.host->value)) return true;
  return refuse(error, HttpFault::host_invalid,
                "Host is no host name or address with an optional port: " + quote(seen.host->value) + ".");
}

bool judge_expect(const Seen& seen, Head* head, MessageError* error) {
  // RFC 9110, 10.1.1: a server ignores the expectation of an HTTP/1.0 client.
  if (seen.expect == nullptr || head->minor == 0) return true;
  if (seen.expects > 1 || !equal_ignoring_case(seen.expect->value, "100-continue")) {
    return refuse(error, HttpFault::expectation_unknown,
                  "Expect asks for something other than 100-continue: " + quote(seen.expect->value) + ".");
  }
  const bool has_content = head->framing == Framing::chunked || head->content_length > 0;
  head->expects_continue = has_content;
  return true;
}

void judge_connection(const Seen& seen, Head* head) {
  head->keep_alive = !seen.close && (head->minor > 0 || seen.keep_alive);
  // An upgrade to h2c would take a connection past every check here, and RFC 9113 has given it up.
  head->upgrade = head->minor > 0 && seen.upgrade && seen.connection_upgrade && !seen.h2c;
}

}  // namespace

bool judge_request(Head* head, MessageError* error) {
  const Seen seen = look_at(head->fields);
  if (!judge_framing(seen, head, error) || !judge_host(*head, seen, error) ||
      !judge_expect(seen, head, error)) {
    return false;
  }
  judge_connection(seen, head);
  if (head->method == "CONNECT" && (head->framing == Framing::chunked || head->content_length > 0)) {
    return refuse(error, HttpFault::framing_ambiguous,
                  "CONNECT has no content (RFC 9110, 9.3.6), but this one announces some.");
  }
  return true;
}

bool judge_response(Answers answers, Head* head, MessageError* error) {
  const Seen seen = look_at(head->fields);
  if (!judge_framing(seen, head, error)) return false;
  judge_connection(seen, head);
  const bool interim = head->status / 100 == 1;
  const bool tunnel = answers == Answers::connect && head->status / 100 == 2;
  if (interim || tunnel || answers == Answers::head || head->status == kNoContent ||
      head->status == kNotModified) {
    head->framing = Framing::none;
  } else if (head->framing == Framing::none) {
    head->framing = Framing::until_close;
    head->keep_alive = false;
  }
  return true;
}

bool judge_trailers(const std::vector<Field>& trailers, MessageError* error) {
  const Seen seen = look_at(trailers);
  if (seen.content_length == nullptr && seen.transfer_encoding == nullptr) return true;
  return refuse(error, HttpFault::framing_ambiguous,
                "The trailer has Content-Length or Transfer-Encoding, when the body has ended already.");
}

}  // namespace whytls::proxy
