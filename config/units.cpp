#include "config/units.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

#include "config/text.h"

namespace whytls::config {

namespace {

constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, 2.3.4, without the root label
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kPinBase64Bytes = 44;  // 32 bytes of SHA-256
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

tl::unexpected<std::string> wrong(std::string what) {
  return tl::make_unexpected(std::move(what));
}

// All of `text` as a decimal number, without sign; nullopt: it is none or too large.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 4> kDurations = {{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> kSizes = {
    {{"B", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};
constexpr std::uint64_t kMaxScaled = 1ULL << 50U;

std::optional<std::uint64_t> scaled(std::string_view text, const std::array<Unit, 4>& units) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::uint64_t> count = whole_number(text.substr(0, end));
  for (const Unit& unit : units) {
    if (text.substr(end) == unit.name && count && *count <= kMaxScaled / unit.factor)
      return *count * unit.factor;
  }
  return std::nullopt;
}

std::string in_units(std::uint64_t value, const std::array<Unit, 4>& units) {
  for (auto unit = units.rbegin(); unit != units.rend(); ++unit) {
    if (value >= unit->factor && value % unit->factor == 0) {
      return std::to_string(value / unit->factor) + std::string(unit->name);
    }
  }
  return std::to_string(value) + std::string(units.front().name);
}

// The canonical text of an IP literal; nullopt: it is none.
std::optional<std::string> ip_text(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), bytes.data()) != 1) continue;
    if (inet_ntop(family, bytes.data(), out.data(), static_cast<socklen_t>(out.size())) != nullptr)
      return out.data();
  }
  return std::nullopt;
}

// Empty: a good label.
std::string label_fault(std::string_view label) {
  if (label.empty()) return "a part between two dots is empty";
  if (label.size() > kMaxLabelBytes) return "a part between two dots is longer than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "a part begins or ends with a hyphen";
  for (const char c : label) {
    if (static_cast<unsigned char>(c) >= 0x80) return "not ASCII: write the name in its xn-- form";
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!good) return "a character that no host name has";
  }
  return "";
}

std::string dns_name_fault(std::string_view name) {
  if (name.empty()) return "the host is missing";
  if (name.size() > kMaxHostBytes) return "longer than 253 bytes";
  std::string_view last;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    last = name.substr(begin, end - begin);
    if (std::string fault = label_fault(last); !fault.empty()) return fault;
    begin = end + 1;
  }
  if (last.find_first_not_of("0123456789") == std::string_view::npos) return "this is no IPv4 address";
  return "";
}

// Splits "host:port", "[v6]:port", and without a port when `needs_port` says so.
enum class Port : std::uint8_t { needed, optional };
struct Split {
  std::string host;
  bool bracketed = false;
  std::optional<std::uint16_t> port;
};
Parsed<Split> split_host_port(std::string_view text, Port wanted) {
  Split out;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong("\"[\" without \"]\"");
    out.host = text.substr(1, close - 1);
    out.bracketed = true;
    port = text.substr(close + 1);
  } else {
    const std::size_t colon = text.find(':');
    if (colon != text.rfind(':')) return wrong("an IPv6 address stands in brackets: \"[::1]:8080\"");
    out.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (port.empty()) {
    if (wanted == Port::needed) return wrong("the port is missing");
    return out;
  }
  const std::optional<std::uint64_t> number = whole_number(port.substr(1));
  if (port.front() != ':' || !number || *number > 65535)
    return wrong("the port is no number from 0 to 65535");
  out.port = static_cast<std::uint16_t>(*number);
  return out;
}

Parsed<Host> host_of(const Split& split) {
  Parsed<Host> host = parse_host(split.host);
  const bool is_v6 = host && host->is_ip && host->name.find(':') != std::string::npos;
  if (host && split.bracketed && !is_v6) return wrong("only an IPv6 address stands in brackets");
  return host;
}

}  // namespace

std::string HostPort::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return name + ':' + std::to_string(port);
}

std::string Origin::text() const {
  const bool is_https = scheme == Scheme::https;
  std::string out = (is_https ? "https://" : "http://") + address.text();
  if (address.port == (is_https ? kHttpsPort : kHttpPort)) out.erase(out.rfind(':'));
  return out;
}

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const std::optional<std::uint64_t> value = scaled(text, kDurations);
  if (!value) return wrong("this is no duration");
  return std::chrono::milliseconds(*value);
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> value = scaled(text, kSizes);
  if (!value) return wrong("this is no size");
  return *value;
}

std::string duration_text(std::chrono::milliseconds value) {
  return in_units(static_cast<std::uint64_t>(value.count()), kDurations);
}

std::string size_text(std::uint64_t value) {
  return in_units(value, kSizes);
}

Parsed<Host> parse_host(std::string_view text) {
  Host host;
  host.name = lower_case(text);
  if (host.name.find('\0') != std::string::npos) return wrong("a character that no host name has");
  if (const std::optional<std::string> ip = ip_text(host.name)) return Host{*ip, true};
  if (!host.name.empty() && host.name.back() == '.') host.name.pop_back();
  if (std::string fault = dns_name_fault(host.name); !fault.empty()) return wrong(std::move(fault));
  return host;
}

Parsed<std::string> parse_host_pattern(std::string_view text) {
  const bool wild = text.substr(0, 2) == "*.";
  const Parsed<Host> host = parse_host(wild ? text.substr(2) : text);
  if (!host)
    return wrong(text.find('*') == std::string_view::npos
                     ? host.error()
                     : "\"*\" stands for whole first parts only: \"*.a.example\"");
  if (wild && host->is_ip) return wrong("an IP address has no subdomains");
  return (wild ? "*." : "") + host->name;
}

