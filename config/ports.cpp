#include "config/ports.h"

namespace whytls::config {

namespace {

constexpr WholeRange kPorts{1, 65535};

}  // namespace

std::optional<std::vector<PortRange>> read_ports(Table& table, const std::string& key) {
  const char* const allowed = "a list of ports and ranges, [443, \"1024-65535\"]";
  const toml::value* value = table.take(key);
  if (value == nullptr) return std::nullopt;
  std::vector<PortRange> out;
  if (!value->is_array()) {
    table.error(key, {"found " + describe(*value), describe(*value), allowed, {}});
    return out;
  }
  for (std::size_t i = 0; i < value->size(); ++i) {
    const toml::value& element = value->at(i);
    Parsed<PortRange> range = tl::make_unexpected(std::string("this is no port"));
    if (element.is_integer() && element.as_integer() >= kPorts.least && element.as_integer() <= kPorts.most) {
      const auto port = static_cast<std::uint16_t>(element.as_integer());
      range = PortRange{port, port};
    } else if (element.is_string()) {
      range = parse_ports(element.as_string().str);
    }
    if (range) {
      out.push_back(*range);
      continue;
    }
    const std::string path = join_index(table.path(key), i);
    table.reading().report.error(
        table.reading().value_spot(path), path,
        {"found " + describe(element) + ": " + range.error(), describe(element), allowed, {}});
  }
  return out;
}

std::string ports_list(const std::vector<PortRange>& ports) {
  std::vector<std::string> texts;
  texts.reserve(ports.size());
  for (const PortRange range : ports) texts.push_back(ports_text(range));
  return '[' + joined(texts) + ']';
}

}  // namespace whytls::config
