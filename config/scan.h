// Reads a TOML document strictly and finds where everything stands, before toml11 sees it.
//
// toml11 3.7.1 stops at the first mistake, and some invalid documents make it abort, crash or run without end
// (README.md lists the forms). So only documents that this scanner finds complete and valid reach it.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/report.h"

namespace whytls::config {

// Bounds that keep every later step small: the stack, the time of toml11, the memory of positions.
inline constexpr std::size_t kMaxFileBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxDepth = 16;      // of lists and inline tables in each other
inline constexpr std::size_t kMaxKeyParts = 16;   // a.b.c has three
inline constexpr std::size_t kMaxKeyBytes = 128;  // of one part
inline constexpr std::size_t kMaxValues = 10'000;
inline constexpr std::size_t kMaxTokenBytes = 64;  // of a number or date

// Reports every mistake to `report` and fills `positions`. True: the document is valid TOML 1.0 within the
// bounds.
[[nodiscard]] bool scan(std::string_view text, Report& report, Positions& positions);

}  // namespace whytls::config
