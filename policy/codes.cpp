#include "policy/codes.h"

namespace whytls::policy {

std::span<const Code> all_codes() {
  // Made from codes/*.toml by the build.
  static const std::vector<Code> kCodes = {
#include "policy/codes.inc"
  };
  return kCodes;
}

std::vector<const Code*> codes_by_number(int number) {
  std::vector<const Code*> out;
  for (const Code& code : all_codes()) {
    if (code.number == number) out.push_back(&code);
  }
  return out;
}

std::string_view name(CodeFamily family) {
  switch (family) {
    case CodeFamily::nss_ssl:
    case CodeFamily::nss_sec:
      return "NSS";
    case CodeFamily::nspr:
      return "NSPR";
    case CodeFamily::chrome:
      return "Chrome";
    case CodeFamily::openssl_verify:
      return "OpenSSL";
    case CodeFamily::tls_alert:
      return "TLS alert";
  }
  return {};
}

std::string_view name(Standing standing) {
  switch (standing) {
    case Standing::met:
      return "met";
    case Standing::rare:
      return "rare";
    case Standing::internal:
      return "internal";
    case Standing::historical:
      return "historical";
  }
  return {};
}

std::string_view name(Actor actor) {
  switch (actor) {
    case Actor::visitor:
      return "visitor";
    case Actor::proxy:
      return "proxy";
    case Actor::server:
      return "server";
    case Actor::developer:
      return "developer";
    case Actor::nobody:
      return "nobody";
  }
  return {};
}

}  // namespace whytls::policy
