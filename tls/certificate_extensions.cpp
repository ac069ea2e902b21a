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
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    out.names.push_back(alt_name(name));
    if (name->type == GEN_IPADD && out.names.back().kind != AltName::Kind::ip) ++out.malformed_ip_names;
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
  out.authority_names_serial = authority->issuer != nullptr || authority->serial != nullptr;
  for (int i = 0; i < sk_GENERAL_NAME_num(authority->issuer); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(authority->issuer, i);
    if (name->type != GEN_DIRNAME) continue;
    out.authority_issuer = name_text(name->d.directoryName);
    return;
  }
}

void describe_features(const X509* certificate, Certificate& out) {
  const auto features = extension<TlsFeaturePtr>(certificate, NID_tlsfeature);
  const int count = features ? sk_ASN1_INTEGER_num(features.get()) : 0;
  for (int i = 0; i < count; ++i) {
    std::int64_t number = 0;
    if (ASN1_INTEGER_get_int64(&number, sk_ASN1_INTEGER_value(features.get(), i)) != 1) continue;
    out.requires_staple = out.requires_staple || number == TLSEXT_TYPE_status_request;
  }
}

// The base of a constraint on hosts: labels, with nothing in front of the first; empty stands for every name.
bool is_host_constraint(std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return name.empty() || (name.front() != '.' && name.find("..") == std::string_view::npos &&
                          std::all_of(name.begin(), name.end(), is_allowed));
}

// An address and a mask whose ones come first.
bool is_address_range(const ASN1_OCTET_STRING* range) {
  const int size = ASN1_STRING_length(range);
  if (size != 2 * kIpv4Size && size != 2 * kIpv6Size) return false;
  const unsigned char* const mask = ASN1_STRING_get0_data(range) + size / 2;
  bool has_ended = false;
  for (int bit = 0; bit < size / 2 * 8; ++bit) {
    const bool is_set = (mask[bit / 8] & (0x80U >> static_cast<unsigned>(bit % 8))) != 0;
    if (is_set && has_ended) return false;
    has_ended = has_ended || !is_set;
  }
  return true;
}

bool is_constraint(const GENERAL_NAME* base) {
  switch (base->type) {
    case GEN_DNS:
      return is_host_constraint(raw_text(base->d.dNSName));
    case GEN_IPADD:
      return is_address_range(base->d.iPAddress);
    default:
      return true;
  }
}

void describe_name_constraints(const X509* certificate, Certificate& out) {
  const auto constraints = extension<NameConstraintsPtr>(certificate, NID_name_constraints);
  if (!constraints) return;
  ConstraintsForm& form = out.name_constraints.emplace();
  form.is_empty = true;
  for (STACK_OF(GENERAL_SUBTREE) * trees : {constraints->permittedSubtrees, constraints->excludedSubtrees}) {
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); ++i) {
      const GENERAL_NAME* base = sk_GENERAL_SUBTREE_value(trees, i)->base;
      form.is_empty = false;
      const bool is_excluded_host = trees == constraints->excludedSubtrees && base->type == GEN_DNS;
      if (is_excluded_host && form.excluded_hosts.size() < kMaxKeptNames)
        form.excluded_hosts.push_back(alt_name(base).value);
      if (form.malformed_name.empty() && !is_constraint(base)) {
        form.malformed_name = base->type == GEN_IPADD ? octets_hex(base->d.iPAddress) : alt_name(base).value;
      }
    }
  }
}

// X509V3_EXT_d2i reads what OpenSSL knows; of the rest nobody can say whether it is well formed.
bool is_malformed(X509_EXTENSION* extension) {
  const X509V3_EXT_METHOD* const method = X509V3_EXT_get(extension);
  if (method == nullptr || method->it == nullptr) return false;
  ASN1_VALUE* const value = static_cast<ASN1_VALUE*>(X509V3_EXT_d2i(extension));
  if (value == nullptr) return true;
  ASN1_item_free(value, ASN1_ITEM_ptr(method->it));
  return false;
}

void describe_list(const X509* certificate, Certificate& out) {
  const int count = X509_get_ext_count(certificate);
  for (int i = 0; i < count && out.extensions.size() < kMaxKeptNames; ++i) {
    X509_EXTENSION* each = X509_get_ext(certificate, i);
    out.extensions.push_back({dotted_oid(X509_EXTENSION_get_object(each)),
                              X509_EXTENSION_get_critical(each) == 1, is_malformed(each)});
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
  describe_name_constraints(certificate, out);
  describe_features(certificate, out);
  describe_list(certificate, out);
  describe_unknown_critical(certificate, out);
}

}  // namespace whytls::tls
