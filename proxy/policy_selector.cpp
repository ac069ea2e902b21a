#include "proxy/policy_selector.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "proxy/resolver.h"

namespace whytls::proxy {

namespace {

using Bytes = std::array<std::uint8_t, 16>;

struct Ip {
  Bytes bytes{};  // of IPv4 the first four
  bool is_v4 = true;
};

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// The address that the kernel really connects to.
Ip reached(const sockaddr_storage& address) {
  Ip out;
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(out.bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(out.bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    out.is_v4 = std::equal(kMapped.begin(), kMapped.end(), out.bytes.begin());
    if (out.is_v4) {
      Bytes inner{};
      std::copy(out.bytes.begin() + kMapped.size(), out.bytes.end(), inner.begin());
      out.bytes = inner;
    }
  }
  if (out.bytes != Bytes{}) return out;
  if (out.is_v4) {
    out.bytes = {127, 0, 0, 1};
  } else {
    out.bytes.back() = 1;
  }
  return out;
}

bool has_port(const config::PolicyFor& entry, std::uint16_t port) {
  return entry.ports.empty() ||
         std::any_of(entry.ports.begin(), entry.ports.end(), [port](const config::PortRange& range) {
           return range.first <= port && port <= range.last;
         });
}

}  // namespace

bool is_within(const sockaddr_storage& address, const config::AddressRange& range) {
  const Ip ip = reached(address);
  if (ip.is_v4 != range.is_v4) return false;
  const auto whole = static_cast<std::size_t>(range.bits / 8);
  if (!std::equal(range.network.begin(), range.network.begin() + static_cast<std::ptrdiff_t>(whole),
                  ip.bytes.begin()))
    return false;
  const unsigned rest = static_cast<unsigned>(range.bits) % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest);
  return (ip.bytes.at(whole) & mask) == (range.network.at(whole) & mask);
}

void PolicySelector::add(const config::PolicyFor* entry, const PolicyRuntime* policy) {
  by_host_[entry->host].push_back(static_cast<std::uint32_t>(entries_.size()));
  entries_.push_back({entry, policy});
}

// The entries whose pattern is about this host, one list for each pattern.
std::vector<const PolicySelector::Indices*> PolicySelector::about(std::string_view host) const {
  std::vector<const Indices*> lists;
  const auto add = [&](std::string_view pattern) {
    if (const auto found = by_host_.find(pattern); found != by_host_.end()) lists.push_back(&found->second);
  };
  add(host);
  for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1))
    add(std::string("*").append(host.substr(dot)));
  add("*");
  return lists;
}

PolicySelector::Selection PolicySelector::select(const config::HostPort& upstream,
                                                 const sockaddr_storage* address,
                                                 const ChosenPolicy& otherwise) const {
  Selection out{otherwise, false};
  if (entries_.empty()) return out;
  std::string host = upstream.host;
  sockaddr_storage literal{};
  if (parse_ip(host, upstream.port, &literal)) {
    host = ip_text(literal);
    address = &literal;
  } else if (host.ends_with('.')) {
    host.pop_back();
  }
  std::vector<const Indices*> lists = about(host);
  std::vector<std::size_t> at(lists.size(), 0);
  for (;;) {
    std::size_t next = lists.size();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (at[i] == lists[i]->size()) continue;
      if (next == lists.size() || (*lists[i])[at[i]] < (*lists[next])[at[next]]) next = i;
    }
    if (next == lists.size()) return out;
    const Entry& candidate = entries_[(*lists[next])[at[next]++]];
    const config::PolicyFor& entry = *candidate.entry;
    if (!has_port(entry, upstream.port)) continue;
    if (entry.address && address == nullptr) {
      out.hangs_on_address = true;
    } else if (!entry.address || is_within(*address, *entry.address)) {
      out.chosen = {candidate.policy, {policy::Chooser::policy_for, entry.place}};
      return out;
    }
  }
}

}  // namespace whytls::proxy
