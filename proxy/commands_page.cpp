// `whytls page`.
#include <filesystem>
#include <ostream>
#include <system_error>

#include "config/text.h"
#include "proxy/commands.h"
#include "proxy/escape.h"
#include "proxy/page_template.h"
#include "tls/files.h"

namespace whytls::proxy {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kForAllToRead = 0644;

ExitCode refuse(const fs::path& path, const std::string& what, const Console& console) {
  console.err << "whytls: " << visible(path.string()) << ": " << what << "\n";
  return ExitCode::failed;
}

}  // namespace

ExitCode write_page(const Invocation& invocation, const Console& console) {
  const fs::path directory = invocation.out_directory;
  std::error_code problem;
  for (const PageFile& file : page_files()) {
    const fs::path path = directory / file.name;
    if (fs::symlink_status(path, problem).type() == fs::file_type::not_found) continue;
    return refuse(path, "is there already, and nothing is overwritten: remove it or name another directory",
                  console);
  }
  fs::create_directories(directory, problem);
  if (problem) return refuse(directory, "the directory can't be made: " + problem.message(), console);
  for (const PageFile& file : page_files()) {
    const fs::path path = directory / file.name;
    const auto written = tls::write_file(path.string(), file.source, kForAllToRead);
    if (!written) return refuse(path, written.error().what, console);
    console.out << visible(path.string()) << "\n";
  }
  console.out << "\nIn the configuration:\n\n[page]\ndirectory = "
              << config::toml_string(fs::absolute(directory, problem).string()) << "\n"
              << std::flush;
  return ExitCode::ok;
}

}  // namespace whytls::proxy
