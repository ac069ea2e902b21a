#include "tls/digest.h"

#include <openssl/sha.h>

#include "tls/certificate_reader.h"

namespace whytls::tls {

std::array<unsigned char, SHA256_DIGEST_LENGTH> sha256(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return digest;
}

std::string base64_of(std::string_view bytes) {
  return base64(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string sha256_base64(std::string_view bytes) {
  const auto digest = sha256(bytes);
  return base64(digest.data(), digest.size());
}

}  // namespace whytls::tls
