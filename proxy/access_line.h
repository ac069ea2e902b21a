// The access line: one JSON object for each request.
#pragma once

#include <cstdint>
#include <string>

namespace whytls::proxy {

struct AccessLine {
  std::int64_t time_ms = 0;
  std::string listener;
  std::string client;
  std::string method;
  std::string url;  // raw
  std::string route;
  std::string upstream;  // "host:port", empty when none was used
  std::string incident;  // of the failure that was answered, empty when there was none
  int status = 0;        // 0: nothing was answered
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::int64_t duration_us = 0;
};

// Without a newline; text of the client is escaped.
[[nodiscard]] std::string render_access_line(const AccessLine& line);

}  // namespace whytls::proxy
