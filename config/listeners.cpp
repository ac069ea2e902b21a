#include "config/listeners.h"

#include <map>

#include "config/ports.h"

namespace whytls::config {

namespace {

const char* const kListenExamples = "\"127.0.0.1:8080\", \"[::1]:8080\", \"0.0.0.0:8443\", \"localhost:0\"";
const char* const kDefaultName = "forward";
const std::vector<PortRange> kDefaultConnectPorts = {{443, 443}, {1024, 65535}};
const std::vector<std::string> kAudiences = {"full", "operator", "public"};
constexpr WholeRange kSecurityLevels{0, 5};
constexpr std::size_t kMaxListeners = 200;

std::string mode_text(Mode mode) {
  return mode == Mode::forward ? "forward" : "reverse";
}

std::string other_mode(Mode mode) {
  return mode_text(mode == Mode::forward ? Mode::reverse : Mode::forward);
}

void read_client_leg_options(Table& table, tls::ClientLegOptions& options) {
  options.min_version = read_version(table, "min_version");
  options.max_version = read_version(table, "max_version");
  options.ciphers = read_filled(table, "ciphers", "an OpenSSL cipher list").value_or("");
  options.ciphersuites = read_filled(table, "ciphersuites", "TLS 1.3 suites with \":\" between").value_or("");
  options.groups = read_filled(table, "groups", "groups with \":\" between, \"X25519:P-256\"").value_or("");
  if (const auto level = table.whole("security_level", kSecurityLevels))
    options.security_level = static_cast<int>(*level);
  if (options.min_version && options.max_version && *options.min_version > *options.max_version) {
    table.error("min_version", {"min_version is above max_version", {}, {}, {}});
  }
  for (const char* key : {"legacy_server_connect", "client_certificate", "client_key"}) {
    if (!table.has_misplaced(key)) continue;
    table.error_at_key(key, {"this is an option of the upstream leg; tls of a listener is its client leg",
                             key,
                             "the same key in [policy.NAME.tls] or in tls of a [[listener.route]]",
                             {}});
  }
}

void read_identity(Table& table, ListenerTls& tls, Mode mode) {
  const auto mint = table.boolean("mint");
  const auto certificate = table.file("certificate");
  const auto key = table.file("key");
  tls.certificate_file = certificate.value_or("");
  tls.key_file = key.value_or("");
  const bool names_files = table.has("certificate") || table.has("key");
  tls.mint = mint.value_or(mode == Mode::forward && !names_files);
  if (mode == Mode::forward) {
    if (names_files) {
      table.error_at_key(
          table.has("certificate") ? "certificate" : "key",
          {"a forward listener mints a certificate for each host", {}, "no certificate and no key", {}});
    } else if (mint == false) {
      table.error("mint", {"a forward listener cannot intercept without minting",
                           "false",
                           "true; tunnel = [...] for hosts that shall not be intercepted",
                           {}});
    }
    return;
  }
  if (tls.mint && names_files) {
    table.error_at_key("mint",
                       {"mint and files exclude each other", {}, "mint = true, or certificate and key", {}});
  } else if (table.has("certificate") != table.has("key")) {
    table.error_at_key(table.has("certificate") ? "certificate" : "key",
                       {table.has("certificate") ? "the key is missing" : "the certificate is missing",
                        {},
                        "certificate and key, both",
                        {}});
  } else if (!tls.mint && !names_files && (mint || !table.has("mint"))) {
    table.error_at_key(
        "mint", {"this says not which certificate to show", {}, "mint = true, or certificate and key", {}});
  }
}

std::string or_default(const std::string& text) {
  return text.empty() ? "(OpenSSL's default)" : toml_string(text);
}

void show_tls(const Table& table, const ListenerTls& tls) {
  const tls::ClientLegOptions& options = tls.options;
  table.show("mint", toml_bool(tls.mint));
  if (!tls.mint) {
    table.show("certificate", toml_string(tls.certificate_file));
    table.show("key", toml_string(tls.key_file));
  }
  table.show("min_version",
             toml_string(tls::version_name(options.min_version.value_or(tls::kDefaultMinVersion))));
  table.show("max_version",
             toml_string(tls::version_name(options.max_version.value_or(tls::kDefaultMaxVersion))));
  table.show("ciphers", or_default(options.ciphers));
  table.show("ciphersuites", or_default(options.ciphersuites));
  table.show("groups", or_default(options.groups));
  table.show(
      "security_level",
      std::to_string(options.security_level.value_or(tls::default_security_level(options.min_version))));
}

void read_tls(Table& listener_table, Listener& listener) {
  Table table = listener_table.table("tls");
  if (!table.present()) return;
  ListenerTls tls;
  tls.place = listener_table.place("tls");
  read_identity(table, tls, listener.mode);
  read_client_leg_options(table, tls.options);
  table.finish();
  show_tls(table, tls);
  listener.tls = std::move(tls);
}

// What has a meaning in forward mode only.
void read_forward(Table& table, Listener& listener) {
  listener.tunnel = table
                        .parsed_list<std::string>("tunnel", parse_host_pattern,
                                                  "\"a.example\", \"*.a.example\", an IP address")
                        .value_or(std::vector<std::string>());
  listener.connect_ports = read_ports(table, "connect_ports").value_or(kDefaultConnectPorts);
  const bool allow_remote = table.boolean("allow_remote").value_or(false);
  if (!allow_remote && table.has("listen") && !listener.listen.host.empty() &&
      !is_loopback(listener.listen)) {
    table.error("listen", {in_quotes(listener.listen.text()) +
                               " is reachable from the network: a forward proxy that anybody may use",
                           listener.listen.text(),
                           "a loopback address, or allow_remote = true in this listener",
                           {}});
  }
  table.show("tunnel", toml_list(listener.tunnel));
  table.show("connect_ports", ports_list(listener.connect_ports));
  table.show("allow_remote", toml_bool(allow_remote));
}

// Keys of the other mode are known, and refused with the reason.
void refuse_keys(Table& table, Mode mode, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (!table.has_misplaced(key)) continue;
    table.error_at_key(key, {"this has no meaning in " + mode_text(mode) + " mode",
                             key,
                             "mode = \"" + other_mode(mode) + "\", or no such key",
                             {}});
  }
}

// nullopt: missing or wrong, reported.
std::optional<Mode> read_mode(Table& table) {
  const auto mode = table.choice("mode", {"forward", "reverse"});
  if (!table.has("mode"))
    table.error_at_key("mode", {"the mode is missing", {}, R"("forward", "reverse")", {}});
  if (!mode) return std::nullopt;
  return *mode == 0 ? Mode::forward : Mode::reverse;
}

void read_head(Table& table, Listener& listener) {
  const auto name = table.string("name");
  listener.name = name.value_or("");
  if (!table.has("name")) {
    table.error_at_key("name", {"the name is missing", {}, "a name of its own for each listener", {}});
  } else if (name && !name_fault(*name).empty()) {
    table.error("name", {name_fault(*name), *name, "1 to 64 letters, digits, \"_\", \"-\", \".\"", {}});
  }
  listener.listen = table.parsed<HostPort>("listen", parse_listen, kListenExamples).value_or(HostPort{});
  if (!table.has("listen"))
    table.error_at_key("listen", {"the address to listen on is missing", {}, kListenExamples, {}});
}

void show_head(const Table& table, const Listener& listener) {
  table.show("name", toml_string(listener.name));
  table.show("mode", toml_string(mode_text(listener.mode)));
  table.show("listen", toml_string(listener.listen.text()));
  table.show("policy", toml_string(listener.policy));
  table.show("audience", toml_string(kAudiences.at(static_cast<std::size_t>(listener.audience))));
}

Listener read_listener(Table& table, Policies& policies) {
  Listener listener;
  listener.place = table.place();
  read_head(table, listener);
  const std::optional<Mode> mode = read_mode(table);
  listener.mode = mode.value_or(Mode::forward);
  if (const auto policy = table.string("policy")) {
    policies.use(table, "policy", *policy);
    listener.policy = *policy;
    listener.policy_place = table.place("policy");
  }
  const Audience by_address = is_loopback(listener.listen) ? Audience::full : Audience::public_;
  const auto audience = table.choice("audience", kAudiences);
  listener.audience = audience ? static_cast<Audience>(*audience) : by_address;
  show_head(table, listener);
  // Without a mode nobody knows which of the other keys are right.
  if (!mode) return listener;
  if (*mode == Mode::forward) {
    read_forward(table, listener);
    refuse_keys(table, *mode,
                {"upstream", "route", "preserve_host", "sni", "expected_name", "trust", "pins"});
  } else {
    refuse_keys(table, *mode, {"tunnel", "connect_ports", "allow_remote"});
    listener.routes = read_routes(table, listener, policies);
  }
  read_tls(table, listener);
  // The policy of the listener is shown with what the options of its only upstream made of it.
  table.finish();
  return listener;
}

Listener built_in_listener(Reading& reading) {
  const Table absent(reading, nullptr, "listener[0]");
  Listener listener;
  listener.name = kDefaultName;
  listener.listen = HostPort{"127.0.0.1", 8080};
  listener.connect_ports = kDefaultConnectPorts;
  show_head(absent, listener);
  Table table(reading, nullptr, "listener[0]");
  read_forward(table, listener);
  return listener;
}

}  // namespace

