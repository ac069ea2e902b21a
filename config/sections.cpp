#include "config/sections.h"

#include <algorithm>
#include <cstdlib>

namespace whytls::config {

namespace {

constexpr WholeRange kWorkers{0, 1024};
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::chrono::milliseconds kShortest{10};
constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);

// A token of RFC 9110, 5.6.2: the name goes into Via and Proxy-Status as it is.
bool is_token(std::string_view text) {
  constexpr std::size_t kMaxToken = 64;
  return !text.empty() && text.size() <= kMaxToken && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

void read_top(Table& top, Settings& settings) {
  if (const auto workers = top.whole("workers", kWorkers)) settings.workers = static_cast<unsigned>(*workers);
  top.show("workers", std::to_string(settings.workers));
  if (const auto name = top.string("proxy_name")) {
    // RFC 8941, 3.3.4: in Proxy-Status a token begins with a letter or "*".
    const char first = name->empty() ? '0' : name->front();
    const bool is_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
    if (is_letter && is_token(*name)) {
      settings.proxy_name = *name;
    } else {
      top.error("proxy_name", {in_quotes(*name) + " cannot stand in Via",
                               *name,
                               "up to 64 letters, digits and \"-._\", the first one a letter",
                               {}});
    }
  }
  top.show("proxy_name", toml_string(settings.proxy_name));
}

void read_log(Table table, Log& log) {
  const std::vector<std::string> levels = {"debug", "info", "warning", "error"};
  if (const auto level = table.choice("level", levels)) log.level = static_cast<LogLevel>(*level);
  table.show("level", toml_string(levels.at(static_cast<std::size_t>(log.level))));
  log.file = table.file("file").value_or(log.file);
  table.show("file", log.file.empty() ? "(standard error)" : toml_string(log.file));
  log.access = table.boolean("access").value_or(log.access);
  table.show("access", toml_bool(log.access));
  log.handshakes = table.boolean("handshakes").value_or(log.handshakes);
  table.show("handshakes", toml_bool(log.handshakes));
  table.finish();
}

void read_admin(Table table, Admin& admin) {
  admin.enabled = table.boolean("enabled").value_or(admin.enabled);
  table.show("enabled", toml_bool(admin.enabled));
  const auto listen =
      table.parsed<HostPort>("listen", parse_listen, "\"127.0.0.1:8079\", \"[::1]:8079\", \"localhost:0\"");
  admin.listen = listen.value_or(admin.listen);
  table.show("listen", toml_string(admin.listen.text()));
  const bool allow_remote = table.boolean("allow_remote").value_or(false);
  table.show("allow_remote", toml_bool(allow_remote));
  if (admin.enabled && !allow_remote && !is_loopback(admin.listen)) {
    table.error("listen",
                {in_quotes(admin.listen.text()) +
                     " is reachable from the network, and the admin listener asks nobody who they are",
                 admin.listen.text(),
                 "a loopback address, or allow_remote = true in [admin]",
                 {}});
  }
  table.finish();
}

struct Bounds {
  std::uint64_t least;
  std::uint64_t most;
};

void read_limits(Table table, Limits& limits) {
  const auto bytes = [&](const char* key, std::size_t& field, Bounds bounds) {
    field = table.size(key, bounds.least, bounds.most).value_or(field);
    table.show(key, toml_string(size_text(field)));
  };
  const auto count = [&](const char* key, std::size_t& field, WholeRange range) {
    field = static_cast<std::size_t>(table.whole(key, range).value_or(static_cast<std::int64_t>(field)));
    table.show(key, std::to_string(field));
  };
  bytes("max_head_bytes", limits.max_head_bytes, {kKiB, 16 * kMiB});
  bytes("max_uri_bytes", limits.max_uri_bytes, {256, kMiB});
  count("max_header_fields", limits.max_header_fields, {8, 10'000});
  count("max_connections", limits.max_connections, {1, 1'000'000});
  count("max_idle_upstream", limits.max_idle_upstream, {0, 100'000});
  if (limits.max_uri_bytes > limits.max_head_bytes) {
    table.error(table.has("max_uri_bytes") ? "max_uri_bytes" : "max_head_bytes",
                {"max_uri_bytes is larger than max_head_bytes, of which it is a part",
                 size_text(limits.max_uri_bytes),
                 "at most " + size_text(limits.max_head_bytes),
                 {}});
  }
  table.finish();
}

void read_timeouts(Table table, Timeouts& timeouts) {
  const auto read = [&](const char* key, std::chrono::milliseconds& field) {
    field = table.duration(key, kShortest, kLongest).value_or(field);
    table.show(key, toml_string(duration_text(field)));
  };
  read("client_handshake", timeouts.client_handshake);
  read("client_header", timeouts.client_header);
  read("client_body", timeouts.client_body);
  read("client_idle", timeouts.client_idle);
  read("client_write", timeouts.client_write);
  read("dns", timeouts.dns);
  read("connect", timeouts.connect);
  read("handshake", timeouts.handshake);
  read("first_byte", timeouts.first_byte);
  read("upstream_body", timeouts.upstream_body);
  read("upstream_write", timeouts.upstream_write);
  read("upstream_idle", timeouts.upstream_idle);
  read("tunnel_idle", timeouts.tunnel_idle);
  read("drain", timeouts.drain);
  table.finish();
}

// The user's data directory (XDG Base Directory Specification); the system's where there is no user.
std::string default_data_directory() {
  const char* data = std::getenv("XDG_DATA_HOME");
  if (data != nullptr && data[0] == '/') return std::string(data) + "/whytls";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/share/whytls";
  return "/var/lib/whytls";
}

void read_authority(Table table, AuthorityFiles& authority) {
  authority.directory = table.file("directory").value_or(default_data_directory());
  table.show("directory", toml_string(authority.directory));
  table.finish();
}

void read_ledger(Table table, LedgerFiles& ledger) {
  constexpr WholeRange kCertificates{1000, 10'000'000};
  constexpr WholeRange kDays{1, 36'500};
  ledger.enabled = table.boolean("enabled").value_or(ledger.enabled);
  table.show("enabled", toml_bool(ledger.enabled));
  ledger.directory = table.file("directory").value_or(default_data_directory());
  table.show("directory", toml_string(ledger.directory));
  ledger.max_certificates =
      static_cast<std::size_t>(table.whole("max_certificates", kCertificates)
                                   .value_or(static_cast<std::int64_t>(ledger.max_certificates)));
  table.show("max_certificates", std::to_string(ledger.max_certificates));
  ledger.keep_days = static_cast<int>(table.whole("keep_days", kDays).value_or(ledger.keep_days));
  table.show("keep_days", std::to_string(ledger.keep_days));
  table.finish();
}

void read_page(Table table, PageFiles& page) {
  page.directory = table.file("directory").value_or(page.directory);
  table.show("directory", page.directory.empty() ? "(built-in page)" : toml_string(page.directory));
  table.finish();
}

}  // namespace

void read_sections(Table& top, Settings& settings) {
  read_top(top, settings);
  read_log(top.table("log"), settings.log);
  read_admin(top.table("admin"), settings.admin);
  read_limits(top.table("limits"), settings.limits);
  read_timeouts(top.table("timeouts"), settings.timeouts);
  read_authority(top.table("authority"), settings.authority);
  read_ledger(top.table("ledger"), settings.ledger);
  read_page(top.table("page"), settings.page);
}

}  // namespace whytls::config
