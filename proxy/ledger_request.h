// What `whytls ledger` was asked, understood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tls/evidence.h"

namespace whytls::proxy {

enum class LedgerQuestion : std::uint8_t { list, show, conflicts, expiring, accept, forget, export_all };
enum class LedgerFormat : std::uint8_t { text, json, csv };

inline constexpr int kExpiringDays = 30;
inline constexpr std::uint16_t kHttpsPort = 443;
// Digits of a SHA-256 from which on a beginning may name what is accepted or deleted.
inline constexpr std::size_t kMinSha256Digits = 8;

struct LedgerRequest {
  LedgerQuestion question = LedgerQuestion::list;
  LedgerFormat format = LedgerFormat::text;
  std::string subject;              // show: as it was written, a host or the beginning of a SHA-256
  std::string host;                 // list: with * and ?; accept, forget: in its one form, without brackets
  std::uint16_t port = kHttpsPort;  // accept
  std::string issuer;               // list
  std::string sha256;               // hexadecimal digits with which it begins, lower case
  std::optional<tls::UnixSeconds> seen_since;
  std::size_t limit = 0;  // 0: none
  int within_days = kExpiringDays;
};

// Digits in lower case, also of "AB:CD:EF"; nullopt: not the beginning of a SHA-256.
[[nodiscard]] std::optional<std::string> sha256_beginning(const std::string& text);
// "2026-11-21" (its first second) or "2026-11-21T10:20:30Z".
[[nodiscard]] std::optional<tls::UnixSeconds> moment_of(const std::string& text);

struct LedgerHost {
  std::string host;
  std::optional<std::uint16_t> port;
};
// "a.test", "A.test:8443", "[::1]:443", "::1".
[[nodiscard]] std::optional<LedgerHost> ledger_host(const std::string& text);

}  // namespace whytls::proxy
