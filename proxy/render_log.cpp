// The log line of a record: one flat JSON object. Its fields are documented in docs/log.md.
#include <nlohmann/json.hpp>

#include "proxy/escape.h"
#include "proxy/record.h"
#include "proxy/render_clock.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxQuotedBytes = 64;
constexpr std::size_t kMaxVerifyCodes = 32;

// Fields without a value are left out, so that each one that is there says something.
void put(Json* line, const char* key, std::string_view peer_text, std::size_t max_bytes = kMaxShownBytes) {
  if (!peer_text.empty()) (*line)[key] = valid_utf8(peer_text, max_bytes);
}

template <typename Number>
void put_number(Json* line, const char* key, Number number) {
  if (number != 0) (*line)[key] = number;
}

std::string_view event_of(const Record& record) {
  if (record.attempt.leg == policy::Leg::client) return "client_connection";
  const policy::Attempt& attempt = record.attempt;
  // What comes after a handshake has its evidence too, but that handshake has had its line already.
  const bool is_over =
      attempt.phase == policy::Phase::after_handshake || attempt.phase == policy::Phase::http;
  const bool is_handshake = attempt.handshake_started && !is_over && attempt.own == policy::OwnFault::none;
  return is_handshake ? "upstream_handshake" : "failure";
}

void put_choice(Json* line, const Record& record) {
  if (!record.policy_choice || record.policy_choice->place.file.empty()) return;
  (*line)["policy.chosen_by"] = name(record.policy_choice->by);
  put(line, "policy.file", record.policy_choice->place.file);
  put_number(line, "policy.line", record.policy_choice->place.line);
}

void put_request(Json* line, const Record& record) {
  put(line, "incident", record.incident);
  put(line, "listener", record.listener);
  (*line)["mode"] = record.mode == config::Mode::forward ? "forward" : "reverse";
  put(line, "route", record.route);
  put(line, "policy", record.policy_name);
  put_choice(line, record);
  put(line, "client", record.client_address);
  put(line, "method", record.method);
  put(line, "url", record.url, kMaxUrlBytes);
  const policy::Attempt& attempt = record.attempt;
  if (attempt.leg == policy::Leg::client) return;
  put(line, "upstream.host", attempt.host);
  put_number(line, "upstream.port", attempt.port);
  put(line, "upstream.address", attempt.address);
}

void put_failure(Json* line, const Record& record) {
  const auto failure = record.failure();
  (*line)["verdict"] = parts::verdict_name(record);
  if (!failure) return;
  const policy::FailureInfo& row = policy::info(*failure);
  (*line)["error.type"] = row.slug;
  put(line, "error.message", record.diagnosis.sentence.empty() ? row.summary : record.diagnosis.sentence,
      parts::kMaxSentenceBytes);
  const policy::NssCode code = parts::code_of(record, row);
  (*line)["error.code"] = code.symbol;
  (*line)["error.number"] = code.number;
  (*line)["failure.leg"] = policy::name(parts::failing_leg(record));
  (*line)["failure.phase"] = policy::name(parts::failing_phase(record));
  (*line)["failure.severity"] = policy::name(row.severity);
  Json codes = Json::array();
  for (const policy::JudgedFinding& judged : parts::judged_findings(record)) {
    if (codes.size() == parts::kMaxShownFindings) break;
    const Json slug = policy::info(judged.finding.failure).slug;
    if (std::find(codes.begin(), codes.end(), slug) == codes.end()) codes.push_back(slug);
  }
  (*line)["failure.codes"] = std::move(codes);
  if (record.clock) (*line)["clock.doubt"] = name(record.clock->kind);
  (*line)["status"] = record.status();
}

void put_rule(Json* line, const policy::DecidingRule& rule) {
  put(line, "rule.policy", rule.policy);
  put(line, "rule.file", rule.place.file);
  put_number(line, "rule.line", rule.place.line);
  put(line, "rule.key", rule.key);
  put(line, "rule.value", rule.value);
}

