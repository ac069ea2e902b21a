#include "proxy/page_tags.h"

#include <algorithm>

namespace whytls::proxy {
namespace {

constexpr std::string_view kOpen = "{{";
constexpr std::string_view kBlanks = " \t\n\v\f\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

PageTag::Kind kind_of(char sign) {
  switch (sign) {
    case '#':
      return PageTag::Kind::section;
    case '^':
      return PageTag::Kind::inverted;
    case '/':
      return PageTag::Kind::end;
    case '!':
      return PageTag::Kind::comment;
    case '>':
      return PageTag::Kind::partial;
    case '=':
      return PageTag::Kind::delimiter;
    case '&':
      return PageTag::Kind::unescaped;
    default:
      return PageTag::Kind::variable;
  }
}

PageTag tag_at(std::string_view text, std::size_t begin) {
  PageTag tag;
  tag.begin = begin;
  const std::string_view rest = text.substr(begin);
  const bool is_triple = rest.size() > kOpen.size() && rest[kOpen.size()] == '{';
  const std::string_view close = is_triple ? "}}}" : "}}";
  const std::size_t inside = kOpen.size() + (is_triple ? 1 : 0);
  const std::size_t end = rest.find(close, inside);
  const std::string_view content = trimmed(rest.substr(inside, end - inside));
  if (!content.empty()) tag.kind = kind_of(content.front());
  const bool is_comment = tag.kind == PageTag::Kind::comment && !is_triple;
  if (end == std::string_view::npos || (!is_comment && content.find(kOpen) != std::string_view::npos)) {
    tag.kind = PageTag::Kind::unclosed;
    tag.text = rest.substr(0, rest.find('\n'));
    return tag;
  }
  tag.text = rest.substr(0, end + close.size());
  if (is_triple && tag.kind != PageTag::Kind::delimiter) {
    tag.kind = PageTag::Kind::unescaped;
    tag.name = content;
  } else if (tag.kind == PageTag::Kind::variable) {
    tag.name = content;
  } else {
    tag.name = trimmed(content.substr(1));
  }
  return tag;
}

}  // namespace

std::vector<PageTag> page_tags(std::string_view text) {
  std::vector<PageTag> tags;
  for (std::size_t at = text.find(kOpen); at != std::string_view::npos;) {
    tags.push_back(tag_at(text, at));
    const bool is_closed = tags.back().kind != PageTag::Kind::unclosed;
    at = text.find(kOpen, is_closed ? tags.back().end() : at + kOpen.size());
  }
  return tags;
}

}  // namespace whytls::proxy
