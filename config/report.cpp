#include "config/report.h"

#include <algorithm>
#include <tuple>

#include "config/text.h"

namespace whytls::config {

namespace {

// Characters of one message; a circle of all policies has to fit.
constexpr std::size_t kMaxMessage = 40'000;
constexpr std::size_t kMaxMistakes = 200;  // a file that is wrong everywhere needs no longer list

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

}  // namespace

std::string Mistake::text() const {
  std::string out = printable(place.file, kMaxMessage);
  if (place.line > 0) {
    out += ':' + std::to_string(place.line);
    if (place.column > 0) out += ':' + std::to_string(place.column);
  }
  out += warning ? ": warning: " : ": error: ";
  return out + printable(message, kMaxMessage);
}

std::string join_key(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!out.empty()) out += '.';
  return out + (is_bare_key(key) ? std::string(key) : toml_string(key));
}

std::string join_index(std::string_view path, std::size_t index) {
  return std::string(path) + '[' + std::to_string(index) + ']';
}

Mistake make_mistake(Place place, const std::string& key, Complaint complaint) {
  Mistake mistake;
  mistake.place = std::move(place);
  mistake.key = key;
  mistake.message = key.empty() ? complaint.what : key + ": " + complaint.what;
  if (!complaint.allowed.empty()) mistake.message += "; allowed: " + complaint.allowed;
  if (!complaint.suggestion.empty()) {
    mistake.message += "; did you mean " + in_quotes(complaint.suggestion) + "?";
  }
  mistake.found = std::move(complaint.found);
  mistake.allowed = std::move(complaint.allowed);
  mistake.suggestion = std::move(complaint.suggestion);
  return mistake;
}

void Report::error(Spot spot, const std::string& key, Complaint complaint) {
  add(spot, key, std::move(complaint), false);
}

void Report::warning(Spot spot, const std::string& key, Complaint complaint) {
  add(spot, key, std::move(complaint), true);
}

void Report::add(Spot spot, const std::string& key, Complaint complaint, bool is_warning) {
  if (mistakes_.size() >= kMaxMistakes) {
    // An error must never get lost behind warnings.
    if (is_warning || has_errors()) return;
    mistakes_.pop_back();
  }
  Mistake mistake = make_mistake(place(spot), key, std::move(complaint));
  mistake.warning = is_warning;
  mistakes_.push_back(std::move(mistake));
}

bool Report::has_errors() const {
  return std::any_of(mistakes_.begin(), mistakes_.end(), [](const Mistake& m) { return !m.warning; });
}

std::vector<Mistake> Report::take() {
  std::stable_sort(mistakes_.begin(), mistakes_.end(), [](const Mistake& a, const Mistake& b) {
    return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
  });
  return std::move(mistakes_);
}

}  // namespace whytls::config
