#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include <stdexcept>

#include "tests/support/peer.h"

namespace whytls::support {
namespace {

void check(bool fine, const char* what) {
  if (fine) return;
  throw std::runtime_error(std::string("misbehaving peer: OpenSSL refuses the ") + what);
}

EVP_PKEY* dh_group(unsigned bits) {
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> prime(
      bits == 1024 ? BN_get_rfc2409_prime_1024(nullptr) : BN_get_rfc3526_prime_2048(nullptr), &BN_free);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> generator(BN_new(), &BN_free);
  BN_set_word(generator.get(), 2);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                              &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_FFC_P, prime.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_FFC_G, generator.get());
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> params(OSSL_PARAM_BLD_to_param(build.get()),
                                                                       &OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* group = nullptr;
  check(EVP_PKEY_fromdata_init(context.get()) == 1 &&
            EVP_PKEY_fromdata(context.get(), &group, EVP_PKEY_KEY_PARAMETERS, params.get()) == 1,
        "Diffie-Hellman group");
  return group;
}

int refuse_other_names(SSL* ssl, int* alert, void* only_name) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr && *static_cast<const std::string*>(only_name) == name) return SSL_TLSEXT_ERR_OK;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int add_staple(SSL* ssl, void* staple) {
  const auto& bytes = *static_cast<const std::string*>(staple);
  void* const copy = OPENSSL_memdup(bytes.data(), bytes.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(bytes.size()));  // takes it
  return SSL_TLSEXT_ERR_OK;
}

void demand_client_certificate(SSL_CTX* context, const Credential& authority) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  check(X509_STORE_add_cert(store, authority.certificate.get()) == 1, "client CA");
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), kTestNow);
  check(SSL_CTX_add_client_CA(context, authority.certificate.get()) == 1, "client CA");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  static constexpr unsigned char kSessionContext[] = "whytls";
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext);
}

}  // namespace

std::shared_ptr<SSL_CTX> make_server_context(const TlsScript& script) {
  std::shared_ptr<SSL_CTX> owner(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX* context = owner.get();
  check(context != nullptr, "context");
  SSL_CTX_set_security_level(context, 0);
  check(SSL_CTX_set_min_proto_version(context, script.min_version) == 1, "lowest version");
  check(SSL_CTX_set_max_proto_version(context, script.max_version) == 1, "highest version");
  check(SSL_CTX_set_cipher_list(context, script.ciphers.c_str()) == 1, "ciphers");
  if (!script.ciphersuites.empty()) {
    check(SSL_CTX_set_ciphersuites(context, script.ciphersuites.c_str()) == 1, "cipher suites");
  }
  if (!script.groups.empty()) {
    check(SSL_CTX_set1_groups_list(context, script.groups.c_str()) == 1, "groups");
  }
  if (script.dh_bits != 0) {
    check(SSL_CTX_set0_tmp_dh_pkey(context, dh_group(script.dh_bits)) == 1, "Diffie-Hellman group");
  } else {
    SSL_CTX_set_dh_auto(context, 1);
  }
  check(!script.chain.empty(), "empty chain");
  check(SSL_CTX_use_certificate(context, script.chain.front().certificate.get()) == 1, "certificate");
  check(SSL_CTX_use_PrivateKey(context, script.chain.front().key.get()) == 1, "private key");
  // What is not sent by the script is not sent: the library must not complete the chain.
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
  for (std::size_t i = 1; i < script.chain.size(); ++i) {
    check(SSL_CTX_add1_chain_cert(context, script.chain[i].certificate.get()) == 1, "chain");
  }
  if (script.client_ca) demand_client_certificate(context, *script.client_ca);
  if (!script.staple.empty()) {
    SSL_CTX_set_tlsext_status_cb(context, add_staple);
    // As with the name below, the script outlives its contexts.
    SSL_CTX_set_tlsext_status_arg(context, const_cast<std::string*>(&script.staple));
  }
  if (!script.only_name.empty()) {
    SSL_CTX_set_tlsext_servername_callback(context, refuse_other_names);
    // The name lives in the script of the peer, which outlives its contexts.
    SSL_CTX_set_tlsext_servername_arg(context, const_cast<std::string*>(&script.only_name));
  }
  ERR_clear_error();
  return owner;
}

}  // namespace whytls::support
