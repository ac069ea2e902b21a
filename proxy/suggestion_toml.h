// A change of a policy, written as TOML that says where it goes. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/record.h"

namespace whytls::proxy {

// A key and its value, as TOML. A table is written inline.
struct TomlKey {
  std::string name;
  std::string value;
  std::string note = {};  // for whoever writes it into the file; empty: none
};

// Whether a change concerns this one upstream, or is harmless for all hosts of a policy.
enum class Scope : std::uint8_t { this_upstream, whole_policy };

struct PolicyChange {
  std::vector<TomlKey> keys;   // of the policy: "pins", "tls", "trust", "expected_name"
  std::vector<TomlKey> rules;  // of its `on`
  Scope scope = Scope::this_upstream;
};

// What to write into the file that is there. Where a header or key exists already, a comment says so, and
// what becomes of it. Keys that a listener or route has of its own are changed there; what it cannot have
// goes into a new policy between it and the one that it extends now.
[[nodiscard]] std::string suggestion_toml(const Record& record, const PolicyChange& change,
                                          const policy::Language& language);

// A name for what is made for this upstream: of letters, digits and "-", and taken by nothing that the record
// knows.
[[nodiscard]] std::string name_for_upstream(const Record& record);

}  // namespace whytls::proxy
