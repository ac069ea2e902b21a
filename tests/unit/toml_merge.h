// Writes a suggestion of a failure page into a configuration, as its comments say: what somebody with an
// editor would do.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace whytls::unit {

// Knows headers, one key a line, inline tables of one line; no dotted keys. The error says which instruction
// does not fit what is there, such as a key that is there twice after it.
[[nodiscard]] tl::expected<std::string, std::string> merge_toml(const std::string& config,
                                                                const std::string& suggestion);

}  // namespace whytls::unit
