// Words as people write them: without regard to case, and misspelt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace whytls::policy {

// `text` with the letters A to Z small; all other bytes stay.
[[nodiscard]] std::string lower_case(std::string_view text);

// The words of `known` that are near to `word`, the nearest first, at most `limit`. Case does not matter, and
// two neighbours that were swapped count one. Words of more than 64 bytes are near to none.
[[nodiscard]] std::vector<std::string> nearest_words(std::string_view word,
                                                     const std::vector<std::string>& known,
                                                     std::size_t limit);

}  // namespace whytls::policy
