#include "policy/situations.h"

#include <algorithm>
#include <string>

#include "policy/spelling.h"

namespace whytls::policy {

namespace {

// Made from situations.toml by the build.
#include "policy/situations.inc"

constexpr std::size_t kMostFamilies = 2;  // a device is of one kind; two texts of it may speak of two

bool is_among(const std::vector<std::string_view>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Whether a word of the text begins with `match`: "idrac" is in "idrac07.lab", "ilo." in "ilo.lab" and not in
// "milo.lab".
bool has_beginning(std::string_view text, std::string_view match) {
  for (std::size_t at = text.find(match); at != std::string_view::npos; at = text.find(match, at + 1)) {
    if (at == 0 || !is_letter_or_digit(match.front()) || !is_letter_or_digit(text[at - 1])) return true;
  }
  return false;
}

// Bytes of the longest match of a family in one of the texts; 0: there is none.
std::size_t longest_match(const DeviceFamily& family, const std::vector<std::string>& texts) {
  std::size_t longest = 0;
  for (const std::string_view match : family.match) {
    const std::string wanted = lower_case(match);
    const bool is_there = std::any_of(texts.begin(), texts.end(),
                                      [&](const std::string& text) { return has_beginning(text, wanted); });
    if (is_there) longest = std::max(longest, wanted.size());
  }
  return longest;
}

// The texts have the order of the rows.
template <typename Row>
std::size_t place(const std::vector<Row>& all, const Row& one) {
  return static_cast<std::size_t>(&one - all.data());
}

template <typename Row>
std::vector<const Row*> rows_of(const std::vector<Row>& all, std::string_view wanted) {
  std::vector<const Row*> out;
  for (const Row& row : all) {
    if (is_among(row.applies_to, wanted)) out.push_back(&row);
  }
  return out;
}

}  // namespace

std::span<const Situation> all_situations() {
  return situations();
}
std::span<const DeviceFamily> all_device_families() {
  return families();
}
std::span<const SystemSteps> all_system_steps() {
  return steps();
}

std::vector<const Situation*> situations_of(std::string_view symbol_or_slug) {
  return rows_of(situations(), symbol_or_slug);
}
std::vector<const SystemSteps*> system_steps_of(std::string_view symbol_or_slug) {
  return rows_of(steps(), symbol_or_slug);
}

std::vector<const DeviceFamily*> families_of(const std::vector<std::string_view>& texts,
                                             std::string_view slug) {
  std::vector<std::string> lower;
  lower.reserve(texts.size());
  for (const std::string_view text : texts) lower.push_back(lower_case(text));
  std::vector<std::pair<std::size_t, const DeviceFamily*>> found;
  for (const DeviceFamily& family : families()) {
    if (!family.applies_to.empty() && !is_among(family.applies_to, slug)) continue;
    if (const std::size_t letters = longest_match(family, lower); letters > 0)
      found.emplace_back(letters, &family);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const DeviceFamily*> out;
  for (const auto& [letters, family] : found) {
    if (out.size() < kMostFamilies) out.push_back(family);
  }
  return out;
}

const SituationWords& words_of(const Situation& one, const Language& language) {
  return language.advice.situations[place(situations(), one)];
}
const FamilyWords& words_of(const DeviceFamily& one, const Language& language) {
  return language.advice.families[place(families(), one)];
}
const StepsWords& words_of(const SystemSteps& one, const Language& language) {
  return language.advice.steps[place(steps(), one)];
}

}  // namespace whytls::policy
