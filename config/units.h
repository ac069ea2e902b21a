// The small languages inside of strings: durations, sizes, addresses, origins, host patterns, pins, dates.
// Each parser says in a few words what is wrong, and never guesses.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/settings.h"

namespace whytls::config {

template <typename T>
using Parsed = tl::expected<T, std::string>;  // the error says what is wrong

[[nodiscard]] Parsed<std::chrono::milliseconds> parse_duration(
    std::string_view text);                                             // "10s" "500ms" "2m" "1h"
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);  // "64KiB" "1MiB" "512B"
[[nodiscard]] std::string duration_text(std::chrono::milliseconds value);
[[nodiscard]] std::string size_text(std::uint64_t value);

// A host in its one form: a DNS name in lower case without a trailing dot, or an IP literal as inet_ntop
// writes it, without brackets.
struct Host {
  std::string name;
  bool is_ip = false;
};
[[nodiscard]] Parsed<Host> parse_host(std::string_view text);
// As below, or "*" for any host.
[[nodiscard]] Parsed<std::string> parse_any_host_pattern(std::string_view text);
// "a.example", "*.example", an IP literal.
[[nodiscard]] Parsed<std::string> parse_host_pattern(std::string_view text);

// "127.0.0.1:8080", "[::1]:0", "localhost:8080" (which is 127.0.0.1).
[[nodiscard]] Parsed<HostPort> parse_listen(std::string_view text);
[[nodiscard]] bool is_loopback(const HostPort& address);
// "https://10.0.7.12", "http://a.example:8080/": an origin and nothing else.
[[nodiscard]] Parsed<Origin> parse_origin(std::string_view text);
// "443", "1024-65535".
[[nodiscard]] Parsed<PortRange> parse_ports(std::string_view text);
[[nodiscard]] std::string ports_text(PortRange range);
// "10.0.0.0/8", "fd00::/8", "10.0.0.7" (which is 10.0.0.7/32).
[[nodiscard]] Parsed<AddressRange> parse_address_range(std::string_view text);
// "sha256/BASE64" of 32 bytes; the result is the base64 part.
[[nodiscard]] Parsed<std::string> parse_pin(std::string_view text);
// "/ui": begins with a slash, nothing that a path of an URL can't hold.
[[nodiscard]] Parsed<std::string> parse_path(std::string_view text);

// "2027-06-30T00:00:00Z".
[[nodiscard]] std::string time_text(tls::UnixSeconds value);

}  // namespace whytls::config
