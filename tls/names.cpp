// Names of wire numbers.
#include <array>
#include <cstdio>

#include "tls/context.h"
#include "tls/evidence.h"

namespace whytls::tls {

namespace {

struct VersionName {
  WireVersion version;
  const char* name;
  const char* number;
};

constexpr std::array<VersionName, 6> kVersions{{{0x0002, "SSLv2", "SSL2"},
                                                {0x0300, "SSLv3", "SSL3"},
                                                {0x0301, "TLSv1.0", "1.0"},
                                                {0x0302, "TLSv1.1", "1.1"},
                                                {0x0303, "TLSv1.2", "1.2"},
                                                {0x0304, "TLSv1.3", "1.3"}}};

}  // namespace

std::string version_name(WireVersion version) {
  if (version == 0) return {};
  for (const VersionName& known : kVersions) {
    if (known.version == version) return known.name;
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", static_cast<unsigned>(version));
  return text.data();
}

std::optional<WireVersion> parse_version(const std::string& name) {
  if (name == "TLSv1") return WireVersion{0x0301};
  for (const VersionName& known : kVersions) {
    if (name == known.name || name == known.number || name == std::string("TLS") + known.number) {
      return known.version;
    }
  }
  return std::nullopt;
}

// The registry "TLS Alerts" of IANA. Long because it is a table: one case for each number.
const char* alert_name(std::uint8_t number) {
  switch (number) {
    case 0:
      return "close_notify";
    case 10:
      return "unexpected_message";
    case 20:
      return "bad_record_mac";
    case 21:
      return "decryption_failed";
    case 22:
      return "record_overflow";
    case 30:
      return "decompression_failure";
    case 40:
      return "handshake_failure";
    case 41:
      return "no_certificate";
    case 42:
      return "bad_certificate";
    case 43:
      return "unsupported_certificate";
    case 44:
      return "certificate_revoked";
    case 45:
      return "certificate_expired";
    case 46:
      return "certificate_unknown";
    case 47:
      return "illegal_parameter";
    case 48:
      return "unknown_ca";
    case 49:
      return "access_denied";
    case 50:
      return "decode_error";
    case 51:
      return "decrypt_error";
    case 52:
      return "too_many_cids_requested";
    case 60:
      return "export_restriction";
    case 70:
      return "protocol_version";
    case 71:
      return "insufficient_security";
    case 80:
      return "internal_error";
    case 86:
      return "inappropriate_fallback";
    case 90:
      return "user_canceled";
    case 100:
      return "no_renegotiation";
    case 109:
      return "missing_extension";
    case 110:
      return "unsupported_extension";
    case 111:
      return "certificate_unobtainable";
    case 112:
      return "unrecognized_name";
    case 113:
      return "bad_certificate_status_response";
    case 114:
      return "bad_certificate_hash_value";
    case 115:
      return "unknown_psk_identity";
    case 116:
      return "certificate_required";
    case 117:
      return "general_error";
    case 120:
      return "no_application_protocol";
    case 121:
      return "ech_required";
    default:
      return "unassigned";
  }
}

}  // namespace whytls::tls
