// What was known of an upstream before a handshake, as far as judgement needs it. Filled in by the proxy,
// from whatever keeps it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tls/evidence.h"

namespace whytls::policy {

// A certificate that was seen before.
struct SeenBefore {
  std::string host{};  // where it was first seen; raw, empty when that is not kept
  std::uint16_t port = 0;
  std::string sha256_hex{};
  std::string pin{};  // base64 SHA-256 of its SubjectPublicKeyInfo
  tls::UnixSeconds first_seen = 0;
  tls::UnixSeconds last_seen = 0;
};

// Others with the issuer and the serial number of a certificate that was shown (RFC 5280, 4.1.2.2).
struct ReusedSerial {
  std::size_t depth = 0;  // of the one that was shown, as sent
  SeenBefore newest;
  std::size_t total = 0;
};

// How the key of the leaf stands to the one that is remembered of its host and port.
enum class KeyMemory : std::uint8_t {
  not_kept,  // nobody remembers keys, or there is no room for this one
  none_yet,  // no key is remembered: this one is the first
  same,
  other,
};

struct History {
  std::vector<ReusedSerial> reused_serials{};
  KeyMemory key = KeyMemory::not_kept;
  std::optional<SeenBefore> remembered{};  // the certificate with the other key
  std::string differences{};               // from it: "key, issuer, names"
};

}  // namespace whytls::policy
