#include "tests/support/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
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
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>>;
using GroupPtr = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using PointPtr = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;
using ParamBuildPtr = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;

template <typename T>
T* check(T* pointer, const char* what) {
  if (pointer == nullptr) throw std::runtime_error(std::string("certificate factory: ") + what);
  return pointer;
}
void check(int result, const char* what) {
  if (result <= 0) throw std::runtime_error(std::string("certificate factory: ") + what);
}

std::string sha256(std::string_view data) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// A DER element with a length of any size (X.690, 8.1.3).
std::string der_element(unsigned char tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    std::string length;
    for (std::size_t rest = content.size(); rest != 0; rest >>= 8) {
      length.insert(length.begin(), static_cast<char>(rest & 0xff));
    }
    out += static_cast<char>(0x80 | length.size());
    out += length;
  }
  return out.append(content);
}

// GeneralNames by hand, because OpenSSL's text syntax can't express hostile bytes.
std::string san_value(const CertificateSpec& spec) {
  std::string names;
  for (const std::string& name : spec.dns_names) names += der_element(0x82, name);
  for (const std::string& address : spec.ip_addresses) {
    std::array<char, 16> raw{};
    const bool six = address.find(':') != std::string::npos;
    check(inet_pton(six ? AF_INET6 : AF_INET, address.c_str(), raw.data()), "address of a SAN");
    names += der_element(0x87, std::string_view(raw.data(), six ? 16 : 4));
  }
  return der_element(0x30, names);
}

void add_raw_extension(X509* certificate, const ASN1_OBJECT* type, int critical, const std::string& value) {
  const OctetsPtr octets(check(ASN1_OCTET_STRING_new(), "memory"));
  check(ASN1_OCTET_STRING_set(octets.get(), bytes(value), static_cast<int>(value.size())), "extension");
  const ExtensionPtr extension(
      check(X509_EXTENSION_create_by_OBJ(nullptr, type, critical, octets.get()), "extension"));
  check(X509_add_ext(certificate, extension.get(), -1), "extension");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(
      check(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()), value.c_str()));
  check(X509_add_ext(certificate, extension.get(), -1), "extension");
}

void add_extensions(X509* certificate, X509* issuer, const CertificateSpec& spec) {
  add_extension(certificate, issuer, NID_basic_constraints, spec.basic_constraints);
  add_extension(certificate, issuer, NID_key_usage, spec.key_usage);
  add_extension(certificate, issuer, NID_ext_key_usage, spec.extended_key_usage);
  if (spec.raw_san || !spec.dns_names.empty() || !spec.ip_addresses.empty()) {
    add_raw_extension(certificate, OBJ_nid2obj(NID_subject_alt_name), 0,
                      spec.raw_san ? *spec.raw_san : san_value(spec));
  }
  add_extension(certificate, issuer, NID_name_constraints, spec.name_constraints);
  add_extension(certificate, issuer, NID_info_access, spec.authority_info_access);
  add_extension(certificate, issuer, NID_tlsfeature, spec.tls_feature);
  if (!spec.unknown_critical_oid.empty()) {
    const std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>> type(
        check(OBJ_txt2obj(spec.unknown_critical_oid.c_str(), 1), "OID"));
    add_raw_extension(certificate, type.get(), 1, std::string("\x05\x00", 2));
  }
  if (spec.subject_key_id) add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (spec.authority_key_id && X509_get0_subject_key_id(issuer) != nullptr) {
    add_extension(certificate, issuer, NID_authority_key_identifier,
                  spec.authority_issuer ? "keyid,issuer:always" : "keyid");
  }
}

void set_name(X509_NAME* name, const std::string& common_name) {
  if (common_name.empty()) return;
  check(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes(common_name),
                                   static_cast<int>(common_name.size()), -1, 0),
        "common name");
}

void set_serial(X509* certificate, const CertificateSpec& spec) {
  BIGNUM* number = nullptr;
  if (spec.serial_hex.empty()) {
    std::string from_name = sha256("serial of " + spec.common_name).substr(0, 16);
    from_name[0] = static_cast<char>((from_name[0] & 0x3f) | 0x40);  // positive, always 16 bytes
    number = BN_bin2bn(bytes(from_name), static_cast<int>(from_name.size()), nullptr);
  } else {
    check(BN_hex2bn(&number, spec.serial_hex.c_str()), "serial");
  }
  const BignumPtr owner(check(number, "serial"));
  check(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)), "serial");
}

void sign(X509* certificate, const CertificateSpec& spec, EVP_PKEY* key) {
  const bool own_digest = EVP_PKEY_is_a(key, "ED25519") == 1;
  const EVP_MD* digest = own_digest ? nullptr : check(EVP_get_digestbyname(spec.digest.c_str()), "digest");
  check(X509_sign(certificate, key, digest), "signature");
  if (spec.signature == Signature::good) return;
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate);
  // The last byte belongs to the number itself, so that the DER stays valid.
  signature->data[signature->length - 1] ^= 0x01;
}

// Encodes and decodes again, for X509 caches what it computed before it was complete.
std::shared_ptr<X509> settle(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  check(size, "encoding");
  const unsigned char* cursor = der;
  X509* decoded = d2i_X509(nullptr, &cursor, size);
  OPENSSL_free(der);
  return {check(decoded, "decoding"), &X509_free};
}

