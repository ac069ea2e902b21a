#include "policy/ledger/types.h"

namespace whytls::ledger {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kPinLength = 44;  // of 32 bytes in base64, with its padding

constexpr std::uint8_t kNoDigit = 0xff;
// A table, since branches on digits that are as good as random cost more than all the rest of a lookup.
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 16; ++i) {
    out.at(static_cast<unsigned char>(kHexDigits[i])) = i;
    out.at(static_cast<unsigned char>("0123456789ABCDEF"[i])) = i;
  }
  return out;
}();

int base64_value(char digit) {
  if (digit >= 'A' && digit <= 'Z') return digit - 'A';
  if (digit >= 'a' && digit <= 'z') return digit - 'a' + 26;
  if (digit >= '0' && digit <= '9') return digit - '0' + 52;
  if (digit == '+') return 62;
  return digit == '/' ? 63 : -1;
}

std::optional<Digest> digest_of_pin(std::string_view pin) {
  if (pin.size() != kPinLength) return std::nullopt;
  Digest out{};
  std::size_t filled = 0;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char digit : pin.substr(0, kPinLength - 1)) {
    const int value = base64_value(digit);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.at(filled++) = static_cast<std::uint8_t>(bits >> static_cast<unsigned>(held));
  }
  return out;
}

std::string joined_names(const tls::Certificate& certificate) {
  std::string out;
  for (const tls::AltName& name : certificate.names) {
    if (!out.empty()) out += ", ";
    out += name.value;
    if (out.size() >= kMaxNames) break;
  }
  if (out.size() > kMaxNames) out.resize(kMaxNames);
  return out;
}

}  // namespace

std::string hex_of(const Digest& digest) {
  std::string out;
  out.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  return out;
}

std::optional<Digest> digest_of_hex(std::string_view hex) {
  Digest out{};
  if (hex.size() != 2 * out.size()) return std::nullopt;
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = kHexValues[static_cast<unsigned char>(hex[2 * i])];
    const std::uint8_t low = kHexValues[static_cast<unsigned char>(hex[2 * i + 1])];
    bad = static_cast<std::uint8_t>(bad | high | low);
    out[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  // Only kNoDigit has any of the upper bits.
  if (bad > 15) return std::nullopt;
  return out;
}

std::optional<Seen> seen_of(const tls::Certificate& certificate) {
  if (!certificate.parse_error.empty()) return std::nullopt;
  const auto sha256 = digest_of_hex(certificate.sha256_hex);
  if (!sha256) return std::nullopt;
  Seen out;
  out.sha256 = *sha256;
  // A key that could not be read has no hash of its own: that of the certificate is shared with nobody.
  out.spki_sha256 = digest_of_pin(certificate.spki_sha256_base64).value_or(*sha256);
  out.issuer = certificate.issuer.substr(0, kMaxText);
  out.subject = certificate.subject.substr(0, kMaxText);
  out.serial_hex = certificate.serial_hex.substr(0, kMaxSerial);
  out.names = joined_names(certificate);
  out.not_before = certificate.not_before;
  out.not_after = certificate.not_after;
  out.is_ca = certificate.basic_constraints_ca.value_or(false);
  return out;
}

std::vector<std::string_view> Differences::field_names() const {
  std::vector<std::string_view> out;
  if (has(key)) out.emplace_back("key");
  if (has(issuer)) out.emplace_back("issuer");
  if (has(serial_number)) out.emplace_back("serial number");
  if (has(subject)) out.emplace_back("subject");
  if (has(names)) out.emplace_back("names");
  if (has(dates)) out.emplace_back("dates");
  return out;
}

}  // namespace whytls::ledger
