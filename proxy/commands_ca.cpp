// `whytls ca`: the certificate of the local authority, for people and for trust stores.
#include <cerrno>
#include <fstream>
#include <ostream>
#include <system_error>

#include "config/load.h"
#include "proxy/commands.h"
#include "proxy/escape.h"
#include "proxy/render_parts.h"
#include "proxy/settings_source.h"
#include "tls/authority.h"

namespace whytls::proxy {
namespace {

// Loads and never makes: only `run` does that, as the user that the proxy runs as.
Result<std::shared_ptr<const tls::Authority>> load_authority(const config::Settings& settings) {
  const std::string& directory = settings.authority.directory;
  auto authority = tls::Authority::load(directory + "/ca.pem", directory + "/ca-key.pem");
  if (!authority && authority.error().hint.empty()) {
    authority.error().hint = "the first \"whytls run\" makes one";
  }
  return authority;
}

void print_trust_help(const std::string& file, std::ostream& out) {
  const std::string quoted = shell_quote(file);
  out << "\nHow to trust it. Whoever has its key can pretend to be any site to those who do: trust it only\n"
         "where you need it, and never give the key away.\n\n"
         "curl, once:\n"
         "  curl --cacert "
      << quoted
      << " -x http://127.0.0.1:8080 https://example.com/\n\n"
         "Debian and what uses its store (curl, wget, Python, Go):\n"
         "  sudo cp "
      << quoted
      << " /usr/local/share/ca-certificates/whytls.crt && sudo update-ca-certificates\n\n"
         "Chromium (package libnss3-tools):\n"
         "  mkdir -p \"$HOME/.pki/nssdb\"\n"
         "  certutil -d \"sql:$HOME/.pki/nssdb\" -A -t C,, -n whytls -i "
      << quoted
      << "\n\n"
         "Firefox:\n"
         "  Settings, Privacy and security, Manage certificates, Authorities, Import: choose the file\n"
         "  above, and tick \"Trust this CA to identify websites\".\n";
}

}  // namespace

ExitCode show_authority(const Invocation& invocation, const Console& console) {
  const auto settings = read_settings(invocation.config_file);
  if (!settings) return report(settings.error(), console);
  const auto authority = load_authority(*settings);
  if (!authority) {
    console.err << "whytls: " << authority.error().text() << "\n";
    return ExitCode::failed;
  }
  const tls::Certificate& certificate = (*authority)->certificate();
  const std::int64_t now = console.clock() / 1000;
  console.out << "Subject:      " << visible(certificate.subject) << "\n"
              << "Valid from:   " << parts::rfc3339(certificate.not_before) << "\n"
              << "Valid until:  " << parts::rfc3339(certificate.not_after) << " ("
              << parts::distance(certificate.not_after, now) << ")\n"
              << "Key:          " << parts::key_text(certificate) << "\n"
              << "SHA-256:      " << parts::colon_hex(certificate.sha256_hex) << "\n"
              << "File:         " << visible((*authority)->certificate_file()) << "\n";
  print_trust_help((*authority)->certificate_file(), console.out);
  return ExitCode::ok;
}

ExitCode export_authority(const Invocation& invocation, const Console& console) {
  const auto settings = read_settings(invocation.config_file);
  if (!settings) return report(settings.error(), console);
  const auto authority = load_authority(*settings);
  if (!authority) {
    console.err << "whytls: " << authority.error().text() << "\n";
    return ExitCode::failed;
  }
  const std::string pem = (*authority)->certificate_pem();
  if (invocation.out_file.empty()) {
    console.out << pem << std::flush;
    return console.out.good() ? ExitCode::ok : ExitCode::failed;
  }
  errno = 0;
  std::ofstream file(invocation.out_file, std::ios::binary | std::ios::trunc);
  file << pem << std::flush;
  if (!file.good()) {
    console.err << "whytls: " << visible(invocation.out_file)
                << ": the file can't be written: " << std::generic_category().message(errno) << "\n";
    return ExitCode::failed;
  }
  return ExitCode::ok;
}

}  // namespace whytls::proxy
