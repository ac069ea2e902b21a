// Files that hold what has to come out. WHYTLS_UPDATE_GOLDEN=1 writes them anew.
#pragma once

#include <string>

namespace whytls::unit {

// `path` begins at the root of the source tree.
void expect_file(const std::string& path, const std::string& actual);

}  // namespace whytls::unit
