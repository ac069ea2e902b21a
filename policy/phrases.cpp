// Fixed English phrases that findings carry, in another language.
#include <algorithm>
#include <optional>

#include "policy/words.h"

namespace whytls::policy {

namespace {

constexpr int kMaxNested = 3;  // a phrase in a phrase

std::optional<std::string> translated(const Language& language, std::string_view text, int nested);

// What one placeholder of a pattern may stand for, as it is to be written; nullopt: not that.
std::optional<std::string> taken(const Language& language, std::string_view name, std::string_view text,
                                 int nested) {
  if (name == "phrase") return translated(language, text, nested + 1);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (name == "count" && !digits) return std::nullopt;
  return std::string(text);
}

// `text` read as `pattern` ("host {host}, path {path}"), and said as `target`. A placeholder reaches to the
// first place where the pattern can go on, the last one to the end.
std::optional<std::string> matched(const Language& language, std::string_view pattern,
                                   std::string_view target, std::string_view text, int nested) {
  std::vector<std::pair<std::string_view, std::string>> values;
  while (true) {
    const std::size_t open = std::min(pattern.find('{'), pattern.size());
    if (text.substr(0, open) != pattern.substr(0, open)) return std::nullopt;
    text.remove_prefix(open);
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    const std::string_view name = pattern.substr(1, pattern.find('}') - 1);
    pattern.remove_prefix(name.size() + 2);
    const std::string_view behind = pattern.substr(0, pattern.find('{'));
    const bool is_last = behind.size() == pattern.size();
    const std::size_t end =
        is_last ? (text.ends_with(behind) ? text.size() - behind.size() : std::string_view::npos)
                : text.find(behind);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    auto value = taken(language, name, text.substr(0, end), nested);
    if (!value) return std::nullopt;
    values.emplace_back(name, std::move(*value));
    text.remove_prefix(end);
  }
  if (!text.empty()) return std::nullopt;
  const std::vector<Filler> fillers(values.begin(), values.end());
  return filled(target, fillers);
}

std::optional<std::string> translated(const Language& language, std::string_view text, int nested) {
  if (nested > kMaxNested) return std::nullopt;
  for (std::size_t i = 0; i < kPhrases.size(); ++i) {
    if (kPhrases[i] == text) return std::string(language.phrases[i]);
  }
  for (std::size_t i = 0; i < kPhrases.size(); ++i) {
    if (kPhrases[i].find('{') == std::string_view::npos) continue;
    if (auto said = matched(language, kPhrases[i], language.phrases[i], text, nested)) return said;
  }
  return std::nullopt;
}

// "a, b and 7 more": names of a peer, and how many there are beyond them.
std::string list_text(const Language& language, std::string_view value) {
  constexpr std::string_view kAnd = " and ";
  constexpr std::string_view kMore = " more";
  const std::size_t at = value.rfind(kAnd);
  if (at == std::string_view::npos || !value.ends_with(kMore)) return std::string(value);
  const std::size_t from = at + kAnd.size();
  if (from + kMore.size() >= value.size()) return std::string(value);
  const std::string_view count = value.substr(from, value.size() - kMore.size() - from);
  constexpr std::size_t kMaxDigits = 9;
  if (count.size() > kMaxDigits || count.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::string(value);
  }
  return say(language, Plural::more_names, std::stoull(std::string(count)),
             {{"names", value.substr(0, at)}, {"count", count}});
}

// "key, issuer, names": each of them a phrase.
std::string phrases_text(const Language& language, std::string_view list) {
  constexpr std::string_view kComma = ", ";
  std::string out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(kComma), list.size());
    out.append(out.empty() ? "" : kComma).append(phrase(language, list.substr(0, end)));
    list.remove_prefix(std::min(end + kComma.size(), list.size()));
  }
  return out;
}

template <typename List>
bool holds(const List& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

// Facts whose values whytls writes itself, and lists of a peer's names that it counts.
constexpr std::array<std::string_view, 21> kOurs = {"alert_level",
                                                    "basic_constraints",
                                                    "client_certificate_configured",
                                                    "competing_cause",
                                                    "client_certificate_sent",
                                                    "detail",
                                                    "downgrade_mark",
                                                    "expected_usage",
                                                    "fault",
                                                    "key_id_mismatch",
                                                    "last_message",
                                                    "level_note",
                                                    "name_hint",
                                                    "not_shared",
                                                    "parse_error",
                                                    "period",
                                                    "presented_usage",
                                                    "protocol_guess",
                                                    "revocation_source",
                                                    "sni_absent_reason",
                                                    "trust_store"};
constexpr std::array<std::string_view, 8> kLists = {
    "presented_names", "expected_pins", "presented_pins", "sent",
    "unrelated",       "aia",           "extensions",     "accepted_authorities"};

}  // namespace

std::string phrase(const Language& language, std::string_view english_text) {
  if (&language == &english()) return std::string(english_text);
  return translated(language, english_text, 0).value_or(std::string(english_text));
}

std::string span_text(const Language& language, std::string_view english_span, SpanUse use) {
  struct Unit {
    std::string_view name;
    Plural alone;
    Plural in_time;
  };
  constexpr std::array<Unit, 4> kUnits = {{{"second", Plural::span_seconds, Plural::time_seconds},
                                           {"minute", Plural::span_minutes, Plural::time_minutes},
                                           {"hour", Plural::span_hours, Plural::time_hours},
                                           {"day", Plural::span_days, Plural::time_days}}};
  const std::size_t digits = std::min(english_span.find_first_not_of("0123456789"), english_span.size());
  constexpr std::size_t kMaxDigits = 18;
  if (digits == 0 || digits > kMaxDigits || digits == english_span.size()) return std::string(english_span);
  const std::string_view count = english_span.substr(0, digits);
  const std::string_view name = english_span.substr(digits + 1);
  for (const Unit& unit : kUnits) {
    if (!name.starts_with(unit.name)) continue;
    return say(language, use == SpanUse::alone ? unit.alone : unit.in_time, std::stoull(std::string(count)),
               {{"count", count}});
  }
  return std::string(english_span);
}

std::string fact_text(const Language& language, std::string_view key, std::string_view value) {
  if (&language == &english()) return std::string(value);
  if (key == "distance") return span_text(language, value, SpanUse::alone);
  if (key == "differences") return phrases_text(language, value);
  if (holds(kOurs, key)) return phrase(language, value);
  if (holds(kLists, key)) return list_text(language, value);
  return std::string(value);
}

}  // namespace whytls::policy
