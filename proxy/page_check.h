// What may stand in the files of a page that is not the built-in one. Pure: judges text, reads nothing.
#pragma once

#include <string_view>

#include "config/report.h"

namespace whytls::proxy {

// Each reports what is wrong at its line and column, the first hundred mistakes of a file. They expect UTF-8
// with line feeds.

// A template: its sections are closed, it uses no name that the built-in one does not use, it escapes what
// the built-in one escapes, and style and script stand where the Content-Security-Policy expects them.
void check_page_html(std::string_view text, config::Report* report);
// A style and a script: they stand inside of their elements, which they must not end.
void check_page_css(std::string_view text, config::Report* report);
void check_page_js(std::string_view text, config::Report* report);

// The place of the byte at `offset`.
[[nodiscard]] config::Spot spot_at(std::string_view text, std::size_t offset);

}  // namespace whytls::proxy
