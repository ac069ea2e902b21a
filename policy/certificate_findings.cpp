// The certificates, each judged on its own: dates, names, keys, digests, usages, extensions, pins.
#include <algorithm>
#include <array>

#include "policy/chain_findings.h"
#include "policy/findings.h"
#include "policy/history_findings.h"
#include "policy/names.h"
#include "policy/profile_findings.h"
#include "policy/revocation_findings.h"
#include "tls/verify_codes.h"

namespace whytls::policy {

namespace {

using tls::Certificate;
namespace code = tls::verify_code;

// Bits of Certificate::key_usage, as OpenSSL gives them (RFC 5280, 4.2.1.3).
constexpr std::uint32_t kDigitalSignature = 0x0080;
constexpr std::uint32_t kKeyEncipherment = 0x0020;
constexpr std::uint32_t kKeyAgreement = 0x0008;
constexpr std::uint32_t kForServers = kDigitalSignature | kKeyEncipherment | kKeyAgreement;

std::vector<std::string> name_texts(const Certificate& certificate) {
  std::vector<std::string> out;
  for (const tls::AltName& entry : certificate.names) {
    if (entry.kind == tls::AltName::Kind::dns || entry.kind == tls::AltName::Kind::ip)
      out.push_back(entry.value);
  }
  return out;
}

std::string issuer_text(const Certificate& certificate) {
  return certificate.issuer_cn.empty() ? certificate.issuer : certificate.issuer_cn;
}

std::string subject_text(const Certificate& certificate) {
  return certificate.subject_cn.empty() ? certificate.subject : certificate.subject_cn;
}

Finding about(Failure failure, int depth, const Certificate& certificate) {
  return make_finding(failure, depth,
                      {{"subject", subject_text(certificate)}, {"issuer", issuer_text(certificate)}});
}

void check_readable(const Certificate& certificate, int depth, FindingSet& out) {
  if (certificate.parse_error.empty()) return;
  out.add(make_finding(Failure::cert_unparsable, depth, {{"parse_error", certificate.parse_error}}));
}

// Both ends of the period belong to it (RFC 5280, 4.1.2.5).
void check_validity(const Certificate& certificate, int depth, UnixSeconds now, FindingSet& out) {
  const bool early = now < certificate.not_before;
  const bool late = now > certificate.not_after;
  if (!early && !late) return;
  Failure failure = late ? Failure::cert_expired : Failure::cert_not_yet_valid;
  if (depth > 0) failure = late ? Failure::chain_issuer_expired : Failure::chain_issuer_not_yet_valid;
  const std::int64_t distance = late ? now - certificate.not_after : certificate.not_before - now;
  Finding finding = about(failure, depth, certificate);
  add_fact(finding, "not_before", time_text(certificate.not_before));
  add_fact(finding, "not_after", time_text(certificate.not_after));
  add_fact(finding, "now", time_text(now));
  // Signed: how far `now` is past the border that was crossed.
  add_fact(finding, "days", std::to_string((late ? 1 : -1) * (distance / kSecondsPerDay)));
  add_fact(finding, "distance", duration_text(distance));
  if (certificate.not_before > certificate.not_after) {
    add_fact(finding, "period", "the end of the validity period lies before its begin");
  }
  out.add(std::move(finding));
}

// "www.a.example" asked and "a.example" named, or the other way round.
std::string www_hint(const Certificate& certificate, const std::string& wanted) {
  const bool has_www = wanted.starts_with("www.");
  const std::string twin = has_www ? wanted.substr(4) : "www." + wanted;
  if (!certificate_names(certificate, twin, false)) return {};
  return "the certificate is for " + twin + ", only the label www differs";
}

void check_name(const Certificate& certificate, const std::string& wanted, FindingSet& out) {
  const bool is_ip = is_ip_literal(wanted);
  if (certificate_names(certificate, wanted, is_ip)) return;
  const std::vector<std::string> names = name_texts(certificate);
  Failure failure = is_ip ? Failure::cert_ip_mismatch : Failure::cert_name_mismatch;
  if (names.empty() && certificate.names_omitted == 0) failure = Failure::cert_no_san;
  Finding finding = about(failure, 0, certificate);
  add_fact(finding, "expected_name", wanted);
  add_fact(finding, "presented_names", bounded_list(names));
  add_fact(finding, "cn", certificate.subject_cn);
  if (certificate.names_omitted > 0)
    add_fact(finding, "names_not_looked_at", std::to_string(certificate.names_omitted));
  if (!is_ip) add_fact(finding, "name_hint", www_hint(certificate, wanted));
  out.add(std::move(finding));
}

// A wildcard is inside of no excluded subtree, and yet may stand for a name that is. RFC 5280 and RFC 9525
// leave open who looks (CVE-2025-61727): the name that was asked for must be allowed to whoever issued for
// it.
void check_excluded(const tls::HandshakeEvidence& handshake, const std::string& wanted, FindingSet& out) {
  const Certificate& leaf = handshake.presented.front();
  const bool is_listed =
      std::any_of(leaf.names.begin(), leaf.names.end(), [&wanted](const tls::AltName& name) {
        return name.kind == tls::AltName::Kind::dns && normalized_host(name.value) == wanted;
      });
  // Of a name that stands there itself OpenSSL has said it already.
  if (is_ip_literal(wanted) || is_listed || !certificate_names(leaf, wanted, false)) return;
  const auto& built = handshake.chain.built;
  for (std::size_t depth = 1; depth < built.size(); ++depth) {
    if (!built[depth].name_constraints) continue;
    for (const std::string& excluded : built[depth].name_constraints->excluded_hosts) {
      if (!is_within(wanted, excluded)) continue;
      Finding finding = about(Failure::chain_name_constraint, 0, leaf);
      add_fact(finding, "detail", "a wildcard stands for a name that a CA of the chain must not issue for");
      add_fact(finding, "expected_name", wanted);
      out.add(std::move(finding));
      return;
    }
  }
}

void check_key(const Certificate& certificate, int depth, const Policy& policy, FindingSet& out) {
  const bool is_ec = certificate.key_type == "EC";
  const bool is_modular = certificate.key_type == "RSA" || certificate.key_type == "DSA";
  if (!is_ec && !is_modular) return;  // Ed25519 and Ed448 have one size each
  const int least = is_ec ? policy.min_ec_bits : policy.min_rsa_bits;
  if (certificate.key_bits >= least) return;
  Finding finding = about(Failure::cert_weak_key, depth, certificate);
  add_fact(finding, "key_type", certificate.key_type);
  add_fact(finding, "key_bits", std::to_string(certificate.key_bits));
  add_fact(finding, "min_bits", std::to_string(least));
  out.add(std::move(finding));
}

bool is_weak_digest(const std::string& digest) {
  constexpr std::array<std::string_view, 4> kWeak = {"MD2", "MD4", "MD5", "SHA1"};
  return std::find(kWeak.begin(), kWeak.end(), digest) != kWeak.end();
}

// The signature of a trust anchor, or of a certificate by itself, is not what anybody relies on.
void check_digest(const Certificate& certificate, int depth, Anchor anchor, FindingSet& out) {
  if (anchor != Anchor::no || certificate.self_signed || !is_weak_digest(certificate.signature_digest))
    return;
  Finding finding = about(Failure::cert_weak_signature, depth, certificate);
  add_fact(finding, "signature_algorithm", certificate.signature_algorithm);
  add_fact(finding, "digest", certificate.signature_digest);
  out.add(std::move(finding));
}

bool allows_server_auth(const Certificate& certificate) {
  if (!certificate.has_extended_key_usage) return true;
  return std::any_of(certificate.extended_key_usage.begin(), certificate.extended_key_usage.end(),
                     [](const std::string& use) {
                       return use == "serverAuth" || use == "anyExtendedKeyUsage" ||
                              use == "1.3.6.1.5.5.7.3.1" || use == "2.5.29.37.0";
                     });
}

void check_usage(const Certificate& certificate, int depth, FindingSet& out) {
  if (!allows_server_auth(certificate)) {
    Finding finding = about(Failure::cert_wrong_eku, depth, certificate);
    add_fact(finding, "expected_usage", "serverAuth");
    add_fact(finding, "presented_usage",
             certificate.extended_key_usage.empty() ? "none" : bounded_list(certificate.extended_key_usage));
    out.add(std::move(finding));
  }
  const std::uint32_t needed = depth == 0 ? kForServers : kKeyCertSign;
  if (certificate.key_usage && (*certificate.key_usage & needed) == 0) {
    Finding finding = about(Failure::cert_key_usage, depth, certificate);
    add_fact(finding, "expected_usage", depth == 0 ? "digitalSignature or keyEncipherment" : "keyCertSign");
    add_fact(finding, "presented_usage", key_usage_text(*certificate.key_usage));
    out.add(std::move(finding));
  }
}

void check_extensions(const Certificate& certificate, int depth, FindingSet& out) {
  if (certificate.unknown_critical_extensions.empty()) return;
  Finding finding = about(Failure::cert_critical_ext, depth, certificate);
  add_fact(finding, "extensions", bounded_list(certificate.unknown_critical_extensions));
  out.add(std::move(finding));
}

void check_ca_flag(const Certificate& certificate, int depth, Anchor anchor, FindingSet& out) {
  const bool is_ca = certificate.basic_constraints_ca.value_or(false);
  if (depth == 0 && is_ca) {
    out.add(about(Failure::cert_ca_as_leaf, 0, certificate));
  } else if (depth > 0 && !is_ca && (anchor == Anchor::of_the_system || !certificate.self_signed)) {
    Finding finding = about(Failure::chain_issuer_not_ca, depth, certificate);
    add_fact(finding, "basic_constraints", certificate.basic_constraints_ca ? "CA:FALSE" : "none");
    add_fact(finding, "version", std::to_string(certificate.version));
    out.add(std::move(finding));
  }
}

void check_certificate(const Certificate& certificate, int depth, Anchor anchor, const Policy& policy,
                       UnixSeconds now, FindingSet& out) {
  check_readable(certificate, depth, out);
  if (!certificate.parse_error.empty()) return;
  check_validity(certificate, depth, now, out);
  check_key(certificate, depth, policy, out);
  check_digest(certificate, depth, anchor, out);
  // An anchor of the owner is trusted as it is.
  if (anchor == Anchor::own && depth > 0) return;
  check_usage(certificate, depth, out);
  check_extensions(certificate, depth, out);
  check_ca_flag(certificate, depth, anchor, out);
}

void check_pins(const tls::HandshakeEvidence& handshake, const Policy& policy, FindingSet& out) {
  if (policy.pins.empty() || match_pins(handshake, policy) != PinMatch::none) return;
  std::vector<std::string> presented;
  for (const Certificate& certificate : handshake.presented) {
    presented.push_back("sha256/" + certificate.spki_sha256_base64);
  }
  std::vector<std::string> expected;
  for (const std::string& pin : policy.pins) expected.push_back("sha256/" + pin);
  out.add(make_finding(Failure::pin_mismatch, 0,
                       {{"subject", subject_text(handshake.presented.front())},
                        {"expected_pins", bounded_list(expected)},
                        {"presented_pins", bounded_list(presented)}}));
}

bool is_pinned(const Certificate& certificate, const Policy& policy) {
  return !certificate.spki_sha256_base64.empty() &&
         std::find(policy.pins.begin(), policy.pins.end(), certificate.spki_sha256_base64) !=
             policy.pins.end();
}

// The smallest depth at which OpenSSL could not verify a signature; the links below it hold.
int first_broken_link(const tls::ChainEvidence& chain) {
  int depth = static_cast<int>(chain.built.size());
  for (const tls::ChainError& error : chain.errors) {
    if (is_signature_error(error.code) && error.depth < depth) depth = error.depth;
  }
  return depth;
}

}  // namespace

void FindingSet::add(Finding finding) {
  const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& other) {
    return other.failure == finding.failure && other.depth == finding.depth &&
           other.fact("fault") == finding.fact("fault");
  });
  if (!known) findings_.push_back(std::move(finding));
}

