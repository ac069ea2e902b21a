#include "proxy/version.h"

#include <llhttp.h>
#include <spdlog/version.h>
#include <uv.h>

#include <CLI/Version.hpp>
#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "tls/context.h"

namespace whytls::proxy {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

std::string_view version() {
  return WHYTLS_VERSION;
}

std::string version_text() {
  std::string text = "whytls " WHYTLS_VERSION "\n\n";
  text += tls::library_version() + "\n";
  text += "libuv " + std::string(uv_version_string()) + "\n";
  text += "llhttp " + dotted(LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH) + "\n";
  text += "toml11 " WHYTLS_TOML11_VERSION "\n";  // from the build: only config/ includes it
  text += "spdlog " + dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) + "\n";
  text += "nlohmann-json " +
          dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH) +
          "\n";
  text += "CLI11 " CLI11_VERSION "\n";
  text += "tl-expected " +
          dotted(TL_EXPECTED_VERSION_MAJOR, TL_EXPECTED_VERSION_MINOR, TL_EXPECTED_VERSION_PATCH) + "\n";
  text += "mustache (kainjow), which has no number in its header\n";
#ifdef WHYTLS_HAVE_SYSTEMD
  text += "libsystemd " WHYTLS_SYSTEMD_VERSION ", to tell a service manager when it is ready\n";
#endif
  const auto gaps = tls::library_gaps();
  text += gaps.empty() ? "\nThis OpenSSL speaks everything that whytls can be asked to speak.\n"
                       : "\nWhat this OpenSSL cannot speak:\n";
  for (const std::string& gap : gaps) text += "  - " + gap + "\n";
  return text;
}

}  // namespace whytls::proxy
