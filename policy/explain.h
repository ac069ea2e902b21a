// From anything that a person pastes (a code, a number, a line of a log, a stack trace of any program) to the
// failures that it may be about. It reads the catalogue backwards: our slugs, the codes of other programs
// (codes.h), the words of clients (clients.h) and of other programs (messages.h).
//
// THE RANKING. What is recognised in the text is a clue; each clue stands for one failure, or for several
// that it does not tell apart.
//  1. A clue inside of one that explains more of the text is dropped: "certificate verify failed" says
//  nothing beside
//     "certificate verify failed: certificate has expired".
//  2. Each clue speaks for its failures, the more the more of the text it explains; codes count more than
//  prose, and our
//     own slugs settle it. What several clues agree on comes first.
//  3. Failures that no clue tells apart share a rank, the likeliest first; `ambiguous` is true when that is
//  the first
//     rank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/codes.h"
#include "policy/failure.h"

namespace whytls::policy {

inline constexpr std::size_t kMaxExplainedBytes =
    std::size_t{256} * 1024;  // of a text; the rest is not looked at

// One thing that was recognised.
struct Clue {
  std::string seen;               // a symbol or number with its meaning, or the words
  std::string_view program;       // whose words these are; empty: our own slug
  const Code* code = nullptr;     // set when it is a code
  std::vector<Failure> failures;  // what it may mean, the likeliest first; empty: none of ours
  std::string_view settle;        // what would tell them apart
  std::string_view note;          // what is peculiar to the program
};

struct Candidate {
  int rank = 1;  // from 1; equal ranks are not told apart by the text
  Failure failure = Failure::unclassified;
  std::vector<std::size_t> clues;  // indices into Explanation::clues
};

struct Explanation {
  std::vector<Clue> clues;            // in the order of the text
  std::vector<Candidate> candidates;  // by rank
  std::vector<const Code*> codes;     // those that the text names, the first one first
  std::vector<std::string> nearest;   // codes and slugs that were perhaps meant, when nothing was recognised

  [[nodiscard]] bool known() const { return !candidates.empty() || !codes.empty(); }
  // More than one failure has rank 1.
  [[nodiscard]] bool ambiguous() const;
};

// Pure; never fails. `text` may hold any bytes.
[[nodiscard]] Explanation explain(std::string_view text);

}  // namespace whytls::policy
