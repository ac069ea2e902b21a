// A TOML document as values with places. The only header here that includes toml11.
#pragma once

#include <optional>
#include <string_view>
#include <toml.hpp>

#include "config/report.h"

namespace whytls::config {

struct Document {
  toml::value root;
  Positions positions;
};

// Scans first (scan.h), then has toml11 read the values. nullopt: the report says why.
[[nodiscard]] std::optional<Document> read_document(std::string_view text, Report& report);

}  // namespace whytls::config
