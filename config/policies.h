// The policies of a file: read as layers, merged along `extends`, each value with the place that it came
// from.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/reader.h"

namespace whytls::config {

// One value that a layer sets, and how to set it.
struct Assignment {
  std::string key;  // "tls.min_version"
  Place place;
  std::function<void(policy::Policy&)> apply;
};

// What one [policy.NAME], or one route, says.
struct PolicyLayer {
  std::string name;
  std::string extends = "browser";
  std::string path;  // in the file, "policy.lab" or "listener[0].route[1]"
  Place place;
  policy::PolicyHome home = policy::PolicyHome::policy_table;
  std::vector<std::string> tables;  // those of "trust", "tls" and "on" that are there, be they empty
  std::vector<Assignment> assignments;
};

// Notes which tables of a policy are there.
void note_tables(const Table& table, PolicyLayer& layer);
// Reads what policies and routes have in common: trust, revocation, pins, sni, expected_name.
void read_peer_keys(Table& table, PolicyLayer& layer);
// Reads [policy.NAME.tls], or the same table of a route.
void read_upstream_tls(Table table, PolicyLayer& layer);
// Reads what is done where no rule decides.
void read_without_rule(Table& table, PolicyLayer& layer);
// Its value where each finding has a default of its own.
inline constexpr const char* kByFinding = "by_finding";
// Reads [policy.NAME.on].
void read_rules(Table table, PolicyLayer& layer);

// A TLS version by name; shared with the client leg.
std::optional<tls::WireVersion> read_version(Table& table, const std::string& key);
// A string that names something, so it is not empty.
std::optional<std::string> read_filled(Table& table, const std::string& key, const std::string& allowed);

class Policies {
 public:
  // `reading` must outlive this object.
  explicit Policies(Reading& reading);

  // All of [policy.*].
  void read(Table& top);
  // `name` is used by `key` of `table`; an unknown one is reported.
  void use(const Table& table, const std::string& key, const std::string& name);
  // The upstream at `key` (of the file) is judged by `name`: what has no meaning there is reported by
  // merge().
  void judge_by(const std::string& name, Spot spot, const std::string& key);
  // What a listener or route says beside the policy that it names. Used by definition.
  void add(PolicyLayer layer);
  // Merges everything, reports circles and unused policies. Last.
  [[nodiscard]] std::map<std::string, policy::Policy> merge();

 private:
  struct Merged {
    policy::Policy policy;
    std::map<std::string, Place> places;  // by key, of what is not built in
  };
  const Merged& merged(const std::string& name);
  [[nodiscard]] Merged on_top_of(const Merged& base, const PolicyLayer& layer) const;
  [[nodiscard]] bool has_room(const Place& place, const std::string& path);
  void report_circle(const std::vector<std::string>& chain, const std::string& again);
  void check(const PolicyLayer& layer, const policy::Policy& policy);
  void check_trust(const std::string& name, const policy::Policy& policy);
  void show(const std::string& path, const Merged& merged);
  [[nodiscard]] std::vector<std::string> names() const;

  Reading& reading_;
  std::map<std::string, PolicyLayer> layers_;
  std::map<std::string, Merged> merged_;
  std::set<std::string> used_;
  struct Use {
    Spot spot;
    std::string key;
  };
  std::map<std::string, Use> judged_by_;  // where a policy is named first for an upstream
};

// The listeners' and policies' names: letters, digits, "_", "-", ".", at most 64. Empty: good.
[[nodiscard]] std::string name_fault(std::string_view name);

}  // namespace whytls::config
