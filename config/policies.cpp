#include "config/policies.h"

#include <algorithm>

namespace whytls::config {

namespace {

const char* const kBaseOfAll = "browser";
const char* const kUnset = "(OpenSSL's default)";
constexpr WholeRange kRsaBits{512, 16384};
// A merged policy takes some 30 KiB.
constexpr std::size_t kMaxPolicies = 500;
constexpr WholeRange kEcBits{160, 521};

std::string text_or_unset(const std::string& text) {
  return text.empty() ? kUnset : toml_string(text);
}

std::string version_text(const std::optional<tls::WireVersion>& version, tls::WireVersion by_default) {
  return toml_string(tls::version_name(version.value_or(by_default)));
}

std::string sni_text(const policy::Policy& policy) {
  switch (policy.sni) {
    case policy::SniMode::upstream_name:
      return "true";
    case policy::SniMode::off:
      return "false";
    case policy::SniMode::fixed:
      return toml_string(policy.sni_name);
  }
  return {};
}

std::string rule_text(const policy::Rule& rule) {
  std::string action = toml_string(policy::name(rule.action));
  if (!rule.until && rule.reason.empty()) return action;
  std::string out = "{ action = " + action;
  if (rule.until) out += ", until = " + time_text(*rule.until);
  if (!rule.reason.empty()) out += ", reason = " + toml_string(rule.reason);
  return out + " }";
}

std::string without_rule_text(const policy::Policy& policy) {
  return toml_string(policy.without_rule ? policy::name(policy.without_rule->action) : kByFinding);
}

// Every value of a policy but its rules, as TOML.
std::vector<std::pair<std::string, std::string>> values_of(const policy::Policy& policy) {
  const tls::UpstreamOptions& tls = policy.tls;
  std::vector<std::string> pins;
  for (const std::string& pin : policy.pins) pins.push_back("sha256/" + pin);
  return {
      {"trust.first_use", toml_bool(policy.first_use)},
      {"trust.system", toml_bool(tls.trust.system)},
      {"trust.ca_files", toml_list(tls.trust.ca_files)},
      {"trust.crl_files", toml_list(tls.trust.crl_files)},
      {"revocation", toml_string(policy.revocation == policy::RevocationMode::hard ? "hard" : "soft")},
      {"pins", toml_list(pins)},
      {"sni", sni_text(policy)},
      {"expected_name", policy.expected_name.empty() ? "(the name that the client asked for)"
                                                     : toml_string(policy.expected_name)},
      {"tls.min_version", version_text(tls.min_version, tls::kDefaultMinVersion)},
      {"tls.max_version", version_text(tls.max_version, tls::kDefaultMaxVersion)},
      {"tls.ciphers", text_or_unset(tls.ciphers)},
      {"tls.ciphersuites", text_or_unset(tls.ciphersuites)},
      {"tls.groups", text_or_unset(tls.groups)},
      {"tls.security_level",
       std::to_string(tls.security_level.value_or(tls::default_security_level(tls.min_version)))},
      {"tls.legacy_server_connect", toml_bool(tls.legacy_server_connect)},
      {"tls.client_certificate",
       tls.client_certificate_file.empty() ? "(none)" : toml_string(tls.client_certificate_file)},
      {"tls.client_key", tls.client_key_file.empty() ? "(none)" : toml_string(tls.client_key_file)},
      {"min_rsa_bits", std::to_string(policy.min_rsa_bits)},
      {"min_ec_bits", std::to_string(policy.min_ec_bits)},
      {"without_rule", without_rule_text(policy)},
  };
}

// The place of the first of `keys` that the layer itself sets; nullptr: none of them.
const Assignment* own_assignment(const PolicyLayer& layer, std::initializer_list<std::string_view> keys) {
  for (const Assignment& assignment : layer.assignments) {
    if (std::find(keys.begin(), keys.end(), assignment.key) != keys.end()) return &assignment;
  }
  return nullptr;
}

}  // namespace

Policies::Policies(Reading& reading) : reading_(reading) {
  for (policy::Policy& built_in : policy::built_in_policies()) {
    std::string name = built_in.name;
    merged_[std::move(name)].policy = std::move(built_in);
  }
}

std::vector<std::string> Policies::names() const {
  std::vector<std::string> out;
  for (const policy::Policy& built_in : policy::built_in_policies()) out.push_back(built_in.name);
  for (const auto& [name, layer] : layers_) {
    if (name_fault(name).empty()) out.push_back(name);
  }
  return out;
}

void Policies::read(Table& top) {
  Table all = top.table("policy");
  for (const std::string& name : all.all_keys()) {
    if (!has_room(all.place(name), all.path(name))) break;
    const bool is_built_in = policy::is_built_in(name);
    if (is_built_in) {
      all.error_at_key(name, {in_quotes(name) + " is built in and cannot be changed",
                              name,
                              "a policy with a name of its own, that extends " + in_quotes(name),
                              {}});
    } else if (const std::string fault = name_fault(name); !fault.empty()) {
      all.error_at_key(name, {fault, name, "1 to 64 letters, digits, \"_\", \"-\", \".\"", {}});
    }
    Table table = all.table(name);
    PolicyLayer layer;
    layer.name = name;
    layer.path = table.path();
    layer.place = table.place();
    layer.extends = table.string("extends").value_or(kBaseOfAll);
    note_tables(table, layer);
    read_peer_keys(table, layer);
    read_upstream_tls(table.table("tls"), layer);
    if (const auto bits = table.whole("min_rsa_bits", kRsaBits)) {
      layer.assignments.push_back({"min_rsa_bits", table.place("min_rsa_bits"),
                                   [v = static_cast<int>(*bits)](policy::Policy& p) { p.min_rsa_bits = v; }});
    }
    if (const auto bits = table.whole("min_ec_bits", kEcBits)) {
      layer.assignments.push_back({"min_ec_bits", table.place("min_ec_bits"),
                                   [v = static_cast<int>(*bits)](policy::Policy& p) { p.min_ec_bits = v; }});
    }
    read_without_rule(table, layer);
    read_rules(table.table("on"), layer);
    table.finish();
    if (!is_built_in) layers_.emplace(name, std::move(layer));
  }
  for (const auto& [name, layer] : layers_) {
    const Table table = all.table(name);
    if (table.has("extends")) use(table, "extends", layer.extends);
  }
}

void Policies::use(const Table& table, const std::string& key, const std::string& name) {
  const std::vector<std::string> known = names();
  used_.insert(name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  table.error(key, {"there is no policy " + in_quotes(name), name, joined(known), nearest(name, known)});
}

void Policies::add(PolicyLayer layer) {
  used_.insert(layer.name);
  if (!has_room(layer.place, layer.path)) return;
  std::string name = layer.name;
  layers_.emplace(std::move(name), std::move(layer));
}

void Policies::judge_by(const std::string& name, Spot spot, const std::string& key) {
  judged_by_.try_emplace(name, Use{spot, key});
}

bool Policies::has_room(const Place& place, const std::string& path) {
  if (layers_.size() < kMaxPolicies) return true;
  reading_.report.error({place.line, place.column}, path,
                        {"too many policies, counting routes with TLS options of their own",
                         {},
                         std::to_string(kMaxPolicies),
                         {}});
  return false;
}

void Policies::report_circle(const std::vector<std::string>& chain, const std::string& again) {
  const auto begin = std::find(chain.begin(), chain.end(), again);
  std::string circle;
  for (auto name = begin; name != chain.end(); ++name) circle += *name + " -> ";
  const std::string key = join_key(layers_.at(again).path, "extends");
  reading_.report.error(reading_.value_spot(key), key,
                        {"policies extend each other in a circle: " + circle + again, again, {}, {}});
}

// Down to what is merged already, then up again: in a loop, since every policy may extend another one.
const Policies::Merged& Policies::merged(const std::string& name) {
  std::vector<std::string> chain;  // those that wait for what they extend
  std::set<std::string> waiting;
  std::string next = name;
  while (merged_.find(next) == merged_.end()) {
    const auto found = layers_.find(next);
    // What extends an unknown policy (use() reported it), or itself, is checked as if it extended "browser".
    const bool is_circle = !waiting.insert(next).second;
    if (is_circle) report_circle(chain, next);
    if (is_circle || found == layers_.end()) {
      next = kBaseOfAll;
      break;
    }
    chain.push_back(next);
    next = found->second.extends;
  }
  const Merged* base = &merged_.at(next);
  for (auto waits = chain.rbegin(); waits != chain.rend(); ++waits) {
    const PolicyLayer& layer = layers_.at(*waits);
    base = &merged_.emplace(*waits, on_top_of(*base, layer)).first->second;
    check(layer, base->policy);
  }
  return *base;
}

Policies::Merged Policies::on_top_of(const Merged& base, const PolicyLayer& layer) const {
  Merged result = base;
  for (const Assignment& assignment : layer.assignments) {
    assignment.apply(result.policy);
    result.places[assignment.key] = assignment.place;
  }
  result.policy.name = layer.name;
  result.policy.home = layer.home;
  result.policy.own_keys = layer.tables;
  for (const Assignment& assignment : layer.assignments) result.policy.own_keys.push_back(assignment.key);
  result.policy.extends = layer.extends;
  result.policy.place = layer.place;
  return result;
}

// What can only be judged after merging. Reported where this layer itself says half of it.
void Policies::check(const PolicyLayer& layer, const policy::Policy& policy) {
  const auto complain = [&](const Assignment* at, Complaint complaint) {
    if (at == nullptr) return;
    reading_.report.error({at->place.line, at->place.column}, layer.path + '.' + at->key,
                          std::move(complaint));
  };
  const tls::UpstreamOptions& tls = policy.tls;
  if (tls.min_version && tls.max_version && *tls.min_version > *tls.max_version) {
    complain(own_assignment(layer, {"tls.min_version", "tls.max_version"}),
             {"min_version " + tls::version_name(*tls.min_version) + " is above max_version " +
                  tls::version_name(*tls.max_version),
              {},
              {},
              {}});
  }
  if (tls.client_certificate_file.empty() != tls.client_key_file.empty()) {
    complain(own_assignment(layer, {"tls.client_certificate", "tls.client_key"}),
             {"client_certificate and client_key go together, one of them is missing", {}, {}, {}});
  }
  const Assignment* trust = own_assignment(layer, {"trust.system", "trust.ca_files", "pins"});
  // Where it is an error, check_trust() says so.
  const bool is_error = policy.demands_trust && judged_by_.count(layer.name) != 0;
  if (trust != nullptr && !is_error && !tls.trust.system && tls.trust.ca_files.empty() &&
      policy.pins.empty() && !policy.first_use) {
    reading_.report.warning(
        {trust->place.line, trust->place.column}, layer.path + '.' + trust->key,
        {"this policy trusts no CA and pins no key: it refuses every certificate", {}, {}, {}});
  }
}

// Only of a policy by which an upstream is judged: another one may leave the keys to those that extend it.
void Policies::check_trust(const std::string& name, const policy::Policy& policy) {
  const auto use = judged_by_.find(name);
  if (use == judged_by_.end() || !policy.demands_trust || policy::says_whom_to_trust(policy)) return;
  const auto layer = layers_.find(name);
  Spot spot = use->second.spot;
  std::string key = use->second.key;
  if (layer != layers_.end()) {
    key = join_key(layer->second.path, "extends");
    spot = reading_.value_spot(key);
    // A route says by "policy" what it extends, and perhaps only its listener does.
    if (spot.line == 0) spot = reading_.value_spot(key = join_key(layer->second.path, "policy"));
    if (spot.line == 0) spot = {layer->second.place.line, layer->second.place.column};
  }
  reading_.report.error(
      spot, key,
      {"\"legacy\" trusts no CA and no key by itself, and nothing here says which server is the right one",
       name,
       "pins = [\"sha256/...\"] with the key of the device, in a policy that extends it or beside the "
       "upstream (a failure page shows the pin); or trust = { ca_files = [...] }, or a rule such as "
       "on.cert_self_signed = \"warn\", which lets anybody stand in for the device",
       {}});
}

void Policies::show(const std::string& path, const Merged& merged) {
  const auto place_of = [&](const std::string& key) {
    const auto found = merged.places.find(key);
    return found == merged.places.end() ? Place{} : found->second;
  };
  if (!merged.policy.extends.empty()) {
    reading_.shown.push_back({path + ".extends", toml_string(merged.policy.extends), merged.policy.place});
  }
  for (const auto& [key, value] : values_of(merged.policy)) {
    std::string full_key = path;
    full_key.append(".").append(key);
    reading_.shown.push_back({std::move(full_key), value, place_of(key)});
  }
  for (const policy::FailureInfo& row : policy::all_failures()) {
    const auto& rule = merged.policy.on.at(static_cast<std::size_t>(row.failure));
    if (rule)
      reading_.shown.push_back({path + ".on." + std::string(row.slug), rule_text(*rule), rule->place});
  }
}

std::map<std::string, policy::Policy> Policies::merge() {
  for (const auto& [name, layer] : layers_) (void)merged(name);
  for (const auto& [name, result] : merged_) check_trust(name, result.policy);
  for (const auto& [name, layer] : layers_) {
    if (used_.count(name) != 0) continue;
    reading_.report.warning({layer.place.line, layer.place.column}, layer.path,
                            {"this policy is used by nobody", {}, {}, {}});
  }
  std::map<std::string, policy::Policy> out;
  for (const auto& [name, result] : merged_) {
    show(join_key("policy", name), result);
    out.emplace(name, result.policy);
  }
  return out;
}

}  // namespace whytls::config
