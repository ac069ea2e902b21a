// Which names a certificate is for (RFC 9525).
#include "policy/names.h"

#include <arpa/inet.h>
#include <libpsl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "policy/diagnosis.h"

namespace whytls::policy {

namespace {

// An address in network order; four bytes or sixteen.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
  bool operator==(const Address&) const = default;
};

// inet_pton only reads text: it opens nothing.
std::optional<Address> parse_address(std::string_view text) {
  if (text.empty() || text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string copy(text);
  Address address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
    address.size = 4;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) {
    address.size = 16;
    return address;
  }
  return std::nullopt;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

// True when no label of `name` is empty: no dot at an end, no two in a row.
bool labels_are_whole(std::string_view name) {
  if (name.empty() || name.front() == '.' || name.back() == '.') return false;
  return name.find("..") == std::string_view::npos;
}

}  // namespace

bool is_ip_literal(std::string_view text) {
  return parse_address(text).has_value();
}

std::string normalized_host(std::string_view host) {
  std::string out(host);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

bool is_within(std::string_view host, std::string_view domain) {
  if (domain.empty()) return true;
  if (host.size() < domain.size() || !equal_ignoring_case(host.substr(host.size() - domain.size()), domain))
    return false;
  return host.size() == domain.size() || domain.front() == '.' ||
         host[host.size() - domain.size() - 1] == '.';
}

bool is_same_address(std::string_view address, std::string_view loose) {
  const auto wanted = parse_address(address);
  if (!wanted) return false;
  if (const auto written = parse_address(loose)) return written == wanted;
  in_addr number{};
  if (wanted->size != sizeof number || inet_aton(std::string(loose).c_str(), &number) == 0) return false;
  return std::memcmp(&number, wanted->bytes.data(), sizeof number) == 0;
}

bool is_public_suffix(std::string_view domain) {
  // The list that the distribution keeps up to date, or the one that libpsl was built with; nullptr: none.
  static psl_ctx_t* const list = psl_latest(nullptr);
  const std::string name = normalized_host(domain);
  return list != nullptr &&
         psl_is_public_suffix2(list, name.c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) == 1;
}

bool matches_dns_name(std::string_view pattern, std::string_view host) {
  if (!labels_are_whole(pattern) || !labels_are_whole(host)) return false;
  if (pattern.find('\0') != std::string_view::npos || host.find('*') != std::string_view::npos) return false;
  if (is_ip_literal(host)) return false;
  if (pattern.find('*') == std::string_view::npos) return equal_ignoring_case(pattern, host);

  // A wildcard is the whole left-most label, and two labels at least follow it.
  if (pattern.substr(0, 2) != "*.") return false;
  const std::string_view parent = pattern.substr(2);
  if (parent.find('*') != std::string_view::npos || parent.find('.') == std::string_view::npos) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && equal_ignoring_case(parent, host.substr(dot + 1));
}

bool certificate_names(const tls::Certificate& certificate, std::string_view host, bool is_ip) {
  const auto wanted = is_ip ? parse_address(host) : std::nullopt;
  return std::any_of(certificate.names.begin(), certificate.names.end(), [&](const tls::AltName& name) {
    if (is_ip) {
      return name.kind == tls::AltName::Kind::ip && wanted && parse_address(name.value) == wanted;
    }
    return name.kind == tls::AltName::Kind::dns && matches_dns_name(name.value, host);
  });
}

}  // namespace whytls::policy
