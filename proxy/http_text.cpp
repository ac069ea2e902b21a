#include "proxy/http_text.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "proxy/http_message.h"

namespace whytls::proxy {
namespace {

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kTokenChars = make_token_table();
constexpr std::string_view kHexDigits = "0123456789abcdef";

constexpr std::uint64_t repeat_byte(std::uint64_t byte) {
  return byte * 0x0101010101010101U;
}

// True when one of the eight bytes may be a control character. Eight at once, because most values have none:
// the first term is the borrow of a subtraction of 0x20 from a byte below it, the second finds 0x7f as the
// zero byte of the exclusive or.
constexpr bool may_have_control(std::uint64_t word) {
  const std::uint64_t below_space = (word - repeat_byte(0x20)) & ~word;
  const std::uint64_t against_del = word ^ repeat_byte(0x7f);
  const std::uint64_t del = (against_del - repeat_byte(0x01)) & ~against_del;
  return ((below_space | del) & repeat_byte(0x80)) != 0;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

struct Named {
  std::string_view name;
  KnownField field;
};
constexpr std::array kNamed = {
    Named{"connection", KnownField::connection},
    Named{"content-length", KnownField::content_length},
    Named{"expect", KnownField::expect},
    Named{"forwarded", KnownField::forwarded},
    Named{"host", KnownField::host},
    Named{"keep-alive", KnownField::keep_alive},
    Named{"proxy-authenticate", KnownField::proxy_authenticate},
    Named{"proxy-authentication-info", KnownField::proxy_authentication_info},
    Named{"proxy-authorization", KnownField::proxy_authorization},
    Named{"proxy-connection", KnownField::proxy_connection},
    Named{"te", KnownField::te},
    Named{"transfer-encoding", KnownField::transfer_encoding},
    Named{"upgrade", KnownField::upgrade},
    Named{"via", KnownField::via},
    Named{"x-forwarded-for", KnownField::x_forwarded_for},
    Named{"x-forwarded-host", KnownField::x_forwarded_host},
    Named{"x-forwarded-proto", KnownField::x_forwarded_proto},
};

// One bit for each length of a known name: most names are told apart by their length and first letter
// already.
constexpr std::uint32_t make_length_mask() {
  std::uint32_t mask = 0;
  for (const Named& named : kNamed) mask |= 1U << named.name.size();
  return mask;
}
constexpr std::uint32_t kNameLengths = make_length_mask();

}  // namespace

KnownField classify(std::string_view name) {
  if (name.size() >= 32 || ((kNameLengths >> name.size()) & 1U) == 0) return KnownField::other;
  const char first = to_lower(name.front());
  for (const Named& named : kNamed) {
    if (named.name.size() == name.size() && named.name.front() == first &&
        equal_ignoring_case(named.name, name)) {
      return named.field;
    }
  }
  return KnownField::other;
}

bool is_token_char(char c) {
  return kTokenChars[static_cast<unsigned char>(c)];
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::size_t find_control(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t left = text.size() - at;
    if (left >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      if (!may_have_control(word)) {
        at += sizeof word;
        continue;
      }
    }
    const std::size_t end = at + std::min(left, sizeof(std::uint64_t));
    for (; at < end; ++at) {
      if (is_control(text[at])) return at;
    }
  }
  return std::string_view::npos;
}

std::string hex_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return {'0', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 0xfU]};
}

std::string quote(std::string_view bytes) {
  return '"' + escape_for_text(bytes, kQuotedBytes) + '"';
}

