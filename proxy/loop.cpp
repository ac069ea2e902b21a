#include "proxy/loop.h"

#include <algorithm>

#include "proxy/socket.h"

namespace whytls::proxy {

int Loop::open() {
  if (const int status = uv_loop_init(&loop_); status != 0) return status;
  return wheel_.open(&loop_);
}

int Loop::close() {
  {
    // What is still retired is destroyed here, so that its handles can close below.
    const Turn turn(*this);
  }
  wheel_.close();
  uv_run(&loop_, UV_RUN_DEFAULT);
  return uv_loop_close(&loop_);
}

void Loop::forget(Socket* socket) {
  std::replace(dirty_.begin(), dirty_.end(), socket, static_cast<Socket*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), socket, static_cast<Socket*>(nullptr));
}

void Loop::end_turn() {
  while (!dirty_.empty() || !retired_.empty()) {
    // Flushing may tell users about drained queues, who then write again: go on until nothing is left.
    flushing_.clear();
    flushing_.swap(dirty_);
    for (std::size_t i = 0; i < flushing_.size(); ++i) {
      if (flushing_[i] != nullptr) flushing_[i]->flush();
    }
    flushing_.clear();
    std::vector<std::unique_ptr<Retirable>> dead;
    dead.swap(retired_);
  }
}

}  // namespace whytls::proxy
