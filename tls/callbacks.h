// What OpenSSL calls during a handshake. Each finds the stream behind the SSL and fills in its evidence.
#pragma once

#include "tls/openssl.h"

namespace whytls::tls {

// Alerts, messages and key sizes: on both legs.
void install_observers(SSL_CTX* ctx);

// SSL_CTX_set_cert_verify_callback: validates the chain, records every complaint, and lets the handshake go
// on.
int record_chain(X509_STORE_CTX* store, void* unused) noexcept;
// SSL_CTX_sess_set_new_cb: keeps the newest session.
int keep_session(SSL* ssl, SSL_SESSION* session) noexcept;
// SSL_CTX_set_cert_cb: puts the identity for the client's SNI on the connection.
int choose_identity(SSL* ssl, void* unused) noexcept;
// SSL_CTX_set_alpn_select_cb: http/1.1 when the client offers it, else no ALPN.
int choose_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned int offered_size, void* unused) noexcept;

}  // namespace whytls::tls
