#include "tls/wire.h"

#include <algorithm>

namespace whytls::tls {

namespace {

constexpr WireVersion kTls12 = 0x0303;
constexpr WireVersion kTls13 = 0x0304;
constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kRandomSize = 32;

// Extension numbers (IANA "TLS ExtensionType Values").
enum Extension : std::uint32_t {
  kServerName = 0,
  kSupportedGroups = 10,
  kSignatureAlgorithms = 13,
  kAlpn = 16,
  kSupportedVersions = 43,
  kCertificateAuthorities = 47,
};

// The random of a ServerHello that is a HelloRetryRequest: SHA-256 of "HelloRetryRequest".
constexpr unsigned char kRetryRandom[kRandomSize] = {
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

// Reserved values that clients send to keep servers tolerant (RFC 8701): 0x0A0A, 0x1A1A ... 0xFAFA.
bool is_grease(std::uint32_t value) {
  return (value & 0x0F0FU) == 0x0A0AU && (value >> 8U) == (value & 0xFFU);
}

std::vector<std::uint16_t> numbers16(std::string_view list) {
  std::vector<std::uint16_t> out;
  WireReader reader(list);
  while (out.size() < kMaxOfferedEntries) {
    const auto value = reader.number(2);
    if (!value) break;
    out.push_back(static_cast<std::uint16_t>(*value));
  }
  return out;
}

std::vector<std::uint16_t> list16(std::string_view extension) {
  const auto list = WireReader(extension).vector(2);
  return list ? numbers16(*list) : std::vector<std::uint16_t>{};
}

void read_versions(std::string_view extension, Offered& offered) {
  const auto list = WireReader(extension).vector(1);
  if (!list) return;
  WireVersion lowest = 0;
  WireVersion highest = 0;
  for (const std::uint16_t version : numbers16(*list)) {
    if (is_grease(version)) continue;
    lowest = lowest == 0 ? version : std::min(lowest, version);
    highest = std::max(highest, version);
  }
  if (highest == 0) return;
  offered.min_version = lowest;
  offered.max_version = highest;
}

void read_alpn(std::string_view extension, Offered& offered) {
  const auto list = WireReader(extension).vector(2);
  if (!list) return;
  WireReader names(*list);
  while (offered.alpn.size() < kMaxOfferedEntries) {
    const auto name = names.vector(1);
    if (!name) break;
    offered.alpn.emplace_back(*name);
  }
}

void read_server_name(std::string_view extension, Offered& offered) {
  const auto list = WireReader(extension).vector(2);
  if (!list) return;
  WireReader names(*list);
  for (;;) {
    const auto type = names.number(1);
    const auto name = names.vector(2);
    if (!type || !name) return;
    if (*type != 0) continue;
    offered.sni = name->substr(0, kMaxKeptText);
    return;
  }
}

void read_hello_extension(std::uint32_t type, std::string_view body, Offered& offered) {
  switch (type) {
    case kServerName:
      read_server_name(body, offered);
      break;
    case kSupportedGroups:
      offered.groups = list16(body);
      break;
    case kSignatureAlgorithms:
      offered.signature_algorithms = list16(body);
      break;
    case kAlpn:
      read_alpn(body, offered);
      break;
    case kSupportedVersions:
      read_versions(body, offered);
      break;
    default:
      break;
  }
}

std::vector<std::string_view> vectors(std::string_view list, std::size_t width) {
  std::vector<std::string_view> out;
  WireReader reader(list);
  while (const auto item = reader.vector(width)) out.push_back(*item);
  return out;
}

}  // namespace

std::optional<std::uint32_t> WireReader::number(std::size_t width) {
  if (rest_.size() < width) return std::nullopt;
  std::uint32_t value = 0;
  for (const char byte : rest_.substr(0, width)) value = (value << 8U) | static_cast<unsigned char>(byte);
  rest_.remove_prefix(width);
  return value;
}

std::optional<std::string_view> WireReader::bytes(std::size_t count) {
  if (rest_.size() < count) return std::nullopt;
  const std::string_view out = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return out;
}

std::optional<std::string_view> WireReader::vector(std::size_t width) {
  const std::string_view before = rest_;
  const auto length = number(width);
  if (!length) return std::nullopt;
  const auto body = bytes(*length);
  if (!body) rest_ = before;
  return body;
}

std::optional<Offered> parse_client_hello(std::string_view message) {
  WireReader reader(message);
  if (!reader.bytes(kHeaderSize)) return std::nullopt;
  const auto version = reader.number(2);
  if (!version || !reader.bytes(kRandomSize) || !reader.vector(1)) return std::nullopt;
  const auto suites = reader.vector(2);
  if (!suites || !reader.vector(1)) return std::nullopt;
  Offered offered;
  offered.max_version = static_cast<WireVersion>(*version);
  offered.cipher_suites = numbers16(*suites);
  const auto extensions = reader.vector(2);
  if (!extensions) return offered;
  WireReader each(*extensions);
  for (;;) {
    const auto type = each.number(2);
    const auto body = each.vector(2);
    if (!type || !body) break;
    read_hello_extension(*type, *body, offered);
  }
  return offered;
}

std::optional<ServerHello> parse_server_hello(std::string_view message) {
  WireReader reader(message);
  if (!reader.bytes(kHeaderSize)) return std::nullopt;
  const auto version = reader.number(2);
  const auto random = reader.bytes(kRandomSize);
  if (!version || !random || !reader.vector(1)) return std::nullopt;
  const auto suite = reader.number(2);
  if (!suite || !reader.bytes(1)) return std::nullopt;
  ServerHello hello;
  hello.version = static_cast<WireVersion>(*version);
  hello.cipher_suite = static_cast<std::uint16_t>(*suite);
  hello.retry = std::equal(random->begin(), random->end(), std::begin(kRetryRandom),
                           [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  const auto extensions = reader.vector(2);
  if (!extensions) return hello;
  WireReader each(*extensions);
  for (;;) {
    const auto type = each.number(2);
    const auto body = each.vector(2);
    if (!type || !body) break;
    const auto selected = WireReader(*body).number(2);
    if (*type == kSupportedVersions && selected) hello.version = static_cast<WireVersion>(*selected);
  }
  return hello;
}

std::vector<std::string_view> parse_certificate_message(std::string_view message, WireVersion version) {
  WireReader reader(message);
  if (!reader.bytes(kHeaderSize)) return {};
  if (version >= kTls13 && !reader.vector(1)) return {};
  const auto list = reader.vector(3);
  if (!list) return {};
  if (version < kTls13) return vectors(*list, 3);
  std::vector<std::string_view> out;
  WireReader entries(*list);
  while (const auto certificate = entries.vector(3)) {
    out.push_back(*certificate);
    if (!entries.vector(2)) break;
  }
  return out;
}

std::vector<std::string_view> parse_certificate_request(std::string_view message, WireVersion version) {
  WireReader reader(message);
  if (!reader.bytes(kHeaderSize) || !reader.vector(1)) return {};
  if (version < kTls13) {
    if (version == kTls12 && !reader.vector(2)) return {};
    const auto names = reader.vector(2);
    return names ? vectors(*names, 2) : std::vector<std::string_view>{};
  }
  const auto extensions = reader.vector(2);
  if (!extensions) return {};
  WireReader each(*extensions);
  for (;;) {
    const auto type = each.number(2);
    const auto body = each.vector(2);
    if (!type || !body) return {};
    if (*type != kCertificateAuthorities) continue;
    const auto names = WireReader(*body).vector(2);
    return names ? vectors(*names, 2) : std::vector<std::string_view>{};
  }
}

}  // namespace whytls::tls
