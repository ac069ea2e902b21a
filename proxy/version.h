// The versions of whytls and of what it is made of.
#pragma once

#include <string>
#include <string_view>

namespace whytls::proxy {

[[nodiscard]] std::string_view version();  // "0.1.0"
// `whytls --version`: the libraries in use, and what this OpenSSL can't speak. Several lines.
[[nodiscard]] std::string version_text();

}  // namespace whytls::proxy