bool FindingSet::has(Failure failure, int depth) const {
  return std::any_of(findings_.begin(), findings_.end(), [&](const Finding& finding) {
    return finding.failure == failure && finding.depth == depth;
  });
}

std::string key_usage_text(std::uint32_t bits) {
  struct Use {
    std::uint32_t bit;
    const char* name;
  };
  constexpr std::array<Use, 9> kUses = {{{0x80, "digitalSignature"},
                                         {0x40, "nonRepudiation"},
                                         {0x20, "keyEncipherment"},
                                         {0x10, "dataEncipherment"},
                                         {0x08, "keyAgreement"},
                                         {0x04, "keyCertSign"},
                                         {0x02, "cRLSign"},
                                         {0x01, "encipherOnly"},
                                         {0x8000, "decipherOnly"}}};
  std::string out;
  for (const Use& use : kUses) {
    if ((bits & use.bit) != 0) out += (out.empty() ? "" : ", ") + std::string(use.name);
  }
  return out.empty() ? "none" : out;
}

PinMatch match_keys(const Attempt& attempt, const Policy& policy) {
  const PinMatch pinned = match_pins(attempt.handshake, policy);
  const bool is_known =
      policy.first_use && attempt.history &&
      (attempt.history->key == KeyMemory::none_yet || attempt.history->key == KeyMemory::same);
  return pinned != PinMatch::leaf && is_known ? PinMatch::remembered : pinned;
}

