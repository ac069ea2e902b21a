// Which representation of a failure a client wants to read (RFC 9110, 12.5.1; Fetch Metadata), and in which
// language (12.5.4).
#include <algorithm>
#include <array>
#include <string_view>

#include "proxy/record.h"

namespace whytls::proxy {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(trimmed(text));
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Takes what stands before the next `separator` away from *rest.
std::string_view take(std::string_view* rest, char separator) {
  const std::size_t end = std::min(rest->find(separator), rest->size());
  const std::string_view piece = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return trimmed(piece);
}

// A weight in thousandths: "0.8" -> 800. Malformed: 1000, as if it were not there.
int weight(std::string_view text) {
  constexpr int kFull = 1000;
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return kFull;
  if (text[0] == '1' || text.size() == 1) return text[0] == '1' ? kFull : 0;
  int value = 0;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9' || unit == 0) break;
    value += (c - '0') * unit;
    unit /= 10;
  }
  return value;
}

// One element of a list with weights, lower case.
struct Wish {
  std::string range;
  int weight = 1000;
};
Wish take_wish(std::string_view* list) {
  std::string_view element = take(list, ',');
  Wish wish{lower(take(&element, ';'))};
  while (!element.empty()) {
    const std::string parameter = lower(take(&element, ';'));
    if (parameter.starts_with("q=")) wish.weight = weight(std::string_view(parameter).substr(2));
  }
  return wish;
}

std::optional<Representation> representation_of(std::string_view media_type) {
  if (media_type == "text/html" || media_type == "application/xhtml+xml") return Representation::html;
  if (media_type == "application/json" || media_type == "application/problem+json" ||
      media_type == "application/*" || media_type == "text/json" || media_type.ends_with("+json")) {
    return Representation::problem_json;
  }
  if (media_type == "text/plain" || media_type == "text/*") return Representation::text;
  return std::nullopt;
}

// The first of the most wanted types that we have. Wildcards wish for nothing in particular.
std::optional<Representation> preferred(std::string_view accept) {
  std::optional<Representation> best;
  int best_weight = 0;
  while (!accept.empty()) {
    const Wish wish = take_wish(&accept);
    const auto representation = representation_of(wish.range);
    if (representation && wish.weight > best_weight) {
      best = representation;
      best_weight = wish.weight;
    }
  }
  return best;
}

// RFC 4647, 3.4: the range is cut at its last hyphen until a language has exactly that tag; a single letter
// or digit that would be left at the end is cut with it. "*" is no tag, so it finds nothing.
const policy::Language* lookup(std::string_view range) {
  while (!range.empty()) {
    for (const policy::Language& language : policy::languages()) {
      if (lower(language.tag) == range) return &language;
    }
    const std::size_t hyphen = range.rfind('-');
    if (hyphen == std::string_view::npos) return nullptr;
    range = range.substr(0, hyphen);
    if (range.size() >= 2 && range[range.size() - 2] == '-') range.remove_suffix(2);
  }
  return nullptr;
}

bool is_navigation(std::string_view mode, std::string_view dest) {
  constexpr std::array<std::string_view, 5> kPlaces = {"document", "iframe", "frame", "embed", "object"};
  return mode == "navigate" || std::find(kPlaces.begin(), kPlaces.end(), dest) != kPlaces.end();
}

}  // namespace

Representation choose_representation(const Wishes& wishes) {
  const std::string mode = lower(wishes.sec_fetch_mode);
  const std::string dest = lower(wishes.sec_fetch_dest);
  if (is_navigation(mode, dest)) return Representation::html;
  // An image, a script, a font: nobody reads the body, and it must not be taken for markup.
  if (!dest.empty() && dest != "empty") return Representation::text;
  if (const auto wanted = preferred(wishes.accept)) return *wanted;
  // fetch() of a page that accepts anything: a program reads it.
  return dest == "empty" ? Representation::problem_json : Representation::text;
}

const policy::Language& choose_language(std::string_view accept_language) {
  const policy::Language* best = &policy::english();
  int best_weight = 0;
  while (!accept_language.empty()) {
    const Wish wish = take_wish(&accept_language);
    const policy::Language* const found = wish.weight > best_weight ? lookup(wish.range) : nullptr;
    if (found == nullptr) continue;
    best = found;
    best_weight = wish.weight;
  }
  return *best;
}

}  // namespace whytls::proxy
