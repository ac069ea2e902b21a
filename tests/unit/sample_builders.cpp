#include "sample_builders.h"

namespace whytls::proxy::samples {

using policy::Action;
using policy::CheckOutcome;
using policy::Failure;
using policy::Finding;
using policy::Leg;
using policy::Phase;
using tls::AltName;

Record base() {
  Record record;
  record.incident = "7f3a09c1d2e4b586";
  record.time_ms = kNow * 1000 + 250;
  record.proxy_name = "whytls";
  record.listener = "dev";
  record.policy_name = "browser";
  record.client_address = "127.0.0.1:50123";
  record.method = "GET";
  return record;
}

tls::Certificate certificate(const std::string& name, const std::string& issuer, std::int64_t from,
                             std::int64_t to) {
  tls::Certificate made;
  made.der = "DER of " + name + " " + std::string(700, 'x');
  made.version = 3;
  made.subject = "CN=" + name + ",O=Example";
  made.issuer = "CN=" + issuer + ",O=Example";
  made.subject_cn = name;
  made.issuer_cn = issuer;
  made.serial_hex = "0dc61f5a9e3b7042";
  made.not_before = from;
  made.not_after = to;
  made.key_type = "RSA";
  made.key_bits = 2048;
  made.signature_algorithm = "sha256WithRSAEncryption";
  made.signature_digest = "SHA256";
  made.sha256_hex = "5fbb6c2a1d9e40c7a8b3f0e1d2c3b4a5968778695a4b3c2d1e0f112233445566";
  made.spki_sha256_base64 = "3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E=";
  made.rsa_exponent = 65'537;
  made.extensions = {{"2.5.29.14"}, {"2.5.29.35"}, {"2.5.29.15", true}, {"2.5.29.19", true}};
  made.authority_key_id = "a1";
  return made;
}

tls::Certificate with_names(tls::Certificate made, const std::vector<std::string>& names) {
  made.has_san = true;
  for (const std::string& name : names) made.names.push_back({AltName::Kind::dns, name});
  return made;
}

tls::Certificate authority(const std::string& name, const std::string& issuer) {
  tls::Certificate made = certificate(name, issuer, kNow - 3000 * kDay, kNow + 4000 * kDay);
  made.basic_constraints_ca = true;
  made.self_issued = made.self_signed = name == issuer;
  made.sha256_hex = "c0ffee2a1d9e40c7a8b3f0e1d2c3b4a5968778695a4b3c2d1e0f11223344aabb";
  made.spki_sha256_base64 = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE=";
  return made;
}

void offer(Record* record) {
  tls::Offered& offered = record->attempt.handshake.offered;
  offered.min_version = 0x0303;
  offered.max_version = 0x0304;
  offered.security_level = 2;
  offered.cipher_suites = {0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc02b, 0xc02f, 0x00ff};
  offered.groups = {0x001d, 0x0017, 0x001e, 0x0019, 0x0018};
  offered.signature_algorithms = {0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0401};
  offered.alpn = {"http/1.1"};
  offered.sni = record->sni;
}

// An upstream as far as its address is known.
void reach(Record* record, const std::string& host, const std::string& address) {
  policy::Attempt& attempt = record->attempt;
  attempt.leg = Leg::upstream;
  attempt.host = host;
  attempt.host_is_ip = host == address;
  attempt.port = 443;
  attempt.address = address;
  record->url = "https://" + host + "/";
  record->expected_name = host;
  record->sni = attempt.host_is_ip ? "" : host;
  if (attempt.host_is_ip) attempt.sni_absent_reason = "IP address";
  if (!attempt.host_is_ip) attempt.timings.dns_us = 1840;
  attempt.timings.connect_us = 612;
}

void shake_hands(Record* record, tls::WireVersion version) {
  policy::Attempt& attempt = record->attempt;
  attempt.phase = Phase::certificate;
  attempt.handshake_started = true;
  offer(record);
  tls::HandshakeEvidence& seen = attempt.handshake;
  seen.progress = tls::HandshakeProgress::finished;
  seen.end = tls::HandshakeEnd::done;
  seen.answered.version = version;
  seen.answered.cipher_suite = version == 0x0304 ? 0x1302 : 0xc030;
  seen.answered.cipher_name =
      version == 0x0304 ? "TLS_AES_256_GCM_SHA384" : "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
  seen.answered.cipher_openssl_name =
      version == 0x0304 ? "TLS_AES_256_GCM_SHA384" : "ECDHE-RSA-AES256-GCM-SHA384";
  seen.answered.group = "x25519";
  seen.answered.key_exchange_bits = 253;
  seen.answered.signature_algorithm = "rsa_pss_rsae_sha256";
  seen.answered.alpn = "http/1.1";
  seen.answered.secure_renegotiation = true;
  seen.answered.extended_master_secret = true;
  seen.bytes_received = 3127;
  seen.bytes_sent = 614;
  attempt.timings.handshake_us = 48211;
  attempt.timings.total_us = 51003;
}

void rule(Record* record, const std::string& policy, int line, const std::string& key,
          const std::string& value) {
  policy::DecidingRule& decided = record->verdict.rule;
  decided.policy = policy;
  if (line > 0) decided.place.file = "/etc/whytls/whytls.toml";
  decided.place.line = line;
  decided.place.column = line > 0 ? 1 : 0;
  decided.key = key;
  decided.value = value;
}

void judge(Record* record, const std::vector<Finding>& findings) {
  record->diagnosis.findings = findings;
  for (const Finding& finding : findings) record->verdict.findings.push_back({finding, Action::refuse});
  record->verdict.decision = policy::Decision::refuse;
  record->verdict.failure = findings.front().failure;
  const std::string key = "on." + std::string(policy::info(findings.front().failure).slug);
  rule(record, record->policy_name, 0, key, "refuse (default)");
}

void end_early(Record* record, const Finding& finding) {
  judge(record, {finding});
  record->attempt.phase = finding.phase;
  record->diagnosis.failed_before_verdict = true;
  record->verdict.rule.key.clear();
  record->verdict.rule.value = "refuse (no connection exists that a rule could allow)";
  record->diagnosis.checks = {
      {"transport", CheckOutcome::fail, "the handshake did not come to an end", finding.failure},
      {"trust", CheckOutcome::not_checked, "no certificate was seen", {}},
      {"name", CheckOutcome::not_checked, "no certificate was seen", {}}};
}

std::vector<policy::Check> checks() {
  return {{"trust", CheckOutcome::pass, "the chain leads to a certificate of the trust store", {}},
          {"name", CheckOutcome::pass, "the certificate is for the expected name", {}},
          {"validity", CheckOutcome::pass, "every certificate is within its validity period", {}},
          {"key_strength", CheckOutcome::pass, "every key is large enough", {}},
          {"revocation", CheckOutcome::not_checked, "no revocation source is configured", {}},
          {"certificate_transparency", CheckOutcome::not_checked, "whytls does not look at it", {}}};
}

void fail_check(Record* record, const std::string& name, const std::string& detail, Failure failure) {
  for (policy::Check& check : record->diagnosis.checks) {
    if (check.name == name) check = {name, CheckOutcome::fail, detail, failure};
  }
}

}  // namespace whytls::proxy::samples
