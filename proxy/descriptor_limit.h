// How many files this process may have open: each client connection takes one, and its upstream another.
#pragma once

#include "config/settings.h"
#include "proxy/event_log.h"

namespace whytls::proxy {

// Raises the limit as far as the system lets this process: shells and service managers begin with a low one.
// Before any connection is made.
void raise_descriptor_limit();
// The event `descriptors_short` when the limit is below what `limits.max_connections` may take: without
// descriptors libuv closes new connections and tells nobody.
void warn_of_descriptor_limit(EventLog* events, const config::Settings& settings);

}  // namespace whytls::proxy
