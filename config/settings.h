// The configuration as one immutable value. A reload makes a new one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/policy.h"
#include "tls/context.h"

namespace whytls::config {

using policy::Place;

struct HostPort {
  std::string host;  // DNS name or IP literal without brackets; lower case
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;  // "[::1]:8080", "a.example:443"
  auto operator<=>(const HostPort&) const = default;
};

enum class Scheme : std::uint8_t { http, https };

struct Origin {
  Scheme scheme = Scheme::https;
  HostPort address;
  bool host_is_ip = false;
  [[nodiscard]] std::string text() const;  // "https://10.0.7.12" (default ports left out)
};

enum class Mode : std::uint8_t { forward, reverse };
// Who may read what on a failure page.
enum class Audience : std::uint8_t { full, operator_, public_ };

// The client leg of a listener.
struct ListenerTls {
  bool mint = false;             // a leaf of our own authority for the SNI
  std::string certificate_file;  // else these
  std::string key_file;
  tls::ClientLegOptions options;
  Place place;
};

// One way to an upstream, in reverse mode. The most exact match wins: host before no host, exact host
// before "*.suffix", longer path before shorter.
struct Route {
  std::string host;        // "" any, "a.example", "*.example"
  std::string path = "/";  // prefix at a segment border
  Origin upstream;
  std::string policy;  // name; its values are in Settings::policies
  // Set: the policy was named or made beside this upstream, and no [[policy_for]] is asked.
  std::optional<policy::Choice> choice;
  bool preserve_host = false;  // send the client's Host instead of the upstream's
  Place place;
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  auto operator<=>(const PortRange&) const = default;  // NOLINT(modernize-use-nullptr): generated code
};

struct Listener {
  std::string name;
  Mode mode = Mode::forward;
  HostPort listen;
  std::optional<ListenerTls> tls;
  std::string policy = "browser";
  Place policy_place;  // file empty: the default
  Audience audience = Audience::full;
  std::vector<std::string> tunnel;       // forward: hosts whose CONNECT is relayed untouched
  std::vector<PortRange> connect_ports;  // forward: ports that CONNECT may name
  std::vector<Route> routes;             // reverse: at least one
  Place place;
};

// A range of addresses of one family.
struct AddressRange {
  std::array<std::uint8_t, 16> network{};  // of IPv4 the first four; zero beyond `bits`
  int bits = 0;
  bool is_v4 = true;
  [[nodiscard]] std::string text() const;                 // "10.0.0.0/8", "fd00::/8"
  auto operator<=>(const AddressRange&) const = default;  // NOLINT(modernize-use-nullptr): generated code
};

// Chooses the policy of the upstreams that it is about, unless one is named beside the upstream itself. Read
// in order, the first that matches decides.
struct PolicyFor {
  std::string host = "*";               // of the upstream: "a.example", "*.example", an IP address, "*" any
  std::vector<PortRange> ports;         // empty: any
  std::optional<AddressRange> address;  // which is connected to
  std::string policy;
  Place place;
};

struct Limits {
  std::size_t max_head_bytes = std::size_t{64} * 1024;
  std::size_t max_uri_bytes = std::size_t{16} * 1024;
  std::size_t max_header_fields = 200;
  std::size_t max_connections = 20000;  // client connections over all workers
  std::size_t max_idle_upstream = 64;   // per worker and upstream
};

// Deadlines. Each has a failure code, but upstream_idle, tunnel_idle and drain.
struct Timeouts {
  std::chrono::milliseconds client_handshake{10'000};
  std::chrono::milliseconds client_header{30'000};
  std::chrono::milliseconds client_body{60'000};   // between two reads of a request body
  std::chrono::milliseconds client_idle{75'000};   // keep-alive
  std::chrono::milliseconds client_write{60'000};  // the client reads nothing
  std::chrono::milliseconds dns{5'000};
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds first_byte{60'000};
  std::chrono::milliseconds upstream_body{60'000};  // between two reads of a response body
  std::chrono::milliseconds upstream_write{60'000};
  std::chrono::milliseconds upstream_idle{60'000};  // in the pool
  std::chrono::milliseconds tunnel_idle{300'000};
  std::chrono::milliseconds drain{30'000};  // after SIGTERM
};

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct Log {
  LogLevel level = LogLevel::info;
  std::string file;        // empty: standard error
  bool access = true;      // a line per request
  bool handshakes = true;  // a line per healthy upstream handshake; failures always
};

struct Admin {
  bool enabled = true;
  HostPort listen{"127.0.0.1", 8079};
};

struct AuthorityFiles {
  std::string directory;  // default: $XDG_DATA_HOME/whytls or ~/.local/share/whytls
};

// The memory of every certificate seen.
struct LedgerFiles {
  bool enabled = true;
  std::string directory;  // default: as of the authority
  std::size_t max_certificates = 200'000;
  int keep_days = 400;  // since a certificate was last seen
  bool operator==(const LedgerFiles&) const = default;
};

// The failure page.
struct PageFiles {
  std::string directory;  // with page.html, page.css, page.js in place of the built-in ones; empty: none
};

// One effective value as `config show` prints it.
struct ShownValue {
  std::string key;    // "listener[0].listen", "policy.idrac.tls.min_version"
  std::string value;  // as TOML
  Place place;        // file empty: built-in default
};

struct Settings {
  unsigned workers = 0;               // 0: one per core
  std::string proxy_name = "whytls";  // in Via and Proxy-Status
  std::vector<Listener> listeners;
  std::vector<PolicyFor> policy_for;
  std::map<std::string, policy::Policy> policies;  // merged; "browser" is always there
  Limits limits;
  Timeouts timeouts;
  Log log;
  Admin admin;
  AuthorityFiles authority;
  LedgerFiles ledger;
  PageFiles page;
  std::vector<ShownValue> shown;  // every effective value and its origin, in file order
};

}  // namespace whytls::config
