// whytls-gallery: runs the gallery of broken TLS servers until SIGTERM or SIGINT.
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/gallery.h"

namespace {

constexpr std::string_view kUsage =
    R"(usage: whytls-gallery --dir DIR [--write-config FILE] [--proxy-port N] [--page-port N]

Starts a set of deliberately broken TLS servers (and a healthy one) on loopback ports of their own, prints a
line for each, and runs until SIGTERM or SIGINT.

  --dir DIR            where to write the root certificate of the gallery, gallery-root.pem; made when missing
  --write-config FILE  write a configuration with which whytls shows the gallery:  whytls run -c FILE
  --proxy-port N       port of the forward proxy in that configuration (default 8080)
  --page-port N        port of the gallery in that configuration (default 8090): http://localhost:8090/
  --help               this text
)";

constexpr int kBadUsage = 2;

struct Arguments {
  std::string directory;
  std::string config_file;
  std::uint16_t proxy_port = 8080;
  std::uint16_t page_port = 8090;
};

bool read_port(std::string_view text, std::uint16_t* port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *port);
  return error == std::errc() && end == text.data() + text.size() && *port != 0;
}

// nullopt: said on standard error what is wrong.
std::optional<Arguments> read_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view option = argv[i];
    const bool known = option == "--dir" || option == "--write-config" || option == "--proxy-port" ||
                       option == "--page-port";
    if (!known || i + 1 == argc) {
      std::fprintf(stderr, "whytls-gallery: %s: %s\n", argv[i],
                   known ? "a value is missing" : "unknown option");
      return std::nullopt;
    }
    const std::string value = argv[i + 1];
    bool good = true;
    if (option == "--dir") arguments.directory = value;
    if (option == "--write-config") arguments.config_file = value;
    if (option == "--proxy-port") good = read_port(value, &arguments.proxy_port);
    if (option == "--page-port") good = read_port(value, &arguments.page_port);
    if (!good) {
      std::fprintf(stderr, "whytls-gallery: %s: \"%s\" is no port\n", argv[i], value.c_str());
      return std::nullopt;
    }
  }
  if (arguments.directory.empty()) {
    std::fprintf(stderr, "whytls-gallery: --dir is missing\n");
    return std::nullopt;
  }
  return arguments;
}

// Appears complete or not at all: somebody waits for it.
void write_whole(const std::string& path, const std::string& content) {
  whytls::support::write_file(path + ".new", content);
  std::filesystem::rename(path + ".new", path);
}

void run(const Arguments& arguments, const sigset_t& endings) {
  // The configuration names files by absolute paths, for it may be read from elsewhere.
  const std::filesystem::path directory = std::filesystem::absolute(arguments.directory);
  std::filesystem::create_directories(directory);
  const whytls::support::Gallery gallery(directory.string(), std::time(nullptr), arguments.page_port);
  std::fputs(gallery.table().c_str(), stdout);
  std::printf("\nroot certificate: %s\n", gallery.root_file().c_str());
  if (!arguments.config_file.empty()) {
    write_whole(arguments.config_file, gallery.configuration(arguments.proxy_port));
    std::printf("configuration:    %s\nthe list of all:  http://localhost:%d/\n",
                arguments.config_file.c_str(), arguments.page_port);
  }
  std::fflush(stdout);
  int signal = 0;
  sigwait(&endings, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
    return 0;
  }
  const auto arguments = read_arguments(argc, argv);
  if (!arguments) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stderr);
    return kBadUsage;
  }
  // Before any thread starts, so that all of them leave these signals to sigwait.
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  pthread_sigmask(SIG_BLOCK, &endings, nullptr);
  try {
    run(*arguments, endings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "whytls-gallery: %s\n", error.what());
    return 1;
  }
  return 0;
}
