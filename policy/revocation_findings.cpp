#include "policy/revocation_findings.h"

#include <algorithm>

namespace whytls::policy {

namespace {

using tls::Certificate;
using tls::RevocationAnswer;
using tls::RevocationFault;
using tls::RevocationSource;

bool is_staple(const RevocationAnswer& answer) {
  return answer.source == RevocationSource::stapled_ocsp;
}

std::string source_text(const RevocationAnswer& answer) {
  if (!is_staple(answer)) return "CRL of " + bounded(answer.signer, kMaxPieceBytes);
  return "stapled OCSP response of " + bounded(answer.signer, kMaxPieceBytes);
}

std::string fault_text(const RevocationAnswer& answer, RevocationFault fault) {
  switch (fault) {
    case RevocationFault::malformed:
      return "it is malformed";
    case RevocationFault::bad_signature:
      return "its signature does not hold";
    case RevocationFault::signer_unknown:
      return "another key than that of the CA signed it";
    case RevocationFault::signer_not_allowed:
      return is_staple(answer) ? "the CA did not allow its signer to answer" : "its issuer may not sign CRLs";
    case RevocationFault::critical_extension:
      return "it has a critical extension that is not known here";
    case RevocationFault::other_scope:
      return "it is for other certificates";
    case RevocationFault::not_about_it:
      return "it does not name this certificate";
    case RevocationFault::responder_error:
      return "the responder answered " + answer.detail;
    case RevocationFault::unknown_to_responder:
      return "the responder does not know this certificate";
    case RevocationFault::not_yet_valid:
      return "it is not valid yet";
    case RevocationFault::expired:
      return "it has expired";
  }
  return {};
}

// What NSS says of such a response.
NssCode response_code(const RevocationAnswer& answer, RevocationFault fault) {
  switch (fault) {
    case RevocationFault::bad_signature:
      return {"SEC_ERROR_OCSP_BAD_SIGNATURE", -8035};
    case RevocationFault::signer_unknown:
    case RevocationFault::signer_not_allowed:
      return {"SEC_ERROR_OCSP_INVALID_SIGNING_CERT", -8048};
    case RevocationFault::critical_extension:
      return {"SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", -8151};
    case RevocationFault::not_about_it:
      return {"MOZILLA_PKIX_ERROR_OCSP_RESPONSE_FOR_CERT_MISSING", -16376};
    case RevocationFault::responder_error:
      if (answer.detail == "malformedRequest") return {"SEC_ERROR_OCSP_MALFORMED_REQUEST", -8072};
      if (answer.detail == "internalError") return {"SEC_ERROR_OCSP_SERVER_ERROR", -8071};
      if (answer.detail == "tryLater") return {"SEC_ERROR_OCSP_TRY_SERVER_LATER", -8070};
      if (answer.detail == "sigRequired") return {"SEC_ERROR_OCSP_REQUEST_NEEDS_SIG", -8069};
      if (answer.detail == "unauthorized") return {"SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST", -8068};
      return {"SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS", -8067};
    case RevocationFault::unknown_to_responder:
      return {"SEC_ERROR_OCSP_UNKNOWN_CERT", -8066};
    case RevocationFault::not_yet_valid:
      return {"SEC_ERROR_OCSP_FUTURE_RESPONSE", -8061};
    case RevocationFault::expired:
      return {"SEC_ERROR_OCSP_OLD_RESPONSE", -8060};
    case RevocationFault::malformed:
    case RevocationFault::other_scope:
      break;
  }
  return {"SEC_ERROR_OCSP_MALFORMED_RESPONSE", -8063};
}

void add_revoked(const RevocationAnswer& answer, const Certificate& certificate, FindingSet& out) {
  Finding finding = make_finding(Failure::cert_revoked, answer.depth,
                                 {{"subject", certificate.subject_cn},
                                  {"issuer", certificate.issuer_cn},
                                  {"serial", certificate.serial_hex},
                                  {"revocation_reason", answer.reason},
                                  {"revocation_source", source_text(answer)}});
  if (answer.revoked_at) add_fact(finding, "revoked_at", time_text(*answer.revoked_at));
  out.add(std::move(finding));
}

void add_faults(const RevocationAnswer& answer, FindingSet& out) {
  for (const RevocationFault fault : answer.faults) {
    Finding finding =
        make_finding(is_staple(answer) ? Failure::ocsp_unusable : Failure::crl_unusable, answer.depth,
                     {{is_staple(answer) ? "responder" : "crl_issuer", answer.signer},
                      {"fault", fault_text(answer, fault)}});
    if (answer.next_update) add_fact(finding, "next_update", time_text(*answer.next_update));
    if (is_staple(answer)) finding.exact_code = response_code(answer, fault);
    // Firefox refuses each of these responses; CRLs of the machine are nobody's business but the owner's.
    if (!is_staple(answer)) finding.default_action = Action::warn;
    out.add(std::move(finding));
  }
}

const RevocationAnswer* answer_that_counts(const tls::ChainEvidence& chain, int depth) {
  const auto found =
      std::find_if(chain.revocation.begin(), chain.revocation.end(), [depth](const RevocationAnswer& answer) {
        return answer.depth == depth && (answer.counts() || answer.is_revoked());
      });
  return found == chain.revocation.end() ? nullptr : &*found;
}

int depth_of_anchor(const tls::ChainEvidence& chain) {
  return static_cast<int>(chain.built.size()) - 1;
}

void add_unknown(const tls::ChainEvidence& chain, FindingSet& out) {
  for (int depth = 0; depth < depth_of_anchor(chain); ++depth) {
    if (answer_that_counts(chain, depth) != nullptr) continue;
    const bool has_answer =
        std::any_of(chain.revocation.begin(), chain.revocation.end(),
                    [depth](const RevocationAnswer& answer) { return answer.depth == depth; });
    const Certificate& certificate = chain.built[static_cast<std::size_t>(depth)];
    const char* const alone = depth == 0 ? "no OCSP response was stapled, and there is no CRL of its issuer"
                                         : "there is no CRL of its issuer";
    out.add(make_finding(Failure::cert_revocation_unknown, depth,
                         {{"subject", certificate.subject_cn},
                          {"issuer", certificate.issuer_cn},
                          {"detail", has_answer ? "the answer that there is cannot be used" : alone}}));
  }
}

}  // namespace

void add_revocation_findings(const Attempt& attempt, const Policy& policy, FindingSet& out) {
  const tls::ChainEvidence& chain = attempt.handshake.chain;
  if (!chain.anchored || chain.built.empty()) return;
  for (const RevocationAnswer& answer : chain.revocation) {
    if (answer.depth >= depth_of_anchor(chain)) continue;
    if (answer.is_revoked()) add_revoked(answer, chain.built[static_cast<std::size_t>(answer.depth)], out);
    add_faults(answer, out);
  }
  const Certificate& leaf = chain.built.front();
  if (leaf.requires_staple && !chain.has_staple) {
    out.add(make_finding(Failure::cert_must_staple, 0, {{"subject", leaf.subject_cn}}));
  }
  if (policy.revocation == RevocationMode::hard) add_unknown(chain, out);
}

bool is_revocation_failure(Failure failure) {
  return failure == Failure::cert_revoked || failure == Failure::cert_must_staple ||
         failure == Failure::ocsp_unusable || failure == Failure::cert_revocation_unknown ||
         failure == Failure::crl_unusable;
}

std::vector<Said> revocation_said(const tls::ChainEvidence& chain) {
  const RevocationAnswer* const leaf = answer_that_counts(chain, 0);
  if (leaf == nullptr) return {};
  std::vector<Said> out{{Word::check_revocation, {{"revocation_source", source_text(*leaf)}}}};
  for (int depth = 1; depth < depth_of_anchor(chain); ++depth) {
    if (answer_that_counts(chain, depth) != nullptr) continue;
    out.push_back({Word::unchecked_issuers, {}});
    break;
  }
  return out;
}

}  // namespace whytls::policy