Parsed<std::string> parse_any_host_pattern(std::string_view text) {
  if (text == "*") return std::string(text);
  return parse_host_pattern(text);
}

Parsed<HostPort> parse_listen(std::string_view text) {
  const Parsed<Split> split = split_host_port(text, Port::needed);
  if (!split) return wrong(split.error());
  if (lower_case(split->host) == "localhost") return HostPort{"127.0.0.1", *split->port};
  const Parsed<Host> host = host_of(*split);
  if (!host) return wrong(host.error());
  if (!host->is_ip) return wrong("an address to listen on is an IP address or \"localhost\"");
  return HostPort{host->name, *split->port};
}

bool is_loopback(const HostPort& address) {
  return address.host.rfind("127.", 0) == 0 || address.host == "::1" ||
         address.host.rfind("::ffff:127.", 0) == 0;
}

Parsed<Origin> parse_origin(std::string_view text) {
  const std::size_t mark = text.find("://");
  const std::string scheme = lower_case(text.substr(0, mark));
  if (mark == std::string_view::npos) return wrong("the scheme is missing");
  if (scheme != "https" && scheme != "http") return wrong("only https:// and http:// are spoken");
  std::string_view authority = text.substr(mark + 3);
  if (!authority.empty() && authority.back() == '/') authority.remove_suffix(1);
  if (authority.find('@') != std::string_view::npos) return wrong("a user name has no place here");
  if (authority.find_first_of("/?#") != std::string_view::npos) return wrong("a path has no place here");
  const Parsed<Split> split = split_host_port(authority, Port::optional);
  if (!split) return wrong(split.error());
  const Parsed<Host> host = host_of(*split);
  if (!host) return wrong(host.error());
  Origin origin;
  origin.scheme = scheme == "https" ? Scheme::https : Scheme::http;
  origin.host_is_ip = host->is_ip;
  origin.address.host = host->name;
  origin.address.port = split->port.value_or(origin.scheme == Scheme::https ? kHttpsPort : kHttpPort);
  if (origin.address.port == 0) return wrong("port 0 cannot be connected to");
  return origin;
}

Parsed<PortRange> parse_ports(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  const std::optional<std::uint64_t> first = whole_number(text.substr(0, hyphen));
  const std::optional<std::uint64_t> last =
      hyphen == std::string_view::npos ? first : whole_number(text.substr(hyphen + 1));
  if (!first || !last || *first < 1 || *last > 65535) return wrong("this is no port and no range of ports");
  if (*first > *last) return wrong("the range ends before it begins");
  return PortRange{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

std::string ports_text(PortRange range) {
  if (range.first == range.last) return std::to_string(range.first);
  return '"' + std::to_string(range.first) + '-' + std::to_string(range.last) + '"';
}

std::string AddressRange::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (inet_ntop(is_v4 ? AF_INET : AF_INET6, network.data(), out.data(), out.size()) == nullptr) return {};
  return std::string(out.data()) + '/' + std::to_string(bits);
}

Parsed<AddressRange> parse_address_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  AddressRange range;
  range.is_v4 = inet_pton(AF_INET, address.c_str(), range.network.data()) == 1;
  const bool has_nul = address.find('\0') != std::string::npos;
  if (has_nul || (!range.is_v4 && inet_pton(AF_INET6, address.c_str(), range.network.data()) != 1))
    return wrong("this is no IP address and no range of them");
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!range.is_v4 && std::equal(kMapped.begin(), kMapped.end(), range.network.begin()))
    return wrong("an IPv4 address is written as one, it is the same in IPv6");
  const int most = range.is_v4 ? 32 : 128;
  const std::optional<std::uint64_t> bits =
      slash == std::string_view::npos ? most : whole_number(text.substr(slash + 1));
  if (!bits || *bits > static_cast<std::uint64_t>(most))
    return wrong("after the \"/\" stands a number from 0 to " + std::to_string(most));
  range.bits = static_cast<int>(*bits);
  const std::array<std::uint8_t, 16> written = range.network;
  for (int bit = range.bits; bit < most; ++bit)
    range.network[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  if (range.network != written)
    return wrong("the address goes on behind its first " + std::to_string(range.bits) +
                 " bits; the range is " + in_quotes(range.text()));
  return range;
}

Parsed<std::string> parse_pin(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256/";
  if (text.substr(0, kPrefix.size()) != kPrefix) return wrong("a pin begins with \"sha256/\"");
  const std::string_view digest = text.substr(kPrefix.size());
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // 32 bytes are 43 characters and one "="; the last character carries 4 bits, its other 2 are zero.
  const bool complete = digest.size() == kPinBase64Bytes && digest.back() == '=' &&
                        digest.find_first_not_of(kAlphabet) == kPinBase64Bytes - 1;
  if (!complete || kAlphabet.find(digest[kPinBase64Bytes - 2]) % 4 != 0) {
    return wrong("this is no base64 of the 32 bytes of a SHA-256");
  }
  return std::string(digest);
}

Parsed<std::string> parse_path(std::string_view text) {
  if (text.empty() || text.front() != '/') return wrong("a path begins with \"/\"");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '?' || c == '#') return wrong("a character that no path has");
  }
  return std::string(text);
}

std::string time_text(tls::UnixSeconds value) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(value)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  std::array<char, 40> buffer{};
  const int written =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                    unsigned(date.month()), unsigned(date.day()), int(time.hours().count()),
                    int(time.minutes().count()), int(time.seconds().count()));
  return {buffer.data(), static_cast<std::size_t>(written)};
}

}  // namespace whytls::config
