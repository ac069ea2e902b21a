#include "config/selection.h"

#include <algorithm>
#include <tuple>

#include "config/load.h"
#include "config/ports.h"

namespace whytls::config {

namespace {

constexpr std::size_t kMaxEntries = 1000;
const char* const kHostExamples = "\"a.example\", \"*.a.example\", an IP address, \"*\" for any";
const char* const kRangeExamples = "\"10.0.0.0/8\", \"fd00::/8\", \"10.0.0.7\"";

bool has_condition(const Table& table) {
  return table.has("host") || table.has("ports") || table.has("address");
}

bool matches_all(const PolicyFor& entry) {
  return entry.host == "*" && entry.ports.empty() && !entry.address;
}

PolicyFor read_entry(Table& table, Policies& policies) {
  PolicyFor entry;
  entry.place = table.place();
  // A pattern that is wrong matches nothing, so that nothing is said of the entries behind it.
  const auto host = table.parsed<std::string>("host", parse_any_host_pattern, kHostExamples);
  if (table.has("host")) entry.host = host.value_or("");
  if (const auto ports = read_ports(table, "ports")) {
    entry.ports = *ports;
    if (ports->empty() && table.take("ports")->is_array() && table.take("ports")->size() == 0)
      table.error("ports", {"an empty list matches no port", "[]", "ports, or no such key for any port", {}});
  }
  entry.address = table.parsed<AddressRange>("address", parse_address_range, kRangeExamples);
  if (const auto name = table.string("policy")) {
    policies.use(table, "policy", *name);
    entry.policy = *name;
  } else if (!table.has("policy")) {
    table.error_at_key("policy", {"the policy is missing", {}, "the name of a policy", {}});
  }
  if (!has_condition(table)) {
    table.error_at_key("host", {"this does not say which upstreams it is for",
                                {},
                                "host, ports, address; host = \"*\" for all",
                                {}});
  }
  table.finish();
  table.show("host", toml_string(entry.host));
  table.show("ports", entry.ports.empty() ? "(any)" : ports_list(entry.ports));
  table.show("address", entry.address ? toml_string(entry.address->text()) : "(any)");
  table.show("policy", toml_string(entry.policy));
  return entry;
}

// Entries that can never decide, because an earlier one always does.
void check_order(const std::vector<Table>& tables, const std::vector<PolicyFor>& entries) {
  std::map<std::tuple<std::string, std::vector<PortRange>, std::optional<AddressRange>>, int> lines;
  const PolicyFor* all = nullptr;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const PolicyFor& entry = entries[i];
    if (all != nullptr) {
      tables[i].reading().report.warning({entry.place.line, entry.place.column}, tables[i].path(),
                                         {"this is never asked: the one in line " +
                                              std::to_string(all->place.line) + " matches every upstream",
                                          {},
                                          {},
                                          {}});
      continue;
    }
    const auto [earlier, is_new] =
        lines.try_emplace({entry.host, entry.ports, entry.address}, entry.place.line);
    if (!is_new && has_condition(tables[i])) {
      tables[i].error_at_key("host", {"this matches the same as the one in line " +
                                          std::to_string(earlier->second) + ", which comes first",
                                      {},
                                      {},
                                      {}});
    }
    if (matches_all(entry) && has_condition(tables[i])) all = &entry;
  }
}

// One upstream, or those of one [[policy_for]], with what judges it.
struct Judged {
  std::string policy;
  std::string key;            // of the name of the policy, in the file
  std::size_t upstreams = 1;  // more than one: 2
};

std::vector<Judged> judged_by_listener(const Listener& listener, std::size_t index) {
  const std::string path = join_index("listener", index);
  std::vector<Judged> out;
  if (listener.mode == Mode::forward) out.push_back({listener.policy, path + ".policy"});
  for (std::size_t i = 0; i < listener.routes.size(); ++i) {
    const Route& route = listener.routes[i];
    const bool is_named_there = route.choice && route.choice->by == policy::Chooser::route;
    out.push_back({route.policy.empty() ? listener.policy : route.policy,
                   (is_named_there ? join_index(path + ".route", i) : path) + ".policy"});
  }
  return out;
}

std::vector<Judged> judged_by_entries(const Settings& settings) {
  std::vector<Judged> out;
  for (std::size_t i = 0; i < settings.policy_for.size(); ++i) {
    const PolicyFor& entry = settings.policy_for[i];
    const bool is_one_host = entry.host.find('*') == std::string::npos;
    out.push_back({entry.policy, join_index("policy_for", i) + ".policy", is_one_host ? 1U : 2U});
  }
  return out;
}

bool asks_entries(const Listener& listener) {
  return listener.mode == Mode::forward || std::any_of(listener.routes.begin(), listener.routes.end(),
                                                       [](const Route& route) { return !route.choice; });
}

bool goes_on_whatever_is_found(const Settings& settings, const std::string& name) {
  const auto found = settings.policies.find(name);
  if (found == settings.policies.end()) return false;
  const auto& rule = found->second.without_rule;
  return rule && rule->action != policy::Action::refuse;
}

}  // namespace

