// The catalogue of failures as types: one enumerator and one table row for each line of failures.def.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace whytls::policy {

// Whose side of the path failed.
enum class Leg : std::uint8_t { client, upstream, ourselves };
// Where on the way it failed.
enum class Phase : std::uint8_t {
  dns,
  connect,
  hello,
  negotiation,
  certificate,
  key_exchange,
  finished,
  after_handshake,
  http,
};
// fatal: clients offer no override. notice: not a failure of anybody, logged at debug level.
enum class Severity : std::uint8_t { notice, warning, error, fatal };

enum class Failure : std::uint8_t {
// NOLINTNEXTLINE(bugprone-macro-parentheses): an enumerator can't stand in parentheses
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) slug,
#include "policy/failures.def"
#undef WHYTLS_FAILURE
};

inline constexpr std::size_t kFailureCount = 0
// NOLINTNEXTLINE(bugprone-macro-parentheses): one summand of the sum around it
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) +1
#include "policy/failures.def"
#undef WHYTLS_FAILURE
    ;

struct FailureInfo {
  Failure failure;
  std::string_view slug;  // stable key: log field error.type, metric label, TOML rule, test folder
  std::string_view code;  // NSS or NSPR symbol, what users search for
  int number;             // its number
  Leg leg;
  Phase phase;  // where it normally happens; a Diagnosis may say it more exactly
  Severity severity;
  int status;                     // HTTP status of the answer
  std::string_view proxy_status;  // error type of RFC 9209, 2.3
  std::string_view summary;       // one sentence
};

// The row of a failure. Never fails.
[[nodiscard]] const FailureInfo& info(Failure failure);
[[nodiscard]] const std::array<FailureInfo, kFailureCount>& all_failures();
// nullopt: no such slug.
[[nodiscard]] std::optional<Failure> failure_by_slug(std::string_view slug);

[[nodiscard]] std::string_view name(Leg leg);            // "client", "upstream", "ourselves"
[[nodiscard]] std::string_view name(Phase phase);        // "key_exchange" ...
[[nodiscard]] std::string_view name(Severity severity);  // "notice" ...

}  // namespace whytls::policy
