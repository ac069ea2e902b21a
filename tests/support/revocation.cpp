#include "tests/support/revocation.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace whytls::support {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Deleter<OCSP_BASICRESP_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using CertIdPtr = std::unique_ptr<OCSP_CERTID, Deleter<OCSP_CERTID_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using ListPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Deleter<OCSP_RESPONSE_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>>;

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("revocation: OpenSSL refuses the ") + what);
}

TimePtr moment(std::int64_t seconds) {
  return TimePtr(ASN1_TIME_set(nullptr, seconds));
}

// OCSP knows GeneralizedTime only.
TimePtr long_moment(std::int64_t seconds) {
  return TimePtr(ASN1_GENERALIZEDTIME_set(nullptr, seconds));
}

void add_entry(X509_CRL* list, const Revoked& revoked) {
  X509_REVOKED* const entry = X509_REVOKED_new();
  check(entry != nullptr &&
            X509_REVOKED_set_serialNumber(
                entry, X509_get_serialNumber(revoked.certificate.certificate.get())) == 1 &&
            X509_REVOKED_set_revocationDate(entry, moment(revoked.at).get()) == 1,
        "entry");
  if (revoked.reason != kNoReason) {
    ASN1_ENUMERATED* const reason = ASN1_ENUMERATED_new();
    ASN1_ENUMERATED_set(reason, revoked.reason);
    check(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0) == 1, "reason");
    ASN1_ENUMERATED_free(reason);
  }
  check(X509_CRL_add0_revoked(list, entry) == 1, "entry");
}

void add_extension(X509_CRL* list, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, nullptr, nullptr, list, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension && X509_CRL_add_ext(list, extension.get(), -1) == 1, value.c_str());
}

void add_unknown_extension(X509_CRL* list) {
  const ObjectPtr type(OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1));
  const OctetsPtr value(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>("\x05\x00"), 2);
  const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, type.get(), 1, value.get()));
  check(extension && X509_CRL_add_ext(list, extension.get(), -1) == 1, "extension");
}

void corrupt(const ASN1_BIT_STRING* signature) {
  signature->data[signature->length - 1] ^= 0x01;
}

int status_of(ResponseSpec::Says says) {
  switch (says) {
    case ResponseSpec::Says::good:
      return V_OCSP_CERTSTATUS_GOOD;
    case ResponseSpec::Says::revoked:
      return V_OCSP_CERTSTATUS_REVOKED;
    case ResponseSpec::Says::unknown:
      return V_OCSP_CERTSTATUS_UNKNOWN;
  }
  return V_OCSP_CERTSTATUS_UNKNOWN;
}

std::string encoded(OCSP_RESPONSE* response) {
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  check(size > 0, "response");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  ERR_clear_error();
  return out;
}

}  // namespace

std::string make_list(const ListSpec& spec, const Credential& issuer) {
  const ListPtr owner(X509_CRL_new());
  X509_CRL* const list = owner.get();
  X509* const ca = issuer.certificate.get();
  check(list != nullptr && X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
            X509_CRL_set_issuer_name(list, X509_get_subject_name(ca)) == 1 &&
            X509_CRL_set1_lastUpdate(list, moment(spec.this_update).get()) == 1 &&
            X509_CRL_set1_nextUpdate(list, moment(spec.next_update).get()) == 1,
        "list");
  for (const Revoked& revoked : spec.revoked) add_entry(list, revoked);
  if (!spec.key) add_extension(list, ca, NID_authority_key_identifier, "keyid");
  if (!spec.issuing_point.empty())
    add_extension(list, ca, NID_issuing_distribution_point, "critical," + spec.issuing_point);
  if (spec.has_unknown_critical_extension) add_unknown_extension(list);
  X509_CRL_sort(list);
  check(X509_CRL_sign(list, spec.key ? spec.key->get() : issuer.key.get(), EVP_sha256()) > 0, "signature");
  if (spec.signature == Signature::corrupted) {
    const ASN1_BIT_STRING* signature = nullptr;
    X509_CRL_get0_signature(list, &signature, nullptr);
    corrupt(signature);
  }
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509_CRL(bio.get(), list) == 1, "list");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  ERR_clear_error();
  return {text, static_cast<std::size_t>(size)};
}

std::string list_der(const std::string& pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const ListPtr list(PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_X509_CRL(list.get(), &der);
  check(size > 0, "list");
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string make_ocsp_response(const ResponseSpec& spec, const Credential& leaf, const Credential& issuer) {
  if (spec.status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    const ResponsePtr refusal(OCSP_response_create(spec.status, nullptr));
    return encoded(refusal.get());
  }
  const Credential& signer = spec.signer ? *spec.signer : issuer;
  const Credential& subject = spec.other_leaf ? *spec.other_leaf : leaf;
  const BasicPtr basic(OCSP_BASICRESP_new());
  const CertIdPtr id(OCSP_cert_to_id(EVP_sha1(), subject.certificate.get(), issuer.certificate.get()));
  const TimePtr this_update = long_moment(spec.this_update);
  const TimePtr next_update = long_moment(spec.next_update);
  const TimePtr revoked_at = long_moment(spec.revoked_at);
  const bool is_revoked = spec.says == ResponseSpec::Says::revoked;
  check(basic && id &&
            OCSP_basic_add1_status(basic.get(), id.get(), status_of(spec.says), spec.reason,
                                   is_revoked ? revoked_at.get() : nullptr, this_update.get(),
                                   spec.next_update == 0 ? nullptr : next_update.get()) != nullptr,
        "status");
  check(OCSP_basic_sign(basic.get(), signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr,
                        spec.signer ? 0 : OCSP_NOCERTS) == 1,
        "signature");
  if (spec.signature == Signature::corrupted) corrupt(OCSP_resp_get0_signature(basic.get()));
  const ResponsePtr response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  return encoded(response.get());
}

}  // namespace whytls::support
