#include "proxy/route_table.h"

#include <uv.h>

#include <algorithm>
#include <array>

namespace whytls::proxy {

bool is_ip_literal(std::string_view host) {
  const std::string text(host);
  std::array<unsigned char, 16> ignored{};
  return uv_inet_pton(AF_INET, text.c_str(), ignored.data()) == 0 ||
         uv_inet_pton(AF_INET6, text.c_str(), ignored.data()) == 0;
}

std::string authority_text(const config::HostPort& address, config::Scheme scheme) {
  const std::uint16_t own = scheme == config::Scheme::https ? 443 : 80;
  if (address.port != own) return address.text();
  return address.host.find(':') == std::string::npos ? address.host : '[' + address.host + ']';
}

namespace {

std::shared_ptr<UpstreamTarget> make_judged(config::Scheme scheme, const config::HostPort& address,
                                            std::string_view name, const ChosenPolicy& chosen) {
  auto target = std::make_shared<UpstreamTarget>();
  const policy::Policy& rules = *chosen.policy->policy;
  target->scheme = scheme;
  target->address = address;
  target->address_is_ip = is_ip_literal(address.host);
  target->policy = chosen.policy;
  target->choice = chosen.choice;
  target->name = name;
  target->expected_name = rules.expected_name.empty() ? std::string(name) : rules.expected_name;
  target->expected_is_ip = is_ip_literal(target->expected_name);
  switch (rules.sni) {
    case policy::SniMode::off:
      target->sni_absent_reason = "switched off by policy";
      break;
    case policy::SniMode::fixed:
      target->sni = rules.sni_name;
      break;
    case policy::SniMode::upstream_name:
      if (is_ip_literal(name)) {
        target->sni_absent_reason = "the upstream is an IP address (RFC 6066, 3)";
      } else {
        target->sni = name;
      }
      break;
  }
  if (scheme == config::Scheme::http) {
    target->sni.clear();
    target->sni_absent_reason = "plain HTTP";
  }
  target->key = (scheme == config::Scheme::https ? "https|" : "http|") + address.text() + '|' +
                target->expected_name + '|' + target->sni + '|' + rules.name;
  return target;
}

}  // namespace

std::shared_ptr<const UpstreamTarget> make_target(config::Scheme scheme, const config::HostPort& address,
                                                  std::string_view name, const PolicyWish& wish) {
  if (wish.selector == nullptr) return make_judged(scheme, address, name, wish.chosen);
  const auto selection = wish.selector->select(address, nullptr, wish.chosen);
  auto target = make_judged(scheme, address, name, selection.chosen);
  if (selection.hangs_on_address) {
    target->by_address = wish.selector;
    target->otherwise = wish.chosen;
    // What waits in the pool under this key was judged by the policy of the address that it is connected to;
    // none of it is for those who name that policy themselves.
    target->key.append("|by address, else ").append(wish.chosen.policy->policy->name);
  }
  return target;
}

std::shared_ptr<const UpstreamTarget> at(const std::shared_ptr<const UpstreamTarget>& target,
                                         const sockaddr_storage& address) {
  if (target->by_address == nullptr) return target;
  const auto selection = target->by_address->select(target->address, &address, target->otherwise);
  return make_judged(target->scheme, target->address, target->name, selection.chosen);
}

void RouteTable::add(RouteRuntime route) {
  by_host_[route.route->host].push_back(std::move(route));
}

void RouteTable::sort() {
  for (auto& [host, routes] : by_host_) {
    std::stable_sort(routes.begin(), routes.end(), [](const RouteRuntime& left, const RouteRuntime& right) {
      return left.route->path.size() > right.route->path.size();
    });
  }
}

namespace {

// "." and "..", also where their dots are written as %2e: what a server makes of them is not for the route to
// guess, so the route is the one for the path that they lead to.
std::string spelled_out_dots(std::string_view segment) {
  std::string out;
  while (!segment.empty()) {
    if (segment.starts_with("%2e") || segment.starts_with("%2E")) {
      out += '.';
      segment.remove_prefix(3);
    } else {
      out += segment.front();
      segment.remove_prefix(1);
    }
  }
  return out;
}

// RFC 3986, 5.2.4.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool at_directory = false;
  for (std::string_view rest = path.substr(path.starts_with('/') ? 1 : 0);;) {
    const std::size_t end = rest.find('/');
    const std::string_view segment = rest.substr(0, end);
    const std::string plain = spelled_out_dots(segment);
    at_directory = plain == "." || plain == "..";
    if (plain == ".." && !kept.empty()) kept.pop_back();
    if (!at_directory) kept.push_back(segment);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  if (at_directory || out.empty()) out += '/';
  return out;
}

bool may_have_dot_segments(std::string_view path) {
  return path.find("/.") != std::string_view::npos || path.find("%2e") != std::string_view::npos ||
         path.find("%2E") != std::string_view::npos;
}

// True when `path` is at or below `prefix`, at a segment border.
bool below(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

}  // namespace

const RouteRuntime* RouteTable::find_in(std::string_view host, std::string_view path) const {
  const auto found = by_host_.find(host);
  if (found == by_host_.end()) return nullptr;
  for (const RouteRuntime& route : found->second) {
    if (below(path, route.route->path)) return &route;
  }
  return nullptr;
}

const RouteRuntime* RouteTable::find(std::string_view host, std::string_view target) const {
  std::string_view path = target.substr(0, target.find('?'));
  std::string without_dots;
  if (may_have_dot_segments(path)) path = without_dots = without_dot_segments(path);
  if (path == "*") path = "/";  // OPTIONS for the server as a whole (RFC 9112, 3.2.4)
  if (const RouteRuntime* exact = find_in(host, path); exact != nullptr) return exact;
  for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    const std::string wildcard = std::string("*").append(host.substr(dot));
    if (const RouteRuntime* route = find_in(wildcard, path); route != nullptr) return route;
  }
  return find_in("", path);
}

}  // namespace whytls::proxy
