// One end of one TLS connection, without a socket: ciphertext goes in by `supply`, comes out in the
// caller's buffer. Works over any transport, so tests run two ends in memory.
//
// Turn of the caller:  supply(bytes) -> handshake() / read() until want_input -> send what is in the out
// buffer. Bytes given to supply() must stay valid until everything was read or retain() was called.
// Not thread-safe. No call throws.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tls/context.h"
#include "tls/evidence.h"

namespace whytls::tls {

enum class StreamStatus {
  ok,          // progress was made
  want_input,  // everything supplied was consumed; more is needed
  closed,      // the peer sent close_notify: an orderly end
  truncated,   // the transport ended without close_notify
  failed,      // see evidence(): alert, protocol error, not TLS
};

// A session that a later handshake with the same upstream may resume. Used once (RFC 8446, C.4).
class Session {
 public:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();
  [[nodiscard]] Impl& impl() const { return *impl_; }
  // About how much memory the chain takes that it remembers. Sessions of one handshake share it; each counts
  // it whole.
  [[nodiscard]] std::size_t bytes() const;

 private:
  std::unique_ptr<Impl> impl_;
};

struct ConnectOptions {
  std::string sni;                  // empty: no server_name extension. Never an IP literal.
  std::string alpn = "http/1.1";    // empty: no ALPN
  UnixSeconds now = 0;              // the time at which the chain is judged
  const Session* resume = nullptr;  // borrowed for the call only
};

class Stream {
 public:
  // `out` receives ciphertext by appending; it must outlive the stream. Fails only when memory is out.
  static Result<std::unique_ptr<Stream>> connect(std::shared_ptr<const UpstreamContext> context,
                                                 const ConnectOptions& options, std::string* out);
  static Result<std::unique_ptr<Stream>> accept(std::shared_ptr<const ClientLegContext> context,
                                                IdentitySource identities, std::string* out);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Bytes that arrived. Borrowed: see above. What an earlier call left unread comes first.
  void supply(std::string_view ciphertext);
  // Copies what is still unread of the supplied bytes, so that the caller's buffer may be reused.
  void retain();
  // The transport ended (FIN). Later calls report truncated unless close_notify came first.
  void end_of_input();

  // Goes on with the handshake. ok: done. want_input: wait. closed, truncated, failed: over.
  StreamStatus handshake();
  [[nodiscard]] bool handshake_done() const;

  // Reads decrypted bytes into `buffer`; *count gets the number. ok: *count > 0.
  StreamStatus read(char* buffer, std::size_t size, std::size_t* count);
  // Encrypts all of `plaintext` into the out buffer. failed: the connection is unusable.
  StreamStatus write(std::string_view plaintext);
  // Appends close_notify. May be called more than once.
  void shutdown();

  // Upstream leg: the newest session for resumption, at most once per ticket; nullptr when there is none.
  [[nodiscard]] std::unique_ptr<Session> take_session();

  // What was seen so far. Filled during the handshake; alerts after it are appended. The owner of the
  // socket sets `end` for what only it can know (reset, timeout).
  [[nodiscard]] const HandshakeEvidence& evidence() const;
  HandshakeEvidence& mutable_evidence();

  struct Impl;

 private:
  explicit Stream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::tls
