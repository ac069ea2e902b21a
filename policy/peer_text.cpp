#include "policy/peer_text.h"

#include <algorithm>
#include <array>
#include <string>

#include "policy/spelling.h"

namespace whytls::policy {

namespace {

constexpr std::size_t kLooked = 256;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// RFC 8446, 5.1: a content type of 20 to 24, then a version whose major number is 3.
bool is_tls_record(std::string_view bytes) {
  return bytes.size() >= 3 && bytes[0] >= 20 && bytes[0] <= 24 && bytes[1] == 3 && bytes[2] <= 4;
}

bool is_http_request(std::string_view bytes) {
  constexpr std::array<std::string_view, 10> kMethods = {
      "GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT ", "PRI * "};
  return std::any_of(kMethods.begin(), kMethods.end(),
                     [&](std::string_view method) { return bytes.starts_with(method); });
}

bool is_http_response(const std::string& lowered) {
  const std::size_t start = lowered.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) return false;
  const std::string_view text = std::string_view(lowered).substr(start);
  return text.starts_with("http/") || text.starts_with("<html") || text.starts_with("<!doctype html");
}

// RFC 5321, 4.2; RFC 959, 4.2: "220" and a space, or a hyphen when more lines follow.
bool is_220(std::string_view bytes) {
  return bytes.starts_with("220 ") || bytes.starts_with("220-");
}

// True when at least nine bytes in ten can be read.
bool is_mostly_text(std::string_view bytes) {
  const auto readable = std::count_if(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t' || byte == '\r' || byte == '\n';
  });
  // Bytes over 0x7F count as readable only next to plain ones: random data has as many of each.
  const auto plain = std::count_if(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte < 0x7F) || byte == '\t' || byte == '\r' || byte == '\n';
  });
  const auto size = static_cast<std::ptrdiff_t>(bytes.size());
  return readable * 10 >= size * 9 && plain * 10 >= size * 7;
}

}  // namespace

PeerTextGuess guess_peer(std::string_view first_bytes) {
  const std::string_view bytes = first_bytes.substr(0, kLooked);
  if (bytes.empty()) return {FirstBytes::binary, ""};
  if (is_tls_record(bytes)) return {FirstBytes::tls_record, "TLS"};
  const std::string lowered = lower_case(bytes);
  if (is_http_response(lowered)) return {FirstBytes::http_response, "HTTP"};
  if (is_http_request(bytes)) return {FirstBytes::http_request, "HTTP"};
  if (bytes.starts_with("SSH-")) return {FirstBytes::ssh, "SSH"};
  if (is_220(bytes)) {
    if (contains(lowered, "smtp")) return {FirstBytes::mail_greeting, "SMTP"};
    if (contains(lowered, "ftp")) return {FirstBytes::mail_greeting, "FTP"};
    return {FirstBytes::mail_greeting, "SMTP or FTP"};
  }
  if (bytes.starts_with("* OK") || bytes.starts_with("* PREAUTH")) return {FirstBytes::mail_greeting, "IMAP"};
  if (bytes.starts_with("+OK")) return {FirstBytes::mail_greeting, "POP3"};
  if (is_mostly_text(bytes)) return {FirstBytes::text, ""};
  return {FirstBytes::binary, ""};
}

}  // namespace whytls::policy
