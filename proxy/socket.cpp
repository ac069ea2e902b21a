#include "proxy/socket.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <utility>

namespace whytls::proxy {

// A write that the kernel did not take at once. Lives until libuv's callback, also when the socket is gone.
struct Socket::WriteRequest {
  uv_write_t request{};
  std::string data;
  Socket* socket = nullptr;
};

struct Socket::ConnectRequest {
  uv_connect_t request{};
  Socket* socket = nullptr;
  ConnectCallback done = nullptr;
  void* context = nullptr;
};

namespace {

// Buffers above this are given back when they are empty, so that an idle connection holds almost nothing.
constexpr std::size_t kKeptBufferBytes = std::size_t{4} * 1024;

}  // namespace

int Socket::accept(uv_stream_t* listener) {
  if (const int status = tcp_.init(uv_tcp_init, loop_.uv()); status != 0) return status;
  tcp_->data = this;
  if (const int status = uv_accept(listener, tcp_.stream()); status != 0) {
    tcp_.reset();
    return status;
  }
  uv_tcp_nodelay(tcp_.get(), 1);
  return 0;
}

int Socket::connect(const sockaddr* address, ConnectCallback done, void* context) {
  if (const int status = tcp_.init(uv_tcp_init, loop_.uv()); status != 0) return status;
  tcp_->data = this;
  auto* request = new ConnectRequest;
  request->socket = this;
  request->done = done;
  request->context = context;
  request->request.data = request;
  connecting_ = request;
  const int status =
      uv_tcp_connect(&request->request, tcp_.get(), address, [](uv_connect_t* uv_request, int result) {
        const std::unique_ptr<ConnectRequest> owned(static_cast<ConnectRequest*>(uv_request->data));
        if (owned->socket == nullptr) return;
        const Loop::Turn turn(owned->socket->loop_);
        owned->socket->connecting_ = nullptr;
        if (result == 0) uv_tcp_nodelay(owned->socket->tcp_.get(), 1);
        owned->done(owned->context, result);
      });
  if (status != 0) {
    connecting_ = nullptr;
    delete request;
    tcp_.reset();
  }
  return status;
}

void Socket::abandon_connect() {
  if (connecting_ != nullptr) connecting_->socket = nullptr;
  connecting_ = nullptr;
  tcp_.reset();
}

int Socket::start_reading() {
  if (!tcp_ || reading_ || ended_) return 0;
  const int status = uv_read_start(tcp_.stream(), &Socket::on_alloc, &Socket::on_read);
  reading_ = status == 0;
  return status;
}

void Socket::pause_reading() {
  if (!tcp_ || !reading_) return;
  uv_read_stop(tcp_.stream());
  reading_ = false;
}

void Socket::on_alloc(uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
  auto* socket = static_cast<Socket*>(handle->data);
  *buffer = uv_buf_init(socket->loop_.read_buffer(), static_cast<unsigned>(Loop::kReadBufferBytes));
}

void Socket::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* socket = static_cast<Socket*>(stream->data);
  if (socket == nullptr || count == 0) return;
  const Loop::Turn turn(socket->loop_);
  if (count < 0) {
    socket->ended(static_cast<int>(count));
    return;
  }
  socket->bytes_received_ += static_cast<std::uint64_t>(count);
  socket->user_->on_socket_bytes(std::string_view(buffer->base, static_cast<std::size_t>(count)));
}

void Socket::ended(int status) {
  if (ended_) return;
  pause_reading();
  ended_ = true;
  user_->on_socket_end(status == UV_EOF && reset_behind_end() ? UV_ECONNRESET : status);
}

// A reset can look like an orderly end: a failed write has taken the error that the kernel had for the next
// read, or libuv has taken a hang-up right behind the last bytes for FIN.
bool Socket::reset_behind_end() const {
  if (write_error_ != 0) return true;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0;
}

