// One worker's event loop and what every socket on it shares: the read buffer, the deadlines, and the turn.
//
// A turn is one outermost callback from libuv. At its end everything that was written during it leaves with
// one system call per socket, and only then are retired objects destroyed: so no callback ever returns into
// an object that is gone.
#pragma once

#include <uv.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/timer_wheel.h"

namespace whytls::proxy {

class Socket;

// Base of what can be retired: connections and the like.
class Retirable {
 public:
  virtual ~Retirable() = default;
};

class Loop {
 public:
  static constexpr std::size_t kReadBufferBytes = std::size_t{64} * 1024;

  Loop() = default;
  ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] int open();
  void run() { uv_run(&loop_, UV_RUN_DEFAULT); }
  // Closes the deadlines' timer, lets the close callbacks run and closes the loop. Everything else must have
  // been closed before. Returns what uv_loop_close says: 0 when nothing was left.
  [[nodiscard]] int close();

  [[nodiscard]] uv_loop_t* uv() { return &loop_; }
  [[nodiscard]] TimerWheel& wheel() { return wheel_; }
  [[nodiscard]] char* read_buffer() { return read_buffer_.data(); }
  // A second buffer of the same size, for decrypted bytes; free between two callbacks of a turn.
  [[nodiscard]] char* plaintext_buffer() { return plaintext_buffer_.data(); }
  [[nodiscard]] std::int64_t now_us() const { return static_cast<std::int64_t>(uv_hrtime() / 1000); }

  // The socket has something to send at the end of the turn.
  void mark_dirty(Socket* socket) { dirty_.push_back(socket); }
  void forget(Socket* socket);
  // Destroyed at the end of the turn.
  void retire(std::unique_ptr<Retirable> object) { retired_.push_back(std::move(object)); }

  // Stands in every callback from libuv.
  class Turn {
   public:
    explicit Turn(Loop& loop) : loop_(loop) { ++loop_.depth_; }
    ~Turn() {
      if (loop_.depth_ == 1) loop_.end_turn();
      --loop_.depth_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Loop& loop_;
  };

 private:
  void end_turn();

  uv_loop_t loop_{};
  TimerWheel wheel_;
  std::vector<Socket*> dirty_;
  std::vector<Socket*> flushing_;
  std::vector<std::unique_ptr<Retirable>> retired_;
  int depth_ = 0;
  std::array<char, kReadBufferBytes> read_buffer_{};
  std::array<char, kReadBufferBytes> plaintext_buffer_{};
};

}  // namespace whytls::proxy
