#include "policy/history_findings.h"

#include "policy/history.h"

namespace whytls::policy {

namespace {

using tls::Certificate;

std::string place_text(const SeenBefore& certificate) {
  if (certificate.host.empty()) return {};
  const bool is_ipv6 = certificate.host.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + certificate.host + "]" : certificate.host;
  return host + ":" + std::to_string(certificate.port);
}

void add_reused_serial(const ReusedSerial& reused, const Certificate& certificate, FindingSet& out) {
  Finding finding =
      make_finding(Failure::cert_reused_serial, static_cast<int>(reused.depth),
                   {{"serial", certificate.serial_hex},
                    {"issuer", certificate.issuer_cn.empty() ? certificate.issuer : certificate.issuer_cn},
                    {"sha256", certificate.sha256_hex},
                    {"other_host", place_text(reused.newest)},
                    {"other_sha256", reused.newest.sha256_hex},
                    {"other_first_seen", time_text(reused.newest.first_seen)},
                    {"other_last_seen", time_text(reused.newest.last_seen)}});
  if (reused.total > 1) add_fact(finding, "others", std::to_string(reused.total));
  finding.default_action = Action::warn;
  out.add(std::move(finding));
}

void add_changed_key(const History& history, const Certificate& leaf, FindingSet& out) {
  Finding finding = make_finding(Failure::key_changed, 0,
                                 {{"subject", leaf.subject_cn},
                                  {"new_pin", "sha256/" + leaf.spki_sha256_base64},
                                  {"differences", history.differences}});
  if (history.remembered) {
    add_fact(finding, "old_pin", "sha256/" + history.remembered->pin);
    add_fact(finding, "old_first_seen", time_text(history.remembered->first_seen));
    add_fact(finding, "old_last_seen", time_text(history.remembered->last_seen));
  }
  out.add(std::move(finding));
}

}  // namespace

void add_history_findings(const Attempt& attempt, const Policy& policy, FindingSet& out) {
  if (!attempt.history) return;
  const auto& presented = attempt.handshake.presented;
  for (const ReusedSerial& reused : attempt.history->reused_serials) {
    if (reused.depth < presented.size()) add_reused_serial(reused, presented[reused.depth], out);
  }
  if (policy.first_use && attempt.history->key == KeyMemory::other)
    add_changed_key(*attempt.history, presented.front(), out);
}

}  // namespace whytls::policy
