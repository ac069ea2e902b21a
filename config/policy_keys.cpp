// The keys of one policy.
#include <algorithm>
#include <chrono>

#include "config/policies.h"

namespace whytls::config {

namespace {

const char* const kVersions = R"("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")";
constexpr WholeRange kSecurityLevels{0, 5};

// Notes one value, when there is one.
template <typename T, typename Set>
void assign(PolicyLayer& layer, const std::string& layer_key, const Place& place,
            const std::optional<T>& value, Set set) {
  if (!value) return;
  layer.assignments.push_back(
      {layer_key, place, [value = *value, set](policy::Policy& policy) { set(policy, value); }});
}

void assign_first_use(PolicyLayer& layer, const Place& place, const std::optional<bool>& first_use) {
  assign(layer, "trust.first_use", place, first_use, [place](policy::Policy& p, bool v) {
    p.first_use = v;
    p.first_use_place = place;
  });
}

// trust = "first_use" stands for the table with that key alone.
void read_trust_mode(Table& table, PolicyLayer& layer) {
  const Place place = table.place("trust");
  const auto mode = table.choice("trust", {"first_use"});
  assign_first_use(layer, place, mode ? std::optional(true) : std::nullopt);
}

void read_trust(Table table, PolicyLayer& layer) {
  assign_first_use(layer, table.place("first_use"), table.boolean("first_use"));
  assign(layer, "trust.system", table.place("system"), table.boolean("system"),
         [](policy::Policy& p, bool v) { p.tls.trust.system = v; });
  assign(layer, "trust.ca_files", table.place("ca_files"), table.files("ca_files"),
         [](policy::Policy& p, const std::vector<std::string>& v) { p.tls.trust.ca_files = v; });
  assign(layer, "trust.crl_files", table.place("crl_files"), table.files("crl_files"),
         [](policy::Policy& p, const std::vector<std::string>& v) { p.tls.trust.crl_files = v; });
  table.finish();
}

struct Sni {
  policy::SniMode mode = policy::SniMode::upstream_name;
  std::string name;
};

std::optional<Sni> read_sni(Table& table) {
  const std::string allowed = "a DNS name, true (the name of the upstream), false (send none)";
  const toml::value* value = table.take("sni");
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean())
    return Sni{value->as_boolean() ? policy::SniMode::upstream_name : policy::SniMode::off, {}};
  if (!value->is_string()) {
    table.error("sni", {"found " + describe(*value), describe(*value), allowed, {}});
    return std::nullopt;
  }
  const std::string& text = value->as_string().str;
  const Parsed<Host> host = parse_host(text);
  if (host && !host->is_ip) return Sni{policy::SniMode::fixed, host->name};
  const std::string fault = host ? "an IP address is never sent as SNI (RFC 6066, 3)" : host.error();
  table.error("sni", {in_quotes(text) + ": " + fault, text, allowed, {}});
  return std::nullopt;
}

std::optional<tls::UnixSeconds> read_until(Table& table) {
  using std::chrono::day, std::chrono::month, std::chrono::year, std::chrono::sys_days, std::chrono::seconds;
  const toml::value* value = table.take("until");
  if (value == nullptr) return std::nullopt;
  const auto seconds_of = [](const toml::local_date& date) {
    const sys_days days =
        year(date.year) / month(static_cast<unsigned>(date.month) + 1) / day(static_cast<unsigned>(date.day));
    return seconds(days.time_since_epoch()).count();
  };
  if (value->is_local_date()) return seconds_of(value->as_local_date());
  if (value->is_offset_datetime()) {
    const toml::offset_datetime& moment = value->as_offset_datetime();
    const std::int64_t minutes =
        (moment.time.hour - moment.offset.hour) * 60 + moment.time.minute - moment.offset.minute;
    return seconds_of(moment.date) + minutes * 60 + moment.time.second;
  }
  table.error("until", {"found " + describe(*value),
                        describe(*value),
                        "a date (2027-06-30, begins at midnight UTC) or a time with its offset "
                        "(2027-06-30T12:00:00Z), without quotes",
                        {}});
  return std::nullopt;
}

std::optional<policy::Action> action_of(Table& table, const std::string& key) {
  const std::optional<std::size_t> index = table.choice(key, {"refuse", "warn", "allow"});
  if (!index) return std::nullopt;
  constexpr std::array kActions = {policy::Action::refuse, policy::Action::warn, policy::Action::allow};
  return kActions.at(*index);
}

// "warn", or { action = "warn", until = ..., reason = "..." }.
std::optional<policy::Rule> read_rule(Table& on, const std::string& slug) {
  policy::Rule rule;
  rule.place = on.place(slug);
  const toml::value* value = on.take(slug);
  if (value == nullptr || !value->is_table()) {
    const std::optional<policy::Action> action = action_of(on, slug);
    if (!action) return std::nullopt;
    rule.action = *action;
    return rule;
  }
  Table table = on.table(slug);
  const std::optional<policy::Action> action = action_of(table, "action");
  if (!table.has("action")) {
    table.error_at_key("action", {"the action is missing", {}, R"("refuse", "warn", "allow")", {}});
  }
  rule.until = read_until(table);
  rule.reason = table.string("reason").value_or("");
  table.finish();
  if (!action) return std::nullopt;
  rule.action = *action;
  return rule;
}

// The slugs of what a rule may be about.
std::vector<std::string> forgivable() {
  std::vector<std::string> out;
  for (const policy::FailureInfo& row : policy::all_failures()) {
    if (policy::can_be_forgiven(row.failure)) out.emplace_back(row.slug);
  }
  return out;
}

void report_unknown_failure(const Table& on, const std::string& slug) {
  std::vector<std::string> slugs;
  for (const policy::FailureInfo& row : policy::all_failures()) {
    slugs.emplace_back(row.slug);
    // People know the codes that browsers show.
    if (row.code == slug) {
      on.error_at_key(slug,
                      {"rules go by slugs, not by codes", slug, joined(forgivable()), std::string(row.slug)});
      return;
    }
  }
  const std::string suggestion = nearest(slug, slugs);
  on.error_at_key(slug, {"unknown failure " + in_quotes(slug), slug,
                         suggestion.empty() ? joined(forgivable()) : "", suggestion});
}

}  // namespace

