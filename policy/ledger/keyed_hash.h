// SipHash-2-4 with 128 bits (Aumasson and Bernstein, https://www.aumasson.jp/siphash/siphash.pdf). What is
// hashed here is chosen by peers: without the key nobody can make two of their texts meet. The tests compare
// it with OpenSSL's, which costs several times as much for texts of this length.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/ledger/types.h"

namespace whytls::ledger {

using HashKey = std::array<std::uint8_t, 16>;

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

[[nodiscard]] Hash128 keyed_hash(const HashKey& key, std::string_view bytes);

// Of the fields of a certificate, so that certificates can be compared where no text is kept. Made of the
// whole texts, not of what is left after cutting.
struct Fingerprints {
  Hash128 issuer_serial;
  std::uint64_t issuer = 0;
  std::uint64_t serial = 0;
  std::uint64_t subject = 0;
  std::uint64_t names = 0;
};
[[nodiscard]] Fingerprints fingerprints_of(const HashKey& key, const tls::Certificate& certificate);

// What is long is cut to the bounds of types.h first.
struct PlaceHashes {
  Hash128 endpoint;  // host and port
  Hash128 place;     // host, port and address
};
[[nodiscard]] Hash128 endpoint_hash(const HashKey& key, std::string_view host, std::uint16_t port);
[[nodiscard]] PlaceHashes hashes_of(const HashKey& key, const Place& place);

}  // namespace whytls::ledger
