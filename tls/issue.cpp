#include "tls/issue.h"

#include <openssl/rand.h>

#include <array>

#include "tls/certificate_reader.h"

namespace whytls::tls {

namespace {

constexpr UnixSeconds kHour = 3600;
constexpr UnixSeconds kDay = 24 * kHour;
// Clients' clocks go wrong both ways; the CA is older than any leaf that it signs at the same moment.
constexpr UnixSeconds kAuthorityBackdate = 2 * kDay;
constexpr UnixSeconds kAuthorityLifetime = 3652 * kDay;  // ten years
constexpr UnixSeconds kLeafBackdate = 12 * kHour;
constexpr UnixSeconds kLeafLifetime = 30 * kDay;
constexpr int kSerialBits = 128;
constexpr std::size_t kNameSuffixSize = 4;  // random bytes in the CA's name
constexpr std::size_t kMaxCommonName = 64;  // ub-common-name of RFC 5280, A.1

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const X509ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Random and positive (RFC 5280, 4.1.2.2); 20 octets are the limit, this takes at most 17.
bool set_serial(X509* certificate) {
  const BignumPtr number(BN_new());
  do {
    if (!number || BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1) return false;
  } while (BN_is_zero(number.get()));
  return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_validity(X509* certificate, UnixSeconds from, UnixSeconds to) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(to)) != nullptr;
}

bool add_name_entry(X509_NAME* name, const char* field, const std::string& value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0) == 1;
}

// EdDSA has its digest built in.
bool sign(X509* certificate, EVP_PKEY* key) {
  int digest = NID_undef;
  const bool fixed = EVP_PKEY_get_default_digest_nid(key, &digest) == 2 && digest == NID_undef;
  return X509_sign(certificate, key, fixed ? nullptr : EVP_sha256()) > 0;
}

bool start(X509* certificate, EVP_PKEY* key, UnixSeconds from, UnixSeconds to) {
  return certificate != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         set_serial(certificate) && set_validity(certificate, from, to) &&
         X509_set_pubkey(certificate, key) == 1;
}

// Built from parts: a name that went through OpenSSL's text form could smuggle in a second one.
bool add_alt_name(X509* certificate, const LeafName& name, bool critical) {
  const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (!names || entry == nullptr || sk_GENERAL_NAME_push(names.get(), entry) <= 0) {
    GENERAL_NAME_free(entry);
    return false;
  }
  const bool is_address = !name.address.empty();
  const std::string& value = is_address ? name.address : name.text;
  ASN1_STRING* string = ASN1_STRING_type_new(is_address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  if (string == nullptr) return false;
  GENERAL_NAME_set0_value(entry, is_address ? GEN_IPADD : GEN_DNS, string);
  return ASN1_STRING_set(string, value.data(), static_cast<int>(value.size())) == 1 &&
         X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical ? 1 : 0,
                           X509V3_ADD_APPEND) == 1;
}

}  // namespace

PkeyPtr make_ec_key() {
  return PkeyPtr(EVP_EC_gen("P-256"));
}

X509Ptr make_authority_certificate(EVP_PKEY* key, UnixSeconds now) {
  X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  std::array<unsigned char, kNameSuffixSize> suffix{};
  if (!start(raw, key, now - kAuthorityBackdate, now + kAuthorityLifetime) ||
      RAND_bytes(suffix.data(), static_cast<int>(suffix.size())) != 1) {
    return nullptr;
  }
  X509_NAME* name = X509_get_subject_name(raw);
  const std::string common_name = "whytls local CA " + hex(suffix.data(), suffix.size());
  const bool made = add_name_entry(name, "O", "whytls") && add_name_entry(name, "CN", common_name) &&
                    X509_set_issuer_name(raw, name) == 1 &&
                    add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(raw, raw, NID_subject_key_identifier, "hash") && sign(raw, key);
  return made ? std::move(certificate) : nullptr;
}

X509Ptr make_leaf_certificate(X509* issuer, EVP_PKEY* issuer_key, EVP_PKEY* key, const LeafName& name,
                              UnixSeconds now) {
  X509Ptr certificate(X509_new());
  X509* raw = certificate.get();
  if (!start(raw, key, now - kLeafBackdate, now + kLeafLifetime)) return nullptr;
  // A name that doesn't fit leaves the subject empty, and then the alternative name is critical (RFC
  // 5280, 4.2.1.6).
  const bool fits = name.text.size() <= kMaxCommonName;
  const bool made = (!fits || add_name_entry(X509_get_subject_name(raw), "CN", name.text)) &&
                    X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                    add_extension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, issuer, NID_ext_key_usage, "serverAuth") &&
                    add_extension(raw, issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(raw, issuer, NID_authority_key_identifier, "keyid") &&
                    add_alt_name(raw, name, !fits) && sign(raw, issuer_key);
  return made ? std::move(certificate) : nullptr;
}

}  // namespace whytls::tls
