// The problem document (RFC 9457) of a record. Its members are described in docs/problem.schema.json.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/clients.h"
#include "proxy/escape.h"
#include "proxy/record.h"
#include "proxy/render_advice.h"
#include "proxy/render_clock.h"
#include "proxy/render_parts.h"
#include "proxy/render_situations.h"
#include "proxy/render_tls_names.h"

namespace whytls::proxy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxListed = 128;  // numbers of one list of a hello

std::string safe(std::string_view peer_text, std::size_t max_bytes = kMaxShownBytes) {
  return valid_utf8(peer_text, max_bytes);
}

Json strings(const std::vector<std::string>& values, std::size_t max_bytes = kMaxShownBytes) {
  Json list = Json::array();
  for (const std::string& value : values) {
    if (list.size() == kMaxListed) break;
    list.push_back(safe(value, max_bytes));
  }
  return list;
}

// Who named the policy; empty where nobody did.
Json choice_of(const Record& record) {
  Json json = Json::object();
  if (!record.policy_choice || record.policy_choice->place.file.empty()) return json;
  json["policy"] = safe(record.policy_name);
  json["by"] = name(record.policy_choice->by);
  if (record.audience == config::Audience::full) {
    json["file"] = safe(record.policy_choice->place.file);
    json["line"] = record.policy_choice->place.line;
  }
  return json;
}

Json rule_of(const Record& record) {
  const policy::DecidingRule& rule = record.verdict.rule;
  Json json;
  json["policy"] = safe(rule.policy.empty() ? record.policy_name : rule.policy);
  if (record.audience == config::Audience::full) {
    json["file"] = safe(rule.place.file);
    json["line"] = rule.place.line;
  }
  if (const Json chosen = choice_of(record); !chosen.empty()) json["chosen_by"] = chosen;
  json["key"] = safe(rule.key);
  json["value"] = safe(parts::for_audience(record, rule.value));
  return json;
}

Json upstream_of(const Record& record) {
  const policy::Attempt& attempt = record.attempt;
  Json json;
  json["host"] = safe(attempt.host);
  json["port"] = attempt.port;
  json["address"] = safe(attempt.address);
  json["sni"] = safe(record.sni);
  if (!attempt.sni_absent_reason.empty()) json["sni_absent_reason"] = safe(attempt.sni_absent_reason);
  if (!record.expected_name.empty()) json["expected_name"] = safe(record.expected_name);
  return json;
}

Json findings_of(const Record& record) {
  Json list = Json::array();
  for (const policy::JudgedFinding& judged : parts::judged_findings(record)) {
    if (list.size() == parts::kMaxShownFindings) break;
    const policy::FailureInfo& row = policy::info(judged.finding.failure);
    Json facts = Json::object();
    for (const policy::Fact& fact : judged.finding.facts) {
      if (facts.size() == parts::kMaxShownFacts) break;
      facts[safe(fact.key)] = safe(parts::for_audience(record, fact.value));
    }
    list.push_back({{"slug", row.slug},
                    {"code", judged.finding.code().symbol},
                    {"number", judged.finding.code().number},
                    {"severity", policy::name(row.severity)},
                    {"action", policy::name(judged.action)},
                    {"phase", policy::name(judged.finding.phase)},
                    {"depth", judged.finding.depth},
                    {"summary", row.summary},
                    {"facts", std::move(facts)}});
  }
  return list;
}

Json checks_of(const Record& record) {
  Json list = Json::array();
  for (const policy::Check& check : record.diagnosis.checks) {
    Json json = {{"name", safe(check.name)},
                 {"outcome", policy::name(check.outcome)},
                 {"detail", safe(parts::for_audience(record, check.detail))}};
    if (check.failure) json["slug"] = policy::info(*check.failure).slug;
    list.push_back(std::move(json));
  }
  return list;
}

Json certificate_of(const tls::Certificate& certificate, const std::string& pem) {
  Json json;
  if (!certificate.parse_error.empty()) json["parse_error"] = safe(certificate.parse_error);
  json["subject"] = safe(certificate.subject);
  json["issuer"] = safe(certificate.issuer);
  json["serial"] = safe(certificate.serial_hex);
  if (certificate.parse_error.empty()) {
    json["not_before"] = parts::rfc3339(certificate.not_before);
    json["not_after"] = parts::rfc3339(certificate.not_after);
  }
  json["names"] = strings(parts::shown_names(certificate), kMaxNameBytes);
  json["names_omitted"] = parts::omitted_names(certificate);
  json["key"] = safe(parts::key_text(certificate));
  json["signature"] = safe(certificate.signature_algorithm);
  json["ca"] = certificate.basic_constraints_ca.value_or(false);
  json["self_signed"] = certificate.self_signed;
  if (!certificate.aia_issuers.empty()) json["issuer_urls"] = strings(certificate.aia_issuers);
  json["sha256"] = parts::upper(certificate.sha256_hex);
  json["pin"] =
      certificate.spki_sha256_base64.empty() ? "" : "sha256/" + safe(certificate.spki_sha256_base64);
  if (!pem.empty()) json["pem"] = pem;
  return json;
}

