#include "sample_records.h"

#include "sample_builders.h"

namespace whytls::proxy::samples {

using policy::Action;
using policy::CheckOutcome;
using policy::Failure;
using policy::Finding;
using policy::Leg;
using policy::Phase;
using tls::AltName;

std::string hostile_text() {
  return "<script>alert('x')</script>\"&\x1b[31m\x07\xe2\x80\xae"
         "cod.exe\xe2\x80\x8b\xff\xc3|{{sentence}}";
}

Record expired_and_misnamed() {
  Record record = base();
  record.mode = config::Mode::reverse;
  record.listener = "idrac-rack7";
  record.route = "/";
  record.policy_name = "idrac";
  record.policy_choice = {policy::Chooser::policy_for, {"/etc/whytls/whytls.toml", 24, 1}};
  reach(&record, "10.0.3.7", "10.0.3.7");
  shake_hands(&record, 0x0303);
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  const std::int64_t ended = 1592956800;  // 2020-06-24
  seen.presented = {
      with_names(certificate("idrac-default", "Lab CA", ended - 3650 * kDay, ended), {"idrac-default"})};
  seen.chain.verified = true;
  seen.chain.errors = {{10, 0}, {64, 0}};
  seen.chain.built = {seen.presented[0], authority("Lab CA", "Lab CA")};
  seen.chain.anchored = true;
  seen.chain.trust_description = "system store + /etc/whytls/lab-root.pem";
  judge(&record, {{Failure::cert_ip_mismatch,
                   Phase::certificate,
                   0,
                   {{"subject", "idrac-default"},
                    {"issuer", "Lab CA"},
                    {"expected_name", "10.0.3.7"},
                    {"presented_names", "idrac-default"},
                    {"cn", "idrac-default"}}},
                  {Failure::cert_expired,
                   Phase::certificate,
                   0,
                   {{"subject", "idrac-default"},
                    {"issuer", "Lab CA"},
                    {"not_before", "2010-06-27 00:00:00 UTC"},
                    {"not_after", "2020-06-24 00:00:00 UTC"},
                    {"now", "2026-10-17 10:00:00 UTC"},
                    {"days", "2306"},
                    {"distance", "2306 days"}}}});
  rule(&record, "idrac", 31, "on.cert_ip_mismatch", "\"refuse\"");
  record.diagnosis.sentence =
      "The certificate of 10.0.3.7:443 was issued for `idrac-default`, not `10.0.3.7`, and expired 2306 days "
      "ago "
      "(2020-06-24 00:00:00 UTC).";
  record.diagnosis.checks = checks();
  fail_check(&record, "name", "issued for idrac-default, not 10.0.3.7", Failure::cert_ip_mismatch);
  fail_check(&record, "validity", "the server's certificate ended on 2020-06-24", Failure::cert_expired);
  return record;
}

Record self_signed_device() {
  Record record = base();
  reach(&record, "printer.lan", "192.168.1.40");
  shake_hands(&record, 0x0303);
  tls::Certificate own = with_names(
      certificate("printer.lan", "printer.lan", kNow - 400 * kDay, kNow + 3250 * kDay), {"printer.lan"});
  own.self_issued = own.self_signed = true;
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  seen.presented = {own};
  seen.chain.verified = true;
  seen.chain.errors = {{18, 0}};
  seen.chain.built = {own};
  seen.chain.trust_description = "system store";
  judge(&record,
        {{Failure::cert_self_signed,
          Phase::certificate,
          0,
          {{"subject", "printer.lan"}, {"issuer", "printer.lan"}, {"trust_store", "system store"}}}});
  record.diagnosis.sentence =
      "The certificate of printer.lan:443 is self-signed and not in the trust store (system store).";
  record.diagnosis.checks = checks();
  fail_check(&record, "trust", "self-signed, and not among the trusted certificates",
             Failure::cert_self_signed);
  return record;
}

Record missing_intermediate() {
  Record record = base();
  reach(&record, "shop.example.com", "203.0.113.9");
  shake_hands(&record, 0x0304);
  tls::Certificate leaf =
      with_names(certificate("shop.example.com", "Example Issuing CA 3", kNow - 20 * kDay, kNow + 70 * kDay),
                 {"shop.example.com", "www.shop.example.com"});
  leaf.aia_issuers = {"http://ca.example.com/issuing-3.crt"};
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  seen.presented = {leaf};
  seen.chain.verified = true;
  seen.chain.errors = {{20, 0}, {21, 0}};
  seen.chain.built = {leaf};
  seen.chain.trust_description = "system store";
  judge(&record, {{Failure::chain_missing_intermediate,
                   Phase::certificate,
                   0,
                   {{"subject", "shop.example.com"},
                    {"issuer", "Example Issuing CA 3"},
                    {"issuer_url", "http://ca.example.com/issuing-3.crt"},
                    {"sent_certificates", "1"}}}});
  record.diagnosis.sentence =
      "shop.example.com:443 did not send the intermediate certificate `Example Issuing CA 3` that issued its "
      "own.";
  record.diagnosis.checks = checks();
  fail_check(&record, "trust", "the chain ends before a trusted certificate",
             Failure::chain_missing_intermediate);
  return record;
}

Record alert_40() {
  Record record = base();
  reach(&record, "old-switch.example", "10.0.9.2");
  record.attempt.handshake_started = true;
  offer(&record);
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  seen.progress = tls::HandshakeProgress::client_hello;
  seen.end = tls::HandshakeEnd::alert_received;
  seen.alerts = {{tls::Alert::Direction::received, 2, 40, false}};
  seen.openssl_error = 0x0A000410;
  seen.openssl_reason = 1040;
  seen.openssl_text = "error:0A000410:SSL routines::sslv3 alert handshake failure";
  seen.first_bytes = std::string("\x15\x03\x03\x00\x02\x02\x28", 7);
  seen.bytes_received = 7;
  seen.bytes_sent = 327;
  record.attempt.timings.handshake_us = 2203;
  record.attempt.timings.total_us = 4719;
  end_early(
      &record,
      {Failure::tls_no_common_cipher,
       Phase::negotiation,
       -1,
       {{"alert", "40"}, {"alert_name", "handshake_failure"}, {"offered_versions", "TLSv1.2 to TLSv1.3"}}});
  record.diagnosis.sentence =
      "old-switch.example:443 accepts none of the cipher suites and groups that were offered (alert 40, "
      "handshake_failure, right after the ClientHello).";
  return record;
}

Record hostile_plain_http() {
  Record record = base();
  const std::string evil = hostile_text();
  reach(&record, "cups.example", "192.0.2.66");
  record.url = "http://cups.example/" + evil;
  record.method = "GET";
  record.attempt.handshake_started = true;
  offer(&record);
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  seen.end = tls::HandshakeEnd::not_tls;
  seen.first_bytes = "HTTP/1.1 400 Bad Request\r\nServer: " + evil;
  seen.bytes_received = 512;
  seen.bytes_sent = 327;
  record.attempt.http_detail = evil;
  record.attempt.timings.handshake_us = 900;
  end_early(
      &record,
      {Failure::tls_plain_http,
       Phase::hello,
       -1,
       {{"first_bytes", seen.first_bytes}, {evil, evil}, {"expected_name", evil}, {"presented_name", evil}}});
  record.diagnosis.checks.push_back({evil, CheckOutcome::warn, evil, {}});
  record.diagnosis.sentence =
      "cups.example:443 answers with plain HTTP instead of TLS: `" + seen.first_bytes + "`.";
  return record;
}

Record dns_not_found() {
  Record record = base();
  reach(&record, "intranet.exmaple.com", "");
  record.attempt.timings = {};
  record.attempt.timings.dns_us = 23120;
  record.attempt.timings.total_us = 23120;
  record.attempt.transport = policy::TransportFault::name_not_found;
  record.attempt.transport_errno = -3008;
  record.attempt.transport_text = "ENOTFOUND";
  end_early(&record, {Failure::dns_not_found,
                      Phase::dns,
                      -1,
                      {{"host", "intranet.exmaple.com"}, {"errno_name", "ENOTFOUND"}}});
  record.diagnosis.sentence = "The name `intranet.exmaple.com` does not exist (ENOTFOUND).";
  return record;
}

Record client_rejects_ca() {
  Record record = base();
  record.method.clear();
  record.sni = "www.example.com";
  policy::Attempt& attempt = record.attempt;
  attempt.leg = Leg::client;
  attempt.handshake_started = true;
  offer(&record);
  record.attempt.handshake.offered.security_level = -1;  // it is the client's hello
  tls::HandshakeEvidence& seen = attempt.handshake;
  seen.progress = tls::HandshakeProgress::server_certificate;
  seen.end = tls::HandshakeEnd::alert_received;
  seen.answered.version = 0x0304;
  seen.answered.cipher_suite = 0x1302;
  seen.answered.cipher_name = "TLS_AES_256_GCM_SHA384";
  seen.answered.group = "x25519";
  seen.presented = {with_names(
      certificate("www.example.com", "whytls local CA", kNow - kDay, kNow + 6 * kDay), {"www.example.com"})};
  seen.alerts = {{tls::Alert::Direction::received, 2, 48, false}};
  seen.openssl_error = 0x0A000418;
  seen.openssl_reason = 1048;
  attempt.timings.handshake_us = 3100;
  end_early(&record, {Failure::client_rejects_our_ca,
                      Phase::certificate,
                      -1,
                      {{"alert", "48"}, {"alert_name", "unknown_ca"}, {"sni", "www.example.com"}}});
  record.diagnosis.sentence =
      "The client at 127.0.0.1:50123 does not trust the certificate authority of this proxy (alert 48, "
      "unknown_ca).";
  return record;
}

Record changed_key() {
  Record record = base();
  record.mode = config::Mode::reverse;
  record.listener = "bank";
  record.policy_name = "bank";
  reach(&record, "api.example.com", "203.0.113.20");
  shake_hands(&record, 0x0304);
  tls::HandshakeEvidence& seen = record.attempt.handshake;
  seen.presented = {
      with_names(certificate("api.example.com", "Example CA", kNow - 3 * kDay, kNow + 87 * kDay),
                 {"api.example.com"}),
      authority("Example CA", "Example Root")};
  seen.chain.verified = true;
  seen.chain.built = {seen.presented[0], seen.presented[1], authority("Example Root", "Example Root")};
  seen.chain.anchored = true;
  seen.chain.trust_description = "system store";
  judge(&record, {{Failure::pin_mismatch,
                   Phase::certificate,
                   0,
                   {{"subject", "api.example.com"},
                    {"expected_pins", "sha256/AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJKKK="},
                    {"presented_pins", "sha256/3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E="}}}});
  rule(&record, "bank", 12, "pins", "no presented key is pinned");
  record.diagnosis.sentence =
      "The certificate of api.example.com:443 has another key than the one that is pinned.";
  record.diagnosis.checks = checks();
  return record;
}

Record healthy() {
  Record record = base();
  reach(&record, "www.example.com", "203.0.113.80");
  shake_hands(&record, 0x0304);
  record.attempt.handshake.presented = {with_names(
      certificate("www.example.com", "Example CA", kNow - 10 * kDay, kNow + 80 * kDay), {"www.example.com"})};
  record.attempt.handshake.chain.verified = true;
  record.attempt.handshake.chain.anchored = true;
  record.diagnosis.checks = checks();
  rule(&record, "browser", 0, "", "nothing is wrong");
  return record;
}

Record hostile_chain() {
  Record record = self_signed_device();
  std::string filler;
  while (filler.size() < tls::kMaxKeptText) filler += hostile_text();
  filler.resize(tls::kMaxKeptText);
  tls::Certificate evil = record.attempt.handshake.presented.front();
  evil.der = std::string(60000, '\x30');
  evil.subject = evil.issuer = evil.subject_cn = evil.issuer_cn = filler;
  evil.signature_algorithm = filler;
  evil.aia_issuers = {filler, filler};
  evil.names.assign(tls::kMaxKeptNames, {AltName::Kind::dns, filler});
  evil.names_omitted = 3000;
  record.attempt.handshake.presented.assign(tls::kMaxKeptCertificates, evil);
  record.attempt.handshake.chain.built = record.attempt.handshake.presented;
  for (Finding& finding : record.diagnosis.findings) {
    for (policy::Fact& fact : finding.facts) fact.value = filler;
  }
  record.verdict.findings.clear();
  for (int i = 0; i < 100; ++i)
    record.verdict.findings.push_back({record.diagnosis.findings.front(), Action::refuse});
  record.diagnosis.sentence = filler;
  record.attempt.handshake.first_bytes = filler.substr(0, tls::kMaxFirstBytes);
  record.url = "https://printer.lan/" + filler;
  return record;
}

std::vector<Named> failures() {
  return {{"expired_and_misnamed", expired_and_misnamed()}, {"self_signed_device", self_signed_device()},
          {"missing_intermediate", missing_intermediate()}, {"alert_40", alert_40()},
          {"hostile_plain_http", hostile_plain_http()},     {"dns_not_found", dns_not_found()},
          {"client_rejects_ca", client_rejects_ca()},       {"changed_key", changed_key()}};
}

}  // namespace whytls::proxy::samples
