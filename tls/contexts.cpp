// The contexts of both legs.
#include <openssl/rand.h>

#include "tls/callbacks.h"
#include "tls/context_impl.h"

namespace whytls::tls {

namespace {

constexpr long kSessionLifetime = 3600;  // seconds that a client may resume
constexpr unsigned char kSessionContext[] = {'w', 'h', 'y', 't', 'l', 's'};

void set_common(SSL_CTX* ctx) {
  SSL_CTX_set_mode(
      ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_clear_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                 SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
  // A renegotiation could change the certificate after it was judged.
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_read_ahead(ctx, 0);
  install_observers(ctx);
}

Result<void> use_client_certificate(SSL_CTX* ctx, const UpstreamOptions& options) {
  const bool certificate = !options.client_certificate_file.empty();
  const bool key = !options.client_key_file.empty();
  if (!certificate && !key) return {};
  if (!key) return fail("is missing for client_certificate_file", "client_key_file");
  if (!certificate) return fail("is missing for client_key_file", "client_certificate_file");
  const auto identity = load_identity(options.client_certificate_file, options.client_key_file,
                                      {"client_certificate_file", "client_key_file"});
  if (!identity) return tl::make_unexpected(identity.error());
  const Identity::Impl& impl = **identity;
  if (SSL_CTX_use_cert_and_key(ctx, impl.leaf.get(), impl.key.get(), impl.issuers.get(), 1) != 1) {
    return fail(options.client_certificate_file + ": " + take_queue_text(), "client_certificate_file",
                "this security_level may forbid it");
  }
  return {};
}

}  // namespace

UpstreamContext::UpstreamContext() : impl_(std::make_unique<Impl>()) {}
UpstreamContext::~UpstreamContext() = default;

Result<std::shared_ptr<const UpstreamContext>> UpstreamContext::create(
    const UpstreamOptions& options, std::shared_ptr<const TrustStore> trust) {
  const QueueMark mark;
  std::shared_ptr<UpstreamContext> out(new UpstreamContext);
  Impl& impl = out->impl();
  impl.ctx.reset(SSL_CTX_new(TLS_client_method()));
  if (!impl.ctx) return fail("out of memory");
  SSL_CTX* ctx = impl.ctx.get();
  set_common(ctx);
  const auto lowest =
      apply_protocol_options(ctx, {options.min_version, options.max_version, options.ciphers,
                                   options.ciphersuites, options.groups, options.security_level});
  if (!lowest) return tl::make_unexpected(lowest.error());
  impl.min_version = *lowest;
  if (options.legacy_server_connect) SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT);
  if (auto done = use_client_certificate(ctx, options); !done) return tl::make_unexpected(done.error());
  impl.trust = std::move(trust);
  if (impl.trust) SSL_CTX_set1_cert_store(ctx, impl.trust->impl().store.get());
  set_path_rules(SSL_CTX_get0_param(ctx), impl.trust.get());
  SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, record_chain, nullptr);
  SSL_CTX_set_max_cert_list(ctx, static_cast<long>(kMaxCertificateMessage));
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, keep_session);
  return out;
}

ClientLegContext::ClientLegContext() : impl_(std::make_unique<Impl>()) {}
ClientLegContext::~ClientLegContext() = default;

Result<std::shared_ptr<const ClientLegContext>> ClientLegContext::create(
    const ClientLegOptions& options, const std::shared_ptr<const TicketKeys>& tickets) {
  const QueueMark mark;
  std::shared_ptr<ClientLegContext> out(new ClientLegContext);
  out->impl().ctx.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* ctx = out->impl().ctx.get();
  if (ctx == nullptr) return fail("out of memory");
  set_common(ctx);
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_dh_auto(ctx, 1);
  const auto lowest =
      apply_protocol_options(ctx, {options.min_version, options.max_version, options.ciphers,
                                   options.ciphersuites, options.groups, options.security_level});
  if (!lowest) return tl::make_unexpected(lowest.error());
  // Sessions live in the clients' tickets alone.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(ctx, kSessionContext, sizeof kSessionContext);
  SSL_CTX_set_timeout(ctx, kSessionLifetime);
  SSL_CTX_set_num_tickets(ctx, 1);
  if (tickets) {
    auto bytes = tickets->bytes;
    if (SSL_CTX_set_tlsext_ticket_keys(ctx, bytes.data(), static_cast<long>(bytes.size())) != 1) {
      return fail("the ticket keys don't fit this OpenSSL: " + take_queue_text());
    }
  }
  SSL_CTX_set_cert_cb(ctx, choose_identity, nullptr);
  SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, nullptr);
  return out;
}

std::shared_ptr<const TicketKeys> make_ticket_keys() {
  auto keys = std::make_shared<TicketKeys>();
  // Without random bytes there are no shared keys: each context then uses its own, which OpenSSL makes.
  if (RAND_bytes(keys->bytes.data(), static_cast<int>(keys->bytes.size())) != 1) return nullptr;
  return keys;
}

}  // namespace whytls::tls