std::string name_fault(std::string_view name) {
  constexpr std::size_t kMaxName = 64;
  const bool good =
      !name.empty() && name.size() <= kMaxName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || c == '.';
      });
  return good ? "" : in_quotes(name) + " is no name";
}

std::optional<tls::WireVersion> read_version(Table& table, const std::string& key) {
  const std::optional<std::string> text = table.string(key);
  if (!text) return std::nullopt;
  const std::optional<tls::WireVersion> version = tls::parse_version(*text);
  if (!version) {
    table.error(key, {in_quotes(*text) + " is no TLS version", *text, kVersions,
                      nearest(*text, {"SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"})});
  }
  return version;
}

std::optional<std::string> read_filled(Table& table, const std::string& key, const std::string& allowed) {
  std::optional<std::string> text = table.string(key);
  if (text && text->empty()) {
    table.error(key, {"an empty string", "\"\"", allowed + "; leave the key out for the default", {}});
    return std::nullopt;
  }
  return text;
}

void note_tables(const Table& table, PolicyLayer& layer) {
  const bool has_rules = layer.home == policy::PolicyHome::policy_table;
  // tls of a listener is its client leg, none of ours.
  const bool has_tls = layer.home != policy::PolicyHome::listener;
  if (table.has("trust")) layer.tables.emplace_back("trust");
  if (has_tls && table.has("tls")) layer.tables.emplace_back("tls");
  if (has_rules && table.has("on")) layer.tables.emplace_back("on");
}

void read_peer_keys(Table& table, PolicyLayer& layer) {
  if (const toml::value* trust = table.take("trust"); trust != nullptr && trust->is_string()) {
    read_trust_mode(table, layer);
  } else {
    read_trust(table.table("trust"), layer);
  }
  const Place pins_place = table.place("pins");
  assign(layer, "pins", pins_place,
         table.parsed_list<std::string>(
             "pins", parse_pin, "\"sha256/\" and the base64 of the SHA-256 of the SubjectPublicKeyInfo"),
         [pins_place](policy::Policy& p, const std::vector<std::string>& v) {
           p.pins = v;
           p.pins_place = pins_place;
         });
  const auto revocation = table.choice("revocation", {"soft", "hard"});
  assign(layer, "revocation", table.place("revocation"), revocation, [](policy::Policy& p, std::size_t v) {
    p.revocation = v == 0 ? policy::RevocationMode::soft : policy::RevocationMode::hard;
  });
  assign(layer, "sni", table.place("sni"), read_sni(table), [](policy::Policy& p, const Sni& v) {
    p.sni = v.mode;
    p.sni_name = v.name;
  });
  assign(layer, "expected_name", table.place("expected_name"),
         table.parsed<Host>("expected_name", parse_host, "a DNS name or an IP address"),
         [](policy::Policy& p, const Host& v) { p.expected_name = v.name; });
}

