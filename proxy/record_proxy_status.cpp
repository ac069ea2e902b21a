// Proxy-Status (RFC 9209).
#include <algorithm>
#include <vector>

#include "proxy/record.h"
#include "proxy/render_parts.h"
#include "proxy/structured_field.h"
#include "tls/evidence.h"

namespace whytls::proxy {
namespace {

constexpr std::string_view kAlertReceived = "tls_alert_received";

// The alert that ended the handshake: the last fatal one received, else the last one.
const tls::Alert* received_alert(const Record& record) {
  constexpr std::uint8_t kFatal = 2;
  const tls::Alert* last = nullptr;
  for (const tls::Alert& alert : record.attempt.handshake.alerts) {
    if (alert.direction != tls::Alert::Direction::received) continue;
    if (last == nullptr || alert.level == kFatal || last->level != kFatal) last = &alert;
  }
  return last;
}

std::string slugs(const Record& record) {
  std::vector<std::string_view> kept;
  std::size_t count = 0;
  for (const policy::JudgedFinding& judged : parts::judged_findings(record)) {
    if (judged.action == policy::Action::allow || ++count > parts::kMaxShownFindings) continue;
    const std::string_view slug = policy::info(judged.finding.failure).slug;
    if (std::find(kept.begin(), kept.end(), slug) == kept.end()) kept.push_back(slug);
  }
  std::string list;
  for (const std::string_view slug : kept) {
    if (!list.empty()) list += ',';
    list += slug;
  }
  return list;
}

}  // namespace

std::string render_proxy_status(const Record& record) {
  SfItem item(record.proxy_name.empty() ? "whytls" : record.proxy_name);
  const auto failure = record.failure();
  if (failure && !parts::was_forwarded(record)) {
    const tls::Alert* alert = received_alert(record);
    std::string_view error = policy::info(*failure).proxy_status;
    // A cause that is usually told by an alert may also have been found without one (RFC 9209, 2.3.16).
    if (error == kAlertReceived && alert == nullptr) error = "tls_protocol_error";
    item.token("error", error);
    if (record.audience == config::Audience::public_) return item.text();
    if (error == kAlertReceived) {
      item.integer("alert-id", alert->number).string("alert-message", tls::alert_name(alert->number));
    }
    item.string("details", slugs(record));
  }
  // On the client leg there is no next hop: the peer is the one who reads this. dns_error gets no rcode, for
  // the system's resolver does not tell it.
  const policy::Attempt& attempt = record.attempt;
  if (record.audience != config::Audience::public_ && attempt.leg == policy::Leg::upstream &&
      !attempt.host.empty()) {
    const std::string& hop = attempt.address.empty() ? attempt.host : attempt.address;
    item.string("next-hop", parts::authority(hop, attempt.port));
  }
  return item.text();
}

}  // namespace whytls::proxy