std::optional<std::string_view> next_element(std::string_view* list) {
  while (!list->empty()) {
    const std::size_t comma = list->find(',');
    const std::string_view element = trim(list->substr(0, comma));
    list->remove_prefix(comma == std::string_view::npos ? list->size() : comma + 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

bool has_element(std::string_view list, std::string_view wanted) {
  while (const auto element = next_element(&list)) {
    if (equal_ignoring_case(*element, wanted)) return true;
  }
  return false;
}

std::string escape_for_text(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  out.reserve(std::min(bytes.size(), max_bytes) + 3);
  for (const char c : bytes.substr(0, max_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' || c == '"') {
      out += {'\\', c};
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else if (c == '\r' || c == '\n' || c == '\t') {
      out += {'\\', c == '\r' ? 'r' : c == '\n' ? 'n' : 't'};
    } else {
      out += {'\\', 'x', kHexDigits[byte >> 4U], kHexDigits[byte & 0xfU]};
    }
  }
  if (bytes.size() > max_bytes) out += "...";
  return out;
}

bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kIdempotent = {"GET",   "HEAD", "OPTIONS",
                                                           "TRACE", "PUT",  "DELETE"};
  return std::find(kIdempotent.begin(), kIdempotent.end(), method) != kIdempotent.end();
}

std::string_view reason_phrase(int status) {
  struct Phrase {
    int status;
    std::string_view text;
  };
  static constexpr std::array kPhrases = {
      Phrase{100, "Continue"},
      Phrase{101, "Switching Protocols"},
      Phrase{102, "Processing"},
      Phrase{103, "Early Hints"},
      Phrase{200, "OK"},
      Phrase{201, "Created"},
      Phrase{202, "Accepted"},
      Phrase{203, "Non-Authoritative Information"},
      Phrase{204, "No Content"},
      Phrase{205, "Reset Content"},
      Phrase{206, "Partial Content"},
      Phrase{207, "Multi-Status"},
      Phrase{208, "Already Reported"},
      Phrase{226, "IM Used"},
      Phrase{300, "Multiple Choices"},
      Phrase{301, "Moved Permanently"},
      Phrase{302, "Found"},
      Phrase{303, "See Other"},
      Phrase{304, "Not Modified"},
      Phrase{305, "Use Proxy"},
      Phrase{307, "Temporary Redirect"},
      Phrase{308, "Permanent Redirect"},
      Phrase{400, "Bad Request"},
      Phrase{401, "Unauthorized"},
      Phrase{402, "Payment Required"},
      Phrase{403, "Forbidden"},
      Phrase{404, "Not Found"},
      Phrase{405, "Method Not Allowed"},
      Phrase{406, "Not Acceptable"},
      Phrase{407, "Proxy Authentication Required"},
      Phrase{408, "Request Timeout"},
      Phrase{409, "Conflict"},
      Phrase{410, "Gone"},
      Phrase{411, "Length Required"},
      Phrase{412, "Precondition Failed"},
      Phrase{413, "Content Too Large"},
      Phrase{414, "URI Too Long"},
      Phrase{415, "Unsupported Media Type"},
      Phrase{416, "Range Not Satisfiable"},
      Phrase{417, "Expectation Failed"},
      Phrase{421, "Misdirected Request"},
      Phrase{422, "Unprocessable Content"},
      Phrase{423, "Locked"},
      Phrase{424, "Failed Dependency"},
      Phrase{425, "Too Early"},
      Phrase{426, "Upgrade Required"},
      Phrase{428, "Precondition Required"},
      Phrase{429, "Too Many Requests"},
      Phrase{431, "Request Header Fields Too Large"},
      Phrase{451, "Unavailable For Legal Reasons"},
      Phrase{499, "Client Closed Request"},
      Phrase{500, "Internal Server Error"},
      Phrase{501, "Not Implemented"},
      Phrase{502, "Bad Gateway"},
      Phrase{503, "Service Unavailable"},
      Phrase{504, "Gateway Timeout"},
      Phrase{505, "HTTP Version Not Supported"},
      Phrase{506, "Variant Also Negotiates"},
      Phrase{507, "Insufficient Storage"},
      Phrase{508, "Loop Detected"},
      Phrase{511, "Network Authentication Required"},
  };
  const auto found = std::find_if(kPhrases.begin(), kPhrases.end(),
                                  [status](const Phrase& phrase) { return phrase.status == status; });
  return found == kPhrases.end() ? std::string_view("Unknown") : found->text;
}

}  // namespace whytls::proxy
