#include "proxy/event_log.h"

#include <nlohmann/json.hpp>

#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

std::string_view level_name(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return "debug";
    case config::LogLevel::info:
      return "info";
    case config::LogLevel::warning:
      return "warning";
    case config::LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

std::string event_line(std::int64_t time_ms, config::LogLevel level, std::string_view event,
                       const std::vector<EventField>& fields) {
  using Json = nlohmann::ordered_json;
  Json line;
  line["time"] = parts::rfc3339_ms(time_ms);
  line["level"] = level_name(level);
  line["event"] = event;
  for (const EventField& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.key)] = value; }, field.value);
  }
  constexpr int kOneLine = -1;
  constexpr bool kAsciiOnly = true;
  return line.dump(kOneLine, ' ', kAsciiOnly, Json::error_handler_t::replace);
}

void EventLog::write(config::LogLevel level, std::string_view event, const std::vector<EventField>& fields) {
  if (level < threshold_) return;
  sink_.line(level, event_line(clock_(), level, event, fields));
}

}  // namespace whytls::proxy
