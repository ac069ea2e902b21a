// What is behind a Stream, shared by its sources and by the callbacks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tls/context_impl.h"
#include "tls/openssl.h"
#include "tls/stream.h"
#include "tls/stream_bio.h"

namespace whytls::tls {

// What a full handshake knew of its peer, for the handshakes that resume it.
struct Origin {
  std::vector<Certificate> presented;
  std::size_t presented_omitted = 0;
  ChainEvidence chain;
};

struct Session::Impl {
  SslSessionPtr session;  // null once it was offered
  std::shared_ptr<const Origin> origin;
  // A session is trusted only as far as the context that made it, and only for the same name.
  std::weak_ptr<const UpstreamContext> context;
  std::string sni;
};

enum class Leg { upstream, client };

enum class StreamState {
  handshaking,
  open,
  closed,     // close_notify was received
  truncated,  // the transport ended without one
  failed,
};

struct Stream::Impl {
  Impl(Leg leg_, std::string* out) : leg(leg_), channel(out) {}

  Leg leg;
  StreamState state = StreamState::handshaking;
  bool input_ended = false;
  bool hello_sent = false;  // the handshake was started; without input there is nothing more to do
  std::shared_ptr<const UpstreamContext> upstream;
  std::shared_ptr<const ClientLegContext> client;
  IdentitySource identities;
  UnixSeconds now = 0;
  std::string sni;
  Channel channel;
  SslPtr ssl;  // after the channel, which its BIO uses
  HandshakeEvidence evidence;
  std::string certificate_message;       // raw, until its certificates were described
  std::shared_ptr<const Origin> origin;  // of the session that is being resumed
  SslSessionPtr newest_session;

  // Kept beside evidence.end, which the owner of the socket may overwrite.
  bool handshake_done = false;
};

[[nodiscard]] inline Stream::Impl& stream_of(const SSL* ssl) {
  return *static_cast<Stream::Impl*>(SSL_get_app_data(ssl));
}

// What a call into OpenSSL came to.
enum class CallOutcome { ok, want_input, closed, failed };
// The one function that interprets OpenSSL's results. To be called with the result of every SSL_* call that
// can fail, right after it, with the queue cleared right before it; fills in openssl_* and alerts of the
// evidence and leaves the queue empty.
[[nodiscard]] CallOutcome interpret(Stream::Impl& stream, int result);

// Fills `answered` as far as the handshake has come.
void describe_answer(Stream::Impl& stream);
// Fills `presented` from the Certificate message when the chain was never validated.
void describe_presented(Stream::Impl& stream);
// Adds what the server stapled to its certificate, when the handshake is done: in TLS 1.2 it comes after the
// certificates were validated.
void describe_staple(Stream::Impl& stream);

}  // namespace whytls::tls
