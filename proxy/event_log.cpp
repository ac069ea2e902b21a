#include "proxy/event_log.h"

#include <nlohmann/json.hpp>

#include "proxy/render_parts.h"

namespace whytls::proxy {

std::string event_line(std::int64_t time_ms, config::LogLevel level, std::string_view event,
                       const std::vector<EventField>& fields) {
  using Json = nlohmann::ordered_json;
  Json line;
  line["time"] = parts::rfc3339_ms(time_ms);
  line["level"] = parts::level_name(level);
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
