#include "proxy/access_line.h"

#include <nlohmann/json.hpp>

#include "proxy/render_parts.h"

namespace whytls::proxy {

std::string render_access_line(const AccessLine& line) {
  nlohmann::ordered_json json;
  json["time"] = parts::rfc3339_ms(line.time_ms);
  json["level"] = "info";
  json["event"] = "request";
  json["listener"] = line.listener;
  json["client"] = line.client;
  json["method"] = line.method;
  json["url"] = line.url;
  json["status"] = line.status;
  json["request_bytes"] = line.request_bytes;
  json["response_bytes"] = line.response_bytes;
  json["duration_us"] = line.duration_us;
  if (!line.route.empty()) json["route"] = line.route;
  if (!line.upstream.empty()) json["upstream"] = line.upstream;
  if (!line.incident.empty()) json["incident"] = line.incident;
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace whytls::proxy
