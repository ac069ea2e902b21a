// Writing heads and chunks for the other side (RFC 9110, 7.6; RFC 9112, 7.1; RFC 7239).
#include <algorithm>
#include <array>
#include <charconv>

#include "proxy/http_message.h"
#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr int kSwitchingProtocols = 101;
constexpr int kNoContent = 204;
// Room for the fields that are added, so that a head usually grows its buffer once.
constexpr std::size_t kAddedBytes = 512;

// The options of Connection that matter for writing.
struct ConnectionOptions {
  bool names_fields = false;  // has an option that may be the name of a field
  bool te = false;
};

ConnectionOptions connection_options(const Head& head) {
  ConnectionOptions options;
  for (const Field& field : head.fields) {
    if (classify(field.name) != KnownField::connection) continue;
    for (std::string_view rest = field.value; const auto option = next_element(&rest);) {
      if (equal_ignoring_case(*option, "te")) {
        options.te = true;
      } else if (!equal_ignoring_case(*option, "close") && !equal_ignoring_case(*option, "keep-alive") &&
                 !equal_ignoring_case(*option, "upgrade")) {
        options.names_fields = true;
      }
    }
  }
  return options;
}

bool named_by_connection(const Head& head, std::string_view name) {
  return std::any_of(head.fields.begin(), head.fields.end(), [name](const Field& field) {
    return classify(field.name) == KnownField::connection && has_element(field.value, name);
  });
}

void append_line(std::string* out, std::string_view name, std::string_view value) {
  out->append(name).append(": ").append(value).append(kEnd);
}

void append_number(std::string* out, std::uint64_t number, int base) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out->append(digits.data(), end);
}

void append_content_length(std::string* out, std::uint64_t length) {
  out->append("Content-Length: ");
  append_number(out, length, 10);
  out->append(kEnd);
}

void append_via(std::string* out, const Head& head, std::string_view proxy_name) {
  out->append(head.minor == 0 ? "Via: 1.0 " : "Via: 1.1 ").append(proxy_name).append(kEnd);
}

