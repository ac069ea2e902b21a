// A blocking socket with a deadline, and a way to stop everybody who waits on one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace whytls::support {

using Clock = std::chrono::steady_clock;

// A file descriptor with an owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

// Raised once, seen by every wire that was given it. Raising is safe from any thread.
class StopSignal {
 public:
  StopSignal();
  void raise() const;
  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  Descriptor event_;
};

enum class Arrival : std::uint8_t { data, end, reset, timeout, stopped };

// One connected socket. All calls end at the deadline at the latest.
class Wire {
 public:
  // `stop` may be nullptr; it is borrowed and must outlive the wire.
  Wire(Descriptor socket, const StopSignal* stop, std::chrono::milliseconds budget);

  // Appends what arrives to *out.
  Arrival receive(std::string* out);
  // As receive, but gives up after `patience`.
  Arrival receive_within(std::string* out, std::chrono::milliseconds patience);
  // False when the other side is gone, or the deadline is.
  bool send(std::string_view bytes);
  // As send, but stops as soon as there is something to receive; what was sent is taken off *bytes.
  enum class Sending : std::uint8_t { done, interrupted, failed };
  Sending send_until_readable(std::string_view* bytes);
  // FIN now; what the other side still sends is read and thrown away, until it is done.
  void close_politely();
  // FIN in our direction only.
  void finish_sending();
  // Waits until the other side, a program on this machine, has read all that was sent. False: not before the
  // deadline.
  [[nodiscard]] bool wait_until_taken() const;
  // RST. It takes with it what the other side has not read yet.
  void reset();
  // Waits until the other side goes away.
  void hold();
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  enum class Ready : std::uint8_t { yes, timeout, stopped };
  // Sends what the socket takes now, and takes it off *bytes. False: the other side is gone.
  bool send_some(std::string_view* bytes);
  [[nodiscard]] Ready wait_for(short* events, Clock::time_point until) const;

  Descriptor socket_;
  const StopSignal* stop_;
  Clock::time_point deadline_;
};

// Listens on 127.0.0.1, a port of the kernel's choice. Throws std::system_error.
[[nodiscard]] Descriptor listen_on_loopback(int backlog);
// Listens on 127.0.0.1 at `port`, which may be in TIME_WAIT. Throws std::system_error.
[[nodiscard]] Descriptor listen_on_loopback_port(std::uint16_t port, int backlog);
[[nodiscard]] std::uint16_t port_of(const Descriptor& socket);
// Connects to 127.0.0.1. Throws std::system_error.
[[nodiscard]] Descriptor connect_to_loopback(std::uint16_t port);

// A port of 127.0.0.1 that is bound but doesn't listen: whoever connects is refused, and nobody else gets it.
class RefusingPort {
 public:
  RefusingPort();
  [[nodiscard]] std::uint16_t port() const { return port_of(socket_); }

 private:
  Descriptor socket_;
};

// A port of 127.0.0.1 whose queue is full, so that the kernel drops each further SYN: connecting never ends.
class StuckPort {
 public:
  StuckPort();
  [[nodiscard]] std::uint16_t port() const { return port_of(listener_); }

 private:
  Descriptor listener_;
  Descriptor first_;
  Descriptor second_;
};

}  // namespace whytls::support
