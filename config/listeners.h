// [[listener]] and [[listener.route]].
#pragma once

#include <vector>

#include "config/policies.h"
#include "config/reader.h"

namespace whytls::config {

// Reads all listeners, or gives the built-in one when the file names none. Routes with TLS options of their
// own add a policy to `policies`.
[[nodiscard]] std::vector<Listener> read_listeners(Table& top, Policies& policies);

// Reports names and addresses that are used twice; `admin` counts when it is enabled.
void check_listeners(const Table& top, const std::vector<Listener>& listeners, const Admin& admin);

// Reads the routes of one reverse listener: `upstream` of the listener itself, or its [[route]]s.
[[nodiscard]] std::vector<Route> read_routes(Table& table, const Listener& listener, Policies& policies);

}  // namespace whytls::config