Json errors_of(const std::vector<tls::ChainError>& errors) {
  Json list = Json::array();
  for (const tls::ChainError& error : errors) {
    if (list.size() == kMaxListed) break;
    list.push_back({{"code", error.code}, {"depth", error.depth}});
  }
  return list;
}

Json paths_of(const std::vector<tls::OtherPath>& paths) {
  Json list = Json::array();
  for (const tls::OtherPath& path : paths) {
    list.push_back({{"subjects", strings(path.subjects)},
                    {"anchored", path.anchored},
                    {"verify_errors", errors_of(path.errors)}});
  }
  return list;
}

Json chain_of(const Record& record) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  parts::PemBudget budget;
  Json sent = Json::array();
  for (const tls::Certificate& certificate : seen.presented) {
    if (sent.size() == parts::kMaxShownCertificates) break;
    sent.push_back(certificate_of(certificate, budget.pem(certificate)));
  }
  Json built = Json::array();
  for (const tls::Certificate& certificate : seen.chain.built) {
    if (built.size() == parts::kMaxShownCertificates) break;
    built.push_back(certificate_of(certificate, {}));
  }
  return {{"sent_total", seen.presented.size() + seen.presented_omitted},
          {"sent", std::move(sent)},
          {"built", std::move(built)},
          {"anchored", seen.chain.anchored},
          {"trust", safe(parts::for_audience(record, seen.chain.trust_description))},
          {"verify_errors", errors_of(seen.chain.errors)},
          {"other_paths", paths_of(seen.chain.others)}};
}

template <typename Name>
Json numbered(const std::vector<std::uint16_t>& numbers, Name name) {
  Json list = Json::array();
  for (const std::uint16_t number : numbers) {
    if (list.size() == kMaxListed) break;
    list.push_back({{"number", number}, {"name", name(number)}});
  }
  return list;
}

Json offered_of(const tls::Offered& offered) {
  Json json = {{"min_version", tls::version_name(offered.min_version)},
               {"max_version", tls::version_name(offered.max_version)},
               {"cipher_suites", numbered(offered.cipher_suites, cipher_suite_name)},
               {"groups", numbered(offered.groups, group_name)},
               {"signature_algorithms", numbered(offered.signature_algorithms, signature_algorithm_name)},
               {"alpn", strings(offered.alpn)},
               {"sni", safe(offered.sni)}};
  if (offered.security_level >= 0) json["security_level"] = offered.security_level;
  return json;
}

Json answered_of(const tls::Answered& answered) {
  return {{"version", tls::version_name(answered.version)},
          {"cipher_suite", answered.cipher_suite},
          {"cipher_name", safe(answered.cipher_name)},
          {"cipher_openssl_name", safe(answered.cipher_openssl_name)},
          {"group", safe(answered.group)},
          {"key_exchange_bits", answered.key_exchange_bits},
          {"signature_algorithm", safe(answered.signature_algorithm)},
          {"alpn", safe(answered.alpn)},
          {"secure_renegotiation", answered.secure_renegotiation},
          {"extended_master_secret", answered.extended_master_secret},
          {"resumed", answered.resumed}};
}

Json handshake_of(const tls::HandshakeEvidence& seen) {
  Json alerts = Json::array();
  for (const tls::Alert& alert : seen.alerts) {
    if (alerts.size() == kMaxListed) break;
    const bool received = alert.direction == tls::Alert::Direction::received;
    alerts.push_back({{"direction", received ? "received" : "sent"},
                      {"level", alert.level},
                      {"number", alert.number},
                      {"name", tls::alert_name(alert.number)},
                      {"after_handshake", alert.after_handshake}});
  }
  Json json;
  json["done"] = seen.end == tls::HandshakeEnd::done;
  json["offered"] = offered_of(seen.offered);
  if (seen.answered.version != 0) json["answered"] = answered_of(seen.answered);
  json["alerts"] = std::move(alerts);
  json["client_certificate_requested"] = seen.client_certificate_requested;
  json["client_certificate_sent"] = seen.client_certificate_sent;
  if (!seen.client_certificate_authorities.empty()) {
    json["client_certificate_authorities"] = strings(seen.client_certificate_authorities);
  }
  json["openssl_error"] = seen.openssl_error;
  json["openssl_reason"] = seen.openssl_reason;
  if (!seen.openssl_text.empty()) json["openssl_text"] = safe(seen.openssl_text);
  if (!seen.first_bytes.empty()) json["first_bytes"] = visible_ascii(seen.first_bytes);
  json["bytes_received"] = seen.bytes_received;
  json["bytes_sent"] = seen.bytes_sent;
  return json;
}

Json timings_of(const policy::Timings& timings) {
  Json json = Json::object();
  const auto put = [&json](const char* key, std::int64_t us) {
    if (us >= 0) json[key] = us;
  };
  put("dns_us", timings.dns_us);
  put("connect_us", timings.connect_us);
  put("handshake_us", timings.handshake_us);
  put("first_byte_us", timings.first_byte_us);
  put("total_us", timings.total_us);
  return json;
}

