#include "policy/situations.h"

#include <algorithm>
#include <string>

namespace whytls::policy {

namespace {

// Made from situations.toml by the build.
#include "policy/situations.inc"

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_among(const std::vector<std::string_view>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
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
  std::vector<const DeviceFamily*> out;
  for (const DeviceFamily& family : families()) {
    const bool fits = slug.empty() || family.applies_to.empty() || is_among(family.applies_to, slug);
    const bool named = std::any_of(family.match.begin(), family.match.end(), [&](std::string_view match) {
      const std::string wanted = lower_case(match);
      return std::any_of(lower.begin(), lower.end(),
                         [&](const std::string& text) { return text.find(wanted) != std::string::npos; });
    });
    if (fits && named) out.push_back(&family);
  }
  return out;
}

}  // namespace whytls::policy
