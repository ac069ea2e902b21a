// The words of programs in a text.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "policy/clients.h"
#include "policy/explain_clues.h"
#include "policy/messages.h"

namespace whytls::policy {

namespace {

constexpr std::size_t kLongestGap = 400;  // bytes that "…" and a placeholder stand for, at most
constexpr std::size_t kFewestLetters = 3;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

// A text without case, line ends and the small differences of spelling between versions, and where each of
// its bytes stood: "Self-signed  certificate" and "self signed certificate" are the same.
struct Folded {
  std::string text;
  std::vector<std::size_t> origin;

  void add(char c, std::size_t from) {
    if (c == ' ' && (text.empty() || text.back() == ' ')) return;
    text += c;
    origin.push_back(from);
  }
};

Folded fold(std::string_view text) {
  constexpr std::string_view kRightQuote = "\u2019";
  Folded out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (text.substr(at).starts_with(kRightQuote)) {
      out.add('\'', at);
      at += kRightQuote.size() - 1;
      continue;
    }
    const bool joins = c == '-' && at > 0 && at + 1 < text.size() &&
                       is_letter_or_digit(static_cast<char>(text[at - 1] | 0x20)) &&
                       is_letter_or_digit(static_cast<char>(text[at + 1] | 0x20));
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '_' || joins;
    out.add(blank ? ' ' : c, at);
  }
  return out;
}

struct Phrase {
  std::vector<std::string> pieces;  // folded, in their order; between them stands anything
  std::size_t letters = 0;
  Clue clue;
};

// The pieces between "…" and {placeholders}. Blanks at the ends of a piece are of no account.
std::vector<std::string> pieces_of(std::string_view words) {
  constexpr std::string_view kAnything = "\u2026";
  std::vector<std::string> out;
  const auto add = [&out](std::string_view piece) {
    std::string folded = fold(piece).text;
    if (folded.ends_with(' ')) folded.pop_back();
    if (!folded.empty()) out.push_back(std::move(folded));
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t close = words[at] == '{' ? words.find('}', at) : std::string_view::npos;
    const bool anything = words.substr(at).starts_with(kAnything);
    if (!anything && close == std::string_view::npos) {
      ++at;
      continue;
    }
    add(words.substr(begin, at - begin));
    at = anything ? at + kAnything.size() : close + 1;
    begin = at;
  }
  add(words.substr(begin));
  return out;
}

class Phrases {
 public:
  Phrases() {
    for (const Message& message : all_messages()) {
      Clue clue{{},
                message.program,
                nullptr,
                {message.failures.begin(), message.failures.end()},
                message.settle,
                message.note};
      add(message.text, std::move(clue));
    }
    for (const ClientRule& rule : client_rules()) {
      if (!rule.words.empty()) add(rule.words, {{}, rule.client, nullptr, {rule.failure}, {}, {}});
    }
    for (const Code& code : all_codes()) add_code(code);
  }

  [[nodiscard]] const std::vector<Phrase>& all() const { return all_; }

 private:
  // The same words of several programs, or for several failures, are one phrase.
  void add(std::string_view words, Clue clue) {
    Phrase phrase{pieces_of(words), 0, {}};
    std::string key;
    for (const std::string& piece : phrase.pieces) {
      key.append(piece).append("\n");
      phrase.letters +=
          static_cast<std::size_t>(std::count_if(piece.begin(), piece.end(), is_letter_or_digit));
    }
    if (phrase.letters < kFewestLetters) return;
    const auto [at, is_new] = places_.try_emplace(key, all_.size());
    if (is_new) {
      phrase.clue = std::move(clue);
      all_.push_back(std::move(phrase));
      return;
    }
    Clue& first = all_[at->second].clue;
    if (first.code == nullptr) first.code = clue.code;
    for (const Failure failure : clue.failures) {
      if (std::find(first.failures.begin(), first.failures.end(), failure) == first.failures.end())
        first.failures.push_back(failure);
    }
  }

  void add_code(const Code& code) {
    constexpr std::size_t kFewestLettersOfCode = 12;  // "ok" and "Bad data" are said by everybody
    const Clue clue{{}, name(code.family), &code, code.failures, {}, {}};
    if (code.text.size() >= kFewestLettersOfCode) add(code.text, clue);
    if (code.family != CodeFamily::tls_alert) return;
    constexpr std::string_view kReserved = "_RESERVED";
    std::string_view symbol = code.symbol;
    if (symbol.ends_with(kReserved)) symbol.remove_suffix(kReserved.size());
    add(std::string("alert ").append(symbol), clue);
    add(std::string("remote error: tls: ").append(symbol), clue);
  }

  std::vector<Phrase> all_;
  std::unordered_map<std::string, std::size_t> places_;
};

const std::vector<Phrase>& phrases() {
  static const Phrases kPhrases;
  return kPhrases.all();
}

// Where `piece` stands as words of its own, from `from` on.
std::size_t find_words(std::string_view text, std::string_view piece, std::size_t from) {
  for (std::size_t at = text.find(piece, from); at != std::string_view::npos; at = text.find(piece, at + 1)) {
    const bool begins = at == 0 || !is_letter_or_digit(piece.front()) || !is_letter_or_digit(text[at - 1]);
    const std::size_t end = at + piece.size();
    const bool ends =
        end == text.size() || !is_letter_or_digit(piece.back()) || !is_letter_or_digit(text[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

// The range of the folded text in which all pieces of a phrase stand; nullopt: they do not. The shortest one
// that ends at the first place where the last piece can stand.
std::optional<std::pair<std::size_t, std::size_t>> find_phrase(std::string_view text, const Phrase& phrase) {
  for (std::size_t begin = find_words(text, phrase.pieces.front(), 0); begin != std::string_view::npos;
       begin = find_words(text, phrase.pieces.front(), begin + 1)) {
    std::size_t end = begin + phrase.pieces.front().size();
    bool complete = true;
    for (std::size_t i = 1; i < phrase.pieces.size() && complete; ++i) {
      const std::size_t at = find_words(text, phrase.pieces[i], end);
      if (at == std::string_view::npos) return std::nullopt;
      complete = at - end <= kLongestGap;
      end = at + phrase.pieces[i].size();
    }
    if (complete) return std::pair(begin, end);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Sighting> find_phrases(std::string_view text) {
  const Folded folded = fold(text);
  std::vector<Sighting> out;
  for (const Phrase& phrase : phrases()) {
    const auto range = find_phrase(folded.text, phrase);
    if (!range) continue;
    Sighting seen{phrase.clue, folded.origin[range->first], folded.origin[range->second - 1] + 1,
                  phrase.letters};
    seen.clue.seen = text.substr(seen.begin, seen.end - seen.begin);
    out.push_back(std::move(seen));
  }
  return out;
}

}  // namespace whytls::policy
