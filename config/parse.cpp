#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>

#include "config/listeners.h"
#include "config/load.h"
#include "config/policies.h"
#include "config/scan.h"
#include "config/sections.h"
#include "config/selection.h"

namespace whytls::config {

namespace {

constexpr std::size_t kReadSize = std::size_t{16} * 1024;

std::string directory_of(const std::string& file_name) {
  const std::size_t slash = file_name.rfind('/');
  return slash == std::string::npos ? "" : file_name.substr(0, slash + 1);
}

Settings read_settings(Reading& reading, const toml::value& root) {
  Settings settings;
  Table top(reading, &root, "");
  read_sections(top, settings);
  Policies policies(reading);
  policies.read(top);
  settings.listeners = read_listeners(top, policies);
  check_listeners(top, settings.listeners, settings.admin);
  settings.policy_for = read_policy_for(top, policies);
  top.finish();
  note_judges(reading, settings, policies);
  settings.policies = policies.merge();
  warn_of_observers(reading, settings);
  const auto used = upstream_policies(settings);
  for (auto& [name, policy] : settings.policies) policy.shared = used.count(name) > 1;
  settings.shown = std::move(reading.shown);
  return settings;
}

tl::unexpected<std::vector<Mistake>> whole_file(const std::string& file_name, Complaint complaint) {
  return tl::make_unexpected(
      std::vector<Mistake>{make_mistake(Place{file_name, 0, 0}, {}, std::move(complaint))});
}

tl::expected<Loaded, std::vector<Mistake>> parse_unguarded(std::string_view text,
                                                           const std::string& file_name) {
  Report report(file_name);
  const std::optional<Document> document = read_document(text, report);
  if (!document) return tl::make_unexpected(report.take());
  Reading reading{report, document->positions, directory_of(file_name), {}};
  Settings settings = read_settings(reading, document->root);
  if (report.has_errors()) return tl::make_unexpected(report.take());
  return Loaded{std::move(settings), report.take()};
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// The bytes of the file, at most one more than is allowed; errno has the reason of a failure.
std::optional<std::string> read_bytes(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr) return std::nullopt;
  std::string text;
  std::array<char, kReadSize> buffer{};
  while (text.size() <= kMaxFileBytes) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get());
    text.append(buffer.data(), count);
    if (count < buffer.size()) break;
  }
  if (std::ferror(file.get()) != 0) return std::nullopt;
  return text;
}

}  // namespace

Settings defaults() {
  Report report("");
  const Positions nowhere;
  Reading reading{report, nowhere, {}, {}};
  return read_settings(reading, toml::value(toml::table{}));
}

tl::expected<Loaded, std::vector<Mistake>> parse(std::string_view toml, const std::string& file_name) {
  try {
    return parse_unguarded(toml, file_name);
  } catch (const std::exception& problem) {
    return whole_file(file_name,
                      {std::string("reading the configuration failed: ") + problem.what(), {}, {}, {}});
  }
}

tl::expected<Loaded, std::vector<Mistake>> load_file(const std::string& path) {
  const std::optional<std::string> text = read_bytes(path);
  if (!text) return whole_file(path, {std::string("cannot be read: ") + std::strerror(errno), {}, {}, {}});
  return parse(*text, path);
}

}  // namespace whytls::config
