// The whole catalogue, our failures and the codes of other programs, as text, JSON and a page to browse.
// Pure.
#pragma once

#include <string>

namespace whytls::proxy {

// One line for each: symbol, number, standing, our failures.
[[nodiscard]] std::string codes_text();
// {"failures": [...], "codes": [...]}, with all texts.
[[nodiscard]] std::string codes_json();
// A page that loads nothing; docs/codes.html is this.
[[nodiscard]] std::string codes_html();

}  // namespace whytls::proxy
