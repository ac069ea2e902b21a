// Listening sockets, made on the control side so that a port in use is an error of the start and not of a
// worker.
#pragma once

#include <uv.h>

#include <string>
#include <vector>

#include "config/settings.h"
#include "tls/result.h"

namespace whytls::proxy {

// Owns a descriptor until release().
class ListenSocket {
 public:
  explicit ListenSocket(int descriptor) : descriptor_(descriptor) {}
  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept : descriptor_(other.release()) {}
  ListenSocket& operator=(ListenSocket&& other) noexcept;
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] int release();

 private:
  int descriptor_;
};

struct BoundSockets {
  std::vector<ListenSocket> sockets;  // one for each worker, all on the same address (SO_REUSEPORT)
  sockaddr_storage address{};         // with the real port
};

// The IP literal to listen on: "localhost" is 127.0.0.1.
[[nodiscard]] std::string literal_of(const config::HostPort& address);
// Binds `count` sockets to an IP literal or "localhost". Port 0: the kernel chooses. Fails when somebody else
// has the port, another process of ours too.
[[nodiscard]] Result<BoundSockets> bind_listener(const config::HostPort& address, unsigned count);

}  // namespace whytls::proxy
