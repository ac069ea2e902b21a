#include "proxy/listen_socket.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/resolver.h"

namespace whytls::proxy {

ListenSocket::~ListenSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = other.release();
  }
  return *this;
}

int ListenSocket::release() {
  return std::exchange(descriptor_, -1);
}

namespace {

enum class Sharing { exclusive, between_workers };

Result<ListenSocket> bind_one(const sockaddr_storage& address, Sharing sharing, const std::string& text) {
  ListenSocket made(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  const bool shared = sharing == Sharing::between_workers;
  bool fine = made.get() >= 0 && setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
  if (fine && shared) fine = setsockopt(made.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0;
  if (fine && address.ss_family == AF_INET6) {
    fine = setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
  }
  const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  if (!fine || ::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    const int error = errno;
    return fail(std::string("cannot listen: ") + std::strerror(error), text,
                error == EADDRINUSE ? "another program has this port: stop it, or choose another port" : "");
  }
  return made;
}

}  // namespace

std::string literal_of(const config::HostPort& address) {
  return address.host == "localhost" ? "127.0.0.1" : address.host;
}

Result<BoundSockets> bind_listener(const config::HostPort& address, unsigned count) {
  BoundSockets bound;
  if (!parse_ip(literal_of(address), address.port, &bound.address)) {
    return fail("not an IP address", address.text(), "listen on an IP address, for example 127.0.0.1:8080");
  }
  {
    // SO_REUSEPORT lets a second process of the same user share the port without a word, so ask without it
    // first.
    const auto probe = bind_one(bound.address, Sharing::exclusive, address.text());
    if (!probe) return tl::make_unexpected(probe.error());
  }
  for (unsigned i = 0; i < count; ++i) {
    auto one = bind_one(bound.address, Sharing::between_workers, address.text());
    if (!one) return tl::make_unexpected(one.error());
    if (i == 0) {
      socklen_t size = sizeof bound.address;
      getsockname(one->get(), reinterpret_cast<sockaddr*>(&bound.address), &size);
    }
    bound.sockets.push_back(std::move(*one));
  }
  return bound;
}

}  // namespace whytls::proxy
