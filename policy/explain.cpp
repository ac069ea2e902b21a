#include "policy/explain.h"

#include <algorithm>
#include <map>

#include "policy/explain_clues.h"
#include "policy/policy.h"

namespace whytls::policy {

namespace {

// How a failure came to be a candidate, the best of all clues for it. Smaller is better.
struct Standpoint {
  enum class Kind : std::uint8_t { slug, certificate, single, likely, one_of_several };
  Kind kind = Kind::one_of_several;
  std::size_t place = 0;    // in failures.def where the clue means one failure, else in the list of the clue
  std::size_t letters = 0;  // explained by the clue; more is better
  std::size_t clues = 0;    // that agree; more is better

  // Without the number of letters when both are among several: a longer text does not make one likelier.
  [[nodiscard]] bool before(const Standpoint& other) const {
    if (kind != other.kind) return kind < other.kind;
    if (clues != other.clues && kind >= Kind::likely) return clues > other.clues;
    if (kind == Kind::certificate) return place < other.place;
    if (letters != other.letters) return letters > other.letters;
    return kind == Kind::likely && place < other.place;
  }
};

Standpoint standpoint(const Sighting& seen, std::size_t index) {
  const Clue& clue = seen.clue;
  const Failure failure = clue.failures[index];
  Standpoint out{Standpoint::Kind::one_of_several, 0, seen.letters, 1};
  if (clue.failures.size() == 1) {
    out.kind = can_be_forgiven(failure) ? Standpoint::Kind::certificate : Standpoint::Kind::single;
    if (clue.program.empty()) out.kind = Standpoint::Kind::slug;
    out.place = static_cast<std::size_t>(failure);
  } else {
    if (!clue.equal) out.kind = Standpoint::Kind::likely;
    out.place = index;
  }
  return out;
}

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

using Standpoints = std::map<Failure, Standpoint>;

Standpoints standpoints_of(const std::vector<Sighting>& sightings) {
  Standpoints best;
  for (const Sighting& seen : sightings) {
    for (std::size_t i = 0; i < seen.clue.failures.size(); ++i) {
      const Standpoint point = standpoint(seen, i);
      const auto [at, is_new] = best.try_emplace(seen.clue.failures[i], point);
      if (is_new) continue;
      const std::size_t clues = at->second.clues + 1;
      if (point.before(at->second)) at->second = point;
      at->second.clues = clues;
    }
  }
  return best;
}

std::vector<Candidate> ranked(const std::vector<Sighting>& sightings) {
  const Standpoints best = standpoints_of(sightings);
  std::vector<Candidate> out;
  for (const auto& [failure, unused] : best) {
    (void)unused;
    Candidate candidate{1, failure, {}};
    for (std::size_t i = 0; i < sightings.size(); ++i) {
      const auto& failures = sightings[i].clue.failures;
      if (std::find(failures.begin(), failures.end(), failure) != failures.end())
        candidate.clues.push_back(i);
    }
    out.push_back(std::move(candidate));
  }
  const auto before = [&best](const Candidate& a, const Candidate& b) {
    return best.at(a.failure).before(best.at(b.failure));
  };
  // Those of one rank in the order of their clue, which begins with the likeliest.
  std::sort(out.begin(), out.end(), [&](const Candidate& a, const Candidate& b) {
    if (before(a, b) || before(b, a)) return before(a, b);
    return std::pair(best.at(a.failure).place, a.failure) < std::pair(best.at(b.failure).place, b.failure);
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
  for (Sighting& seen : find_phrases(text)) all.push_back(std::move(seen));
  const std::vector<Sighting> sightings = outermost(std::move(all));
  Explanation out;
  out.candidates = ranked(sightings);
  for (const Sighting& seen : sightings) {
    const Code* code = seen.clue.code;
    const bool is_new = std::find(out.codes.begin(), out.codes.end(), code) == out.codes.end();
    if (code != nullptr && is_new) out.codes.push_back(code);
    out.clues.push_back(seen.clue);
  }
  if (!out.known()) out.nearest = nearest_codes(text);
  return out;
}

}  // namespace whytls::policy