void read_upstream_tls(Table table, PolicyLayer& layer) {
  const auto put = [&](const char* key, const auto& value, auto set) {
    assign(layer, std::string("tls.") + key, table.place(key), value,
           [set](policy::Policy& p, const auto& v) { set(p.tls, v); });
  };
  using Options = tls::UpstreamOptions;
  using Text = std::string;
  put("min_version", read_version(table, "min_version"),
      [](Options& o, tls::WireVersion v) { o.min_version = v; });
  put("max_version", read_version(table, "max_version"),
      [](Options& o, tls::WireVersion v) { o.max_version = v; });
  put("ciphers", read_filled(table, "ciphers", "an OpenSSL cipher list"),
      [](Options& o, const Text& v) { o.ciphers = v; });
  put("ciphersuites", read_filled(table, "ciphersuites", "TLS 1.3 suites with \":\" between"),
      [](Options& o, const Text& v) { o.ciphersuites = v; });
  put("groups", read_filled(table, "groups", "groups with \":\" between, \"X25519:P-256\""),
      [](Options& o, const Text& v) { o.groups = v; });
  put("security_level", table.whole("security_level", kSecurityLevels),
      [](Options& o, std::int64_t v) { o.security_level = static_cast<int>(v); });
  put("legacy_server_connect", table.boolean("legacy_server_connect"),
      [](Options& o, bool v) { o.legacy_server_connect = v; });
  put("client_certificate", table.file("client_certificate"),
      [](Options& o, const Text& v) { o.client_certificate_file = v; });
  put("client_key", table.file("client_key"), [](Options& o, const Text& v) { o.client_key_file = v; });
  table.finish();
}

void read_without_rule(Table& table, PolicyLayer& layer) {
  const char* const key = "without_rule";
  const std::string refuse(policy::name(policy::Action::refuse));
  const std::optional<std::string> text = table.string(key);
  if (!text) return;
  if (*text == policy::name(policy::Action::warn) || *text == policy::name(policy::Action::allow)) {
    table.error(key, {in_quotes(*text) + " for every failure would turn verification off",
                      *text,
                      in_quotes(kByFinding) + ", " + in_quotes(refuse) +
                          "; only what extends \"observe\" goes on whatever is found",
                      {}});
    return;
  }
  const std::optional<std::size_t> index = table.choice(key, {kByFinding, refuse});
  if (!index) return;
  std::optional<policy::Rule> rule;
  if (*index == 1) rule = policy::Rule{policy::Action::refuse, {}, {}, table.place(key), layer.name};
  layer.assignments.push_back({key, table.place(key), [rule](policy::Policy& p) { p.without_rule = rule; }});
}

void read_rules(Table table, PolicyLayer& layer) {
  for (const std::string& slug : table.all_keys()) {
    const std::optional<policy::Failure> failure = policy::failure_by_slug(slug);
    if (!failure) {
      report_unknown_failure(table, slug);
      continue;
    }
    if (!policy::can_be_forgiven(*failure)) {
      table.error_at_key(slug, {"no rule can forgive this: it leaves no connection to go on with",
                                slug,
                                joined(forgivable()),
                                {}});
      continue;
    }
    const std::string policy_name = layer.name;
    const std::size_t index = static_cast<std::size_t>(*failure);
    assign(layer, "on." + slug, table.place(slug), read_rule(table, slug),
           [index, policy_name](policy::Policy& p, const policy::Rule& v) {
             policy::Rule rule = v;
             rule.policy = policy_name;
             p.on.at(index) = rule;
           });
  }
}

}  // namespace whytls::config
