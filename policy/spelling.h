// Which known word a misspelt one was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace whytls::policy {

// The words of `known` that are near to `word`, the nearest first, at most `limit`. Case does not matter, and
// two neighbours that were swapped count one. Words of more than 64 bytes are near to none.
[[nodiscard]] std::vector<std::string> nearest_words(std::string_view word,
                                                     const std::vector<std::string>& known,
                                                     std::size_t limit);

}  // namespace whytls::policy
