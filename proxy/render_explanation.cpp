#include "proxy/render_explanation.h"

#include <algorithm>

#include "policy/failure_text.h"
#include "policy/situations.h"
#include "proxy/escape.h"
#include "proxy/wrap.h"

namespace whytls::proxy {
namespace {

using policy::Candidate;
using policy::Clue;
using policy::Code;
using policy::Explanation;
using policy::FailureInfo;
using policy::FailureText;

constexpr std::size_t kMostShownCandidates = 8;
constexpr std::size_t kMostShownSeen = 100;  // bytes of what was recognised

const char* standing_text(policy::Standing standing) {
  switch (standing) {
    case policy::Standing::met:
      return "";
    case policy::Standing::rare:
      return "Rare: it needs an unusual peer or setting.";
    case policy::Standing::internal:
      return "Internal: a fault or state inside of a program, not of the connection.";
    case policy::Standing::historical:
      return "Historical: no current version raises it.";
  }
  return "";
}

const char* actor_title(policy::Actor actor) {
  switch (actor) {
    case policy::Actor::visitor:
      return "The visitor";
    case policy::Actor::proxy:
      return "The owner of the proxy or client";
    case policy::Actor::server:
      return "The owner of the server";
    case policy::Actor::developer:
      return "The developer";
    case policy::Actor::nobody:
      return "What it is good for";
  }
  return "";
}

class Printer {
 public:
  void title(std::string_view text) { out_.append("\n").append(text).append("\n"); }
  void paragraph(std::string_view text, std::string_view first = "  ") {
    out_ += wrapped(text, first, std::string(first.size(), ' '));
  }
  void command(std::string_view text) { out_.append("  ").append(text).append("\n"); }
  void line(std::string_view text) { out_.append(text).append("\n"); }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string heading(const FailureInfo& row) {
  return std::string(row.slug).append(": ").append(row.summary);
}

std::string number_text(std::string_view symbol, int number) {
  return std::string(symbol).append(" (").append(std::to_string(number)).append(")");
}

// Nothing is known of the case: its values are words in capitals.
std::string in_general(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{' || c == '}') continue;
    out += c;
  }
  return out;
}

std::string command_in_general(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const char c : text) {
    if (c == '{' || c == '}') {
      inside = c == '{';
      continue;
    }
    out += inside && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

void print_situations(Printer* out, std::string_view symbol_or_slug) {
  const auto situations = policy::situations_of(symbol_or_slug);
  if (situations.empty()) return;
  out->title("Which case is it");
  for (const policy::Situation* one : situations) {
    const policy::SituationWords& words = policy::words_of(*one);
    out->paragraph(words.title, "- ");
    for (const std::string_view sign : words.signs) out->paragraph(in_general(sign), "    sign: ");
    for (const std::string_view step : words.steps) out->paragraph(command_in_general(step), "    do:   ");
    out->paragraph(command_in_general(words.settle), "    tell: ");
  }
}

void print_families(Printer* out, std::string_view text, std::string_view slug) {
  for (const policy::DeviceFamily* family : policy::families_of({text}, slug)) {
    const policy::FamilyWords& words = policy::words_of(*family);
    out->title(words.name);
    for (const std::string_view note : words.notes) out->paragraph(note);
    for (const std::string_view step : words.steps) out->paragraph(step, "  - ");
  }
}

// The systems alone: the steps of all of them would bury the rest.
void print_systems(Printer* out, std::string_view slug) {
  std::string systems;
  for (const policy::SystemSteps* one : policy::system_steps_of(slug))
    systems.append(systems.empty() ? "" : ", ").append(policy::words_of(*one).system);
  if (!systems.empty())
    out->paragraph(std::string("Steps for ").append(systems).append(": see `whytls explain --json`."));
}

void print_failure(Printer* out, policy::Failure failure, std::string_view text) {
  const FailureInfo& row = policy::info(failure);
  const FailureText& prose = policy::text(failure);
  out->line(heading(row));
  out->line(number_text(row.code, row.number));
  out->line("");
  out->paragraph(in_general(prose.meaning));
  out->title("Likely causes");
  for (const std::string_view cause : prose.causes) out->paragraph(in_general(cause), "  - ");
  out->title("Who can do something");
  out->paragraph(in_general(prose.visitor), "  visitor         ");
  out->paragraph(in_general(prose.owner), "  owner of whytls ");
  out->paragraph(in_general(prose.device), "  owner of server ");
  print_situations(out, row.slug);
  print_families(out, text, row.slug);
  out->title("See for yourself");
  for (const std::string_view command : prose.commands) out->command(command_in_general(command));
  out->line("");
  out->paragraph(std::string("Defined in ").append(prose.reference).append("."));
  print_systems(out, row.slug);
}

void print_code(Printer* out, const Code& code) {
  out->line(number_text(code.symbol, code.number).append(", ").append(policy::name(code.family)));
  out->line("");
  const std::string standing = standing_text(code.standing);
  if (!standing.empty()) out->paragraph(standing);
  out->paragraph(code.meaning);
  out->title(actor_title(code.actor));
  out->paragraph(code.action);
  print_situations(out, code.symbol);
}

void print_ambiguous(Printer* out, const Explanation& explanation) {
  out->line("The text does not tell these apart:");
  out->line("");
  std::size_t shown = 0;
  for (const Candidate& one : explanation.candidates) {
    if (one.rank > 1 || ++shown > kMostShownCandidates) break;
    out->paragraph(heading(policy::info(one.failure)), "- ");
    const std::string_view tell = policy::text(one.failure).tell;
    if (!tell.empty()) out->paragraph(command_in_general(tell), "    ");
  }
  for (const Clue& clue : explanation.clues) {
    if (clue.settle.empty()) continue;
    out->title("What settles it");
    out->paragraph(command_in_general(clue.settle));
  }
  out->line("");
  out->paragraph("`whytls explain NAME` with one of these names says what to do.", "");
}

void print_others(Printer* out, const Explanation& explanation) {
  std::string others;
  for (const Candidate& one : explanation.candidates) {
    if (one.rank == 1) continue;
    others.append(others.empty() ? "" : ", ").append(policy::info(one.failure).slug);
  }
  if (others.empty()) return;
  out->title("Also named, or less likely");
  out->paragraph(others);
}

void print_clues(Printer* out, const Explanation& explanation) {
  out->title("Recognised");
  for (const Clue& clue : explanation.clues) {
    std::string line = std::string("\"").append(visible(clue.seen, kMostShownSeen)).append("\"");
    if (!clue.program.empty()) line.append(", ").append(clue.program);
    if (clue.code != nullptr) line.append(" ").append(number_text(clue.code->symbol, clue.code->number));
    out->paragraph(line, "  - ");
    if (!clue.note.empty()) out->paragraph(clue.note, "    ");
  }
}

std::string unknown_text(const Explanation& explanation) {
  Printer out;
  out.line("Not known: nothing in this text is a code, or the words of a program, that whytls knows.");
  if (!explanation.nearest.empty()) {
    out.title("Perhaps you mean");
    for (const std::string& near : explanation.nearest) out.command(near);
  }
  out.line("");
  out.paragraph("`whytls codes` lists every code that it knows.", "");
  return out.take();
}

}  // namespace

std::string explanation_text(const Explanation& explanation, std::string_view text) {
  if (!explanation.known()) return unknown_text(explanation);
  Printer out;
  if (explanation.ambiguous()) {
    print_ambiguous(&out, explanation);
  } else if (!explanation.candidates.empty()) {
    print_failure(&out, explanation.candidates.front().failure, text);
  }
  // What a code means in the words of its own program, when it is all that was asked or when it is none of
  // ours.
  for (const Code* code : explanation.codes) {
    const bool ours = !code->failures.empty();
    if (ours && explanation.clues.size() > 1) continue;
    if (ours || !explanation.candidates.empty()) out.line("");
    print_code(&out, *code);
  }
  print_others(&out, explanation);
  print_clues(&out, explanation);
  return out.take();
}

}  // namespace whytls::proxy
