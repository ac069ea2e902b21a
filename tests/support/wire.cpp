#include "tests/support/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace whytls::support {
namespace {

constexpr std::size_t kReadSize = 16384;

[[noreturn]] void fail_with_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

Descriptor bound_socket(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail_with_errno("socket");
  const int on = 1;
  if (port != 0) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_with_errno("bind");
  }
  return socket;
}

Descriptor start_connecting(std::uint16_t port, int extra_flags) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | extra_flags, 0));
  if (socket.get() < 0) fail_with_errno("socket");
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    fail_with_errno("connect");
  }
  return socket;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() {
  return std::exchange(fd_, -1);
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

StopSignal::StopSignal() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_.get() < 0) fail_with_errno("eventfd");
}

void StopSignal::raise() const {
  const std::uint64_t one = 1;
  // Nobody reads the counter, so it stays readable. A full counter is raised as well.
  [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
}

Wire::Wire(Descriptor socket, const StopSignal* stop, std::chrono::milliseconds budget)
    : socket_(std::move(socket)), stop_(stop), deadline_(Clock::now() + budget) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Wire::Ready Wire::wait_for(short* events, Clock::time_point until) const {
  std::array<pollfd, 2> watched{pollfd{socket_.get(), *events, 0},
                                pollfd{stop_ != nullptr ? stop_->fd() : -1, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    const int count = ::poll(watched.data(), watched.size(), static_cast<int>(std::max<long>(left, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (watched[1].revents != 0) return Ready::stopped;
    if (count <= 0) return Ready::timeout;
    *events = watched[0].revents;
    return Ready::yes;
  }
}

Arrival Wire::receive(std::string* out) {
  return receive_within(out, std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()));
}

Arrival Wire::receive_within(std::string* out, std::chrono::milliseconds patience) {
  short events = POLLIN;
  const Ready ready = wait_for(&events, std::min(deadline_, Clock::now() + patience));
  if (ready != Ready::yes) return ready == Ready::timeout ? Arrival::timeout : Arrival::stopped;
  std::array<char, kReadSize> buffer{};
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) out->append(buffer.data(), static_cast<std::size_t>(count));
  if (count == 0) return Arrival::end;
  return count > 0 ? Arrival::data : Arrival::reset;
}

bool Wire::send_some(std::string_view* bytes) {
  const ssize_t count = ::send(socket_.get(), bytes->data(), bytes->size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  bytes->remove_prefix(static_cast<std::size_t>(count));
  return true;
}

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    short events = POLLOUT;
    if (wait_for(&events, deadline_) != Ready::yes || !send_some(&bytes)) return false;
  }
  return true;
}

Wire::Sending Wire::send_until_readable(std::string_view* bytes) {
  while (!bytes->empty()) {
    short events = POLLOUT | POLLIN;
    if (wait_for(&events, deadline_) != Ready::yes) return Sending::failed;
    if ((events & POLLIN) != 0) return Sending::interrupted;
    if (!send_some(bytes)) return Sending::failed;
  }
  return Sending::done;
}

void Wire::finish_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

void Wire::close_politely() {
  // Closing a socket with unread bytes sends RST, which is another failure than the one wanted.
  finish_sending();
  hold();
  socket_.reset();
}

bool Wire::wait_until_taken() const {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  std::array<char, 64> between{};
  std::snprintf(between.data(), between.size(), " 0100007F:%04X 0100007F:%04X ", ntohs(peer.sin_port),
                port_of(socket_));
  while (Clock::now() < deadline_) {
    std::ifstream table("/proc/net/tcp");  // proc(5): address, peer, state, what waits to be sent:read
    for (std::string line; std::getline(table, line);) {
      const std::size_t at = line.find(between.data());
      if (at == std::string::npos) continue;
      const std::size_t waiting = line.find(':', at + std::strlen(between.data()));
      if (waiting != std::string::npos && line.compare(waiting + 1, 8, "00000000") == 0) return true;
    }
    std::this_thread::yield();
  }
  return false;
}

void Wire::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_.reset();
}

void Wire::hold() {
  std::string ignored;
  while (receive(&ignored) == Arrival::data) ignored.clear();
}

Descriptor listen_on_loopback_port(std::uint16_t port, int backlog) {
  Descriptor socket = bound_socket(port);
  if (::listen(socket.get(), backlog) != 0) fail_with_errno("listen");
  return socket;
}

Descriptor listen_on_loopback(int backlog) {
  return listen_on_loopback_port(0, backlog);
}

std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail_with_errno("getsockname");
  }
  return ntohs(address.sin_port);
}

Descriptor connect_to_loopback(std::uint16_t port) {
  return start_connecting(port, 0);
}

RefusingPort::RefusingPort() : socket_(bound_socket(0)) {}

// A backlog of 0 lets one connection wait; the second fills the queue for good.
StuckPort::StuckPort()
    : listener_(listen_on_loopback(0)),
      first_(connect_to_loopback(port())),
      second_(start_connecting(port(), SOCK_NONBLOCK)) {}

}  // namespace whytls::support
