#include "tests/support/scripts.h"

namespace whytls::support {
namespace {

constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kMessageHeader = 4;

// The lowest `width` bytes of a number, most significant first.
std::string big_endian(std::size_t value, int width) {
  std::string out;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>((value >> shift) & 0xff);
  }
  return out;
}

std::size_t read_big_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::string record(RecordType type, std::string_view payload) {
  std::string out = big_endian(static_cast<std::size_t>(type), 1) + big_endian(kTls12, 2);
  return out.append(big_endian(payload.size(), 2)).append(payload);
}

std::string alert_record(std::uint8_t level, std::uint8_t number) {
  return record(RecordType::alert, big_endian(level, 1) + big_endian(number, 1));
}

std::string handshake_record(MessageType type, std::string_view body) {
  std::string message = big_endian(static_cast<std::size_t>(type), 1) + big_endian(body.size(), 3);
  return record(RecordType::handshake, message.append(body));
}

std::string server_hello_record(const ServerHello& hello) {
  std::string body = big_endian(hello.version, 2);
  body.append(32, '\x5a');   // random
  body += big_endian(0, 1);  // no session id
  body += big_endian(hello.cipher_suite, 2);
  body += big_endian(0, 1);  // no compression
  if (hello.renegotiation == ServerHello::Renegotiation::secure) {
    body += big_endian(5, 2) + big_endian(0xff01, 2);  // renegotiation_info (RFC 5746, 3.2)
    body += big_endian(1, 2) + big_endian(0, 1);
  }
  return handshake_record(MessageType::server_hello, body);
}

std::string certificate_record(const std::vector<std::string>& certificates) {
  std::string list;
  for (const std::string& der : certificates) list += big_endian(der.size(), 3) + der;
  return handshake_record(MessageType::certificate, big_endian(list.size(), 3) + list);
}

std::optional<std::size_t> find_record(std::string_view flight, RecordType type) {
  std::size_t at = 0;
  while (at + kRecordHeader <= flight.size()) {
    if (static_cast<RecordType>(flight[at]) == type) return at;
    at += kRecordHeader + read_big_endian(flight.substr(at + 3, 2));
  }
  return std::nullopt;
}

std::optional<MessagePlace> find_message(std::string_view flight, MessageType type) {
  std::size_t at = 0;
  while (at + kRecordHeader <= flight.size()) {
    const std::size_t end = at + kRecordHeader + read_big_endian(flight.substr(at + 3, 2));
    const bool handshake = static_cast<RecordType>(flight[at]) == RecordType::handshake;
    at += kRecordHeader;
    while (handshake && at + kMessageHeader <= end && end <= flight.size()) {
      const std::size_t size = read_big_endian(flight.substr(at + 1, 3));
      if (static_cast<MessageType>(flight[at]) == type) return MessagePlace{at + kMessageHeader, size};
      at += kMessageHeader + size;
    }
    at = end;
  }
  return std::nullopt;
}

}  // namespace whytls::support
