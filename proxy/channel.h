// A byte stream over a socket, plain or TLS: the same to whoever uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/socket.h"
#include "tls/stream.h"

namespace whytls::proxy {

enum class ChannelEnd : std::uint8_t {
  clean,       // close_notify, or FIN on a plain connection
  truncated,   // FIN without close_notify, or in the handshake
  reset,       // the transport failed; the status says how
  tls_failed,  // see evidence()
};

// The peer meant to end, as far as can be told: many never send close_notify.
inline bool is_orderly(ChannelEnd end) {
  return end == ChannelEnd::clean || end == ChannelEnd::truncated;
}

class ChannelUser {
 public:
  virtual void on_handshake_done() = 0;
  // Decrypted bytes, all of them: pausing only stops further reads. Valid during the call.
  virtual void on_data(std::string_view bytes) = 0;
  // Nothing more comes. `status` is libuv's number for reset, else 0. Once; the channel can still be written
  // to after `clean`.
  virtual void on_end(ChannelEnd end, int status) = 0;
  // pending_bytes() fell to 0; called once after each want_drained().
  virtual void on_drained() = 0;

 protected:
  ~ChannelUser() = default;
};

// Not thread-safe; lives on one loop. A callback may close the channel, but its owner may destroy it only by
// retiring it to the loop.
class Channel final : private SocketUser {
 public:
  Channel(Loop& loop, ChannelUser* user) : socket_(loop, this), user_(user) {}
  ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  [[nodiscard]] Socket& socket() { return socket_; }
  [[nodiscard]] const Socket& socket() const { return socket_; }

  // Begins a TLS handshake on a connected socket. Fails only when memory is out.
  [[nodiscard]] Result<void> start_tls(std::shared_ptr<const tls::UpstreamContext> context,
                                       const tls::ConnectOptions& options);
  // The same as server; `early` are bytes that were already read from the socket.
  [[nodiscard]] Result<void> accept_tls(std::shared_ptr<const tls::ClientLegContext> context,
                                        tls::IdentitySource identities, std::string_view early);
  [[nodiscard]] bool is_tls() const { return stream_ != nullptr; }
  [[nodiscard]] bool handshake_done() const { return stream_ == nullptr || stream_->handshake_done(); }
  // nullptr on a plain connection.
  [[nodiscard]] tls::Stream* stream() const { return stream_.get(); }

  // Append plaintext here, then call wrote(). It leaves at the end of the turn, in as few records and system
  // calls as possible.
  [[nodiscard]] std::string& out() { return stream_ ? staged_ : socket_.out(); }
  void wrote() { socket_.wrote(); }
  void want_drained() { socket_.want_drained(); }
  [[nodiscard]] std::size_t pending_bytes() const { return staged_.size() + socket_.pending_bytes(); }

  // As Socket::undelivered_bytes().
  [[nodiscard]] std::size_t undelivered_bytes() const { return staged_.size() + socket_.undelivered_bytes(); }
  [[nodiscard]] bool write_failed() const { return socket_.write_failed(); }

  [[nodiscard]] int start_reading() { return socket_.start_reading(); }
  void pause_reading() { socket_.pause_reading(); }

  // Sends close_notify and FIN after what is queued; reading goes on.
  void half_close();
  // Ends it now. No callback comes after this. What was written in this turn is still sent when the owner
  // is retired in the same turn.
  void close();
  // Like close(), but gives up the descriptor at once, with RST.
  void abort();
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  void on_socket_bytes(std::string_view bytes) override;
  void on_socket_end(int status) override;
  void on_socket_drained() override;
  void on_socket_flush() override;
  void pump();
  // False when there is nothing to read yet.
  bool advance_handshake();
  void end(ChannelEnd end, int status);

  Socket socket_;
  ChannelUser* user_;
  std::unique_ptr<tls::Stream> stream_;
  std::string staged_;
  bool closed_ = false;
  bool ended_ = false;
};

}  // namespace whytls::proxy
