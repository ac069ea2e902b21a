// What the forward proxy says to somebody who opens its own address in a browser: what it is, and its CA.
#pragma once

#include <string_view>

#include "proxy/record.h"
#include "tls/authority.h"

namespace whytls::proxy {

inline constexpr std::string_view kAuthorityPath = "/ca.pem";

// `authority` may be nullptr. Unknown paths get a text that names the known ones.
[[nodiscard]] Rendered forward_home(std::string_view path, const tls::Authority* authority);
[[nodiscard]] int forward_home_status(std::string_view path);

}  // namespace whytls::proxy