void put_advice(Json* json, const Record& record) {
  const Advice all = advice(record);
  (*json)["meaning"] = safe(all.meaning, parts::kMaxSentenceBytes);
  (*json)["causes"] = strings(all.causes, parts::kMaxSentenceBytes);
  (*json)["actions"] = {{"visitor", safe(all.visitor, parts::kMaxSentenceBytes)},
                        {"proxy_owner", safe(all.owner, parts::kMaxSentenceBytes)},
                        {"device_owner", safe(all.device, parts::kMaxSentenceBytes)}};
  Json changes = Json::array();
  for (const Suggestion& one : suggestions(record)) {
    changes.push_back({{"title", safe(one.title)},
                       {"toml", safe(one.toml, 8 * kMaxShownBytes)},
                       {"gives_up", safe(one.gives_up, parts::kMaxSentenceBytes)}});
  }
  (*json)["suggestions"] = std::move(changes);
  (*json)["commands"] = strings(all.commands, parts::kMaxSentenceBytes);
  (*json)["reference"] = all.reference;
  const CaseAdvice cases = case_advice(record);
  (*json)["families"] = families_json(cases.families, &record);
  (*json)["situations"] = situations_json(cases.situations, &record);
  (*json)["systems"] = systems_json(cases.systems);
}

// What other clients would do about the same server; left out when the fault lies elsewhere.
void put_clients(Json* json, const Record& record) {
  Json clients = Json::array();
  for (const policy::ClientView& view : policy::client_views(record.attempt, record.diagnosis)) {
    Json row = {{"client", view.client}, {"version", view.version}, {"outcome", policy::name(view.outcome)}};
    if (!view.code.empty()) row["code"] = view.code;
    if (!view.words.empty()) row["words"] = safe(view.words, parts::kMaxSentenceBytes);
    if (view.outcome != policy::ClientOutcome::unknown) {
      row["evidence"] = view.measured ? "measured" : "documented";
    }
    if (!view.source.empty()) row["source"] = view.source;
    clients.push_back(std::move(row));
  }
  if (!clients.empty()) (*json)["clients"] = std::move(clients);
}

Json clock_of(const ClockDoubt& doubt) {
  Json json = {{"doubt", name(doubt.kind)}, {"behind", doubt.behind}, {"upstreams", doubt.upstreams}};
  if (doubt.offset != 0) json["offset"] = doubt.offset;
  return json;
}

void put_head(Json* json, const Record& record) {
  const auto failure = record.failure();
  if (failure) {
    const policy::FailureInfo& row = policy::info(*failure);
    (*json)["type"] = "urn:whytls:failure:" + std::string(row.slug);
    (*json)["title"] = row.summary;
  } else {
    (*json)["type"] = "about:blank";
    (*json)["title"] = "Nothing is wrong.";
  }
  (*json)["status"] = record.status();
  (*json)["detail"] = safe(parts::sentence(record), parts::kMaxSentenceBytes);
  (*json)["instance"] = "urn:whytls:incident:" + safe(record.incident);
  if (!failure) return;
  const policy::FailureInfo& row = policy::info(*failure);
  (*json)["slug"] = row.slug;
  const policy::NssCode code = parts::code_of(record, row);
  (*json)["code"] = code.symbol;
  (*json)["number"] = code.number;
  (*json)["leg"] = policy::name(parts::failing_leg(record));
  (*json)["phase"] = policy::name(parts::failing_phase(record));
}

}  // namespace

std::string render_problem_json(const Record& record) {
  Json json;
  put_head(&json, record);
  json["verdict"] = parts::verdict_name(record);
  if (record.audience == config::Audience::public_) {
    json["findings"] = Json::array();
  } else {
    const policy::Attempt& attempt = record.attempt;
    json["rule"] = rule_of(record);
    json["upstream"] = upstream_of(record);
    json["findings"] = findings_of(record);
    if (record.clock) json["clock"] = clock_of(*record.clock);
    json["time"] = parts::rfc3339_ms(record.time_ms);
    if (!record.url.empty()) json["url"] = safe(record.url, kMaxUrlBytes);
    json["checks"] = checks_of(record);
    if (attempt.handshake_started) json["handshake"] = handshake_of(attempt.handshake);
    if (!attempt.handshake.presented.empty()) json["chain"] = chain_of(record);
    if (attempt.transport_errno != 0) {
      json["transport"] = {{"errno", attempt.transport_errno}, {"name", safe(attempt.transport_text)}};
    }
    json["timings"] = timings_of(attempt.timings);
    put_advice(&json, record);
    put_clients(&json, record);
  }
  constexpr int kIndent = 2;
  constexpr bool kAsciiOnly = true;
  return json.dump(kIndent, ' ', kAsciiOnly, Json::error_handler_t::replace) + "\n";
}

}  // namespace whytls::proxy
