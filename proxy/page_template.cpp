#include "proxy/page_template.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/report.h"
#include "config/text.h"
#include "config/units.h"
#include "proxy/page_assets.h"
#include "proxy/page_check.h"
#include "tls/digest.h"
#include "tls/files.h"

namespace whytls::proxy {
namespace {

namespace fs = std::filesystem;

constexpr const char* kKey = "page.directory";

SharedPage make_page(std::string html, std::string style, std::string script) {
  std::string policy = "default-src 'none'; style-src 'sha256-";
  policy.append(tls::sha256_base64(style))
      .append("'; script-src 'sha256-")
      .append(tls::sha256_base64(script));
  policy.append("'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
  return std::make_shared<const PageTemplate>(
      PageTemplate{std::move(html), std::move(style), std::move(script), std::move(policy)});
}

// As a browser reads it: it hashes what it has read, so other line ends would make another hash.
std::string with_line_feeds(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

// The first byte that is no text: not UTF-8, or a NUL, which HTML has no way to hold.
std::optional<std::size_t> first_strange_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const config::CodePoint c = config::decode_utf8(text.substr(at));
    if (c.length == 0 || c.value == 0) return at;
    at += c.length;
  }
  return std::nullopt;
}

// nullopt: reported.
std::optional<std::string> read_text(const std::string& path, config::Report* report) {
  const auto refuse = [report](std::string what, std::string allowed) {
    report->error({}, {}, {std::move(what), {}, std::move(allowed), {}});
    return std::nullopt;
  };
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  // A pipe would be waited for, and a device never end.
  if (fs::exists(status) && !fs::is_regular_file(status)) return refuse("is no regular file", "a file");
  const auto read = tls::read_file(path);
  if (!read)
    return refuse(read.error().what, "a file that whytls may read, or none: then the built-in one serves");
  if (read->size() > kMaxPageFileBytes)
    return refuse("is too large", "at most " + config::size_text(kMaxPageFileBytes));
  std::string text = with_line_feeds(*read);
  if (const auto strange = first_strange_byte(text)) {
    const bool is_nul = text[*strange] == '\0';
    report->error(spot_at(text, *strange), {},
                  {is_nul ? "a NUL character" : "bytes that are not UTF-8", {}, "text in UTF-8", {}});
    return std::nullopt;
  }
  return text;
}

using Check = void (*)(std::string_view, config::Report*);

class Loader {
 public:
  explicit Loader(std::string directory) : directory_(std::move(directory)) {}

  // The file's text, or the built-in one.
  std::string file(const PageFile& file, Check check) {
    const std::string path = directory_ + (directory_.ends_with('/') ? "" : "/") + file.name;
    std::error_code problem;
    // A link that leads nowhere is a mistake and no missing file.
    if (fs::symlink_status(path, problem).type() == fs::file_type::not_found) return file.built_in;
    ++found_;
    config::Report report(path);
    std::optional<std::string> text = read_text(path, &report);
    if (text) check(*text, &report);
    for (config::Mistake& mistake : report.take()) mistakes_.push_back(std::move(mistake));
    return text ? std::move(*text) : std::string();
  }

  [[nodiscard]] bool found_nothing() const { return found_ == 0; }
  [[nodiscard]] std::vector<config::Mistake> take() { return std::move(mistakes_); }

 private:
  std::string directory_;
  std::vector<config::Mistake> mistakes_;
  int found_ = 0;
};

config::Mistake mistake_of_directory(const config::Settings& settings, const std::string& what) {
  const auto shown = std::find_if(settings.shown.begin(), settings.shown.end(),
                                  [](const config::ShownValue& value) { return value.key == kKey; });
  const std::string& directory = settings.page.directory;
  return config::make_mistake(
      shown == settings.shown.end() ? config::Place{} : shown->place, kKey,
      {config::in_quotes(directory) + ' ' + what,
       directory,
       "a directory with page.html, page.css or page.js, as \"whytls page --write DIR\" makes one",
       {}});
}

}  // namespace

const std::array<PageFile, 3>& page_files() {
  static const std::array<PageFile, 3> files{{{"page.html", kPageTemplate, kPageTemplate},
                                              {"page.css", kPageStyle, kPageStyleSource},
                                              {"page.js", kPageScript, kPageScript}}};
  return files;
}

const SharedPage& built_in_page() {
  static const SharedPage page = make_page(kPageTemplate, kPageStyle, kPageScript);
  return page;
}

LoadedPage load_page(const config::Settings& settings) {
  const std::string& directory = settings.page.directory;
  if (directory.empty()) return {built_in_page(), {}};
  std::error_code problem;
  const fs::file_status status = fs::status(directory, problem);
  if (fs::exists(status) && !fs::is_directory(status))
    return {nullptr, {mistake_of_directory(settings, "is no directory")}};
  if (::access(directory.c_str(), R_OK | X_OK) != 0) {
    const std::string reason = std::generic_category().message(errno);
    return {nullptr, {mistake_of_directory(settings, "cannot be read: " + reason)}};
  }

  Loader loader(directory);
  const auto& [html_file, css_file, js_file] = page_files();
  std::string html = loader.file(html_file, check_page_html);
  std::string style = loader.file(css_file, check_page_css);
  std::string script = loader.file(js_file, check_page_js);
  LoadedPage loaded{nullptr, loader.take()};
  if (!loaded.mistakes.empty()) return loaded;
  loaded.page = make_page(std::move(html), std::move(style), std::move(script));
  if (loader.found_nothing()) {
    loaded.mistakes.push_back(
        mistake_of_directory(settings, "has none of the three files: the built-in page serves"));
    loaded.mistakes.back().warning = true;
  }
  return loaded;
}

}  // namespace whytls::proxy