PinMatch match_pins(const tls::HandshakeEvidence& handshake, const Policy& policy) {
  if (policy.pins.empty() || handshake.presented.empty()) return PinMatch::none;
  if (is_pinned(handshake.presented.front(), policy)) return PinMatch::leaf;
  // A CA counts only in the path whose signatures hold: anybody can send a copy of a certificate along.
  if (!handshake.chain.verified) return PinMatch::none;
  const int broken = first_broken_link(handshake.chain);
  for (std::size_t depth = 1; depth < handshake.chain.built.size(); ++depth) {
    if (static_cast<int>(depth) > broken) break;
    if (is_pinned(handshake.chain.built[depth], policy)) return PinMatch::issuer;
  }
  return PinMatch::none;
}

std::vector<Finding> certificate_findings(const Attempt& attempt, const Policy& policy, UnixSeconds now) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  FindingSet out;
  if (!has_certificates(attempt)) return {};
  const std::size_t depths = std::max<std::size_t>(handshake.chain.built.size(), 1);
  for (std::size_t depth = 0; depth < depths; ++depth) {
    const Certificate* certificate = certificate_at(handshake, static_cast<int>(depth));
    const bool is_anchor = handshake.chain.anchored && depth + 1 == handshake.chain.built.size();
    const Anchor owned = handshake.chain.anchor_is_public ? Anchor::of_the_system : Anchor::own;
    check_certificate(*certificate, static_cast<int>(depth), is_anchor ? owned : Anchor::no, policy, now,
                      out);
  }
  if (handshake.presented.front().parse_error.empty()) {
    check_name(handshake.presented.front(), expected_name(attempt, policy), out);
    check_pins(handshake, policy, out);
    add_chain_findings(attempt, out);
    check_excluded(handshake, expected_name(attempt, policy), out);
    add_profile_findings(attempt, out);
    add_revocation_findings(attempt, policy, out);
    add_history_findings(attempt, policy, out);
  }
  return out.take();
}

}  // namespace whytls::policy
