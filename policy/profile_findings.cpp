#include "policy/profile_findings.h"

#include <algorithm>
#include <array>

#include "policy/profile_names.h"

namespace whytls::policy {

namespace {

using tls::Certificate;

namespace oid {
constexpr std::string_view kSubjectKeyId = "2.5.29.14";
constexpr std::string_view kKeyUsage = "2.5.29.15";
constexpr std::string_view kSubjectAltName = "2.5.29.17";
constexpr std::string_view kBasicConstraints = "2.5.29.19";
constexpr std::string_view kNameConstraints = "2.5.29.30";
constexpr std::string_view kAuthorityKeyId = "2.5.29.35";
constexpr std::string_view kPolicyConstraints = "2.5.29.36";
constexpr std::string_view kExtendedKeyUsage = "2.5.29.37";
constexpr std::string_view kInhibitAnyPolicy = "2.5.29.54";
constexpr std::string_view kAuthorityAccess = "1.3.6.1.5.5.7.1.1";
}  // namespace oid

// Where a certificate stands in its path.
using Position = unsigned;
constexpr Position kLeaf = 1;
constexpr Position kBetween = 2;
constexpr Position kAnchor = 4;
constexpr Position kCas = kBetween | kAnchor;
constexpr Position kAll = kLeaf | kCas;
// On an anchor it is only a warning: every store of the web holds old roots of this kind, and path validation
// takes no more than name and key from an anchor (RFC 5280, 6.1.1 (d)).
constexpr Position kOldRoots = 8;
// Only a warning: a sign and no proof, or of no weight for whoever validates.
constexpr Position kHint = 16;

// Whom a rule binds: every CA, or the public ones only.
enum class Scope : std::uint8_t { all, web };

struct Subject {
  const Certificate& certificate;
  Position position;
};

// What broke a rule; empty text: nothing to quote.
using Broken = std::optional<std::string>;
constexpr Broken kKept = std::nullopt;
Broken broken_if(bool is_broken) {
  return is_broken ? Broken("") : kKept;
}

struct ProfileRule {
  Failure failure;
  Position positions;
  Scope scope;
  std::string_view fault;
  std::string_view reference;
  Broken (*check)(const Subject&);
};

const tls::Extension* extension(const Certificate& certificate, std::string_view wanted) {
  const auto found = std::find_if(certificate.extensions.begin(), certificate.extensions.end(),
                                  [wanted](const tls::Extension& one) { return one.oid == wanted; });
  return found == certificate.extensions.end() ? nullptr : &*found;
}
bool is_critical(const Certificate& certificate, std::string_view wanted) {
  const tls::Extension* found = extension(certificate, wanted);
  return found != nullptr && found->is_critical;
}
bool is_not_critical(const Certificate& certificate, std::string_view wanted) {
  const tls::Extension* found = extension(certificate, wanted);
  return found != nullptr && !found->is_critical;
}

// Versions 1 and 2 have no place for extensions, which is a rule of its own.
bool lacks(const Certificate& certificate, std::string_view wanted) {
  return certificate.version == 3 && extension(certificate, wanted) == nullptr;
}

bool is_ca(const Certificate& certificate) {
  return certificate.basic_constraints_ca.value_or(false);
}
bool may_sign(const Certificate& certificate) {
  return certificate.key_usage && (*certificate.key_usage & kKeyCertSign) != 0;
}

// The first extension that stands there twice.
Broken repeated(const Subject& subject) {
  const auto& list = subject.certificate.extensions;
  for (auto one = list.begin(); one != list.end(); ++one) {
    const auto same = [one](const tls::Extension& other) { return other.oid == one->oid; };
    if (std::any_of(list.begin(), one, same)) return one->oid;
  }
  return kKept;
}

Broken malformed(const Subject& subject) {
  for (const tls::Extension& one : subject.certificate.extensions) {
    if (one.is_malformed && one.oid != oid::kAuthorityAccess) return one.oid;
  }
  return kKept;
}

Broken malformed_access(const Subject& subject) {
  const tls::Extension* access = extension(subject.certificate, oid::kAuthorityAccess);
  return broken_if(access != nullptr && access->is_malformed);
}

std::string_view malformed_constraint(const Certificate& certificate) {
  return certificate.name_constraints ? std::string_view(certificate.name_constraints->malformed_name)
                                      : std::string_view();
}
Broken quoted(std::string_view name) {
  return name.empty() ? kKept : Broken(std::string(name));
}

bool allows_everything(const Certificate& certificate) {
  const auto& uses = certificate.extended_key_usage;
  return std::any_of(uses.begin(), uses.end(), [](const std::string& use) {
    return use == "anyExtendedKeyUsage" || use == "2.5.29.37.0";
  });
}

// Digits of the magnitude, without the zero octet that keeps a number positive.
std::string_view magnitude(const Certificate& certificate) {
  std::string_view digits = certificate.serial_hex;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  while (digits.starts_with("00")) digits.remove_prefix(2);
  return digits;
}

constexpr std::size_t kDigitsOfLongestSerial = 40;  // two for each octet
// One in 65,536 good serial numbers of 64 bits is shorter than this.
constexpr std::size_t kDigitsOfSmallSerial = 12;

constexpr auto kProfile = Failure::cert_profile;
constexpr auto kKeyIds = Failure::cert_key_identifier;
constexpr auto kSerial = Failure::cert_serial;
constexpr auto kNames = Failure::cert_name_form;
constexpr auto kAnybody = Scope::all;
constexpr auto kWeb = Scope::web;

// In the order of the page.
const ProfileRule kRules[] = {
    {kProfile, kAll, kAnybody, "an extension occurs twice", "RFC 5280, 4.2", repeated},
    {kProfile, kAll, kAnybody, "a known extension is malformed", "RFC 5280, 4.2", malformed},
    {kProfile, kAll, kAnybody, "extensions need a certificate of version 3", "RFC 5280, 4.1.2.9",
     [](const Subject& s) {
       return broken_if(s.certificate.version < 3 && !s.certificate.extensions.empty());
     }},
    {kProfile, kAll, kWeb, "the certificate is not of version 3", "BR 7.1.1",
     [](const Subject& s) {
       return broken_if(s.certificate.version != 3 && s.certificate.extensions.empty());
     }},
    {kProfile, kAll, kAnybody, "the issuer is empty", "RFC 5280, 4.1.2.4",
     [](const Subject& s) { return broken_if(s.certificate.issuer.empty()); }},
    {kProfile, kCas, kAnybody, "the subject of a CA is empty", "RFC 5280, 4.1.2.6",
     [](const Subject& s) { return broken_if(s.certificate.subject.empty()); }},
    {kProfile, kAll | kOldRoots, kAnybody, "a date is not encoded as it has to be", "RFC 5280, 4.1.2.5",
     [](const Subject& s) { return broken_if(!s.certificate.has_well_formed_dates); }},
    {kProfile, kCas | kOldRoots, kAnybody, "basicConstraints of a CA is not critical", "RFC 5280, 4.2.1.9",
     [](const Subject& s) { return broken_if(is_not_critical(s.certificate, oid::kBasicConstraints)); }},
    {kProfile, kAll, kAnybody, "a path length without CA:TRUE and keyCertSign", "RFC 5280, 4.2.1.9",
     [](const Subject& s) {
       const bool is_signer = is_ca(s.certificate) && (!s.certificate.key_usage || may_sign(s.certificate));
       return broken_if(s.certificate.path_length && !is_signer);
     }},
    {kProfile, kCas | kOldRoots, kAnybody, "a CA without key usage", "RFC 5280, 4.2.1.3",
     [](const Subject& s) { return broken_if(lacks(s.certificate, oid::kKeyUsage)); }},
    {kProfile, kAll, kAnybody, "keyCertSign in a certificate that is no CA", "RFC 5280, 4.2.1.9",
     [](const Subject& s) { return broken_if(may_sign(s.certificate) && !is_ca(s.certificate)); }},
    {kProfile, kAll, kAnybody, "name constraints in a certificate that is no CA", "RFC 5280, 4.2.1.10",
     [](const Subject& s) {
       return broken_if(extension(s.certificate, oid::kNameConstraints) != nullptr && !is_ca(s.certificate));
     }},
    {kProfile, kCas, kAnybody, "the name constraints are empty", "RFC 5280, 4.2.1.10",
     [](const Subject& s) {
       return broken_if(s.certificate.name_constraints && s.certificate.name_constraints->is_empty);
     }},
    {kProfile, kCas, kAnybody, "a name of the name constraints is malformed", "RFC 5280, 4.2.1.10",
     [](const Subject& s) {
       const std::string_view name = malformed_constraint(s.certificate);
       return name.starts_with('.') ? kKept : quoted(name);
     }},
    // Templates of private CAs often have it, and every library takes it.
    {kProfile, kCas, kWeb, "a name of the name constraints is malformed", "RFC 5280, 4.2.1.10",
     [](const Subject& s) {
       const std::string_view name = malformed_constraint(s.certificate);
       return name.starts_with('.') ? quoted(name) : kKept;
     }},
    {kProfile, kCas, kAnybody, "the policy constraints are not critical", "RFC 5280, 4.2.1.11",
     [](const Subject& s) { return broken_if(is_not_critical(s.certificate, oid::kPolicyConstraints)); }},
    {kProfile, kCas, kAnybody, "inhibitAnyPolicy is not critical", "RFC 5280, 4.2.1.14",
     [](const Subject& s) { return broken_if(is_not_critical(s.certificate, oid::kInhibitAnyPolicy)); }},
    {kProfile, kAll, kAnybody, "the authority information access is critical", "RFC 5280, 4.2.2.1",
     [](const Subject& s) { return broken_if(is_critical(s.certificate, oid::kAuthorityAccess)); }},
    {kProfile, kAll, kAnybody, "the authority information access is malformed or empty", "RFC 5280, 4.2.2.1",
     malformed_access},
    {kProfile, kLeaf, kWeb, "the extended key usage is critical", "BR 7.1.2.7.6",
     [](const Subject& s) { return broken_if(is_critical(s.certificate, oid::kExtendedKeyUsage)); }},
    {kProfile, kLeaf, kWeb, "the extended key usage is missing", "BR 7.1.2.7.10",
     [](const Subject& s) { return broken_if(lacks(s.certificate, oid::kExtendedKeyUsage)); }},
    {kProfile, kLeaf, kWeb, "the extended key usage allows everything", "BR 7.1.2.7.10",
     [](const Subject& s) { return broken_if(allows_everything(s.certificate)); }},
    {kProfile, kAnchor, kWeb, "a root with an extended key usage", "BR 7.1.2.1.2",
     [](const Subject& s) {
       return broken_if(s.certificate.self_issued && s.certificate.has_extended_key_usage);
     }},
    {kProfile, kAll, kWeb, "the size of the RSA modulus is no multiple of 8 bits", "BR 6.1.5",
     [](const Subject& s) {
       return broken_if(s.certificate.key_type == "RSA" && s.certificate.key_bits % 8 != 0);
     }},
    {kProfile, kAll, kWeb, "the exponent of the RSA key is too small or even", "BR 6.1.6",
     [](const Subject& s) {
       const std::uint64_t e = s.certificate.rsa_exponent;
       return broken_if(s.certificate.key_type == "RSA" && (e < 3 || e % 2 == 0));
     }},
    {kProfile, kAll, kWeb, "a DSA key", "BR 6.1.5",
     [](const Subject& s) { return broken_if(s.certificate.key_type == "DSA"); }},

    {kKeyIds, kLeaf | kBetween, kAnybody, "the authority key identifier is missing", "RFC 5280, 4.2.1.1",
     [](const Subject& s) { return broken_if(lacks(s.certificate, oid::kAuthorityKeyId)); }},
    {kKeyIds, kAnchor, kAnybody, "the authority key identifier is missing", "RFC 5280, 4.2.1.1",
     [](const Subject& s) {
       return broken_if(!s.certificate.self_issued && lacks(s.certificate, oid::kAuthorityKeyId));
     }},
    {kKeyIds, kAll, kAnybody, "the authority key identifier is critical", "RFC 5280, 4.2.1.1",
     [](const Subject& s) { return broken_if(is_critical(s.certificate, oid::kAuthorityKeyId)); }},
    {kKeyIds, kAll, kAnybody, "the authority key identifier has no key identifier", "RFC 5280, 4.2.1.1",
     [](const Subject& s) {
       return broken_if(extension(s.certificate, oid::kAuthorityKeyId) != nullptr &&
                        s.certificate.authority_key_id.empty());
     }},
    {kKeyIds, kLeaf, kWeb, "the authority key identifier names an issuer and serial number", "BR 7.1.2.11.1",
     [](const Subject& s) { return broken_if(s.certificate.authority_names_serial); }},
    // Forbidden since September 2023 only, and CAs live long.
    {kKeyIds, kCas | kHint, kWeb, "the authority key identifier names an issuer and serial number",
     "BR 7.1.2.11.1", [](const Subject& s) { return broken_if(s.certificate.authority_names_serial); }},
    {kKeyIds, kAnchor, kWeb, "the authority key identifier of a root is not its subject key identifier",
     "BR 7.1.2.1.3",
     [](const Subject& s) {
       const Certificate& c = s.certificate;
       return broken_if(c.self_issued && !c.authority_key_id.empty() && !c.subject_key_id.empty() &&
                        c.authority_key_id != c.subject_key_id);
     }},
    {kKeyIds, kCas | kOldRoots, kAnybody, "the subject key identifier of a CA is missing",
     "RFC 5280, 4.2.1.2",
     [](const Subject& s) { return broken_if(lacks(s.certificate, oid::kSubjectKeyId)); }},
    {kKeyIds, kAll, kAnybody, "the subject key identifier is critical", "RFC 5280, 4.2.1.2",
     [](const Subject& s) { return broken_if(is_critical(s.certificate, oid::kSubjectKeyId)); }},

    {kSerial, kAll | kOldRoots, kAnybody, "the serial number is zero", "RFC 5280, 4.1.2.2",
     [](const Subject& s) { return broken_if(magnitude(s.certificate).empty()); }},
    {kSerial, kAll | kOldRoots, kAnybody, "the serial number is negative", "RFC 5280, 4.1.2.2",
     [](const Subject& s) { return broken_if(s.certificate.serial_hex.starts_with('-')); }},
    {kSerial, kAll | kOldRoots, kAnybody, "the serial number is longer than 20 octets", "RFC 5280, 4.1.2.2",
     [](const Subject& s) { return broken_if(magnitude(s.certificate).size() > kDigitsOfLongestSerial); }},
    {kSerial, kLeaf | kHint, kWeb, "the serial number has fewer than 64 bits", "BR 7.1",
     [](const Subject& s) {
       const std::size_t digits = magnitude(s.certificate).size();
       return broken_if(digits > 0 && digits < kDigitsOfSmallSerial);
     }},

    {kNames, kLeaf, kAnybody, "the subject alternative name is empty", "RFC 5280, 4.2.1.6",
     [](const Subject& s) { return broken_if(s.certificate.has_san && s.certificate.names.empty()); }},
    {kNames, kLeaf, kAnybody, "the subject is empty and the subject alternative name is not critical",
     "RFC 5280, 4.2.1.6",
     [](const Subject& s) {
       return broken_if(s.certificate.subject.empty() &&
                        is_not_critical(s.certificate, oid::kSubjectAltName));
     }},
    {kNames, kLeaf, kWeb, "the subject alternative name is critical although there is a subject",
     "BR 7.1.2.7.12",
     [](const Subject& s) {
       return broken_if(!s.certificate.subject.empty() && is_critical(s.certificate, oid::kSubjectAltName));
     }},
    {kNames, kLeaf, kAnybody, "an IP address has neither 4 nor 16 octets", "RFC 5280, 4.2.1.6",
     [](const Subject& s) { return broken_if(s.certificate.malformed_ip_names > 0); }},
    {kNames, kLeaf, kWeb, "a DNS name is malformed", "RFC 5280, 4.2.1.6",
     [](const Subject& s) { return malformed_dns_name(s.certificate); }},
    {kNames, kLeaf, kAnybody, "a wildcard stands for all names of a public suffix", "BR 3.2.2.6",
     [](const Subject& s) { return wildcard_of_suffix(s.certificate); }},
    {kNames, kLeaf, kWeb, "the common name spells a name otherwise than the subject alternative names",
     "BR 7.1.4.3", [](const Subject& s) { return misleading_common_name(s.certificate); }},
    {kNames, kLeaf | kHint, kWeb, "the common name is not among the subject alternative names", "BR 7.1.4.3",
     [](const Subject& s) { return foreign_common_name(s.certificate); }},
};

// What CAs may issue changes with the day of issue (BR 6.3.2, as of ballot SC-081).
std::int64_t max_days(UnixSeconds issued) {
  constexpr UnixSeconds kSeptember2020 = 1'598'918'400;
  constexpr UnixSeconds kMarch2026 = 1'773'532'800;
  constexpr UnixSeconds kMarch2027 = 1'805'068'800;
  constexpr UnixSeconds kMarch2029 = 1'868'227'200;
  if (issued >= kMarch2029) return 47;
  if (issued >= kMarch2027) return 100;
  if (issued >= kMarch2026) return 200;
  return issued >= kSeptember2020 ? 398 : 825;
}

void check_length(const Certificate& leaf, FindingSet& out) {
  const std::int64_t limit = max_days(leaf.not_before);
  // Both ends belong to the period (RFC 5280, 4.1.2.5).
  const std::int64_t seconds = leaf.not_after - leaf.not_before + 1;
  if (seconds <= limit * kSecondsPerDay) return;
  Finding finding = make_finding(Failure::cert_validity_too_long, 0,
                                 {{"subject", leaf.subject_cn.empty() ? leaf.subject : leaf.subject_cn},
                                  {"days", std::to_string((seconds + kSecondsPerDay - 1) / kSecondsPerDay)},
                                  {"max_days", std::to_string(limit)}});
  finding.default_action = Action::warn;  // Firefox, curl and OpenSSL accept it
  out.add(std::move(finding));
}

// A CA of the owner is bound by nobody, and its certificates work everywhere else.
Action default_action(const ProfileRule& rule, Position position, bool is_public) {
  const bool is_old_root = position == kAnchor && (rule.positions & kOldRoots) != 0;
  const bool is_hint = (rule.positions & kHint) != 0;
  return is_public && !is_old_root && !is_hint ? Action::refuse : Action::warn;
}

void check(const Subject& subject, int depth, bool is_public, FindingSet& out) {
  const Certificate& certificate = subject.certificate;
  for (const ProfileRule& rule : kRules) {
    if ((rule.positions & subject.position) == 0 || (rule.scope == Scope::web && !is_public)) continue;
    const Broken broken = rule.check(subject);
    if (!broken) continue;
    const std::string& cn = certificate.subject_cn;
    const std::string& issuer = certificate.issuer_cn;
    Finding finding = make_finding(rule.failure, depth,
                                   {{"fault", std::string(rule.fault)},
                                    {"rule", std::string(rule.reference)},
                                    {"name", *broken},
                                    {"subject", cn.empty() ? certificate.subject : cn},
                                    {"issuer", issuer.empty() ? certificate.issuer : issuer},
                                    {"serial", rule.failure == kSerial ? certificate.serial_hex : ""}});
    finding.default_action = default_action(rule, subject.position, is_public);
    out.add(std::move(finding));
  }
}

}  // namespace

bool is_profile_failure(Failure failure) {
  constexpr std::array kFailures = {kProfile, kKeyIds, kSerial, kNames, Failure::cert_validity_too_long};
  return std::find(kFailures.begin(), kFailures.end(), failure) != kFailures.end();
}

bool is_profile_checked(const tls::ChainEvidence& chain) {
  return chain.anchored && chain.built.size() > 1;
}

void add_profile_findings(const Attempt& attempt, FindingSet& out) {
  const tls::ChainEvidence& chain = attempt.handshake.chain;
  if (!is_profile_checked(chain)) return;
  for (std::size_t i = 0; i < chain.built.size(); ++i) {
    if (!chain.built[i].parse_error.empty()) continue;
    const bool is_anchor = i + 1 == chain.built.size();
    const Position inner = is_anchor ? kAnchor : kBetween;
    check({chain.built[i], i == 0 ? kLeaf : inner}, static_cast<int>(i), chain.anchor_is_public, out);
  }
  if (chain.anchor_is_public) check_length(chain.built.front(), out);
}

}  // namespace whytls::policy
