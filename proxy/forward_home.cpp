#include "proxy/forward_home.h"

namespace whytls::proxy {

namespace {

constexpr int kOk = 200;
constexpr int kNotFound = 404;

}  // namespace

int forward_home_status(std::string_view path) {
  return path == "/" || path == kAuthorityPath ? kOk : kNotFound;
}

Rendered forward_home(std::string_view path, const tls::Authority* authority) {
  if (path == kAuthorityPath && authority != nullptr) {
    return Rendered{"application/x-pem-file", authority->certificate_pem(), {}};
  }
  std::string text =
      "This is whytls, a diagnostic TLS proxy. It is a proxy, not a web site: set this address as HTTP and "
      "HTTPS proxy "
      "of your client.\n";
  if (authority != nullptr) {
    text += "\nThe certificate of its CA: " + std::string(kAuthorityPath) +
            "\nSubject: " + authority->certificate().subject +
            "\nSHA-256: " + authority->certificate().sha256_hex + "\n";
  }
  return Rendered{"text/plain; charset=utf-8", text, {}};
}

}  // namespace whytls::proxy
