// The grammar of TOML's unquoted values (TOML 1.0: Integer, Float, Boolean, date and time).
#pragma once

#include <string>
#include <string_view>

namespace whytls::config {

// Empty when `token` is a complete TOML value; else what is wrong with it, in a few words.
[[nodiscard]] std::string scalar_fault(std::string_view token);

// True when `text` begins with the shape of a date, dddd-dd-dd.
[[nodiscard]] bool looks_like_date(std::string_view text);

}  // namespace whytls::config