std::vector<PolicyFor> read_policy_for(Table& top, Policies& policies) {
  std::vector<Table> tables = top.tables("policy_for");
  std::vector<PolicyFor> entries;
  if (tables.size() > kMaxEntries) {
    top.error_at_key("policy_for",
                     {"too many entries", std::to_string(tables.size()), std::to_string(kMaxEntries), {}});
    return entries;
  }
  for (Table& table : tables) entries.push_back(read_entry(table, policies));
  check_order(tables, entries);
  return entries;
}

void note_judges(const Reading& reading, const Settings& settings, Policies& policies) {
  const auto note = [&](const std::vector<Judged>& all) {
    for (const Judged& judged : all)
      policies.judge_by(judged.policy, reading.value_spot(judged.key), judged.key);
  };
  for (std::size_t i = 0; i < settings.listeners.size(); ++i)
    note(judged_by_listener(settings.listeners[i], i));
  note(judged_by_entries(settings));
}

void warn_of_observers(Reading& reading, const Settings& settings) {
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const Listener& listener = settings.listeners[i];
    if (listener.listen.host.empty() || is_loopback(listener.listen)) continue;
    std::vector<Judged> all = judged_by_listener(listener, i);
    if (asks_entries(listener)) {
      const std::vector<Judged> more = judged_by_entries(settings);
      all.insert(all.end(), more.begin(), more.end());
    }
    const auto observes = std::find_if(all.begin(), all.end(), [&settings](const Judged& judged) {
      return goes_on_whatever_is_found(settings, judged.policy);
    });
    if (observes == all.end()) continue;
    Spot spot = reading.value_spot(observes->key);
    // A route with keys of its own may have the name from its listener.
    if (spot.line == 0) spot = reading.value_spot(join_index("listener", i) + ".policy");
    reading.report.warning(
        spot, observes->key,
        {in_quotes(observes->policy) + " protects nobody, it forwards whatever it finds; and " + "listener " +
             in_quotes(listener.name) + " on " + in_quotes(listener.listen.text()) +
             " is reachable from the network",
         {},
         {},
         {}});
  }
}

std::multiset<std::string> upstream_policies(const Settings& settings) {
  std::multiset<std::string> used;
  const auto count = [&used](const std::vector<Judged>& all) {
    for (const Judged& judged : all) {
      for (std::size_t i = 0; i < judged.upstreams; ++i) used.insert(judged.policy);
    }
  };
  for (std::size_t i = 0; i < settings.listeners.size(); ++i)
    count(judged_by_listener(settings.listeners[i], i));
  count(judged_by_entries(settings));
  return used;
}

}  // namespace whytls::config
