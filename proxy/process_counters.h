// What the operating system says of this process, for the metrics.
#pragma once

#include "proxy/metrics_text.h"

namespace whytls::proxy {

// Fills in the fields of the process; what can't be found out stays nullopt.
void add_process_counters(ProgramCounters* counters);

}  // namespace whytls::proxy
