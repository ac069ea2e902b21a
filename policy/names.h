// Helpers about host names that policy/ keeps to itself; the public ones are in diagnosis.h.
#pragma once

#include <string>
#include <string_view>

namespace whytls::policy {

// True for an IPv4 or IPv6 literal without brackets.
[[nodiscard]] bool is_ip_literal(std::string_view text);
// Lower case, without a trailing dot.
[[nodiscard]] std::string normalized_host(std::string_view host);
// True when `host` is the domain or a name below it; every host is within the empty domain (RFC
// 5280, 4.2.1.10).
[[nodiscard]] bool is_within(std::string_view host, std::string_view domain);
// True when both texts are the same IP address, `loose` in any form that people or old programs write:
// hexadecimal, octal, with leading zeros.
[[nodiscard]] bool is_same_address(std::string_view address, std::string_view loose);
// True for a suffix below which registries give out names ("com", "co.uk"), by the ICANN part of the Public
// Suffix List, read on first use. Suffixes of hosters ("github.io") are none: they belong to one
// owner, who has wildcard certificates for them (BR 3.2.2.6; Chrome does the same).
[[nodiscard]] bool is_public_suffix(std::string_view domain);

}  // namespace whytls::policy
