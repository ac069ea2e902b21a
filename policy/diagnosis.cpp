#include "policy/diagnosis.h"

#include <algorithm>
#include <tuple>

#include "policy/findings.h"
#include "policy/judgement.h"
#include "policy/sentence.h"

namespace whytls::policy {

namespace {

// What ended the attempt, if anything did: the first cause, the rest attached to it.
Ended classify_end(const Attempt& attempt) {
  if (Ended own = classify_own(attempt); own.ended) return own;
  Ended handshake =
      attempt.leg == Leg::client ? classify_client_handshake(attempt) : classify_upstream_handshake(attempt);
  Ended http = classify_http(attempt);
  Ended transport = classify_transport(attempt);
  if (handshake.ended) {
    if (http.ended) add_fact(handshake.finding, "followed_by", std::string(info(http.finding.failure).slug));
    if (attempt.transport != TransportFault::none && handshake.finding.fact("errno_name").empty()) {
      add_fact(handshake.finding, "followed_by", attempt.transport_text);
    }
    return handshake;
  }
  if (http.ended) return http;
  return transport;
}

// An attempt that is over although nothing that is known ended it.
bool ended_without_a_cause(const Attempt& attempt) {
  return attempt.handshake_started && attempt.handshake.end == tls::HandshakeEnd::pending;
}

Finding unclassified(const Attempt& attempt) {
  return make_finding(
      Failure::unclassified, -1,
      {{"openssl_text", attempt.handshake.openssl_text}, {"errno_name", attempt.transport_text}});
}

// A finished handshake without a certificate proves nothing about the server.
bool is_anonymous(const Attempt& attempt) {
  return attempt.leg == Leg::upstream && attempt.tls_used && attempt.handshake_started &&
         attempt.handshake.end == tls::HandshakeEnd::done && attempt.handshake.presented.empty();
}

void rank(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(certificate_rank(a), a.depth) < std::tuple(certificate_rank(b), b.depth);
  });
}

}  // namespace

std::string_view name(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::pass:
      return "pass";
    case CheckOutcome::warn:
      return "warn";
    case CheckOutcome::fail:
      return "fail";
    case CheckOutcome::not_checked:
      return "not_checked";
  }
  return "";
}

int certificate_rank(const Finding& finding) {
  const bool on_a_ca = finding.depth > 0;
  switch (finding.failure) {
    case Failure::cert_weak_signature:
    case Failure::cert_weak_key:
    case Failure::cert_key_usage:
    case Failure::cert_wrong_eku:
      if (on_a_ca) return 2 * static_cast<int>(Failure::chain_issuer_not_ca) - 1;
      break;
    default:
      break;
  }
  return 2 * static_cast<int>(finding.failure);
}

Diagnosis diagnose(const Attempt& attempt, const Policy& policy, UnixSeconds now) {
  Diagnosis out;
  Ended end = classify_end(attempt);
  if (!end.ended && ended_without_a_cause(attempt)) end = {unclassified(attempt), true};
  out.failed_before_verdict = end.ended;

  std::vector<Finding> found = certificate_findings(attempt, policy, now);
  if (is_anonymous(attempt)) {
    found.push_back(
        make_finding(Failure::chain_invalid, 0, {{"detail", "the server presented no certificate"}}));
  }
  rank(found);
  if (end.ended) {
    // The same fault seen twice, by OpenSSL and on the certificate itself, is one finding.
    std::erase_if(found, [&](const Finding& finding) {
      return finding.failure == end.finding.failure && finding.depth == end.finding.depth;
    });
    out.findings.push_back(std::move(end.finding));
  }
  std::move(found.begin(), found.end(), std::back_inserter(out.findings));
  if (attempt.leg == Leg::upstream) out.pin = match_keys(attempt, policy);
  for (Finding& finding : out.findings) {
    finding.is_minor = finding.default_action != Action::refuse &&
                       judge(finding, out.pin, policy, now).action != Action::refuse;
  }
  out.sentence = make_sentence(english(), attempt, out.findings);
  out.checks = make_checks(attempt, policy, out, now);
  return out;
}

}  // namespace whytls::policy