Credential make(const CertificateSpec& spec, const Credential* issuer) {
  Key key = spec.key ? *spec.key : Key::ec(spec.common_name);
  const std::unique_ptr<X509, Deleter<X509_free>> made(check(X509_new(), "memory"));
  X509* certificate = made.get();
  check(X509_set_version(certificate, spec.version - 1), "version");
  set_serial(certificate, spec);
  set_name(X509_get_subject_name(certificate), spec.common_name);
  if (spec.issuer_name) {
    set_name(X509_get_issuer_name(certificate), *spec.issuer_name);
  } else {
    const X509* parent = issuer != nullptr ? issuer->certificate.get() : certificate;
    check(X509_set_issuer_name(certificate, X509_get_subject_name(parent)), "issuer");
  }
  check(ASN1_TIME_set(X509_getm_notBefore(certificate), spec.not_before), "notBefore");
  check(ASN1_TIME_set(X509_getm_notAfter(certificate), spec.not_after), "notAfter");
  check(X509_set_pubkey(certificate, key.get()), "public key");
  if (spec.version == 3) {
    add_extensions(certificate, issuer != nullptr ? issuer->certificate.get() : certificate, spec);
  }
  sign(certificate, spec, issuer != nullptr ? issuer->key.get() : key.get());
  ERR_clear_error();  // what the factory leaves behind must not confuse the code under test
  return {std::move(key), settle(certificate)};
}

}  // namespace

Key Key::ec(std::string_view label) {
  const GroupPtr group(check(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "curve"));
  std::string secret = sha256(label);
  secret[0] = static_cast<char>(secret[0] & 0x7f);  // below the order of P-256, which begins with 0xff
  const BignumPtr number(check(BN_bin2bn(bytes(secret), static_cast<int>(secret.size()), nullptr), "key"));
  const PointPtr point(check(EC_POINT_new(group.get()), "memory"));
  check(EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr), "public point");
  std::array<unsigned char, 65> encoded{};
  check(static_cast<int>(EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                            encoded.data(), encoded.size(), nullptr)),
        "public point");
  const ParamBuildPtr build(check(OSSL_PARAM_BLD_new(), "memory"));
  check(OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0), "key");
  check(OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get()), "key");
  check(
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
      "key");
  const ParamsPtr params(check(OSSL_PARAM_BLD_to_param(build.get()), "key"));
  const KeyContextPtr context(check(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), "key"));
  check(EVP_PKEY_fromdata_init(context.get()), "key");
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()), "key");
  return Key(key);
}

Key Key::ec_on_curve(const char* curve) {
  return Key(check(EVP_EC_gen(curve), curve));
}

Key Key::ec_with_explicit_parameters() {
  Key key = ec_on_curve("P-256");
  check(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"), "key");
  return key;
}

Key Key::rsa(unsigned bits) {
  return Key(check(EVP_RSA_gen(bits), "RSA key"));
}

Key Key::ed25519(std::string_view label) {
  const std::string secret = sha256(label);
  return Key(check(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(secret), secret.size()),
                   "Ed25519 key"));
}

std::string Key::pem() const {
  const BioPtr bio(check(BIO_new(BIO_s_mem()), "memory"));
  check(PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), nullptr, nullptr, 0, nullptr, nullptr), "PEM");
  return drain(bio.get());
}

std::string Key::pin() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(get(), &der);
  check(size, "public key");
  const std::string digest =
      sha256(std::string_view(reinterpret_cast<char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  std::array<unsigned char, 64> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), bytes(digest), static_cast<int>(digest.size()));
  return {reinterpret_cast<char*>(encoded.data()), static_cast<std::size_t>(length)};
}

std::string Credential::der() const {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  check(size, "encoding");
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string Credential::pem() const {
  const BioPtr bio(check(BIO_new(BIO_s_mem()), "memory"));
  check(PEM_write_bio_X509(bio.get(), certificate.get()), "PEM");
  return drain(bio.get());
}

CertificateSpec root_spec(std::string_view common_name) {
  CertificateSpec spec;
  spec.common_name = common_name;
  spec.not_before = kTestNow - 365 * kDay;
  spec.not_after = kTestNow + 3650 * kDay;
  spec.basic_constraints = "critical,CA:TRUE";
  spec.key_usage = "critical,keyCertSign,cRLSign";
  return spec;
}

CertificateSpec intermediate_spec(std::string_view common_name) {
  CertificateSpec spec = root_spec(common_name);
  spec.basic_constraints = "critical,CA:TRUE,pathlen:0";
  return spec;
}

CertificateSpec leaf_spec(std::string_view dns_name) {
  CertificateSpec spec;
  spec.common_name = dns_name;
  spec.dns_names = {std::string(dns_name)};
  spec.key_usage = "critical,digitalSignature,keyEncipherment";
  spec.extended_key_usage = "serverAuth";
  return spec;
}

Credential self_sign(const CertificateSpec& spec) {
  return make(spec, nullptr);
}

Credential issue(const CertificateSpec& spec, const Credential& issuer) {
  return make(spec, &issuer);
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace whytls::support
