#include "proxy/wrap.h"

#include <algorithm>

namespace whytls::proxy {
namespace {

constexpr std::size_t kColumns = 80;

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string wrapped(std::string_view text, std::string_view first, std::string_view next) {
  std::string out(first);
  std::size_t column = columns_of(first);
  bool fresh = true;  // nothing but the indentation stands on this line
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    if (word.empty()) continue;
    const std::size_t width = columns_of(word);
    if (!fresh && column + 1 + width > kColumns) {
      out.append("\n").append(next);
      column = columns_of(next);
      fresh = true;
    }
    if (!fresh) out += ' ';
    column += width + (fresh ? 0 : 1);
    out += word;
    fresh = false;
  }
  return out.append("\n");
}

}  // namespace whytls::proxy
