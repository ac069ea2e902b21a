// Bytes that no TLS library would send of its own accord, written by hand (RFC 5246, RFC 8446).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace whytls::support {

inline constexpr std::uint16_t kTls10 = 0x0301;
inline constexpr std::uint16_t kTls12 = 0x0303;

enum class RecordType : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application = 23
};
enum class MessageType : std::uint8_t {
  client_hello = 1,
  server_hello = 2,
  certificate = 11,
  server_key_exchange = 12,
  server_hello_done = 14,
};

[[nodiscard]] std::string record(RecordType type, std::string_view payload);
// level: 1 warning, 2 fatal.
[[nodiscard]] std::string alert_record(std::uint8_t level, std::uint8_t number);
[[nodiscard]] std::string handshake_record(MessageType type, std::string_view body);

struct ServerHello {
  std::uint16_t version = kTls12;
  std::uint16_t cipher_suite = 0xc02b;  // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  enum class Renegotiation : std::uint8_t { secure, unsaid } renegotiation = Renegotiation::secure;
};
[[nodiscard]] std::string server_hello_record(const ServerHello& hello);
// A TLS 1.2 Certificate message with these DER blobs, whatever they are.
[[nodiscard]] std::string certificate_record(const std::vector<std::string>& certificates);

// Where the body of a message lies in a flight of unencrypted records, each holding whole messages.
struct MessagePlace {
  std::size_t offset = 0;
  std::size_t size = 0;
};
[[nodiscard]] std::optional<MessagePlace> find_message(std::string_view flight, MessageType type);
// Where the first record of that type begins, header included.
[[nodiscard]] std::optional<std::size_t> find_record(std::string_view flight, RecordType type);

}  // namespace whytls::support
