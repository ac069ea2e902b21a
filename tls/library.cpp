// What the OpenSSL in use is and what it can't do.
#include <openssl/crypto.h>

#include <array>

#include "tls/context_impl.h"
#include "tls/stream_bio.h"

namespace whytls::tls {

namespace {

constexpr std::array<WireVersion, 5> kVersions{SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
                                               TLS1_3_VERSION};

struct Family {
  const char* list;  // an OpenSSL cipher list
  const char* what;
};

constexpr std::array<Family, 10> kFamilies{{{"RC4", "RC4"},
                                            {"3DES", "3DES"},
                                            {"DES-CBC-SHA", "single DES"},
                                            {"EXP", "export grade"},
                                            {"IDEA", "IDEA"},
                                            {"SEED", "SEED"},
                                            {"aDSS", "DSS (DSA certificates)"},
                                            {"CAMELLIA", "Camellia"},
                                            {"CHACHA20", "ChaCha20-Poly1305"},
                                            {"AESGCM", "AES-GCM"}}};

constexpr std::array<const char*, 8> kGroups{"X25519", "X448",      "P-256",     "P-384",
                                             "P-521",  "sect571r1", "ffdhe2048", "X25519MLKEM768"};

SslCtxPtr permissive_context() {
  SslCtxPtr ctx(SSL_CTX_new(TLS_client_method()));
  if (!ctx) return nullptr;
  SSL_CTX_set_security_level(ctx.get(), 0);
  SSL_CTX_set_cipher_list(ctx.get(), "ALL:COMPLEMENTOFALL");
  return ctx;
}

bool has_ciphers(SSL_CTX* ctx, const char* list) {
  if (SSL_CTX_set_cipher_list(ctx, list) != 1) return false;
  SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
  const SslPtr probe(SSL_new(ctx));
  STACK_OF(SSL_CIPHER)* usable = probe ? SSL_get1_supported_ciphers(probe.get()) : nullptr;
  const bool found = usable != nullptr && sk_SSL_CIPHER_num(usable) > 0;
  sk_SSL_CIPHER_free(usable);
  return found;
}

}  // namespace

std::string library_version() {
  return OpenSSL_version(OPENSSL_VERSION);
}

bool version_supported(WireVersion version) {
  const QueueMark mark;
  const SslCtxPtr ctx = permissive_context();
  // 0 would mean "no bound" to OpenSSL.
  if (!ctx || version == 0) return false;
  if (SSL_CTX_set_min_proto_version(ctx.get(), version) != 1) return false;
  if (SSL_CTX_set_max_proto_version(ctx.get(), version) != 1) return false;
  const SslPtr ssl(SSL_new(ctx.get()));
  std::string hello;
  Channel channel(&hello);
  BioPtr bio = make_channel_bio(&channel);
  if (!ssl || !bio) return false;
  BIO* shared = bio.release();
  SSL_set_bio(ssl.get(), shared, shared);
  // A version that is built in gets as far as writing a ClientHello; any other one ends in an alert, or in
  // nothing.
  SSL_connect(ssl.get());
  return !hello.empty() && hello.front() == SSL3_RT_HANDSHAKE;
}

std::vector<std::string> library_gaps() {
  const QueueMark mark;
  // No OpenSSL since 1.1.0 can be built with it, so there is nothing to try.
  std::vector<std::string> out = {"SSLv2: not built in"};
  for (const WireVersion version : kVersions) {
    if (!version_supported(version)) out.push_back(version_name(version) + ": not built in");
  }
  for (const Family& family : kFamilies) {
    const SslCtxPtr ctx = permissive_context();
    if (!ctx || !has_ciphers(ctx.get(), family.list)) {
      out.push_back(std::string(family.what) + " cipher suites: not built in");
    }
  }
  for (const char* group : kGroups) {
    const SslCtxPtr ctx = permissive_context();
    if (!ctx || SSL_CTX_set1_groups_list(ctx.get(), group) != 1) {
      out.push_back(std::string("key exchange group ") + group + ": not built in");
    }
  }
  return out;
}

}  // namespace whytls::tls
