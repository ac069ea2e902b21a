// Upstreams that can't be reached.
#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

Arrangement reaching(const std::string& upstream, const std::string& timeouts = {}) {
  return [upstream, timeouts] {
    Case made;
    made.upstream = upstream;
    made.timeouts = timeouts;
    return made;
  };
}

Case refused() {
  const auto port = std::make_shared<support::RefusingPort>();
  Case made = reaching("https://device.test:" + std::to_string(port->port()))();
  made.prop = port;
  return made;
}

Case stuck() {
  const auto port = std::make_shared<support::StuckPort>();
  Case made = reaching("https://device.test:" + std::to_string(port->port()), "connect = \"300ms\"")();
  made.prop = port;
  return made;
}

}  // namespace

std::vector<Scenario> transport_scenarios() {
  return {
      {"the_name_does_not_exist",
       {"dns_not_found", "PR_DIRECTORY_LOOKUP_ERROR", -5973, "upstream", "dns", 502},
       reaching("https://missing.test")},
      {"the_name_lookup_fails",
       {"dns_failed", "PR_DIRECTORY_LOOKUP_ERROR", -5973, "upstream", "dns", 502},
       reaching("https://broken.test")},
      {"the_name_lookup_takes_too_long",
       {"dns_timeout", "PR_DIRECTORY_LOOKUP_ERROR", -5973, "upstream", "dns", 504},
       reaching("https://slow.test", "dns = \"200ms\"")},
      {"the_port_refuses_connections",
       {"tcp_refused", "PR_CONNECT_REFUSED_ERROR", -5981, "upstream", "connect", 502},
       refused},
      // The kernel has no route for TCP to the broadcast address: it says so without sending a packet.
      {"there_is_no_route",
       {"tcp_unreachable", "PR_NETWORK_UNREACHABLE_ERROR", -5980, "upstream", "connect", 502},
       reaching("https://255.255.255.255")},
      {"the_connection_is_never_accepted",
       {"tcp_connect_timeout", "PR_CONNECT_TIMEOUT_ERROR", -5979, "upstream", "connect", 504},
       stuck},
      // A link-local address without its interface: the kernel refuses it as an argument.
      {"the_connection_fails_otherwise",
       {"tcp_failed", "PR_IO_ERROR", -5991, "upstream", "connect", 502},
       reaching("https://[fe80::1]")},
  };
}

}  // namespace whytls::scenarios
