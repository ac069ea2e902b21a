// Which policy judges an upstream: [[policy_for]], and what stands beside it. Made once per settings,
// immutable.
#pragma once

#include <uv.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "tls/context.h"

namespace whytls::proxy {

// A policy with its long-lived TLS context.
struct PolicyRuntime {
  const policy::Policy* policy = nullptr;               // in the settings
  std::shared_ptr<const tls::UpstreamContext> context;  // nullptr: no upstream is reached by this policy
};

struct ChosenPolicy {
  const PolicyRuntime* policy = nullptr;
  policy::Choice choice;
};

class PolicySelector {
 public:
  // In the order of the file. `entry` has to outlive this object.
  void add(const config::PolicyFor* entry, const PolicyRuntime* policy);

  struct Selection {
    ChosenPolicy chosen;
    // An entry that comes first matches some addresses: ask again once it is known which one is connected to.
    bool hangs_on_address = false;
  };
  // The first entry that matches, else `otherwise`. `address` is nullptr as long as it is not known; a host
  // that is a literal is one. Costs a few hash lookups and no entry that is about other hosts.
  [[nodiscard]] Selection select(const config::HostPort& upstream, const sockaddr_storage* address,
                                 const ChosenPolicy& otherwise) const;

 private:
  struct Entry {
    const config::PolicyFor* entry = nullptr;
    const PolicyRuntime* policy = nullptr;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Indices = std::vector<std::uint32_t>;  // into entries_, ascending
  [[nodiscard]] std::vector<const Indices*> about(std::string_view host) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string, Indices, Hash, std::equal_to<>> by_host_;  // by pattern
};

// True when `address` is in the range, also by another spelling: an IPv4 address inside of IPv6 is IPv4, and
// an unspecified one is loopback, since that is what is reached.
[[nodiscard]] bool is_within(const sockaddr_storage& address, const config::AddressRange& range);

}  // namespace whytls::proxy
