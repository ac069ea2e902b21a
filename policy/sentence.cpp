#include "policy/sentence.h"

#include "policy/findings.h"

namespace whytls::policy {

namespace {

constexpr std::size_t kDateLength = 10;  // of "2020-06-24T00:00:00Z"; the fact has the time of day
constexpr std::size_t kMaxClauses = 3;   // certificate faults that one sentence can hold

// Fills one part of a template. False when a fact in it is missing.
bool fill(std::string_view part, const Finding& finding, const std::string& peer, std::string& out) {
  bool complete = true;
  while (!part.empty()) {
    const std::size_t open = part.find('{');
    out += part.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = part.find('}', open);
    const std::string_view key = part.substr(open + 1, close - open - 1);
    std::string_view value = key == "peer" ? std::string_view(peer) : finding.fact(key);
    if (key == "not_after" || key == "not_before") value = value.substr(0, kDateLength);
    complete = complete && !value.empty();
    out += bounded(value, kMaxPieceBytes);
    part.remove_prefix(close + 1);
  }
  return complete;
}

std::string filled(std::string_view text, const Finding& finding, const std::string& peer) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    fill(text.substr(0, open), finding, peer, out);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find(']', open);
    std::string optional;
    if (fill(text.substr(open + 1, close - open - 1), finding, peer, optional)) out += optional;
    text.remove_prefix(close + 1);
  }
  return out;
}

// "The server sent alert 50: ..." about a server that has a name.
std::string named_summary(Failure failure, const std::string& peer) {
  constexpr std::string_view kServer = "The server ";
  const std::string_view summary = info(failure).summary;
  if (!summary.starts_with(kServer)) return std::string(summary);
  return peer + " " + std::string(summary.substr(kServer.size()));
}

bool is_certificate_clause(const Finding& finding) {
  return can_be_forgiven(finding.failure) || finding.failure == Failure::cert_unparsable;
}

// "A", "A and B", "A, B and C", "A, B, C; 2 more faults were found"
std::string join_clauses(const std::vector<Finding>& findings) {
  std::string out;
  const std::size_t shown = findings.size() < kMaxClauses ? findings.size() : kMaxClauses;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == shown ? " and " : ", ";
    out += certificate_clause(findings[i]);
  }
  const std::size_t more = findings.size() - shown;
  if (more == 1) out += "; one more fault was found";
  if (more > 1) out += "; " + std::to_string(more) + " more faults were found";
  return out;
}

std::string capitalized(std::string text) {
  if (text.starts_with("the ")) text[0] = 'T';
  return text;
}

}  // namespace

std::string certificate_clause(const Finding& finding) {
  return filled(sentence_template(finding.failure), finding, {});
}

std::string make_sentence(const Attempt& attempt, const std::vector<Finding>& findings) {
  if (findings.empty()) return {};
  const std::string peer = peer_text(attempt);
  if (is_certificate_clause(findings.front())) {
    return capitalized(peer + " presents a certificate that " + join_clauses(findings) + ".");
  }
  const std::string_view text = sentence_template(findings.front().failure);
  std::string out =
      text.empty() ? named_summary(findings.front().failure, peer) : filled(text, findings.front(), peer);
  const std::vector<Finding> others(findings.begin() + 1, findings.end());
  if (!others.empty()) out += " Its certificate also " + join_clauses(others) + ".";
  return capitalized(std::move(out));
}

}  // namespace whytls::policy
