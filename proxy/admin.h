// The admin listener: GET /metrics and GET /healthz over plain HTTP/1.1, on the control thread's loop.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "proxy/http_message.h"
#include "tls/result.h"

namespace whytls::proxy {

// What the pages show, asked for at each request on the thread of the loop.
struct AdminPages {
  std::function<std::string()> metrics;
  std::function<bool()> draining;
};

struct AdminAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::string allow;  // value of Allow, empty: none
};

// The answer to a request. Its Host must be an IP literal, a loopback name or `listen_host`, else 421: a page
// of a browser that had its own name pointed at loopback (DNS rebinding) reads nothing here.
[[nodiscard]] AdminAnswer admin_answer(const Head& head, std::string_view listen_host,
                                       const AdminPages& pages);
// The whole response. `head_only`: for HEAD, the body is left out and its length stays.
enum class AdminBody : std::uint8_t { sent, left_out };
[[nodiscard]] std::string admin_response(const AdminAnswer& answer, AdminBody body);

// The listener with its connections. One request per connection; bounded in number, size and time.
class Admin {
 public:
  static constexpr std::size_t kMaxConnections = 64;
  static constexpr std::chrono::milliseconds kDeadline{5'000};

  // Binds and listens. Fails with the address as `where`, for example when the port is in use. `loop` must
  // run once more after the object is gone.
  static Result<std::unique_ptr<Admin>> start(uv_loop_t* loop, const config::HostPort& listen,
                                              AdminPages pages);
  // Closes the listener and every connection.
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  // The address in use: the port is the bound one when port 0 was asked for.
  [[nodiscard]] const config::HostPort& address() const;
  // True when only this machine can reach it.
  [[nodiscard]] bool is_loopback() const;

  struct Impl;

 private:
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::proxy
