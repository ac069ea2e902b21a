// What the codes of other programs mean, from codes/*.toml (embedded at build time): NSS, NSPR, Chrome,
// OpenSSL and the alerts of TLS. Users come with these codes; whytls's own failures are in failure.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy/failure.h"

namespace whytls::policy {

// Where a code comes from. In the order of the table.
enum class CodeFamily : std::uint8_t {
  nss_ssl,         // SSL_ERROR_* of NSS
  nss_sec,         // SEC_ERROR_* of NSS, MOZILLA_PKIX_ERROR_* of mozilla::pkix
  nspr,            // PR_*_ERROR of NSPR
  chrome,          // net::ERR_* of Chromium
  openssl_verify,  // X509_V_ERR_* of OpenSSL
  tls_alert,       // alert descriptions of TLS (IANA TLS Alerts)
};
inline constexpr std::size_t kCodeFamilyCount = 6;

enum class Standing : std::uint8_t {
  met,         // by users of current programs
  rare,        // needs an unusual peer or setting
  internal,    // a fault or a state inside of a program
  historical,  // no current version raises it
};

enum class Actor : std::uint8_t { visitor, proxy, server, developer, nobody };

struct Code {
  std::string_view symbol;  // "SEC_ERROR_REUSED_ISSUER_AND_SERIAL", "handshake_failure"
  CodeFamily family;
  int number;
  Standing standing;
  std::vector<Failure> failures;  // ours for the same fault, the likeliest first; empty: none
  std::string_view text;          // what the program prints for it; empty: not known
  std::string_view meaning;
  Actor actor;
  std::string_view action;
};

// All of them, family by family, each in the order of its table. Made on first use.
[[nodiscard]] std::span<const Code> all_codes();
// The codes of that number: one of the negative ones, or up to two of the small positive ones (an
// X509_V_ERR_* and an alert).
[[nodiscard]] std::vector<const Code*> codes_by_number(int number);

// "NSS", "NSPR", "Chrome", "OpenSSL", "TLS alert".
[[nodiscard]] std::string_view name(CodeFamily family);
[[nodiscard]] std::string_view name(Standing standing);
[[nodiscard]] std::string_view name(Actor actor);

}  // namespace whytls::policy
