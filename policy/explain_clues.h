// The two ways of finding clues in a text: symbols and numbers as words, and phrases. Internal to policy/.
#pragma once

#include <string_view>
#include <vector>

#include "policy/explain.h"

namespace whytls::policy {

// A clue and where in the text it stands, in bytes: what a longer one covers is dropped.
struct Sighting {
  Clue clue;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t letters = 0;  // how many letters and digits of the text it explains
};

// Slugs, symbols of codes (with or without the usual prefixes) and numbers whose neighbours say what they
// are.
[[nodiscard]] std::vector<Sighting> find_codes(std::string_view text);
// The words of clients, of other programs and of codes.
[[nodiscard]] std::vector<Sighting> find_phrases(std::string_view text);

// Codes and slugs spelt like the word, at most a few; empty: none is near.
[[nodiscard]] std::vector<std::string> nearest_codes(std::string_view text);

}  // namespace whytls::policy
