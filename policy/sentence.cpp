#include "policy/sentence.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "policy/findings.h"

namespace whytls::policy {

namespace {

constexpr std::size_t kDateLength = 10;  // of "2020-06-24T00:00:00Z"; the fact has the time of day
constexpr std::size_t kMaxClauses = 3;   // certificate faults that one sentence can hold

// A fact whose value is a time of day, too.
bool is_moment(std::string_view key) {
  constexpr std::array<std::string_view, 8> kMoments{"not_after",        "not_before",     "revoked_at",
                                                     "next_update",      "old_first_seen", "old_last_seen",
                                                     "other_first_seen", "other_last_seen"};
  return std::find(kMoments.begin(), kMoments.end(), key) != kMoments.end();
}

// A fact as it stands in a sentence.
std::string spoken(const Language& language, std::string_view key, std::string_view value) {
  if (is_moment(key)) value = value.substr(0, kDateLength);
  if (key == "distance") return span_text(language, value, SpanUse::in_time);
  std::string text = fact_text(language, key, value);
  // A detail of the parser is a sentence of its own; here the template ends it.
  if (key == "detail" && text.ends_with('.') && !text.ends_with("...")) text.pop_back();
  return text;
}

// Fills one part of a template. False when a fact in it is missing.
bool fill(const Language& language, std::string_view part, const Finding& finding, const std::string& peer,
          std::string& out) {
  bool complete = true;
  while (!part.empty()) {
    const std::size_t open = part.find('{');
    out += part.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = part.find('}', open);
    const std::string_view key = part.substr(open + 1, close - open - 1);
    const std::string value = key == "peer" ? peer : spoken(language, key, finding.fact(key));
    complete = complete && !value.empty();
    out += bounded(value, kMaxPieceBytes);
    part.remove_prefix(close + 1);
  }
  return complete;
}

std::string filled_sentence(const Language& language, const Finding& finding, const std::string& peer) {
  std::string_view text = language.failure(finding.failure).sentence;
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    fill(language, text.substr(0, open), finding, peer, out);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find(']', open);
    std::string optional;
    if (fill(language, text.substr(open + 1, close - open - 1), finding, peer, optional)) out += optional;
    text.remove_prefix(close + 1);
  }
  return out;
}

bool is_certificate_clause(const Finding& finding) {
  return can_be_forgiven(finding.failure) || finding.failure == Failure::cert_unparsable;
}

// "A", "A and B", "A, B and C", "A, B, C; 2 more faults were found"
std::string join_clauses(const Language& language, const std::vector<Finding>& findings) {
  const std::size_t shown = findings.size() < kMaxClauses ? findings.size() : kMaxClauses;
  std::string out = certificate_clause(language, findings.front());
  for (std::size_t i = 1; i < shown; ++i) {
    const Word join = i + 1 == shown ? Word::sentence_last : Word::sentence_comma;
    const std::string clause = certificate_clause(language, findings[i]);
    out = say(language, join, {{"left", out}, {"right", clause}});
  }
  const std::size_t more = findings.size() - shown;
  if (more == 0) return out;
  const std::string said = say(language, Plural::more_faults, more, {{"count", std::to_string(more)}});
  return say(language, Word::sentence_more, {{"left", out}, {"more", said}});
}

// Languages name a peer without a name in the middle of a sentence; at its beginning it has a capital.
std::string capitalized(std::string text, const std::string& peer) {
  const bool begins = text.starts_with(peer) && !text.empty() && text[0] >= 'a' && text[0] <= 'z';
  if (begins) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string peer_name(const Language& language, const Attempt& attempt) {
  if (!attempt.host.empty()) return peer_text(attempt);
  return say(language, attempt.leg == Leg::client ? Word::the_client : Word::the_server);
}

// What is no more than a warning by itself would bury what is wrong.
std::vector<Finding> worth_saying(const std::vector<Finding>& findings) {
  std::vector<Finding> out;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(out),
               [](const Finding& one) { return !one.is_minor; });
  return out.empty() ? findings : out;
}

}  // namespace

std::string certificate_clause(const Language& language, const Finding& finding) {
  return filled_sentence(language, finding, {});
}

std::string make_sentence(const Language& language, const Attempt& attempt,
                          const std::vector<Finding>& all_findings) {
  if (all_findings.empty()) return {};
  const std::vector<Finding> findings = worth_saying(all_findings);
  const std::string peer = peer_name(language, attempt);
  const std::string nameless = attempt.host.empty() ? peer : std::string("\n");
  if (is_certificate_clause(findings.front())) {
    const std::string clauses = join_clauses(language, findings);
    return capitalized(say(language, Word::sentence_certificate, {{"peer", peer}, {"clauses", clauses}}),
                       nameless);
  }
  std::string out = filled_sentence(language, findings.front(), peer);
  const std::vector<Finding> others(findings.begin() + 1, findings.end());
  if (!others.empty()) {
    const std::string clauses = join_clauses(language, others);
    out = say(language, Word::sentence_also, {{"sentence", out}, {"clauses", clauses}});
  }
  return capitalized(std::move(out), nameless);
}

std::string check_text(const Language& language, const Check& check, const std::vector<Finding>& findings) {
  std::string out;
  for (const Said& said : check.said) {
    if (!out.empty()) out += "; ";
    if (said.finding < findings.size()) {
      const Finding& finding = findings[said.finding];
      const std::string clause = certificate_clause(language, finding);
      out += say(language, said.word,
                 {{"clause", clause}, {"summary", language.failure(finding.failure).summary}});
      continue;
    }
    std::vector<std::string> values;
    for (const Fact& fact : said.facts) values.push_back(fact_text(language, fact.key, fact.value));
    std::vector<Filler> fillers;
    for (std::size_t i = 0; i < values.size(); ++i) fillers.emplace_back(said.facts[i].key, values[i]);
    out += filled(language.word(said.word), fillers);
  }
  return out.empty() ? phrase(language, check.detail) : out;
}

}  // namespace whytls::policy
