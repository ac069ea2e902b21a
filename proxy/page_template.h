// The failure page's template, style and script: those of whytls, or of a directory that the settings name.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "config/load.h"

namespace whytls::proxy {

// One page, checked. Immutable; all threads share it.
struct PageTemplate {
  std::string html;  // Mustache
  std::string style;
  std::string script;
  // Value of Content-Security-Policy: nothing is loaded, and only the style and the script above apply.
  std::string security_policy;
};
using SharedPage = std::shared_ptr<const PageTemplate>;

// Lives as long as the program.
[[nodiscard]] const SharedPage& built_in_page();

// The files of a page in its directory.
struct PageFile {
  const char* name;
  const char* built_in;  // serves when it is not there
  const char* source;    // the same, for people
};
[[nodiscard]] const std::array<PageFile, 3>& page_files();  // page.html, page.css, page.js

inline constexpr std::size_t kMaxPageFileBytes = std::size_t{256} * 1024;

struct LoadedPage {
  SharedPage page;  // nullptr when one of the mistakes is an error
  std::vector<config::Mistake> mistakes;
};
// The page of `settings.page`: a file that its directory does not have is the built-in one. Reads the files
// whole, checks them, and names every mistake of each with its place.
[[nodiscard]] LoadedPage load_page(const config::Settings& settings);

}  // namespace whytls::proxy
