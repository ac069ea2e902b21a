// The extensions of a certificate, as they are written.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>

#include "tls/certificate_reader.h"

namespace whytls::tls {

namespace {

constexpr int kAbsent = -1;  // X509_get_ext_d2i's answer for "no such extension"
constexpr int kIpv4Size = 4;
constexpr int kIpv6Size = 16;

// The decoded extension, nullptr when it is absent or can't be decoded; *present tells these two apart.
template <typename Pointer>
Pointer extension(const X509* certificate, int nid, bool* present = nullptr) {
  int critical = kAbsent;
  Pointer value(
      static_cast<typename Pointer::pointer>(X509_get_ext_d2i(certificate, nid, &critical, nullptr)));
  if (present != nullptr) *present = critical != kAbsent;
  return value;
}

std::string octets_hex(const ASN1_STRING* text) {
  if (text == nullptr || ASN1_STRING_length(text) <= 0) return {};
  const auto size = std::min(static_cast<std::size_t>(ASN1_STRING_length(text)), kMaxKeptText / 2);
  return hex(ASN1_STRING_get0_data(text), size);
}

AltName ip_name(const ASN1_OCTET_STRING* address) {
  const int size = ASN1_STRING_length(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == kIpv4Size ? AF_INET : AF_INET6;
  if ((size != kIpv4Size && size != kIpv6Size) ||
      inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) == nullptr) {
    return {AltName::Kind::other, octets_hex(address)};
  }
  return {AltName::Kind::ip, text.data()};
}

AltName alt_name(const GENERAL_NAME* name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(name, &type);
  if (value == nullptr) return {};
  switch (type) {
    case GEN_DNS:
      return {AltName::Kind::dns, raw_text(static_cast<const ASN1_STRING*>(value))};
    case GEN_EMAIL:
      return {AltName::Kind::email, raw_text(static_cast<const ASN1_STRING*>(value))};
    case GEN_URI:
      return {AltName::Kind::uri, raw_text(static_cast<const ASN1_STRING*>(value))};
    case GEN_IPADD:
      return ip_name(static_cast<const ASN1_OCTET_STRING*>(value));
    case GEN_DIRNAME:
      return {AltName::Kind::other, name_text(static_cast<const X509_NAME*>(value))};
    case GEN_RID:
      return {AltName::Kind::other, dotted_oid(static_cast<const ASN1_OBJECT*>(value))};
    case GEN_OTHERNAME:
      return {AltName::Kind::other, dotted_oid(static_cast<const OTHERNAME*>(value)->type_id)};
    default:
      return {};
  }
}

void describe_names(const X509* certificate, Certificate& out) {
  const auto names = extension<GeneralNamesPtr>(certificate, NID_subject_alt_name, &out.has_san);
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    if (out.names.size() == kMaxKeptNames) {
      out.names_omitted = static_cast<std::size_t>(count) - kMaxKeptNames;
      return;
    }
    out.names.push_back(alt_name(sk_GENERAL_NAME_value(names.get(), i)));
  }
}

void describe_constraints(const X509* certificate, Certificate& out) {
  const auto constraints = extension<BasicConstraintsPtr>(certificate, NID_basic_constraints);
  if (!constraints) return;
  out.basic_constraints_ca = constraints->ca != 0;
  if (constraints->pathlen == nullptr) return;
  std::int64_t length = 0;
  constexpr std::int64_t kLargest = std::numeric_limits<int>::max();
  if (ASN1_INTEGER_get_int64(&length, constraints->pathlen) != 1) length = kLargest;
  out.path_length = static_cast<int>(std::clamp<std::int64_t>(length, -1, kLargest));
}

void describe_usage(const X509* certificate, Certificate& out) {
  const auto bits = extension<Asn1BitStringPtr>(certificate, NID_key_usage);
  if (bits) {
    const int size = ASN1_STRING_length(bits.get());
    const unsigned char* bytes = ASN1_STRING_get0_data(bits.get());
    std::uint32_t usage = size > 0 ? bytes[0] : 0U;
    if (size > 1) usage |= static_cast<std::uint32_t>(bytes[1]) << 8U;
    out.key_usage = usage;
  }
  const auto purposes =
      extension<ExtendedKeyUsagePtr>(certificate, NID_ext_key_usage, &out.has_extended_key_usage);
  const int count = purposes ? sk_ASN1_OBJECT_num(purposes.get()) : 0;
  for (int i = 0; i < count && out.extended_key_usage.size() < kMaxKeptNames; ++i) {
    out.extended_key_usage.push_back(object_text(sk_ASN1_OBJECT_value(purposes.get(), i)));
  }
}

void describe_authority_access(const X509* certificate, Certificate& out) {
  const auto access = extension<AuthorityInfoPtr>(certificate, NID_info_access);
  const int count = access ? sk_ACCESS_DESCRIPTION_num(access.get()) : 0;
  for (int i = 0; i < count && static_cast<std::size_t>(i) < kMaxKeptNames; ++i) {
    const ACCESS_DESCRIPTION* entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    const AltName location = alt_name(entry->location);
    if (location.kind != AltName::Kind::uri) continue;
    const int method = OBJ_obj2nid(entry->method);
    if (method == NID_ad_ca_issuers) out.aia_issuers.push_back(location.value);
    if (method == NID_ad_OCSP) out.ocsp_urls.push_back(location.value);
  }
}

void describe_key_ids(const X509* certificate, Certificate& out) {
  const auto subject = extension<Asn1OctetStringPtr>(certificate, NID_subject_key_identifier);
  out.subject_key_id = octets_hex(subject.get());
  const auto authority = extension<AuthorityKeyIdPtr>(certificate, NID_authority_key_identifier);
  if (!authority) return;
  out.authority_key_id = octets_hex(authority->keyid);
  for (int i = 0; i < sk_GENERAL_NAME_num(authority->issuer); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(authority->issuer, i);
    if (name->type != GEN_DIRNAME) continue;
    out.authority_issuer = name_text(name->d.directoryName);
    return;
  }
}

void describe_unknown_critical(const X509* certificate, Certificate& out) {
  const int count = X509_get_ext_count(certificate);
  for (int i = 0; i < count && out.unknown_critical_extensions.size() < kMaxKeptNames; ++i) {
    X509_EXTENSION* each = X509_get_ext(certificate, i);
    if (X509_EXTENSION_get_critical(each) == 0 || X509_supported_extension(each) == 1) continue;
    out.unknown_critical_extensions.push_back(dotted_oid(X509_EXTENSION_get_object(each)));
  }
}

}  // namespace

void describe_extensions(X509* certificate, Certificate& out) {
  describe_names(certificate, out);
  describe_constraints(certificate, out);
  describe_usage(certificate, out);
  describe_authority_access(certificate, out);
  describe_key_ids(certificate, out);
  describe_unknown_critical(certificate, out);
}

}  // namespace whytls::tls
