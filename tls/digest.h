// SHA-256, for those in other rooms who need a hash and no TLS.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace whytls::tls {

[[nodiscard]] std::array<unsigned char, 32> sha256(std::string_view bytes);
[[nodiscard]] std::string base64_of(std::string_view bytes);
// In base64 with its padding, 44 characters: the form of a pin and of a hash in a Content-Security-Policy.
[[nodiscard]] std::string sha256_base64(std::string_view bytes);

}  // namespace whytls::tls
