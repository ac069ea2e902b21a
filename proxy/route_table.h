// Which upstream serves a request, found without walking all routes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "proxy/policy_selector.h"

namespace whytls::proxy {

// One upstream as connections to it are made and pooled: everything in it is part of the identity.
struct UpstreamTarget {
  config::Scheme scheme = config::Scheme::https;
  config::HostPort address;  // where to connect
  bool address_is_ip = false;
  std::string expected_name;  // the name that the certificate must have
  bool expected_is_ip = false;
  std::string sni;                // sent; empty: none
  std::string sni_absent_reason;  // why it is empty
  const PolicyRuntime* policy = nullptr;
  policy::Choice choice;  // who named the policy
  std::string key;        // identity for pool and sessions
  std::string name;       // what the client wants to reach
  // Set: the policy hangs on the address, so this one holds until at() is asked for each address that is
  // tried.
  const PolicySelector* by_address = nullptr;
  ChosenPolicy otherwise;  // when no entry matches
};

// Which policy an upstream gets: `chosen`, unless there is a selector to ask first.
struct PolicyWish {
  ChosenPolicy chosen;
  const PolicySelector* selector = nullptr;  // nullptr: the policy is named beside the upstream
};

// `name` is what the client wants to reach (its SNI, or the host of the target): the policy may override it.
[[nodiscard]] std::shared_ptr<const UpstreamTarget> make_target(config::Scheme scheme,
                                                                const config::HostPort& address,
                                                                std::string_view name,
                                                                const PolicyWish& wish);
// The same upstream with the policy that is in force for this address.
[[nodiscard]] std::shared_ptr<const UpstreamTarget> at(const std::shared_ptr<const UpstreamTarget>& target,
                                                       const sockaddr_storage& address);
[[nodiscard]] bool is_ip_literal(std::string_view host);
// "a.example", "a.example:8443", "[::1]": the port is left out when it is the scheme's own.
[[nodiscard]] std::string authority_text(const config::HostPort& address, config::Scheme scheme);

struct RouteRuntime {
  const config::Route* route = nullptr;
  std::shared_ptr<const UpstreamTarget> target;
  std::string label;  // "host/path", for records
};

class RouteTable {
 public:
  void add(RouteRuntime route);
  // Call after the last add().
  void sort();
  // The most exact match (config::Route says how), nullptr when there is none. `target`: path with query; dot
  // segments count as resolved (RFC 3986, 5.2.4).
  [[nodiscard]] const RouteRuntime* find(std::string_view host, std::string_view target) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using ByPath = std::vector<RouteRuntime>;  // longest path first
  [[nodiscard]] const RouteRuntime* find_in(std::string_view host, std::string_view path) const;

  std::unordered_map<std::string, ByPath, Hash, std::equal_to<>> by_host_;
};

}  // namespace whytls::proxy