void put_server(Json* line, const tls::Certificate& leaf) {
  if (!leaf.parse_error.empty()) {
    put(line, "tls.server.parse_error", leaf.parse_error);
    return;
  }
  put(line, "tls.server.subject", leaf.subject);
  put(line, "tls.server.issuer", leaf.issuer);
  put(line, "tls.server.serial", leaf.serial_hex);
  (*line)["tls.server.not_before"] = parts::rfc3339(leaf.not_before);
  (*line)["tls.server.not_after"] = parts::rfc3339(leaf.not_after);
  put(line, "tls.server.hash.sha256", parts::upper(leaf.sha256_hex));
  put(line, "tls.server.pin", leaf.spki_sha256_base64.empty() ? "" : "sha256/" + leaf.spki_sha256_base64);
}

// "TLSv1.2" -> "tls" and "1.2", as OpenTelemetry wants it.
void put_version(Json* line, const std::string& name) {
  const std::size_t v = name.find('v');
  if (v == std::string::npos) {
    put(line, "tls.protocol.version", name);
    return;
  }
  put(line, "tls.protocol.name", name.starts_with("SSL") ? "ssl" : "tls");
  put(line, "tls.protocol.version", std::string_view(name).substr(v + 1));
}

void put_tls(Json* line, const Record& record) {
  if (!record.attempt.handshake_started) return;
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  (*line)["tls.established"] = seen.end == tls::HandshakeEnd::done;
  if (seen.end == tls::HandshakeEnd::done) (*line)["tls.resumed"] = seen.answered.resumed;
  put_version(line, tls::version_name(seen.answered.version));
  put(line, "tls.cipher", seen.answered.cipher_name);
  put(line, "tls.curve", seen.answered.group);
  put(line, "tls.next_protocol", seen.answered.alpn);
  put(line, "tls.client.server_name", record.sni.empty() ? seen.offered.sni : record.sni);
  put(line, "tls.client.server_name_absent", record.attempt.sni_absent_reason);
  put(line, "tls.expected_name", record.expected_name);
  if (!seen.presented.empty()) put_server(line, seen.presented.front());
  put_number(line, "tls.server.certificates", seen.presented.size() + seen.presented_omitted);
}

void put_raw_numbers(Json* line, const policy::Attempt& attempt) {
  const tls::HandshakeEvidence& seen = attempt.handshake;
  for (const tls::Alert& alert : seen.alerts) {
    const bool received = alert.direction == tls::Alert::Direction::received;
    (*line)[received ? "alert.received" : "alert.sent"] = alert.number;
  }
  put_number(line, "openssl.code", seen.openssl_error);
  put_number(line, "openssl.reason", seen.openssl_reason);
  Json codes = Json::array();
  for (const tls::ChainError& error : seen.chain.errors) {
    if (codes.size() == kMaxVerifyCodes) break;
    codes.push_back(std::to_string(error.code) + "@" + std::to_string(error.depth));
  }
  if (!codes.empty()) (*line)["openssl.verify"] = std::move(codes);
  put_number(line, "errno", attempt.transport_errno);
  put(line, "errno.name", attempt.transport_text);
  put_number(line, "llhttp.errno", attempt.http_errno);
  put(line, "http.detail", attempt.http_detail);
  put(line, "proxy.detail", attempt.own_detail);
  if (!seen.first_bytes.empty()) (*line)["first_bytes"] = visible_ascii(seen.first_bytes, kMaxQuotedBytes);
}

void put_timings(Json* line, const policy::Timings& timings) {
  const auto put_stage = [line](const char* key, std::int64_t us) {
    if (us >= 0) (*line)[key] = us;
  };
  put_stage("timing.dns_us", timings.dns_us);
  put_stage("timing.connect_us", timings.connect_us);
  put_stage("timing.handshake_us", timings.handshake_us);
  put_stage("timing.first_byte_us", timings.first_byte_us);
  put_stage("timing.total_us", timings.total_us);
}

}  // namespace

std::string render_log_line(const Record& record) {
  Json line;
  line["time"] = parts::rfc3339_ms(record.time_ms);
  line["level"] = parts::level_name(log_level(record));
  line["event"] = event_of(record);
  put_request(&line, record);
  put_failure(&line, record);
  put_rule(&line, record.verdict.rule);
  put_tls(&line, record);
  put_raw_numbers(&line, record.attempt);
  put_timings(&line, record.attempt.timings);
  constexpr bool kAsciiOnly = true;  // controls and bidi characters leave as \u escapes
  return line.dump(-1, ' ', kAsciiOnly, Json::error_handler_t::replace);
}

}  // namespace whytls::proxy
