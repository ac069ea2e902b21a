// Makes streams, and the callbacks that belong to one leg only.
#include <algorithm>

#include "tls/callbacks.h"
#include "tls/stream_impl.h"

namespace whytls::tls {

namespace {

constexpr std::string_view kHttp11 = "http/1.1";
constexpr std::size_t kMaxAlpnSize = 255;

bool attach(Stream::Impl& stream, SSL_CTX* ctx) {
  stream.ssl.reset(SSL_new(ctx));
  BioPtr bio = make_channel_bio(&stream.channel);
  if (!stream.ssl || !bio) return false;
  // One reference for both directions.
  BIO* shared = bio.release();
  SSL_set_bio(stream.ssl.get(), shared, shared);
  return SSL_set_app_data(stream.ssl.get(), &stream) == 1;
}

Result<void> set_names(SSL* ssl, const ConnectOptions& options) {
  if (!options.sni.empty() && SSL_set_tlsext_host_name(ssl, options.sni.c_str()) != 1) {
    return fail("is no name for SNI: " + take_queue_text(), "sni");
  }
  if (options.alpn.empty()) return {};
  if (options.alpn.size() > kMaxAlpnSize) return fail("is too long", "alpn");
  const std::string list = static_cast<char>(static_cast<unsigned char>(options.alpn.size())) + options.alpn;
  const auto* bytes = reinterpret_cast<const unsigned char*>(list.data());
  // Unlike its neighbours this function returns 0 for success.
  if (SSL_set_alpn_protos(ssl, bytes, static_cast<unsigned int>(list.size())) != 0) {
    return fail("cannot be offered: " + take_queue_text(), "alpn");
  }
  return {};
}

// Takes the session out of its holder, so that it can't be offered again. One that belongs elsewhere is left
// alone.
void offer_session(Stream::Impl& stream, const Session& resume) {
  Session::Impl& session = resume.impl();
  if (!session.session || session.sni != stream.sni || session.context.lock() != stream.upstream) return;
  const SslSessionPtr taken = std::move(session.session);
  if (SSL_SESSION_is_resumable(taken.get()) == 1 && SSL_set_session(stream.ssl.get(), taken.get()) == 1) {
    stream.origin = session.origin;
  }
}

}  // namespace

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

std::size_t Session::bytes() const {
  // What is read out of a certificate takes about as much as its DER, and some room of its own.
  constexpr std::size_t kReadOut = 2048;
  std::size_t sum = 0;
  for (const auto* list : {&impl_->origin->presented, &impl_->origin->chain.built}) {
    for (const Certificate& certificate : *list) sum += 2 * certificate.der.size() + kReadOut;
  }
  return sum;
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Stream::~Stream() {
  // OpenSSL forgets the session of a connection that had no close_notify. TLS 1.1 and later (RFC 4346, 7.2.1)
  // allow it to be resumed, and its tickets may be with somebody else by now.
  if (impl_->state == StreamState::failed || !impl_->handshake_done) return;
  SSL_set_shutdown(impl_->ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Result<std::unique_ptr<Stream>> Stream::connect(std::shared_ptr<const UpstreamContext> context,
                                                const ConnectOptions& options, std::string* out) {
  const QueueMark mark;
  auto impl = std::make_unique<Impl>(Leg::upstream, out);
  if (!attach(*impl, context->impl().ctx.get())) return fail("no memory for a TLS connection");
  SSL_set_connect_state(impl->ssl.get());
  impl->evidence.chain.trust_description =
      context->impl().trust ? context->impl().trust->description() : "nothing";
  impl->upstream = std::move(context);
  impl->now = options.now;
  impl->sni = options.sni;
  if (auto done = set_names(impl->ssl.get(), options); !done) return tl::make_unexpected(done.error());
  if (options.resume != nullptr) offer_session(*impl, *options.resume);
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

Result<std::unique_ptr<Stream>> Stream::accept(std::shared_ptr<const ClientLegContext> context,
                                               IdentitySource identities, std::string* out) {
  const QueueMark mark;
  auto impl = std::make_unique<Impl>(Leg::client, out);
  if (!attach(*impl, context->impl().ctx.get())) return fail("no memory for a TLS connection");
  SSL_set_accept_state(impl->ssl.get());
  impl->client = std::move(context);
  impl->identities = std::move(identities);
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

std::unique_ptr<Session> Stream::take_session() {
  Impl& stream = *impl_;
  if (!stream.newest_session || !stream.handshake_done || stream.state == StreamState::failed) return nullptr;
  auto session = std::make_unique<Session::Impl>();
  session->session = std::move(stream.newest_session);
  session->context = stream.upstream;
  session->sni = stream.sni;
  if (!stream.origin) {
    stream.origin = std::make_shared<const Origin>(
        Origin{stream.evidence.presented, stream.evidence.presented_omitted, stream.evidence.chain});
  }
  session->origin = stream.origin;
  return std::make_unique<Session>(std::move(session));
}

int keep_session(SSL* ssl, SSL_SESSION* session) noexcept {
  constexpr int kReferenceTaken = 1;
  stream_of(ssl).newest_session.reset(session);
  return kReferenceTaken;
}

int choose_identity(SSL* ssl, void* /*unused*/) noexcept {
  constexpr int kGoOn = 1;
  constexpr int kEndHandshake = 0;  // answered with internal_error
  Stream::Impl& stream = stream_of(ssl);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  std::shared_ptr<const Identity> identity;
  try {
    identity = stream.identities(name != nullptr ? name : std::string());
  } catch (...) {
    // The source is the caller's code; nothing may be thrown through OpenSSL.
    return kEndHandshake;
  }
  if (!identity) return kEndHandshake;
  const Identity::Impl& impl = identity->impl();
  constexpr int kReplace = 1;
  return SSL_use_cert_and_key(ssl, impl.leaf.get(), impl.key.get(), impl.issuers.get(), kReplace) == 1
             ? kGoOn
             : kEndHandshake;
}

int choose_alpn(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned int offered_size, void* /*unused*/) noexcept {
  for (std::size_t at = 0; at < offered_size; at += offered[at] + 1U) {
    const std::size_t size = offered[at];
    if (at + 1 + size > offered_size) break;
    if (std::string_view(reinterpret_cast<const char*>(offered) + at + 1, size) != kHttp11) continue;
    *chosen = offered + at + 1;
    *chosen_size = static_cast<unsigned char>(size);
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace whytls::tls