std::size_t size_of(const Head& head) {
  std::size_t size = kAddedBytes + head.method.size() + head.target.size() + head.reason.size();
  for (const Field& field : head.fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

// What happens to a field of a request.
enum class Treatment : std::uint8_t { pass, remove, remove_if_forwarded_is_added };

Treatment treat_in_request(KnownField field) {
  switch (field) {
    case KnownField::other:
    case KnownField::via:
    case KnownField::proxy_authenticate:
    case KnownField::proxy_authentication_info:
      return Treatment::pass;
    case KnownField::forwarded:
    case KnownField::x_forwarded_for:
    case KnownField::x_forwarded_host:
    case KnownField::x_forwarded_proto:
      return Treatment::remove_if_forwarded_is_added;
    case KnownField::connection:
    case KnownField::content_length:
    case KnownField::expect:
    case KnownField::host:
    case KnownField::keep_alive:
    case KnownField::proxy_authorization:
    case KnownField::proxy_connection:
    case KnownField::te:
    case KnownField::transfer_encoding:
    case KnownField::upgrade:
      return Treatment::remove;
  }
  return Treatment::remove;
}

bool passes_in_response(KnownField field) {
  switch (field) {
    case KnownField::connection:
    case KnownField::content_length:
    case KnownField::keep_alive:
    case KnownField::proxy_authenticate:
    case KnownField::proxy_authentication_info:
    case KnownField::proxy_connection:
    case KnownField::te:
    case KnownField::transfer_encoding:
    case KnownField::upgrade:
      return false;
    default:
      return true;
  }
}

// The values of all fields of that kind, then the one that is added, as one list: many readers look at the
// first line only.
void append_list(std::string* out, std::string_view name, const Head& head, KnownField kind,
                 const ConnectionOptions& options) {
  out->append(name).append(": ");
  for (const Field& field : head.fields) {
    if (classify(field.name) != kind || field.value.empty()) continue;
    if (options.names_fields && named_by_connection(head, field.name)) continue;
    out->append(field.value).append(", ");
  }
}

// token or quoted-string (RFC 7239, 4).
void append_forwarded_value(std::string* out, std::string_view value) {
  if (is_token(value)) {
    out->append(value);
    return;
  }
  out->push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

void append_forwarded(std::string* out, const Head& head, const RequestRewrite& rewrite,
                      const ConnectionOptions& options) {
  append_list(out, "X-Forwarded-For", head, KnownField::x_forwarded_for, options);
  out->append(rewrite.client_address).append(kEnd);
  append_line(out, "X-Forwarded-Proto", rewrite.client_scheme);
  if (!rewrite.original_host.empty()) append_line(out, "X-Forwarded-Host", rewrite.original_host);

  append_list(out, "Forwarded", head, KnownField::forwarded, options);
  const bool is_ipv6 = rewrite.client_address.find(':') != std::string_view::npos;
  if (is_ipv6) {
    out->append("for=\"[").append(rewrite.client_address).append("]\"");
  } else {
    out->append("for=");
    append_forwarded_value(out, rewrite.client_address);
  }
  out->append(";proto=").append(rewrite.client_scheme);
  if (!rewrite.original_host.empty()) {
    out->append(";host=");
    append_forwarded_value(out, rewrite.original_host);
  }
  out->append(kEnd);
}

void append_upgrade(std::string* out, const Head& head) {
  for (const Field& field : head.fields) {
    if (classify(field.name) == KnownField::upgrade) append_line(out, field.name, field.value);
  }
}

// Does TE ask for trailers, and may it (RFC 9110, 10.1.4: only when Connection names it)?
bool wants_trailers(const Head& head, const ConnectionOptions& options) {
  return options.te && std::any_of(head.fields.begin(), head.fields.end(), [](const Field& field) {
           return classify(field.name) == KnownField::te && has_element(field.value, "trailers");
         });
}

// Expect, framing, Connection with what belongs to it: written from what was understood, never copied.
void append_request_hop(std::string* out, const Head& head, const ConnectionOptions& options) {
  if (head.expects_continue) out->append("Expect: 100-continue\r\n");
  if (head.framing == Framing::content_length) append_content_length(out, head.content_length);
  if (head.framing == Framing::chunked) out->append("Transfer-Encoding: chunked\r\n");
  const bool trailers = wants_trailers(head, options);
  if (trailers) out->append("TE: trailers\r\n");
  if (head.upgrade) append_upgrade(out, head);
  if (trailers || head.upgrade) {
    out->append(!head.upgrade ? "Connection: TE\r\n"
                : trailers    ? "Connection: upgrade, TE\r\n"
                              : "Connection: upgrade\r\n");
  }
}

void append_response_framing(std::string* out, const Head& head, Framing framing) {
  switch (framing) {
    case Framing::content_length:
      append_content_length(out, head.content_length);
      return;
    case Framing::chunked:
      out->append("Transfer-Encoding: chunked\r\n");
      return;
    case Framing::until_close:
      return;
    case Framing::none:
      // The answer to HEAD and 304 tell how long the content would be (RFC 9110, 8.6).
      if (head.status / 100 != 1 && head.status != kNoContent) {
        const Field* length = head.find("content-length");
        if (length != nullptr) append_line(out, length->name, length->value);
      }
      return;
  }
}

// Fields that a trailer must not have, because they are for framing, routing, authentication or the handling
// of the content (RFC 9110, 6.5.1). In lower case and sorted.
constexpr std::array<std::string_view, 37> kNoTrailers = {"age",
                                                          "authorization",
                                                          "cache-control",
                                                          "connection",
                                                          "content-encoding",
                                                          "content-length",
                                                          "content-range",
                                                          "content-type",
                                                          "cookie",
                                                          "date",
                                                          "expect",
                                                          "expires",
                                                          "forwarded",
                                                          "host",
                                                          "if-match",
                                                          "if-modified-since",
                                                          "if-none-match",
                                                          "if-range",
                                                          "if-unmodified-since",
                                                          "keep-alive",
                                                          "location",
                                                          "max-forwards",
                                                          "pragma",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "proxy-connection",
                                                          "range",
                                                          "retry-after",
                                                          "set-cookie",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "vary",
                                                          "via",
                                                          "warning",
                                                          "www-authenticate"};

bool may_be_trailer(std::string_view name) {
  return std::none_of(kNoTrailers.begin(), kNoTrailers.end(),
                      [name](std::string_view forbidden) { return equal_ignoring_case(forbidden, name); });
}

}  // namespace

int visits(const Head& head, std::string_view proxy_name) {
  int count = 0;
  for (const Field& field : head.fields) {
    if (classify(field.name) != KnownField::via) continue;
    for (std::string_view rest = field.value; const auto element = next_element(&rest);) {
      std::string_view received_by = *element;  // protocol, blank, received-by, perhaps a blank and a comment
      received_by.remove_prefix(std::min(received_by.find_first_of(" \t"), received_by.size()));
      received_by.remove_prefix(std::min(received_by.find_first_not_of(" \t"), received_by.size()));
      if (received_by.substr(0, received_by.find_first_of(" \t")) == proxy_name) ++count;
    }
  }
  return count;
}

void append_request_head(std::string* out, const Head& head, const RequestRewrite& rewrite) {
  out->reserve(out->size() + size_of(head));
  const ConnectionOptions options = connection_options(head);
  out->append(head.method).append(" ");
  if (rewrite.path.empty() || rewrite.path.front() == '?') out->push_back('/');
  out->append(rewrite.path).append(" HTTP/1.1\r\n");
  append_line(out, "Host", rewrite.host);
  for (const Field& field : head.fields) {
    const KnownField kind = classify(field.name);
    const Treatment treatment = treat_in_request(kind);
    if (treatment == Treatment::remove) continue;
    if (treatment == Treatment::remove_if_forwarded_is_added && rewrite.add_forwarded) continue;
    // Via stays even when Connection names it: loops are found by it.
    if (options.names_fields && kind != KnownField::via && named_by_connection(head, field.name)) continue;
    append_line(out, field.name, field.value);
  }
  append_via(out, head, rewrite.proxy_name);
  if (rewrite.add_forwarded) append_forwarded(out, head, rewrite, options);
  append_request_hop(out, head, options);
  out->append(kEnd);
}

void append_response_head(std::string* out, const Head& head, const ResponseRewrite& rewrite) {
  out->reserve(out->size() + size_of(head) + rewrite.extra.size());
  const ConnectionOptions options = connection_options(head);
  out->append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(head.status), 10);
  out->append(" ").append(head.reason).append(kEnd);
  for (const Field& field : head.fields) {
    const KnownField kind = classify(field.name);
    if (!passes_in_response(kind)) continue;
    if (options.names_fields && kind != KnownField::via && named_by_connection(head, field.name)) continue;
    append_line(out, field.name, field.value);
  }
  append_via(out, head, rewrite.proxy_name);
  const bool coding_unknown = rewrite.framing == Framing::chunked && rewrite.client_minor == 0;
  const Framing framing = coding_unknown ? Framing::until_close : rewrite.framing;
  append_response_framing(out, head, framing);
  if (head.status == kSwitchingProtocols) {
    append_upgrade(out, head);
    out->append("Connection: upgrade\r\n");
  } else if (head.status / 100 != 1) {  // an interim response decides nothing about the connection
    if (!rewrite.client_keep_alive || framing == Framing::until_close) {
      out->append("Connection: close\r\n");
    } else if (rewrite.client_minor == 0) {
      out->append("Connection: keep-alive\r\n");
    }
  }
  out->append(rewrite.extra).append(kEnd);
}

void append_chunk(std::string* out, std::string_view data) {
  if (data.empty()) return;  // a chunk of size 0 would end the body
  append_number(out, data.size(), 16);
  out->append(kEnd).append(data).append(kEnd);
}

void append_last_chunk(std::string* out, const std::vector<Field>& trailers) {
  out->append("0\r\n");
  for (const Field& field : trailers) {
    if (may_be_trailer(field.name)) append_line(out, field.name, field.value);
  }
  out->append(kEnd);
}

}  // namespace whytls::proxy
