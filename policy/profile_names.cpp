#include "policy/profile_names.h"

#include <algorithm>

#include "policy/names.h"

namespace whytls::policy {

namespace {

using tls::Certificate;

// A DNS name in the preferred name syntax (RFC 1034, 3.5, as RFC 5280 asks for), with a wildcard as its whole
// left-most label. An underscore is no letter there, but many hosts have one and nothing suffers from it.
bool is_dns_name(std::string_view name) {
  constexpr std::size_t kMaxName = 253;
  constexpr std::size_t kMaxLabel = 63;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > kMaxName) return false;
  while (true) {
    const std::size_t end = std::min(name.find('.'), name.size());
    const std::string_view label = name.substr(0, end);
    const bool is_whole = !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
                          label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
                            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                   (c >= '0' && c <= '9') || c == '-' || c == '_';
                          });
    if (!is_whole) return false;
    if (end == name.size()) return true;
    name.remove_prefix(end + 1);
  }
}

bool is_listed(const Certificate& certificate, bool (*is_same)(std::string_view, std::string_view)) {
  return std::any_of(
      certificate.names.begin(), certificate.names.end(), [&certificate, is_same](const tls::AltName& name) {
        const bool is_name = name.kind == tls::AltName::Kind::dns || name.kind == tls::AltName::Kind::ip;
        return is_name && is_same(name.value, certificate.subject_cn);
      });
}
bool is_copy(std::string_view name, std::string_view cn) {
  return name == cn;
}

// Numbers as inet_aton() reads them ("0xC0A80101", "192.168.001.001"), other ways to write an IPv6 address,
// letters of another case.
bool is_same_name(std::string_view name, std::string_view cn) {
  return normalized_host(name) == normalized_host(cn) || is_same_address(name, cn);
}

bool is_internationalized(std::string_view name) {
  return normalized_host(name).find("xn--") != std::string::npos ||
         std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

}  // namespace

std::optional<std::string> malformed_dns_name(const Certificate& certificate) {
  for (const tls::AltName& name : certificate.names) {
    if (name.kind == tls::AltName::Kind::dns && !is_dns_name(name.value)) return name.value;
  }
  return std::nullopt;
}

std::optional<std::string> wildcard_of_suffix(const Certificate& certificate) {
  for (const tls::AltName& name : certificate.names) {
    if (name.kind == tls::AltName::Kind::dns && name.value.starts_with("*.") &&
        is_public_suffix(std::string_view(name.value).substr(2)))
      return name.value;
  }
  return std::nullopt;
}

// Nobody may take the common name for a name of the server. One that is spelled otherwise than the name which
// it repeats, or shows letters of another alphabet, is there for people to be taken in, or for programs.
std::optional<std::string> misleading_common_name(const Certificate& certificate) {
  const std::string& cn = certificate.subject_cn;
  if (cn.empty() || certificate.names_omitted > 0 || is_listed(certificate, is_copy)) return std::nullopt;
  const bool is_host = cn.find('.') != std::string::npos && cn.find(' ') == std::string::npos;
  const bool misleads = is_listed(certificate, is_same_name) || (is_host && is_internationalized(cn));
  return misleads ? std::optional(cn) : std::nullopt;
}

std::optional<std::string> foreign_common_name(const Certificate& certificate) {
  if (certificate.subject_cn.empty() || certificate.names_omitted > 0 || is_listed(certificate, is_copy) ||
      misleading_common_name(certificate))
    return std::nullopt;
  return certificate.subject_cn;
}

}  // namespace whytls::policy
