// Ownership of OpenSSL objects. Included only by the sources of tls/ and by tests: no public header of this
// room shows an OpenSSL type.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace whytls::tls {

// A deleter that is a type, so that the pointer is as small as a raw one.
template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

inline void free_x509_stack(STACK_OF(X509) * stack) {
  sk_X509_pop_free(stack, X509_free);
}
inline void free_general_names(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}
inline void free_extensions(X509_EXTENSIONS* extensions) {
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
inline void free_crl_stack(STACK_OF(X509_CRL) * stack) {
  sk_X509_CRL_pop_free(stack, X509_CRL_free);
}
inline void free_tls_feature(TLS_FEATURE* features) {
  TLS_FEATURE_free(features);
}
inline void free_openssl_memory(void* memory) {
  OPENSSL_free(memory);
}

using Asn1BitStringPtr = std::unique_ptr<ASN1_BIT_STRING, Free<ASN1_BIT_STRING_free>>;
using Asn1EnumeratedPtr = std::unique_ptr<ASN1_ENUMERATED, Free<ASN1_ENUMERATED_free>>;
using Asn1IntegerPtr = std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>>;
using Asn1ObjectPtr = std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>>;
using Asn1OctetStringPtr = std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>>;
using Asn1TimePtr = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;
using AuthorityInfoPtr = std::unique_ptr<AUTHORITY_INFO_ACCESS, Free<AUTHORITY_INFO_ACCESS_free>>;
using AuthorityKeyIdPtr = std::unique_ptr<AUTHORITY_KEYID, Free<AUTHORITY_KEYID_free>>;
using BasicConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, Free<BASIC_CONSTRAINTS_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, Free<BN_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;
using BioPtr = std::unique_ptr<BIO, Free<BIO_free_all>>;
using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Free<EXTENDED_KEY_USAGE_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Free<free_general_names>>;
using MemoryPtr = std::unique_ptr<unsigned char, Free<free_openssl_memory>>;
using NameConstraintsPtr = std::unique_ptr<NAME_CONSTRAINTS, Free<NAME_CONSTRAINTS_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Free<SSL_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;
using TlsFeaturePtr = std::unique_ptr<TLS_FEATURE, Free<free_tls_feature>>;
using X509AlgorPtr = std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, Free<X509_CRL_free>>;
using X509CrlStackPtr = std::unique_ptr<STACK_OF(X509_CRL), Free<free_crl_stack>>;
using X509ExtensionsPtr = std::unique_ptr<X509_EXTENSIONS, Free<free_extensions>>;
using X509ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, Free<X509_NAME_free>>;
using X509Ptr = std::unique_ptr<X509, Free<X509_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), Free<free_x509_stack>>;
using X509StoreCtxPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
using X509StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;

// Whatever is put on the thread's error queue during its life is taken off again. Used around our own work
// inside OpenSSL's callbacks, so that the queue of the surrounding call holds that call's errors alone.
class QueueMark {
 public:
  QueueMark() { ERR_set_mark(); }
  ~QueueMark() { ERR_pop_to_mark(); }
  QueueMark(const QueueMark&) = delete;
  QueueMark& operator=(const QueueMark&) = delete;
};

// Empties the queue and returns its first entry's text, "unknown reason" when it was empty. For people.
[[nodiscard]] inline std::string take_queue_text() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(first);
  return reason != nullptr ? reason : "unknown reason";
}

}  // namespace whytls::tls
