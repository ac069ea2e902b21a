#include "proxy/suggestion_toml.h"

#include <algorithm>

#include "proxy/escape.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using policy::Language;
using policy::PolicyHome;
using policy::say;
using policy::Word;

const char* const kBaseOfAll = "browser";
constexpr std::uint16_t kHttpsPort = 443;

const policy::PolicyInForce& in_force(const Record& record) {
  return record.verdict.policy;
}

bool has_own(const Record& record, std::string_view key) {
  const auto& keys = in_force(record).own_keys;
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// The policy that a new one has to extend: one with a table of its own, or the built-in one.
std::string base_policy(const Record& record) {
  const bool made = in_force(record).home != PolicyHome::policy_table;
  const std::string& name = made ? in_force(record).extends : record.policy_name;
  return name.empty() ? kBaseOfAll : name;
}

std::string toml_key(const std::string& name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  return bare ? name : toml_quote(name);
}

std::string line_of(const TomlKey& key, const std::string& note) {
  const std::string& said = note.empty() ? key.note : note;
  return key.name + " = " + key.value + (said.empty() ? "" : "   # " + said) + "\n";
}

// "   # add to the table that is there"
std::string comment(const std::string& text) {
  return std::string("   # ").append(text);
}

// A key in a table that is there, which may have it already.
std::string line_in_place(const Record& record, const Language& language, const TomlKey& key) {
  if (!has_own(record, key.name)) return line_of(key, {});
  const bool is_table = key.name == "tls" || key.name == "trust";
  std::string note = say(language, is_table ? Word::toml_into_keys : Word::toml_in_place);
  if (!key.note.empty()) note.append(", ").append(key.note);
  return line_of(key, note);
}

std::string rules_of_new(const std::string& name, const std::vector<TomlKey>& rules) {
  if (rules.empty()) return {};
  std::string toml = "\n[policy." + toml_key(name) + ".on]\n";
  for (const TomlKey& rule : rules) toml += line_of(rule, {});
  return toml;
}

std::string new_policy(const Record& record, const std::string& name, const PolicyChange& change) {
  std::string toml = "[policy." + toml_key(name) + "]\nextends = " + toml_quote(base_policy(record)) + "\n";
  for (const TomlKey& key : change.keys) toml += line_of(key, {});
  return toml + rules_of_new(name, change.rules);
}

std::string into_policy(const Record& record, const Language& language, const PolicyChange& change) {
  const std::string header = "[policy." + toml_key(record.policy_name);
  const std::string add_to_table = comment(say(language, Word::toml_add_to_table));
  std::string toml;
  if (!change.keys.empty()) toml += header + "]" + add_to_table + "\n";
  for (const TomlKey& key : change.keys) toml += line_in_place(record, language, key);
  if (change.rules.empty()) return toml;
  if (!toml.empty()) toml += "\n";
  toml += header + ".on]" + (has_own(record, "on") ? add_to_table : "") + "\n";
  for (const TomlKey& rule : change.rules) {
    const bool there = has_own(record, "on." + rule.name);
    toml += line_of(rule, there ? say(language, Word::toml_in_place_of_rule) : "");
  }
  return toml;
}

// "[[listener.route]]   # add to the one that is there: listener rev, route c.test/ui (line 14)"
std::string header_of_home(const Record& record, const Language& language) {
  const policy::PolicyInForce& now = in_force(record);
  std::string out = now.home == PolicyHome::route ? "[[listener.route]]" : "[[listener]]";
  const bool may_see_files = record.audience == config::Audience::full;
  const std::string place = visible_ascii(record.policy_name);
  const std::string line = std::to_string(now.place.line);
  const bool has_line = may_see_files && now.place.line > 0;
  out += comment(say(language, has_line ? Word::toml_add_to_home_line : Word::toml_add_to_home,
                     {{"place", place}, {"line", line}}));
  return out + "\n";
}

// The keys that the table itself may have go there, for it has the last word; the others into a policy
// between.
std::string beside_upstream(const Record& record, const Language& language, const PolicyChange& change) {
  PolicyChange between{{}, change.rules, change.scope};
  std::vector<TomlKey> here;
  for (const TomlKey& key : change.keys) {
    const bool is_client_leg = key.name == "tls" && in_force(record).home == PolicyHome::listener;
    (is_client_leg ? between.keys : here).push_back(key);
  }
  const bool needs_policy = !between.keys.empty() || !between.rules.empty();
  const std::string name = name_for_upstream(record);
  std::string toml = needs_policy ? new_policy(record, name, between) + "\n" : "";
  toml += header_of_home(record, language);
  if (needs_policy) toml += line_of({"policy", toml_quote(name)}, say(language, Word::toml_in_place_if));
  for (const TomlKey& key : here) toml += line_in_place(record, language, key);
  return toml;
}

// The name that the client asked for, where the upstream was reached by another (CONNECT to an address).
std::string asked_name(const Record& record, const PolicyChange& change) {
  const std::string& asked = record.expected_name;
  const bool is_changed = std::any_of(change.keys.begin(), change.keys.end(),
                                      [](const TomlKey& key) { return key.name == "expected_name"; });
  if (asked.empty() || asked == record.attempt.host || is_changed) return {};
  std::string toml = "expected_name = " + toml_quote(asked) + "\n";
  if (record.sni == asked) toml += "sni      = " + toml_quote(asked) + "\n";
  return toml;
}

std::string listener_for(const Record& record, const Language& language, const std::string& name,
                         const PolicyChange& change) {
  const std::uint16_t port = record.attempt.port == kHttpsPort ? std::uint16_t{0} : record.attempt.port;
  const std::string origin = "https://" + parts::authority(record.attempt.host, port);
  std::string toml = "\n[[listener]]            # ";
  toml.append(say(language, Word::toml_own_listener)).append("\nname     = ").append(toml_quote(name));
  toml.append("\nmode     = \"reverse\"\nlisten   = \"127.0.0.1:8443\"");
  toml.append(comment(say(language, Word::toml_any_address)));
  toml.append("\ntls      = { mint = true }\nupstream = ").append(toml_quote(origin)).append("\n");
  toml.append(asked_name(record, change)).append("policy   = ").append(toml_quote(name));
  return toml.append("\n");
}

std::string use_of(const Record& record, const Language& language, const std::string& name) {
  const std::string listener = toml_quote(record.listener);
  const std::string route = toml_quote(visible_ascii(record.route));
  const std::string then = say(language, record.route.empty() ? Word::toml_then : Word::toml_then_route,
                               {{"listener", listener}, {"route", route}});
  std::string toml = "\n# ";
  return toml.append(then).append("\n# policy = ").append(toml_quote(name)).append("\n");
}

}  // namespace

std::string name_for_upstream(const Record& record) {
  constexpr std::size_t kMaxTaken = 40;
  std::string name;
  for (const char c : record.attempt.host.substr(0, kMaxTaken)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    name += plain ? c : '-';
  }
  if (name.empty()) name = "device";
  const bool taken = policy::is_built_in(name) || name == base_policy(record) || name == record.listener;
  return taken ? name + "-exception" : name;
}

std::string suggestion_toml(const Record& record, const PolicyChange& change, const Language& language) {
  if (in_force(record).home != PolicyHome::policy_table) return beside_upstream(record, language, change);
  const bool is_forward = record.mode == config::Mode::forward;
  const bool of_one = change.scope == Scope::this_upstream && (is_forward || in_force(record).shared);
  if (!of_one && !policy::is_built_in(base_policy(record))) return into_policy(record, language, change);
  const std::string name = name_for_upstream(record);
  const std::string toml = new_policy(record, name, change);
  return toml + (of_one && is_forward ? listener_for(record, language, name, change)
                                      : use_of(record, language, name));
}

}  // namespace whytls::proxy
