// `whytls page`.
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <ostream>
#include <system_error>

#include "config/text.h"
#include "proxy/commands.h"
#include "proxy/escape.h"
#include "proxy/page_template.h"

namespace whytls::proxy {
namespace {

namespace fs = std::filesystem;

ExitCode refuse(const fs::path& path, const std::string& what, const Console& console) {
  console.err << "whytls: " << visible(path.string()) << ": " << what << "\n";
  return ExitCode::failed;
}

// An error number; 0: written. Never opens a file that is there.
int write_new(const fs::path& path, std::string_view content) {
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  errno = 0;
  File file(std::fopen(path.c_str(), "wbxe"), &std::fclose);
  if (file == nullptr) return errno;
  const bool is_written = std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  const bool is_closed = std::fclose(file.release()) == 0;
  return is_written && is_closed ? 0 : errno;
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
    const int number = write_new(path, file.source);
    if (number != 0)
      return refuse(path, "can't be written: " + std::generic_category().message(number), console);
    console.out << visible(path.string()) << "\n";
  }
  console.out << "\nIn the configuration:\n\n[page]\ndirectory = "
              << config::toml_string(fs::absolute(directory, problem).string()) << "\n"
              << std::flush;
  return ExitCode::ok;
}

}  // namespace whytls::proxy
