// Ports as a list of numbers and ranges, the same wherever they are written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/reader.h"

namespace whytls::config {

// [443, "1024-65535"]. nullopt: absent. What is wrong is reported and left out.
[[nodiscard]] std::optional<std::vector<PortRange>> read_ports(Table& table, const std::string& key);
// The list as TOML.
[[nodiscard]] std::string ports_list(const std::vector<PortRange>& ports);

}  // namespace whytls::config
