#include "proxy/channel.h"

#include <utility>

namespace whytls::proxy {

namespace {

constexpr std::size_t kKeptStagingBytes = std::size_t{4} * 1024;

ChannelEnd end_of(tls::StreamStatus status) {
  switch (status) {
    case tls::StreamStatus::closed:
      return ChannelEnd::clean;
    case tls::StreamStatus::truncated:
      return ChannelEnd::truncated;
    case tls::StreamStatus::ok:
    case tls::StreamStatus::want_input:
    case tls::StreamStatus::failed:
      break;
  }
  return ChannelEnd::tls_failed;
}

}  // namespace

Result<void> Channel::start_tls(std::shared_ptr<const tls::UpstreamContext> context,
                                const tls::ConnectOptions& options) {
  auto stream = tls::Stream::connect(std::move(context), options, &socket_.out());
  if (!stream) return tl::make_unexpected(stream.error());
  stream_ = std::move(*stream);
  pump();
  return {};
}

Result<void> Channel::accept_tls(std::shared_ptr<const tls::ClientLegContext> context,
                                 tls::IdentitySource identities, std::string_view early) {
  auto stream = tls::Stream::accept(std::move(context), std::move(identities), &socket_.out());
  if (!stream) return tl::make_unexpected(stream.error());
  stream_ = std::move(*stream);
  if (!early.empty()) {
    stream_->supply(early);
    pump();
  }
  return {};
}

void Channel::on_socket_bytes(std::string_view bytes) {
  if (closed_ || ended_) return;
  if (!stream_) {
    user_->on_data(bytes);
    return;
  }
  stream_->supply(bytes);
  pump();
}

bool Channel::advance_handshake() {
  const tls::StreamStatus status = stream_->handshake();
  socket_.wrote();
  if (status == tls::StreamStatus::want_input) {
    stream_->retain();
    return false;
  }
  if (status != tls::StreamStatus::ok) {
    end(end_of(status), 0);
    return false;
  }
  user_->on_handshake_done();
  return !closed_ && !ended_;
}

void Channel::pump() {
  if (!stream_->handshake_done() && !advance_handshake()) return;
  char* buffer = socket_.loop().plaintext_buffer();
  tls::StreamStatus status = tls::StreamStatus::ok;
  while (status == tls::StreamStatus::ok && !closed_ && !ended_) {
    std::size_t filled = 0;
    while (filled < Loop::kReadBufferBytes) {
      std::size_t count = 0;
      status = stream_->read(buffer + filled, Loop::kReadBufferBytes - filled, &count);
      if (status != tls::StreamStatus::ok) break;
      filled += count;
    }
    if (filled > 0) user_->on_data(std::string_view(buffer, filled));
  }
  if (closed_ || ended_) return;
  // Reading may have produced output of its own: an alert, a key update.
  if (!socket_.out().empty()) socket_.wrote();
  if (status != tls::StreamStatus::want_input) end(end_of(status), 0);
}

void Channel::on_socket_end(int status) {
  if (closed_ || ended_) return;
  if (status != UV_EOF) {
    end(ChannelEnd::reset, status);
    return;
  }
  if (!stream_) {
    end(ChannelEnd::clean, 0);
    return;
  }
  stream_->end_of_input();
  if (!stream_->handshake_done()) {
    const tls::StreamStatus last = stream_->handshake();
    end(last == tls::StreamStatus::failed ? ChannelEnd::tls_failed : ChannelEnd::truncated, 0);
    return;
  }
  end(ChannelEnd::truncated, 0);
}

void Channel::end(ChannelEnd end, int status) {
  if (ended_ || closed_) return;
  ended_ = true;
  user_->on_end(end, status);
}

void Channel::on_socket_drained() {
  if (!closed_) user_->on_drained();
}

void Channel::on_socket_flush() {
  if (staged_.empty()) return;
  if (stream_ && stream_->handshake_done()) (void)stream_->write(staged_);
  staged_.clear();
  if (staged_.capacity() > kKeptStagingBytes) staged_.shrink_to_fit();
}

void Channel::half_close() {
  if (stream_ && stream_->handshake_done()) {
    on_socket_flush();
    stream_->shutdown();
  }
  socket_.shutdown_write();
}

void Channel::close() {
  if (closed_) return;
  closed_ = true;
  if (stream_ && stream_->handshake_done()) {
    on_socket_flush();
    stream_->shutdown();
  }
  socket_.pause_reading();
  if (!socket_.out().empty()) socket_.wrote();
}

void Channel::abort() {
  closed_ = true;
  socket_.close_with_reset();
}

}  // namespace whytls::proxy
