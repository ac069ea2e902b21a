// whytls: a proxy that says why a TLS connection failed.
#include <stdlib.h>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "proxy/commands.h"

int main(int argc, char** argv) {
  using whytls::proxy::ExitCode;
  // Names are looked up on the threads of libuv's pool, one for all workers. It has four unless told
  // otherwise, so that four slow names would hold up every other one. Read at its first use, so this comes
  // first; who has set the variable knows better.
  constexpr int kKeep = 0;
  (void)setenv("UV_THREADPOOL_SIZE", "32", kKeep);
  try {
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const whytls::proxy::Console console{
        std::cin, std::cout, std::cerr, [] {
          const auto now = std::chrono::system_clock::now().time_since_epoch();
          return static_cast<std::int64_t>(
              std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
        }};
    const auto invocation = whytls::proxy::parse_command_line(arguments);
    return static_cast<int>(whytls::proxy::execute(invocation, console));
  } catch (const std::exception& error) {
    std::cerr << "whytls: " << error.what() << "\n";
    return static_cast<int>(ExitCode::failed);
  }
}
