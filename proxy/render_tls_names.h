// IANA names of the numbers in a TLS hello (registry "TLS Parameters"). Unknown numbers, GREASE among them
// (RFC 8701), come out as such.
#pragma once

#include <cstdint>
#include <string>

namespace whytls::proxy {

[[nodiscard]] std::string cipher_suite_name(std::uint16_t number);  // "TLS_AES_128_GCM_SHA256", "0xfafa"
[[nodiscard]] std::string group_name(std::uint16_t number);         // "x25519"
[[nodiscard]] std::string signature_algorithm_name(std::uint16_t number);  // "ecdsa_secp256r1_sha256"

}  // namespace whytls::proxy
