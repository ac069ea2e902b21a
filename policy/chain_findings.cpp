#include "policy/chain_findings.h"

#include <algorithm>
#include <array>

#include "tls/verify_codes.h"

namespace whytls::policy {

namespace {

using tls::Certificate;
namespace code = tls::verify_code;

bool is_any_of(int value, std::initializer_list<int> list) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_trust_error(int value) {
  return is_any_of(
      value, {code::kUnableToGetIssuerCert, code::kDepthZeroSelfSignedCert, code::kSelfSignedCertInChain,
              code::kUnableToGetIssuerCertLocally, code::kUnableToVerifyLeafSignature});
}

// Complaints that add nothing: dates and names are judged from the certificates themselves, the way RFC 5280
// and RFC 9525 say, revocation from the answers; mismatching key identifiers only make OpenSSL look for
// another issuer.
bool is_judged_elsewhere(int value) {
  return is_any_of(value, {code::kCertNotYetValid, code::kCertHasExpired, code::kHostnameMismatch,
                           code::kIpAddressMismatch, code::kSubjectIssuerMismatch, code::kAkidSkidMismatch,
                           code::kAkidIssuerSerialMismatch, code::kCertRevoked});
}

std::string name_of(const Certificate& certificate) {
  return certificate.subject_cn.empty() ? certificate.subject : certificate.subject_cn;
}

std::string issuer_of(const Certificate& certificate) {
  return certificate.issuer_cn.empty() ? certificate.issuer : certificate.issuer_cn;
}

Failure failure_of(int value, int depth) {
  switch (value) {
    case code::kUnableToDecryptCertSignature:
    case code::kUnableToDecodeIssuerPublicKey:
    case code::kCertSignatureFailure:
    case code::kSignatureAlgorithmMismatch:
      return Failure::cert_bad_signature;
    case code::kInvalidCa:
      return Failure::chain_issuer_not_ca;
    case code::kInvalidNonCa:
      return depth == 0 ? Failure::cert_ca_as_leaf : Failure::chain_invalid;
    case code::kPathLengthExceeded:
      return Failure::chain_path_length;
    case code::kInvalidPurpose:
      return Failure::cert_wrong_eku;
    case code::kKeyusageNoCertsign:
    case code::kKeyusageNoDigitalSignature:
      return Failure::cert_key_usage;
    case code::kUnhandledCriticalExtension:
      return Failure::cert_critical_ext;
    case code::kPermittedViolation:
    case code::kExcludedViolation:
    case code::kSubtreeMinmax:
    case code::kUnsupportedConstraintType:
    case code::kUnsupportedConstraintSyntax:
    case code::kUnsupportedNameSyntax:
      return Failure::chain_name_constraint;
    case code::kEeKeyTooSmall:
    case code::kCaKeyTooSmall:
      return Failure::cert_weak_key;
    case code::kCaMdTooWeak:
      return Failure::cert_weak_signature;
    default:
      return Failure::chain_invalid;
  }
}

// What the number itself says, where the certificates don't hold the other half.
std::string note_of(int value) {
  switch (value) {
    case code::kPermittedViolation:
      return "a name is outside of the permitted subtrees";
    case code::kExcludedViolation:
      return "a name is inside of an excluded subtree";
    case code::kSubtreeMinmax:
    case code::kUnsupportedConstraintType:
    case code::kUnsupportedConstraintSyntax:
    case code::kUnsupportedNameSyntax:
      return "the constraint or the name cannot be interpreted";
    case code::kCertChainTooLong:
      return "the chain has more certificates than are followed";
    case code::kCertRejected:
      return "the trust store marks a certificate of the chain as rejected";
    case code::kCertUntrusted:
      return "the trust store does not trust a certificate of the chain for this use";
    case code::kErrorInCertNotBeforeField:
    case code::kErrorInCertNotAfterField:
      return "a date of the certificate is malformed";
    case code::kNoIssuerPublicKey:
      return "the issuer certificate has no usable public key";
    case code::kSignatureAlgorithmInconsistency:
      return "the certificate names two different signature algorithms";
    case code::kEcKeyExplicitParams:
      return "an EC key has explicit parameters instead of a named curve";
    case code::kInvalidExtension:
      return "an extension is malformed or contradicts another one";
    case code::kPathLoop:
      return "the chain runs in a circle";
    default:
      return {};
  }
}

// OpenSSL folds several reasons into "unsuitable purpose"; what the certificate itself showed is more exact.
bool purpose_is_explained(const FindingSet& out, int depth) {
  return out.has(Failure::cert_wrong_eku, depth) || out.has(Failure::cert_key_usage, depth) ||
         out.has(Failure::chain_issuer_not_ca, depth);
}

void add_plain_error(const tls::HandshakeEvidence& handshake, const tls::ChainError& error, FindingSet& out) {
  if (error.code == code::kInvalidPurpose && purpose_is_explained(out, error.depth)) return;
  Finding finding =
      make_finding(failure_of(error.code, error.depth), error.depth,
                   {{"verify_error", std::to_string(error.code)}, {"detail", note_of(error.code)}});
  if (const Certificate* certificate = certificate_at(handshake, error.depth)) {
    add_fact(finding, "subject", name_of(*certificate));
    add_fact(finding, "issuer", issuer_of(*certificate));
    add_fact(finding, "signature_algorithm", certificate->signature_algorithm);
    add_fact(finding, "digest", certificate->signature_digest);
    add_fact(finding, "key_type", certificate->key_type);
    add_fact(finding, "key_bits", certificate->key_bits > 0 ? std::to_string(certificate->key_bits) : "");
    if (certificate->path_length) add_fact(finding, "path_length", std::to_string(*certificate->path_length));
  }
  out.add(std::move(finding));
}

bool is_in_path(const tls::ChainEvidence& chain, const Certificate& certificate) {
  return std::any_of(chain.built.begin(), chain.built.end(),
                     [&](const Certificate& link) { return link.sha256_hex == certificate.sha256_hex; });
}

// What was sent and is not part of the path, and of that what bears the name of the issuer that is missing.
struct Leftovers {
  std::vector<std::string> unrelated;
  const Certificate* namesake = nullptr;
};

Leftovers leftovers(const tls::HandshakeEvidence& handshake, const Certificate& top) {
  Leftovers out;
  for (std::size_t i = 1; i < handshake.presented.size(); ++i) {
    const Certificate& sent = handshake.presented[i];
    if (is_in_path(handshake.chain, sent) || sent.sha256_hex == top.sha256_hex) continue;
    if (!sent.parse_error.empty()) continue;
    if (sent.subject == top.issuer) {
      if (out.namesake == nullptr) out.namesake = &sent;
    } else {
      out.unrelated.push_back(name_of(sent));
    }
  }
  return out;
}

bool may_sign_certificates(const Certificate& certificate) {
  return !certificate.key_usage || (*certificate.key_usage & kKeyCertSign) != 0;
}

// Where a path stops for want of an issuer. See README.md, "A missing intermediate or an unknown root".
Failure failure_of_gap(const Certificate& top, int depth, const Leftovers& rest) {
  if (!top.authority_issuer.empty() && rest.namesake == nullptr) {
    return top.authority_issuer == top.issuer ? Failure::chain_unknown_issuer
                                              : Failure::chain_missing_intermediate;
  }
  if (depth > 0) return Failure::chain_unknown_issuer;
  if (rest.namesake != nullptr) {
    return may_sign_certificates(*rest.namesake) ? Failure::chain_missing_intermediate
                                                 : Failure::chain_unknown_issuer;
  }
  if (!top.aia_issuers.empty() || !rest.unrelated.empty()) return Failure::chain_missing_intermediate;
  return Failure::chain_unknown_issuer;
}

void add_namesake(const Certificate& top, const Certificate& namesake, int depth, Finding& gap,
                  FindingSet& out) {
  if (!may_sign_certificates(namesake)) {
    out.add(make_finding(Failure::cert_key_usage, depth + 1,
                         {{"subject", name_of(namesake)},
                          {"issuer", issuer_of(namesake)},
                          {"expected_usage", "keyCertSign"},
                          {"presented_usage", key_usage_text(*namesake.key_usage)}}));
    return;
  }
  add_fact(gap, "namesake_sent", name_of(namesake));
  add_fact(gap, "namesake_ski", namesake.subject_key_id);
  if (!top.authority_key_id.empty() && top.authority_key_id != namesake.subject_key_id) {
    add_fact(gap, "key_id_mismatch",
             "the certificate that was sent under this name has another key than the one that signed");
  }
}

// What the same evidence could mean as well; empty when the authority key identifier settles it.
std::string competing_cause(const Certificate& top, int depth, Failure failure, const Leftovers& rest) {
  if (!top.authority_issuer.empty() || rest.namesake != nullptr) return {};
  if (failure == Failure::chain_missing_intermediate) {
    return rest.unrelated.empty() ? "the issuer may be a private root, which servers need not send" : "";
  }
  if (depth == 0) return "if the issuer is an intermediate CA, the server should have sent it";
  return top.aia_issuers.empty()
             ? ""
             : "a further intermediate may be missing: the last certificate names an AIA URL";
}

void add_gap(const tls::HandshakeEvidence& handshake, FindingSet& out) {
  const tls::ChainEvidence& chain = handshake.chain;
  const Certificate& top = chain.built.empty() ? handshake.presented.front() : chain.built.back();
  const int depth = chain.built.empty() ? 0 : static_cast<int>(chain.built.size()) - 1;
  const Leftovers rest = leftovers(handshake, top);
  std::vector<std::string> sent;
  for (const Certificate& certificate : handshake.presented) sent.push_back(name_of(certificate));

  Finding gap = make_finding(failure_of_gap(top, depth, rest), depth,
                             {{"subject", name_of(top)},
                              {"missing_issuer", issuer_of(top)},
                              {"missing_issuer_dn", top.issuer},
                              {"aia", bounded_list(top.aia_issuers)},
                              {"aki", top.authority_key_id},
                              {"aki_issuer", top.authority_issuer},
                              {"sent", bounded_list(sent)},
                              {"unrelated", bounded_list(rest.unrelated)},
                              {"trust_store", chain.trust_description}});
  add_fact(gap, "competing_cause", competing_cause(top, depth, gap.failure, rest));
  if (rest.namesake != nullptr) add_namesake(top, *rest.namesake, depth, gap, out);
  out.add(std::move(gap));
}

void add_untrusted_root(const tls::HandshakeEvidence& handshake, FindingSet& out) {
  const tls::ChainEvidence& chain = handshake.chain;
  const Certificate& root = chain.built.empty() ? handshake.presented.back() : chain.built.back();
  const int depth = chain.built.empty() ? static_cast<int>(handshake.presented.size()) - 1
                                        : static_cast<int>(chain.built.size()) - 1;
  out.add(make_finding(Failure::chain_untrusted_root, depth,
                       {{"subject", name_of(root)},
                        {"root", name_of(root)},
                        {"root_sha256", root.sha256_hex},
                        {"trust_store", chain.trust_description}}));
}

void add_trust_error(const tls::HandshakeEvidence& handshake, int value, FindingSet& out) {
  const Certificate& leaf = handshake.presented.front();
  if (value == code::kDepthZeroSelfSignedCert || leaf.self_signed) {
    out.add(make_finding(Failure::cert_self_signed, 0,
                         {{"subject", name_of(leaf)},
                          {"sha256", leaf.sha256_hex},
                          {"pin", "sha256/" + leaf.spki_sha256_base64},
                          {"trust_store", handshake.chain.trust_description}}));
  } else if (value == code::kSelfSignedCertInChain) {
    add_untrusted_root(handshake, out);
  } else {
    add_gap(handshake, out);
  }
}

// A handshake that is done and was never verified must not pass for a good one.
void add_unverified(const tls::HandshakeEvidence& handshake, FindingSet& out) {
  if (handshake.end != tls::HandshakeEnd::done) return;
  out.add(make_finding(Failure::chain_invalid, 0, {{"detail", "the chain was not verified"}}));
}

}  // namespace

bool is_signature_error(int verify_code) {
  return is_any_of(verify_code, {code::kUnableToDecryptCertSignature, code::kUnableToDecodeIssuerPublicKey,
                                 code::kCertSignatureFailure, code::kNoIssuerPublicKey,
                                 code::kUnsupportedSignatureAlgorithm, code::kSignatureAlgorithmMismatch,
                                 code::kSignatureAlgorithmInconsistency});
}

void add_chain_findings(const Attempt& attempt, FindingSet& out) {
  const tls::HandshakeEvidence& handshake = attempt.handshake;
  if (!handshake.chain.verified) {
    add_unverified(handshake, out);
    return;
  }
  bool trust_was_judged = false;
  for (const tls::ChainError& error : handshake.chain.errors) {
    if (is_judged_elsewhere(error.code)) continue;
    if (!is_trust_error(error.code)) {
      add_plain_error(handshake, error, out);
    } else if (!trust_was_judged) {
      add_trust_error(handshake, error.code, out);
      trust_was_judged = true;
    }
  }
  // No complaint about trust, and yet no anchor: never take silence for a pass.
  if (!trust_was_judged && !handshake.chain.anchored) {
    add_trust_error(handshake, code::kUnableToGetIssuerCertLocally, out);
  }
}

}  // namespace whytls::policy
