// The tables that stand once in a file: top level, [log], [admin], [limits], [timeouts], [authority],
// [ledger], [page].
#pragma once

#include "config/reader.h"

namespace whytls::config {

// Reads them into `settings` and notes what is shown. `top` is the whole file.
void read_sections(Table& top, Settings& settings);

}  // namespace whytls::config
