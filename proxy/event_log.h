// Log lines of the program itself: started, listening, reloaded, draining. The same three first fields as the
// lines of records: time, level, event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/server.h"

namespace whytls::proxy {

struct EventField {
  std::string_view key;
  std::variant<std::string, std::int64_t> value;
};

// One JSON object without a newline. Text that is no UTF-8 is replaced, controls are escaped.
[[nodiscard]] std::string event_line(std::int64_t time_ms, config::LogLevel level, std::string_view event,
                                     const std::vector<EventField>& fields);

// Writes such lines; leaves out what is below the level of the settings.
class EventLog {
 public:
  // `sink` is borrowed and must outlive this object.
  EventLog(LogSink& sink, WallClock clock, config::LogLevel threshold)
      : sink_(sink), clock_(std::move(clock)), threshold_(threshold) {}

  void set_threshold(config::LogLevel threshold) { threshold_ = threshold; }
  void write(config::LogLevel level, std::string_view event, const std::vector<EventField>& fields = {});

 private:
  LogSink& sink_;
  WallClock clock_;
  config::LogLevel threshold_;
};

}  // namespace whytls::proxy
