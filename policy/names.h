// Helpers about host names that policy/ keeps to itself; the public ones are in diagnosis.h.
#pragma once

#include <string>
#include <string_view>

namespace whytls::policy {

// True for an IPv4 or IPv6 literal without brackets.
[[nodiscard]] bool is_ip_literal(std::string_view text);
// Lower case, without a trailing dot.
[[nodiscard]] std::string normalized_host(std::string_view host);

}  // namespace whytls::policy
