// The tags of a Mustache template, where they stand. Internal to the check of a page.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace whytls::proxy {

struct PageTag {
  enum class Kind : std::uint8_t {
    variable,   // {{name}}
    unescaped,  // {{{name}}}, {{&name}}
    section,    // {{#name}}
    inverted,   // {{^name}}
    end,        // {{/name}}
    comment,    // {{!text}}
    partial,    // {{>name}}
    delimiter,  // {{=<% %>=}}
    unclosed    // begins, and the next one begins before it ends
  };
  Kind kind = Kind::variable;
  std::string_view name;  // without the blanks around it
  std::string_view text;  // the whole tag; of an unclosed one its line
  std::size_t begin = 0;  // offset of `text` in the template
  [[nodiscard]] std::size_t end() const { return begin + text.size(); }
};

// As the library reads them that renders the page, but for tags that are not closed: it would take everything
// up to the next end of a tag for their name. Views into `text`.
[[nodiscard]] std::vector<PageTag> page_tags(std::string_view text);

}  // namespace whytls::proxy
