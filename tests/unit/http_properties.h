// What must hold for any bytes that a MessageParser is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http_events.h"

namespace whytls::proxy::testing {

struct Properties {
  std::string violation;  // empty: all hold
  bool complete = false;  // a whole message was read
};

// 1. The events and the fault are the same when the bytes come cut at `cuts`. 2. A refusal has a fault and a
// sentence, and only a refusal has. 3. A head that was accepted, written for the next hop and read again, has
// the same framing.
[[nodiscard]] Properties check_properties(const Reading& reading, std::string_view bytes,
                                          const std::vector<std::size_t>& cuts);

}  // namespace whytls::proxy::testing
