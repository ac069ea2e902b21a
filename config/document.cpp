#include "config/document.h"

#include <sstream>
#include <string>

#include "config/scan.h"
#include "config/text.h"

namespace whytls::config {

namespace {

// toml11's message is a picture over several lines; its first line says what it is.
std::string first_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  return printable(text.substr(0, end), kMaxQuoted * 2);
}

}  // namespace

std::optional<Document> read_document(std::string_view text, Report& report) {
  Document document;
  if (!scan(text, report, document.positions)) return std::nullopt;
  // Exceptions of toml11 end here. After the scan none is expected: the scanner is the stricter of the two.
  try {
    std::istringstream stream{std::string(text)};
    document.root = toml::parse(stream, report.file());
    return document;
  } catch (const toml::exception& problem) {
    const auto& where = problem.location();
    report.error({static_cast<int>(where.line()), static_cast<int>(where.column())}, {},
                 {"the TOML reader refuses this: " + first_line(problem.what()), {}, {}, {}});
  } catch (const std::exception& problem) {
    report.error({}, {}, {"the TOML reader failed: " + first_line(problem.what()), {}, {}, {}});
  }
  return std::nullopt;
}

}  // namespace whytls::config
