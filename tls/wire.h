// Reads handshake messages from their bytes, so that what was said is known also when OpenSSL refuses it.
// Never trusts a length; what doesn't fit the grammar is left out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/evidence.h"

namespace whytls::tls {

// Handshake message types (RFC 8446, B.3 and RFC 5246, 7.4).
enum class MessageType : std::uint8_t {
  hello_request = 0,
  client_hello = 1,
  server_hello = 2,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  certificate_verify = 15,
};

// How many entries of a list in a hello are kept.
inline constexpr std::size_t kMaxOfferedEntries = 512;

// A cursor over big-endian fields. A read past the end returns nullopt and leaves the cursor where it was.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  // An unsigned number of `width` bytes, at most 4.
  std::optional<std::uint32_t> number(std::size_t width);
  std::optional<std::string_view> bytes(std::size_t count);
  // A vector: its length in `width` bytes, then its bytes.
  std::optional<std::string_view> vector(std::size_t width);

 private:
  std::string_view rest_;
};

// What a ServerHello chose. retry: it is a HelloRetryRequest (RFC 8446, 4.1.3).
struct ServerHello {
  WireVersion version = 0;
  std::uint16_t cipher_suite = 0;
  bool retry = false;
};

// `message` is the handshake message with its four-byte header. A hello without supported_versions has
// min_version 0: it doesn't say.
[[nodiscard]] std::optional<Offered> parse_client_hello(std::string_view message);
[[nodiscard]] std::optional<ServerHello> parse_server_hello(std::string_view message);
// The DER certificates of a Certificate message, in order; `version` decides between its two grammars.
[[nodiscard]] std::vector<std::string_view> parse_certificate_message(std::string_view message,
                                                                      WireVersion version);
// The DER names of the CAs that a CertificateRequest lists.
[[nodiscard]] std::vector<std::string_view> parse_certificate_request(std::string_view message,
                                                                      WireVersion version);

}  // namespace whytls::tls
