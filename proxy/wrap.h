// Text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace whytls::proxy {

// `text` broken between words into lines of at most 80 columns, each with its newline. The first begins with
// `first`, the others with `next`. A word that is longer stands on a line of its own. Columns are counted as
// characters of UTF-8.
[[nodiscard]] std::string wrapped(std::string_view text, std::string_view first, std::string_view next);

}  // namespace whytls::proxy
