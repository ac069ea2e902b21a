// The counters as Prometheus reads them: text exposition format 0.0.4. Pure.
//
// Written here and not with prometheus-cpp: its CMake package asks for libcurl and the civetweb web server,
// and Debian's package installs both, for a format of three kinds of lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/server.h"

namespace whytls::proxy {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// What is measured beside the server's counters.
struct ProgramCounters {
  std::string version;          // of whytls
  std::string openssl;          // of the library in use
  std::int64_t started_at = 0;  // Unix seconds
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t reloads_ok = 0;
  std::uint64_t reloads_failed = 0;
  bool last_reload_ok = true;  // true before the first one: the start read the file too
  bool draining = false;
  std::optional<tls::UnixSeconds> authority_not_after;  // nullopt: no authority in use
  std::optional<ledger::Statistics> ledger;             // nullopt: nothing is remembered
  ledger::Expiring expiring;                            // of the ledger
  // Of the process; nullopt where the system does not say.
  std::optional<double> cpu_seconds;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> open_files;
  std::optional<std::uint64_t> max_files;
};

// Every family with HELP and TYPE, every label value that can occur, also with 0: a rate over a series that
// first appears with its first failure would miss that failure.
[[nodiscard]] std::string metrics_text(const Counters& counters, const ProgramCounters& program);

// A label value with backslash, quote and newline escaped.
[[nodiscard]] std::string escape_label(std::string_view value);

}  // namespace whytls::proxy
