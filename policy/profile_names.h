// The form of the names in a server's certificate. Internal to policy/.
#pragma once

#include <optional>
#include <string>

#include "tls/evidence.h"

namespace whytls::policy {

// Each returns the first name that breaks the rule, raw.

// A dNSName that is no name in the preferred name syntax (RFC 5280, 4.2.1.6).
[[nodiscard]] std::optional<std::string> malformed_dns_name(const tls::Certificate& certificate);
// "*.com", "*.co.uk" (BR 3.2.2.6).
[[nodiscard]] std::optional<std::string> wildcard_of_suffix(const tls::Certificate& certificate);
// A common name that is no copy of a subject alternative name (BR 7.1.4.3): one that may be taken for another
// name than it is, and any other one.
[[nodiscard]] std::optional<std::string> misleading_common_name(const tls::Certificate& certificate);
[[nodiscard]] std::optional<std::string> foreign_common_name(const tls::Certificate& certificate);

}  // namespace whytls::policy
