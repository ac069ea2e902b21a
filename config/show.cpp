#include <algorithm>
#include <span>

#include "config/load.h"
#include "config/text.h"

namespace whytls::config {

namespace {

// Longer keys and values are not worth the blanks in all other lines of their group.
constexpr std::size_t kMaxKeyWidth = 72;
constexpr std::size_t kMaxValueWidth = 40;

// Characters, not bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t used = width_of(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string origin_of(const Place& place) {
  if (place.file.empty()) return "# default";
  return "# " + printable(place.file, place.file.size()) + ':' + std::to_string(place.line);
}

// What is aligned together: a section, a listener, a policy. Keys without a table are a group too.
std::string_view group_of(std::string_view key) {
  constexpr std::string_view kPolicy = "policy.";
  if (key.substr(0, kPolicy.size()) != kPolicy) {
    const std::size_t dot = key.find('.');
    return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
  }
  // A name in quotes may hold dots.
  const std::size_t name = kPolicy.size();
  const std::size_t begin = key.substr(name, 1) == "\"" ? key.find('"', name + 1) : name;
  return key.substr(0, key.find('.', begin == std::string_view::npos ? name : begin));
}

std::string show_group(std::span<const ShownValue> group) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const ShownValue& shown : group) {
    key_width = std::max(key_width, std::min(width_of(shown.key), kMaxKeyWidth));
    value_width = std::max(value_width, std::min(width_of(shown.value), kMaxValueWidth));
  }
  std::string out;
  for (const ShownValue& shown : group) {
    out += padded(shown.key, key_width) + " = " + padded(shown.value, value_width) + "  " +
           origin_of(shown.place) + '\n';
  }
  return out;
}

}  // namespace

std::string show(const Settings& settings) {
  const std::span<const ShownValue> all = settings.shown;
  std::string out;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    while (end < all.size() && group_of(all[end].key) == group_of(all[begin].key)) ++end;
    if (!out.empty()) out += '\n';
    out += show_group(all.subspan(begin, end - begin));
    begin = end;
  }
  return out;
}

}  // namespace whytls::config