std::vector<Listener> read_listeners(Table& top, Policies& policies) {
  std::vector<Table> tables = top.tables("listener");
  std::vector<Listener> out;
  if (tables.size() > kMaxListeners) {
    top.error_at_key(
        "listener", {"too many listeners", std::to_string(tables.size()), std::to_string(kMaxListeners), {}});
    return out;
  }
  for (Table& table : tables) out.push_back(read_listener(table, policies));
  if (out.empty()) out.push_back(built_in_listener(top.reading()));
  return out;
}

void check_listeners(const Table& top, const std::vector<Listener>& listeners, const Admin& admin) {
  std::map<std::string, int> names;
  std::map<std::string, std::string> addresses;
  if (admin.enabled && admin.listen.port != 0) addresses.emplace(admin.listen.text(), "the admin listener");
  Reading& reading = top.reading();
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const Listener& listener = listeners[i];
    const std::string path = join_index("listener", i);
    const std::string name_key = path + ".name";
    const std::string listen_key = path + ".listen";
    const auto [same_name, is_new] = names.try_emplace(listener.name, listener.place.line);
    if (!is_new && !listener.name.empty()) {
      reading.report.error(reading.value_spot(name_key), name_key,
                           {"a second listener named " + in_quotes(listener.name) +
                                ", the first one is in line " + std::to_string(same_name->second),
                            listener.name,
                            {},
                            {}});
    }
    if (listener.listen.host.empty() || listener.listen.port == 0) continue;
    const auto [same, is_free] =
        addresses.try_emplace(listener.listen.text(), "listener " + in_quotes(listener.name));
    if (!is_free) {
      reading.report.error(reading.value_spot(listen_key), listen_key,
                           {same->second + " listens on " + in_quotes(listener.listen.text()) + " already",
                            listener.listen.text(),
                            {},
                            {}});
    }
  }
}

}  // namespace whytls::config
