// read_certificate: what a certificate says, without believing any of it.
#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "tls/certificate_reader.h"
#include "tls/digest.h"

namespace whytls::tls {

namespace {

// The DER that `encode` writes, which follows the i2d convention of OpenSSL.
template <typename Encode>
std::string encoded(Encode encode) {
  unsigned char* memory = nullptr;
  const int size = encode(&memory);
  if (size <= 0) return {};
  const MemoryPtr owned(memory);
  return {reinterpret_cast<const char*>(memory), static_cast<std::size_t>(size)};
}

// RFC 5280, 4.1.2.5: UTCTime through 2049 and GeneralizedTime from then on, to the second and in GMT.
bool is_well_formed(const ASN1_TIME* time) {
  const std::string text = raw_text(time);
  const bool is_short = ASN1_STRING_type(time) == V_ASN1_UTCTIME;
  const std::size_t digits = is_short ? 12 : 14;
  return text.size() == digits + 1 && text.back() == 'Z' && text.find_first_not_of("0123456789") == digits &&
         (is_short || text.compare(0, 4, "2050") >= 0);
}

std::string last_common_name(const X509_NAME* name) {
  int last = -1;
  for (int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1); i >= 0;
       i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) {
    last = i;
  }
  if (last < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
  std::string utf8 = encoded([text](unsigned char** memory) { return ASN1_STRING_to_UTF8(memory, text); });
  if (utf8.empty()) return raw_text(text);
  if (utf8.size() > kMaxKeptText) utf8.resize(kMaxKeptText);
  return utf8;
}

std::string serial_hex(const ASN1_INTEGER* serial) {
  if (serial == nullptr) return {};
  const auto* bytes = ASN1_STRING_get0_data(serial);
  const auto size = std::min(static_cast<std::size_t>(std::max(ASN1_STRING_length(serial), 0)), kMaxKeptText);
  const std::string digits = hex(bytes, size);
  return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" + digits : digits;
}

std::string curve_name(const EVP_PKEY* key) {
  std::array<char, 80> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return {};
  const char* nist = EC_curve_nid2nist(OBJ_sn2nid(group.data()));
  return nist != nullptr ? nist : group.data();
}

std::string key_algorithm_oid(X509* certificate) {
  ASN1_OBJECT* algorithm = nullptr;
  X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, X509_get_X509_PUBKEY(certificate));
  return object_text(algorithm);
}

std::uint64_t rsa_exponent(const EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) != 1) return 0;
  return BN_get_word(BignumPtr(number).get());
}

void describe_key(X509* certificate, Certificate& out) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    out.key_type = key_algorithm_oid(certificate);
    return;
  }
  out.key_bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      out.key_type = "RSA";
      out.rsa_exponent = rsa_exponent(key);
      break;
    case EVP_PKEY_DSA:
      out.key_type = "DSA";
      break;
    case EVP_PKEY_ED25519:
      out.key_type = "Ed25519";
      break;
    case EVP_PKEY_ED448:
      out.key_type = "Ed448";
      break;
    case EVP_PKEY_EC:
      out.key_type = "EC";
      out.key_curve = curve_name(key);
      break;
    default: {
      const char* name = EVP_PKEY_get0_type_name(key);
      out.key_type = name != nullptr ? name : key_algorithm_oid(certificate);
    }
  }
}

void describe_signature(X509* certificate, Certificate& out) {
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, &algorithm, certificate);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  const int nid = OBJ_obj2nid(object);
  out.signature_algorithm = nid == NID_undef ? dotted_oid(object) : OBJ_nid2ln(nid);
  int digest = NID_undef;
  // Knows RSA-PSS, whose digest sits in the parameters, but nothing of a certificate with broken extensions.
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1 || digest == NID_undef) {
    digest = NID_undef;
    OBJ_find_sigid_algs(nid, &digest, nullptr);
  }
  if (digest != NID_undef) out.signature_digest = OBJ_nid2sn(digest);
}

bool signature_is_own(X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  return key != nullptr && X509_verify(certificate, key) == 1;
}

}  // namespace