void Socket::flush() {
  dirty_ = false;
  if (!tcp_) return;
  user_->on_socket_flush();
  if (in_flight_ != nullptr) return;
  if (write_error_ != 0) {
    out_.clear();
    tell_drained();
    return;
  }
  if (!out_.empty()) {
    const uv_buf_t buffer = uv_buf_init(out_.data(), static_cast<unsigned>(out_.size()));
    const int sent = uv_try_write(tcp_.stream(), &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
      write_done(sent);
      return;
    }
    const auto taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    bytes_sent_ += taken;
    if (taken < out_.size()) {
      send_rest(taken);
      return;
    }
    out_.clear();
    if (out_.capacity() > kKeptBufferBytes) out_.shrink_to_fit();
  }
  if (shutdown_wanted_ && !shutdown_sent_) {
    shutdown_sent_ = true;
    auto* request = new uv_shutdown_t;
    const int status = uv_shutdown(request, tcp_.stream(), [](uv_shutdown_t* done, int) { delete done; });
    if (status != 0) delete request;
  }
  tell_drained();
}

void Socket::tell_drained() {
  if (!drained_wanted_ || pending_bytes() != 0) return;
  drained_wanted_ = false;
  user_->on_socket_drained();
}

void Socket::send_rest(std::size_t sent) {
  auto* request = new WriteRequest;
  request->data = std::move(out_);
  out_ = std::string();
  request->socket = this;
  request->request.data = request;
  in_flight_ = request;
  in_flight_bytes_ = request->data.size() - sent;
  const uv_buf_t buffer = uv_buf_init(request->data.data() + sent, static_cast<unsigned>(in_flight_bytes_));
  const int status =
      uv_write(&request->request, tcp_.stream(), &buffer, 1, [](uv_write_t* write, int result) {
        const std::unique_ptr<WriteRequest> owned(static_cast<WriteRequest*>(write->data));
        Socket* socket = owned->socket;
        if (socket == nullptr) return;
        const Loop::Turn turn(socket->loop_);
        if (result == 0) socket->bytes_sent_ += socket->in_flight_bytes_;
        socket->in_flight_ = nullptr;
        socket->in_flight_bytes_ = 0;
        socket->write_done(result);
      });
  if (status != 0) {
    in_flight_ = nullptr;
    in_flight_bytes_ = 0;
    delete request;
    write_done(status);
  }
}

void Socket::write_done(int status) {
  if (status != 0) {
    write_error_ = status;
    out_.clear();
    if (ended_) {
      tell_drained();  // nothing is pending any more; see write_failed()
    } else if (!reading_ && start_reading() != 0) {
      ended(status);
    }
    return;
  }
  if (!out_.empty() || shutdown_wanted_) wrote();
  tell_drained();
}

std::size_t Socket::undelivered_bytes() const {
  if (!tcp_) return out_.size();
  int in_kernel = 0;
  if (ioctl(descriptor(), SIOCOUTQ, &in_kernel) != 0 || in_kernel < 0) in_kernel = 0;
  return out_.size() + uv_stream_get_write_queue_size(tcp_.stream()) + static_cast<std::size_t>(in_kernel);
}

void Socket::shutdown_write() {
  shutdown_wanted_ = true;
  wrote();
}

void Socket::close() {
  if (dirty_) loop_.forget(this);
  dirty_ = false;
  if (in_flight_ != nullptr) in_flight_->socket = nullptr;
  in_flight_ = nullptr;
  in_flight_bytes_ = 0;
  if (connecting_ != nullptr) connecting_->socket = nullptr;
  connecting_ = nullptr;
  reading_ = false;
  ended_ = true;
  out_ = std::string();
  tcp_.reset();
}

void Socket::close_with_reset() {
  if (tcp_) {
    auto* handle = tcp_.get();
    const linger hard{1, 0};
    uv_os_fd_t descriptor = -1;
    if (uv_fileno(reinterpret_cast<uv_handle_t*>(handle), &descriptor) == 0) {
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
  }
  close();
}

int Socket::descriptor() const {
  uv_os_fd_t descriptor = -1;
  if (!tcp_ || uv_fileno(reinterpret_cast<const uv_handle_t*>(tcp_.get()), &descriptor) != 0) return -1;
  return descriptor;
}

}  // namespace whytls::proxy
