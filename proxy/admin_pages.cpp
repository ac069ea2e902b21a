// What the admin listener answers: no sockets here.
#include <arpa/inet.h>

#include <array>

#include "proxy/admin.h"
#include "proxy/metrics_text.h"

namespace whytls::proxy {
namespace {

bool is_ip_literal(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return inet_pton(AF_INET, host.c_str(), buffer.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), buffer.data()) == 1;
}

// RFC 6761, 6.3: "localhost" and all names below it are this machine.
bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost");
}

bool host_is_ours(const Head& head, std::string_view listen_host) {
  constexpr std::uint16_t kAnyPort = 80;
  if (head.find("host") == nullptr) return head.minor == 0;
  const auto host = split_authority(head.value("host"), kAnyPort);
  if (!host) return false;
  return is_ip_literal(host->host) || is_loopback_name(host->host) || host->host == listen_host;
}

AdminAnswer plain(int status, std::string body) {
  AdminAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

AdminAnswer admin_answer(const Head& head, std::string_view listen_host, const AdminPages& pages) {
  if (!host_is_ours(head, listen_host)) {
    return plain(421,
                 "This listener does not answer for the name in the Host field. Ask it by its IP address.\n");
  }
  if (head.framing != Framing::none) return plain(413, "Requests with a body are not taken here.\n");
  if (head.method != "GET" && head.method != "HEAD") {
    AdminAnswer answer = plain(405, "Only GET and HEAD are answered here.\n");
    answer.allow = "GET, HEAD";
    return answer;
  }
  const auto target = split_target(head.method, head.target);
  if (!target) return plain(400, "The request target is malformed.\n");
  const std::string_view path = target->path.substr(0, target->path.find('?'));
  if (path == "/metrics") {
    AdminAnswer answer = plain(200, pages.metrics());
    answer.content_type = kMetricsContentType;
    return answer;
  }
  if (path == "/healthz") return pages.draining() ? plain(503, "draining\n") : plain(200, "ok\n");
  return plain(404,
               "There are two pages here:\n/metrics  counters for Prometheus\n/healthz  ok, or draining\n");
}

std::string admin_response(const AdminAnswer& answer, AdminBody body) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  out.append(reason_phrase(answer.status)).append("\r\nContent-Type: ").append(answer.content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
  if (!answer.allow.empty()) out.append("\r\nAllow: ").append(answer.allow);
  out += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  if (body == AdminBody::sent) out += answer.body;
  return out;
}

}  // namespace whytls::proxy