UnixSeconds unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string short_name(const X509_NAME* name) {
  const std::string common_name = last_common_name(name);
  return common_name.empty() ? name_text(name) : common_name;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(kDigits[bytes[i] >> 4U]);
    out.push_back(kDigits[bytes[i] & 0x0FU]);
  }
  return out;
}

std::string base64(const unsigned char* bytes, std::size_t count) {
  std::string out((count + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(count));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string name_text(const X509_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  constexpr unsigned long kRfc2253Utf8 = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!memory || name == nullptr || X509_NAME_print_ex(memory.get(), name, 0, kRfc2253Utf8) < 0) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  if (size <= 0) return {};
  return {text, std::min(static_cast<std::size_t>(size), kMaxKeptText)};
}

std::string raw_text(const ASN1_STRING* text) {
  if (text == nullptr || ASN1_STRING_length(text) <= 0) return {};
  const auto size = std::min(static_cast<std::size_t>(ASN1_STRING_length(text)), kMaxKeptText);
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), size};
}

std::string dotted_oid(const ASN1_OBJECT* object) {
  std::array<char, 256> text{};
  if (object == nullptr || OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1) <= 0) return {};
  return text.data();
}

std::string object_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  return nid == NID_undef ? dotted_oid(object) : OBJ_nid2sn(nid);
}

X509Ptr parse_certificate(const std::string& der) {
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = cursor + der.size();
  X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (certificate && cursor != end) {
    ERR_raise_data(ERR_LIB_ASN1, ASN1_R_TOO_LONG, "bytes after the certificate");
    return nullptr;
  }
  return certificate;
}

Certificate describe_certificate(X509* certificate, std::string der) {
  const QueueMark mark;
  Certificate out;
  out.der = std::move(der);
  const auto digest = sha256(out.der);
  out.sha256_hex = hex(digest.data(), digest.size());
  out.version = static_cast<int>(X509_get_version(certificate)) + 1;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  out.subject = name_text(subject);
  out.issuer = name_text(issuer);
  out.subject_cn = last_common_name(subject);
  out.issuer_cn = last_common_name(issuer);
  out.serial_hex = serial_hex(X509_get0_serialNumber(certificate));
  out.not_before = unix_seconds(X509_get0_notBefore(certificate));
  out.not_after = unix_seconds(X509_get0_notAfter(certificate));
  out.has_well_formed_dates =
      is_well_formed(X509_get0_notBefore(certificate)) && is_well_formed(X509_get0_notAfter(certificate));
  describe_key(certificate, out);
  describe_signature(certificate, out);
  describe_extensions(certificate, out);
  const std::string spki = encoded([certificate](unsigned char** memory) {
    return i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), memory);
  });
  if (!spki.empty()) out.spki_sha256_base64 = sha256_base64(spki);
  out.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  out.self_signed = out.self_issued && signature_is_own(certificate);
  return out;
}

Certificate describe_certificate(X509* certificate) {
  return describe_certificate(
      certificate, encoded([certificate](unsigned char** memory) { return i2d_X509(certificate, memory); }));
}

Certificate read_certificate(std::string der) {
  const QueueMark mark;
  if (der.size() <= kMaxCertificateMessage) {
    if (const X509Ptr certificate = parse_certificate(der)) {
      return describe_certificate(certificate.get(), std::move(der));
    }
  }
  Certificate out;
  out.der = std::move(der);
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  out.parse_error = reason != nullptr ? reason : "not a certificate";
  if (out.der.empty()) out.parse_error = "empty";
  if (out.der.size() > kMaxCertificateMessage) out.parse_error = "too large";
  return out;
}

std::string to_pem(const std::string& der) {
  constexpr std::size_t kLineLength = 64;
  const std::string text = base64(reinterpret_cast<const unsigned char*>(der.data()), der.size());
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += kLineLength) {
    out += text.substr(at, kLineLength);
    out += '\n';
  }
  return out + "-----END CERTIFICATE-----\n";
}

}  // namespace whytls::tls
