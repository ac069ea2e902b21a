// Looks on while OpenSSL works: alerts, messages and key sizes, also of handshakes that fail.
#include <algorithm>

#include "tls/callbacks.h"
#include "tls/certificate_reader.h"
#include "tls/stream_impl.h"
#include "tls/wire.h"

namespace whytls::tls {

namespace {

// More alerts than this say nothing new; TLS 1.2 lets a peer send warnings again and again.
constexpr std::size_t kMaxKeptAlerts = 32;

enum class Way { received, sent };

// The leg's server speaks: the peer upstream, ourselves to the client.
bool from_server(const Stream::Impl& stream, Way way) {
  return (stream.leg == Leg::upstream) == (way == Way::received);
}

void reach(Stream::Impl& stream, HandshakeProgress progress) {
  stream.evidence.progress = std::max(stream.evidence.progress, progress);
}

void observe_alert(Stream::Impl& stream, Way way, std::string_view body) {
  if (body.size() != 2 || stream.evidence.alerts.size() == kMaxKeptAlerts) return;
  Alert alert;
  alert.direction = way == Way::sent ? Alert::Direction::sent : Alert::Direction::received;
  alert.level = static_cast<std::uint8_t>(body[0]);
  alert.number = static_cast<std::uint8_t>(body[1]);
  alert.after_handshake = stream.handshake_done;
  stream.evidence.alerts.push_back(alert);
}

void observe_client_hello(Stream::Impl& stream, std::string_view message) {
  const bool first = stream.evidence.progress < HandshakeProgress::client_hello;
  reach(stream, HandshakeProgress::client_hello);
  // A second hello, after a HelloRetryRequest, offers what the server asked for: the first one is the offer.
  if (!first) return;
  auto offered = parse_client_hello(message);
  if (!offered) return;
  stream.evidence.offered = std::move(*offered);
  if (stream.leg != Leg::upstream) return;
  stream.evidence.offered.security_level = SSL_get_security_level(stream.ssl.get());
  // Without supported_versions a hello names its highest version only; our own lowest is known.
  if (stream.evidence.offered.min_version == 0) {
    stream.evidence.offered.min_version = stream.upstream->impl().min_version;
  }
}

void observe_server_hello(Stream::Impl& stream, std::string_view message) {
  const auto hello = parse_server_hello(message);
  if (!hello) return;
  stream.evidence.answered.version = hello->version;
  stream.evidence.answered.cipher_suite = hello->cipher_suite;
  if (!hello->retry) reach(stream, HandshakeProgress::server_hello);
}

void observe_certificate(Stream::Impl& stream, Way way, std::string_view message) {
  if (from_server(stream, way)) {
    reach(stream, HandshakeProgress::server_certificate);
    if (way == Way::received) stream.certificate_message = message.substr(0, kMaxCertificateMessage);
    return;
  }
  const auto version = static_cast<WireVersion>(SSL_version(stream.ssl.get()));
  if (way == Way::sent && !parse_certificate_message(message, version).empty()) {
    stream.evidence.client_certificate_sent = true;
  }
}

void observe_certificate_request(Stream::Impl& stream, Way way, std::string_view message) {
  if (way != Way::received || stream.leg != Leg::upstream) return;
  HandshakeEvidence& evidence = stream.evidence;
  evidence.client_certificate_requested = true;
  const auto version = static_cast<WireVersion>(SSL_version(stream.ssl.get()));
  for (const std::string_view der : parse_certificate_request(message, version)) {
    if (evidence.client_certificate_authorities.size() == kMaxKeptNames) return;
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const X509NamePtr name(d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der.size())));
    if (name) evidence.client_certificate_authorities.push_back(name_text(name.get()));
  }
}

void observe_handshake(Stream::Impl& stream, Way way, std::string_view message) {
  if (message.empty()) return;
  switch (static_cast<MessageType>(message.front())) {
    case MessageType::client_hello:
      observe_client_hello(stream, message);
      break;
    case MessageType::server_hello:
      observe_server_hello(stream, message);
      break;
    case MessageType::certificate:
      observe_certificate(stream, way, message);
      break;
    case MessageType::certificate_request:
      observe_certificate_request(stream, way, message);
      break;
    case MessageType::server_key_exchange:
    case MessageType::certificate_verify:
      if (from_server(stream, way)) reach(stream, HandshakeProgress::key_exchange);
      break;
    case MessageType::hello_request:
      break;
  }
}

void observe(int written, int /*version*/, int type, const void* bytes, std::size_t size, SSL* ssl,
             void* /*unused*/) noexcept {
  if (SSL_get_app_data(ssl) == nullptr) return;
  const QueueMark mark;
  Stream::Impl& stream = stream_of(ssl);
  const Way way = written != 0 ? Way::sent : Way::received;
  const std::string_view body(static_cast<const char*>(bytes), size);
  if (type == SSL3_RT_ALERT) observe_alert(stream, way, body);
  if (type == SSL3_RT_HANDSHAKE && !stream.handshake_done) observe_handshake(stream, way, body);
}

using SecurityCallback = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);

SecurityCallback library_security_callback() {
  static const SecurityCallback kCallback = [] {
    const SslCtxPtr fresh(SSL_CTX_new(TLS_method()));
    return fresh ? SSL_CTX_get_security_callback(fresh.get()) : nullptr;
  }();
  return kCallback;
}

// Refuses what OpenSSL's own callback refuses. Sees the server's DH key before it may be refused, which is
// the only chance to learn its size.
int watch_security(const SSL* ssl, const SSL_CTX* ctx, int operation, int bits, int nid, void* other,
                   void* unused) noexcept {
  if (operation == SSL_SECOP_TMP_DH && ssl != nullptr && other != nullptr &&
      SSL_get_app_data(ssl) != nullptr) {
    Stream::Impl& stream = stream_of(ssl);
    if (stream.leg == Leg::upstream && !stream.handshake_done) {
      stream.evidence.answered.group = "dh";
      stream.evidence.answered.key_exchange_bits = EVP_PKEY_get_bits(static_cast<EVP_PKEY*>(other));
    }
  }
  const SecurityCallback library = library_security_callback();
  return library != nullptr ? library(ssl, ctx, operation, bits, nid, other, unused) : 0;
}

}  // namespace

void install_observers(SSL_CTX* ctx) {
  SSL_CTX_set_msg_callback(ctx, observe);
  SSL_CTX_set_security_callback(ctx, watch_security);
}

}  // namespace whytls::tls
