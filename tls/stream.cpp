// The turns of a stream: bytes in, one call into OpenSSL, bytes out.
#include "tls/stream.h"

#include "tls/chain.h"
#include "tls/stream_impl.h"

namespace whytls::tls {

namespace {

// Record types of TLS 1.0 to 1.3 and SSL 3.0 (RFC 8446, 5.1), and the major version that all of them write.
constexpr unsigned char kFirstRecordType = SSL3_RT_CHANGE_CIPHER_SPEC;
constexpr unsigned char kLastRecordType = SSL3_RT_APPLICATION_DATA;
constexpr unsigned char kMajorVersion = SSL3_VERSION_MAJOR;

// As far as the bytes go: a prefix of a record counts as one.
bool looks_like_tls(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (!bytes.empty() && (byte(0) < kFirstRecordType || byte(0) > kLastRecordType)) return false;
  return bytes.size() < 2 || byte(1) == kMajorVersion;
}

StreamStatus status_of(StreamState state) {
  switch (state) {
    case StreamState::handshaking:
      return StreamStatus::want_input;
    case StreamState::open:
      return StreamStatus::ok;
    case StreamState::closed:
      return StreamStatus::closed;
    case StreamState::truncated:
      return StreamStatus::truncated;
    case StreamState::failed:
      return StreamStatus::failed;
  }
  return StreamStatus::failed;
}

// The only place where the state changes.
StreamStatus enter(Stream::Impl& stream, StreamState state) {
  stream.state = state;
  return status_of(state);
}

void note_traffic(Stream::Impl& stream) {
  stream.evidence.bytes_received = stream.channel.received();
  stream.evidence.bytes_sent = stream.channel.sent();
}

// Everything supplied was consumed: wait, or see that nothing more will come.
StreamStatus wait_or_end(Stream::Impl& stream) {
  if (!stream.input_ended) return StreamStatus::want_input;
  if (!stream.handshake_done) stream.evidence.end = HandshakeEnd::closed;
  return enter(stream, StreamState::truncated);
}

StreamStatus finish_handshake(Stream::Impl& stream) {
  HandshakeEvidence& evidence = stream.evidence;
  stream.handshake_done = true;
  evidence.end = HandshakeEnd::done;
  evidence.progress = HandshakeProgress::finished;
  std::string().swap(evidence.first_bytes);
  describe_answer(stream);
  if (!evidence.answered.resumed) {
    // A session that was offered and not taken says nothing about this peer.
    stream.origin.reset();
    if (stream.leg == Leg::upstream) describe_staple(stream);
  } else if (stream.origin) {
    evidence.presented = stream.origin->presented;
    evidence.presented_omitted = stream.origin->presented_omitted;
    evidence.chain = stream.origin->chain;
    add_time_errors(evidence.chain, stream.now);
  }
  return enter(stream, StreamState::open);
}

StreamStatus fail_handshake(Stream::Impl& stream) {
  describe_answer(stream);
  describe_presented(stream);
  return enter(stream, StreamState::failed);
}

StreamStatus continue_handshake(Stream::Impl& stream) {
  if (!looks_like_tls(stream.evidence.first_bytes)) {
    stream.evidence.end = HandshakeEnd::not_tls;
    return enter(stream, StreamState::failed);
  }
  const bool may_begin = stream.leg == Leg::upstream && !stream.hello_sent;
  if (!may_begin && stream.channel.unread() == 0) return wait_or_end(stream);
  stream.hello_sent = true;
  ERR_clear_error();
  const int result = SSL_do_handshake(stream.ssl.get());
  switch (interpret(stream, result)) {
    case CallOutcome::ok:
      return finish_handshake(stream);
    case CallOutcome::want_input:
      return wait_or_end(stream);
    case CallOutcome::closed:
      stream.evidence.end = HandshakeEnd::closed;
      return enter(stream, StreamState::closed);
    case CallOutcome::failed:
      return fail_handshake(stream);
  }
  return StreamStatus::failed;
}

}  // namespace

void Stream::supply(std::string_view ciphertext) {
  HandshakeEvidence& evidence = impl_->evidence;
  if (!impl_->handshake_done && evidence.first_bytes.size() < kMaxFirstBytes) {
    evidence.first_bytes.append(ciphertext.substr(0, kMaxFirstBytes - evidence.first_bytes.size()));
  }
  impl_->channel.supply(ciphertext);
  note_traffic(*impl_);
}

void Stream::retain() {
  impl_->channel.retain();
}

void Stream::end_of_input() {
  impl_->input_ended = true;
}

StreamStatus Stream::handshake() {
  if (impl_->state != StreamState::handshaking) return status_of(impl_->state);
  const StreamStatus status = continue_handshake(*impl_);
  note_traffic(*impl_);
  return status;
}

bool Stream::handshake_done() const {
  return impl_->handshake_done;
}

StreamStatus Stream::read(char* buffer, std::size_t size, std::size_t* count) {
  *count = 0;
  if (impl_->state == StreamState::handshaking) {
    const StreamStatus status = handshake();
    if (status != StreamStatus::ok) return status;
  }
  if (impl_->state != StreamState::open) return status_of(impl_->state);
  SSL* ssl = impl_->ssl.get();
  if (SSL_pending(ssl) == 0 && impl_->channel.unread() == 0) return wait_or_end(*impl_);
  ERR_clear_error();
  const int result = SSL_read_ex(ssl, buffer, size, count);
  const CallOutcome outcome = interpret(*impl_, result);
  // Reading may answer: a key update, an alert.
  note_traffic(*impl_);
  switch (outcome) {
    case CallOutcome::ok:
      return StreamStatus::ok;
    case CallOutcome::want_input:
      return wait_or_end(*impl_);
    case CallOutcome::closed:
      return enter(*impl_, StreamState::closed);
    case CallOutcome::failed:
      return enter(*impl_, StreamState::failed);
  }
  return StreamStatus::failed;
}

StreamStatus Stream::write(std::string_view plaintext) {
  // A peer that has ended its own direction may still read.
  if (!impl_->handshake_done || impl_->state == StreamState::failed) return StreamStatus::failed;
  while (!plaintext.empty()) {
    std::size_t written = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(impl_->ssl.get(), plaintext.data(), plaintext.size(), &written);
    if (interpret(*impl_, result) != CallOutcome::ok) return enter(*impl_, StreamState::failed);
    plaintext.remove_prefix(written);
  }
  note_traffic(*impl_);
  return StreamStatus::ok;
}

void Stream::shutdown() {
  SSL* ssl = impl_->ssl.get();
  if (!impl_->handshake_done || impl_->state == StreamState::failed) return;
  // A second call would wait for the peer's answer, which is read()'s business.
  if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl);
  constexpr int kSent = 0;  // the peer's close_notify has not come yet: nothing to interpret
  if (result != kSent && interpret(*impl_, result) == CallOutcome::failed) enter(*impl_, StreamState::failed);
  note_traffic(*impl_);
}

const HandshakeEvidence& Stream::evidence() const {
  return impl_->evidence;
}
HandshakeEvidence& Stream::mutable_evidence() {
  return impl_->evidence;
}

}  // namespace whytls::tls
