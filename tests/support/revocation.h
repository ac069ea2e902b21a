// What CAs publish about certificates that they took back: lists (RFC 5280, 5) and OCSP responses (RFC 6960).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/certificates.h"

namespace whytls::support {

// Reasons of RFC 5280, 5.3.1.
inline constexpr int kNoReason = -1;
inline constexpr int kKeyCompromise = 1;
inline constexpr int kSuperseded = 4;

struct Revoked {
  Credential certificate;
  std::int64_t at = kTestNow - 3 * kDay;
  int reason = kNoReason;
};

struct ListSpec {
  std::vector<Revoked> revoked{};
  std::int64_t this_update = kTestNow - kDay;
  std::int64_t next_update = kTestNow + 7 * kDay;
  Signature signature = Signature::good;
  bool has_unknown_critical_extension = false;
  std::string issuing_point{};  // OpenSSL's syntax of issuingDistributionPoint: "onlyCA:TRUE"
  std::optional<Key> key{};     // that signs instead of the issuer's, whose key identifier it then has
};

// PEM.
[[nodiscard]] std::string make_list(const ListSpec& spec, const Credential& issuer);
[[nodiscard]] std::string list_der(const std::string& pem);

struct ResponseSpec {
  enum class Says : std::uint8_t { good, revoked, unknown };
  Says says = Says::good;
  std::int64_t this_update = kTestNow - kDay;
  std::int64_t next_update = kTestNow + 3 * kDay;  // 0: left out
  std::int64_t revoked_at = kTestNow - 3 * kDay;
  int reason = kNoReason;
  int status = 0;                          // OCSPResponseStatus; 3: tryLater
  std::optional<Credential> signer{};      // who signs, with its certificate; default: the issuer
  std::optional<Credential> other_leaf{};  // what the response is about instead
  Signature signature = Signature::good;
};

// DER.
[[nodiscard]] std::string make_ocsp_response(const ResponseSpec& spec, const Credential& leaf,
                                             const Credential& issuer);

}  // namespace whytls::support
