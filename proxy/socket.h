// A TCP socket on a loop: reads into the loop's shared buffer, gathers what is written during a turn and
// sends it with one system call.
#pragma once

#include <uv.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/loop.h"
#include "proxy/uv_handle.h"

namespace whytls::proxy {

class SocketUser {
 public:
  // Bytes arrived; valid during the call.
  virtual void on_socket_bytes(std::string_view bytes) = 0;
  // Nothing more comes: UV_EOF, or the error's number (UV_ECONNRESET ...). Once.
  virtual void on_socket_end(int status) = 0;
  // Everything queued has left; called once after each want_drained().
  virtual void on_socket_drained() = 0;
  // The turn ends and the socket is about to send: the last moment to append to out().
  virtual void on_socket_flush() = 0;

 protected:
  ~SocketUser() = default;
};

// After close() no callback comes any more. A write error is kept for on_socket_end: bytes that the peer sent
// before it went away (an alert, an early response) are still read first.
class Socket {
 public:
  Socket(Loop& loop, SocketUser* user) : loop_(loop), user_(user) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Accepts from a listening stream. Returns libuv's status.
  [[nodiscard]] int accept(uv_stream_t* listener);
  // Starts connecting; `done(status)` is called once on the loop, not after close().
  using ConnectCallback = void (*)(void* context, int status);
  [[nodiscard]] int connect(const sockaddr* address, ConnectCallback done, void* context);
  // Gives up the connection attempt so that another address can be tried with connect().
  void abandon_connect();

  [[nodiscard]] int start_reading();
  void pause_reading();
  [[nodiscard]] bool reading() const { return reading_; }

  // Where bytes to be sent are appended; call wrote() after appending. Sent at the end of the turn.
  [[nodiscard]] std::string& out() { return out_; }
  void wrote() {
    if (!dirty_ && tcp_) {
      dirty_ = true;
      loop_.mark_dirty(this);
    }
  }
  // Bytes that were handed over but have not been taken by the kernel.
  [[nodiscard]] std::size_t pending_bytes() const { return out_.size() + in_flight_bytes_; }
  // Of all that was handed over, what the peer's system has not acknowledged yet: falls while the peer reads.
  [[nodiscard]] std::size_t undelivered_bytes() const;
  // The peer takes nothing any more: what was written since is lost.
  [[nodiscard]] bool write_failed() const { return write_error_ != 0; }
  // Asks for one on_socket_drained().
  void want_drained() {
    drained_wanted_ = true;
    wrote();
  }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }

  // Sends FIN after what is queued.
  void shutdown_write();
  // Closes now; what is queued is lost. Safe to call twice.
  void close();
  // Sends RST instead of FIN.
  void close_with_reset();
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] int descriptor() const;

 private:
  friend class Loop;
  struct WriteRequest;
  struct ConnectRequest;

  void flush();
  void send_rest(std::size_t sent);
  void write_done(int status);
  void tell_drained();
  void ended(int status);
  [[nodiscard]] bool reset_behind_end() const;
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);

  Loop& loop_;
  SocketUser* user_;
  UvHandle<uv_tcp_t> tcp_;
  std::string out_;
  std::size_t in_flight_bytes_ = 0;
  WriteRequest* in_flight_ = nullptr;     // owned by libuv until its callback
  ConnectRequest* connecting_ = nullptr;  // owned by libuv until its callback
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
  int write_error_ = 0;
  bool dirty_ = false;
  bool drained_wanted_ = false;
  bool reading_ = false;
  bool ended_ = false;
  bool shutdown_wanted_ = false;
  bool shutdown_sent_ = false;
};

}  // namespace whytls::proxy
