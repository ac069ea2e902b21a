#include "policy/explain.h"

#include <algorithm>
#include <map>

#include "policy/explain_clues.h"

namespace whytls::policy {

namespace {

// How much the text speaks for a failure: what all clues to it explain together. A name of ours settles it; a
// code is worth more than prose, since programs put the same prose on several codes.
constexpr std::size_t kWorthOfSlug = 100'000;
constexpr std::size_t kWorthOfCode = 100;

std::size_t worth(const Sighting& seen) {
  if (seen.clue.program.empty()) return kWorthOfSlug;
  return seen.letters + (seen.clue.code != nullptr ? kWorthOfCode : 0);
}

struct Support {
  std::size_t worth = 0;
  std::size_t place = 0;  // in the list of the first clue: for the order of those that nothing tells apart

  [[nodiscard]] bool before(const Support& other) const { return worth > other.worth; }
};

// A clue inside of one that explains more goes. What counts is how much of the text is explained, not how far
// apart the words stand: "routines … unexpected message" says less than "alert unexpected message" in the
// midst of it.
std::vector<Sighting> outermost(std::vector<Sighting> all) {
  std::vector<Sighting> out;
  for (const Sighting& seen : all) {
    const bool covered = std::any_of(all.begin(), all.end(), [&seen](const Sighting& other) {
      const bool overlaps = other.begin < seen.end && seen.begin < other.end;
      const bool around = other.begin <= seen.begin && seen.end <= other.end;
      const bool inside = seen.begin <= other.begin && other.end <= seen.end;
      return overlaps && (around || inside) && other.letters > seen.letters;
    });
    if (!covered) out.push_back(seen);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Sighting& a, const Sighting& b) { return a.begin < b.begin; });
  return out;
}

using Supports = std::map<Failure, Support>;

Supports supports_of(const std::vector<Sighting>& sightings) {
  Supports out;
  for (const Sighting& seen : sightings) {
    for (std::size_t i = 0; i < seen.clue.failures.size(); ++i) {
      out.try_emplace(seen.clue.failures[i], Support{0, i}).first->second.worth += worth(seen);
    }
  }
  return out;
}

std::vector<Candidate> ranked(const std::vector<Sighting>& sightings) {
  const Supports supports = supports_of(sightings);
  std::vector<Candidate> out;
  for (const auto& [failure, unused] : supports) {
    (void)unused;
    Candidate candidate{1, failure, {}};
    for (std::size_t i = 0; i < sightings.size(); ++i) {
      const auto& failures = sightings[i].clue.failures;
      if (std::find(failures.begin(), failures.end(), failure) != failures.end())
        candidate.clues.push_back(i);
    }
    out.push_back(std::move(candidate));
  }
  const auto before = [&supports](const Candidate& a, const Candidate& b) {
    return supports.at(a.failure).before(supports.at(b.failure));
  };
  std::sort(out.begin(), out.end(), [&](const Candidate& a, const Candidate& b) {
    if (before(a, b) || before(b, a)) return before(a, b);
    return std::pair(supports.at(a.failure).place, a.failure) <
           std::pair(supports.at(b.failure).place, b.failure);
  });
  for (std::size_t i = 1; i < out.size(); ++i) {
    out[i].rank = out[i - 1].rank + (before(out[i - 1], out[i]) ? 1 : 0);
  }
  return out;
}

}  // namespace

bool Explanation::ambiguous() const {
  return candidates.size() > 1 && candidates[1].rank == 1;
}

Explanation explain(std::string_view text) {
  text = text.substr(0, kMaxExplainedBytes);
  std::vector<Sighting> all = find_codes(text);
  Explanation out;
  // A code is named also where longer words around it say more.
  const auto name_code = [&out](const Code* code) {
    const bool is_new = std::find(out.codes.begin(), out.codes.end(), code) == out.codes.end();
    if (code != nullptr && is_new) out.codes.push_back(code);
  };
  for (const Sighting& seen : all) name_code(seen.clue.code);
  for (Sighting& seen : find_phrases(text)) all.push_back(std::move(seen));
  const std::vector<Sighting> sightings = outermost(std::move(all));
  out.candidates = ranked(sightings);
  for (const Sighting& seen : sightings) {
    name_code(seen.clue.code);
    out.clues.push_back(seen.clue);
  }
  if (!out.known()) out.nearest = nearest_codes(text);
  return out;
}

}  // namespace whytls::policy
