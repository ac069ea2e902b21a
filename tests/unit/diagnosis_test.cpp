#include "policy/diagnosis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "policy/failure_text.h"
#include "policy_cases.h"
#include "tls/reasons.h"

namespace whytls::policy::test {
namespace {

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (auto* make : {certificate_cases, handshake_cases, alert_cases, connection_cases, client_cases}) {
    std::vector<Case> some = make();
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

bool is_certificate_failure(Failure failure) {
  return can_be_forgiven(failure) || failure == Failure::cert_unparsable;
}

TEST(Diagnosis, EachAttemptHasItsFailureInItsPhase) {
  for (const Case& row : all_cases()) {
    const Diagnosis diagnosis = diagnose(row.attempt, row.policy, kNow);
    ASSERT_NE(diagnosis.primary(), nullptr) << info(row.failure).slug;
    EXPECT_EQ(info(diagnosis.primary()->failure).slug, info(row.failure).slug) << slugs(diagnosis);
    EXPECT_EQ(name(diagnosis.primary()->phase), name(row.phase)) << info(row.failure).slug;
    EXPECT_EQ(diagnosis.failed_before_verdict, !is_certificate_failure(row.failure))
        << info(row.failure).slug;
  }
}

TEST(Diagnosis, EveryFailureOfTheCatalogueCanBeReached) {
  std::set<Failure> reached;
  for (const Case& row : all_cases()) {
    for (const Finding& finding : diagnose(row.attempt, row.policy, kNow).findings)
      reached.insert(finding.failure);
  }
  // Their texts in the catalogue say that no connection ends with them.
  const std::set<Failure> of_no_attempt = {Failure::proxy_own_cert_expired, Failure::proxy_draining};
  for (const FailureInfo& row : all_failures()) {
    EXPECT_NE(reached.contains(row.failure), of_no_attempt.contains(row.failure))
        << row.slug << (reached.contains(row.failure) ? " is produced" : " is produced by nothing");
  }
  for (const Failure failure : of_no_attempt) {
    EXPECT_NE(text(failure).meaning.find("ends with this code"), std::string_view::npos)
        << info(failure).slug;
  }
}

TEST(Diagnosis, EverySentenceIsWholeAndBounded) {
  for (const Case& row : all_cases()) {
    const std::string sentence = diagnose(row.attempt, row.policy, kNow).sentence;
    EXPECT_FALSE(sentence.empty()) << info(row.failure).slug;
    EXPECT_EQ(sentence.back(), '.') << sentence;
    EXPECT_EQ(sentence.find_first_of("{}[]"), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find("``"), std::string::npos) << sentence;
    EXPECT_EQ(sentence.find("  "), std::string::npos) << sentence;
    EXPECT_LE(sentence.size(), 1200U) << sentence;
  }
}

TEST(Diagnosis, AHealthyHandshakeHasNoFindingAndSaysWhatWasNotChecked) {
  const Diagnosis diagnosis = diagnose_now(healthy());
  EXPECT_TRUE(diagnosis.healthy()) << slugs(diagnosis);
  EXPECT_TRUE(diagnosis.sentence.empty());
  std::set<std::string> not_checked;
  for (const Check& check : diagnosis.checks) {
    EXPECT_FALSE(check.detail.empty()) << check.name;
    if (check.outcome == CheckOutcome::not_checked) {
      not_checked.insert(check.name);
    } else {
      EXPECT_EQ(check.outcome, CheckOutcome::pass) << check.name;
    }
  }
  EXPECT_EQ(not_checked, (std::set<std::string>{"certificate_transparency", "pin", "revocation"}));
}

TEST(Diagnosis, WithoutACertificateTheChecksOfItAreNotPassed) {
  const Diagnosis diagnosis = diagnose_now(transport(Leg::upstream, Phase::connect, TransportFault::refused));
  for (const Check& check : diagnosis.checks) {
    if (check.name == "transport") {
      EXPECT_EQ(check.outcome, CheckOutcome::fail);
    } else {
      EXPECT_EQ(check.outcome, CheckOutcome::not_checked) << check.name;
    }
  }
}

TEST(Diagnosis, AResetAfterAnAlertIsAttachedAndNotTheCause) {
  Attempt attempt = alerted(71, tls::HandshakeProgress::client_hello);
  attempt.handshake.end = tls::HandshakeEnd::reset;
  attempt.transport = TransportFault::reset;
  attempt.transport_text = "ECONNRESET";
  const Diagnosis diagnosis = diagnose_now(attempt);
  ASSERT_EQ(diagnosis.findings.size(), 1U);
  EXPECT_EQ(diagnosis.primary()->failure, Failure::tls_alert_insufficient_security);
  EXPECT_EQ(diagnosis.primary()->fact("followed_by"), "ECONNRESET");
}

TEST(Diagnosis, AnAlertAfterTheHandshakeBelongsToIt) {
  Attempt attempt = healthy();
  attempt.handshake.client_certificate_requested = true;
  tls::Alert alert;
  alert.number = 116;
  alert.after_handshake = true;
  attempt.handshake.alerts = {alert};
  attempt.http = HttpFault::closed_before_message;
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(diagnosis.primary()->failure, Failure::tls_client_cert_required);
  EXPECT_EQ(diagnosis.primary()->phase, Phase::after_handshake);
  EXPECT_EQ(diagnosis.primary()->fact("followed_by"), "http_closed_before_response");
  EXPECT_TRUE(diagnosis.failed_before_verdict);
}

TEST(Diagnosis, AWarningAlertThatEndedNothingIsNoFailure) {
  Attempt attempt = healthy();
  attempt.handshake.answered.version = 0x0303;
  tls::Alert alert;
  alert.number = 112;
  alert.level = 1;
  attempt.handshake.alerts = {alert};
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_TRUE(diagnosis.healthy());
  const auto check = std::find_if(diagnosis.checks.begin(), diagnosis.checks.end(),
                                  [](const Check& c) { return c.name == "handshake"; });
  ASSERT_NE(check, diagnosis.checks.end());
  EXPECT_NE(check->detail.find("112"), std::string::npos);
}

TEST(Diagnosis, CloseNotifyAfterTheHandshakeIsNoFailure) {
  Attempt attempt = healthy();
  tls::Alert alert;
  alert.number = 0;
  alert.level = 1;
  alert.after_handshake = true;
  attempt.handshake.alerts = {alert};
  EXPECT_TRUE(diagnose_now(attempt).healthy());
}

TEST(Diagnosis, AnAlertThatOnlyOpensslTellsOfKeepsItsNumber) {
  const Attempt attempt = refused(tls::kReasonAlertOffset + 70, tls::HandshakeProgress::client_hello);
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(diagnosis.primary()->failure, Failure::tls_version_refused_by_peer);
  EXPECT_EQ(diagnosis.primary()->fact("alert"), "70");
}

TEST(Diagnosis, TheSentenceSaysThatAClientCertificateIsTheLikelyReasonForAlert40) {
  Attempt attempt = alerted(40, tls::HandshakeProgress::server_certificate);
  attempt.handshake.client_certificate_requested = true;
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(diagnosis.primary()->failure, Failure::tls_client_cert_required);
  EXPECT_NE(diagnosis.sentence.find("likely, not certain"), std::string::npos) << diagnosis.sentence;
}

TEST(Diagnosis, ASentenceEndsOnceAfterADetailThatIsASentence) {
  Attempt attempt = http(Leg::upstream, HttpFault::closed_in_message);
  attempt.http_detail = "The connection ended in a chunked body, before its last chunk.";
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_TRUE(diagnosis.sentence.ends_with("before its last chunk.")) << diagnosis.sentence;
  EXPECT_FALSE(diagnosis.sentence.ends_with("..")) << diagnosis.sentence;
}

TEST(Diagnosis, NoCommonCipherWithoutSniNamesTheOtherCause) {
  Attempt attempt = alerted(40, tls::HandshakeProgress::client_hello);
  EXPECT_TRUE(diagnose_now(attempt).primary()->fact("competing_cause").empty());
  attempt.handshake.offered.sni.clear();
  attempt.sni_absent_reason = "IP address";
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(diagnosis.primary()->fact("sni_absent_reason"), "IP address");
  EXPECT_FALSE(diagnosis.primary()->fact("competing_cause").empty());
}

TEST(Diagnosis, AProtocolErrorKeepsTheNumberOfOpenssl) {
  const Diagnosis diagnosis =
      diagnose_now(refused(tls::ssl_reason::kDhKeyTooSmall, tls::HandshakeProgress::server_certificate));
  EXPECT_EQ(diagnosis.primary()->fact("openssl_reason"), "394");
  EXPECT_EQ(diagnosis.primary()->fact("openssl_text"), "text of OpenSSL");
}

TEST(Diagnosis, AnOldVersionExplainsTheSecurityLevel) {
  Attempt attempt = refused(tls::ssl_reason::kLegacySigalgDisallowedOrUnsupported,
                            tls::HandshakeProgress::server_certificate);
  attempt.handshake.answered.version = 0x0301;
  EXPECT_NE(diagnose_now(attempt).primary()->fact("level_note").find("level 0"), std::string_view::npos);
  attempt.handshake.answered.version = 0x0303;
  EXPECT_TRUE(diagnose_now(attempt).primary()->fact("level_note").empty());
}

TEST(Diagnosis, WhatEndedTheHandshakeComesBeforeWhatARuleMayForgive) {
  Attempt attempt = refused(tls::ssl_reason::kDhKeyTooSmall, tls::HandshakeProgress::server_certificate);
  attempt.handshake.presented[0].not_after = attempt.handshake.chain.built[0].not_after = kNow - kDay;
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(slugs(diagnosis), "tls_dh_too_small cert_expired");
  EXPECT_TRUE(diagnosis.failed_before_verdict);
  EXPECT_NE(diagnosis.sentence.find("Its certificate also expired"), std::string::npos) << diagnosis.sentence;
}

TEST(Diagnosis, AnUnreadableCertificateIsOneFindingAlsoWhenOpensslDiedOfIt) {
  Attempt attempt = refused(tls::kReasonNestedAsn1Error, tls::HandshakeProgress::server_certificate);
  attempt.handshake.presented = {tls::Certificate{}};
  attempt.handshake.presented[0].parse_error = "wrong tag";
  attempt.handshake.chain = {};
  const Diagnosis diagnosis = diagnose_now(attempt);
  EXPECT_EQ(slugs(diagnosis), "cert_unparsable");
  EXPECT_EQ(diagnosis.primary()->fact("parse_error"), "wrong tag");
  EXPECT_TRUE(diagnosis.failed_before_verdict);
}

TEST(Diagnosis, TheGuessOfThePlainProtocolIsAFact) {
  EXPECT_EQ(diagnose_now(answered_with("220 x FTP ready\r\n")).primary()->fact("protocol_guess"), "FTP");
  EXPECT_EQ(diagnose_now(answered_with("220-mail ESMTP\r\n")).primary()->fact("protocol_guess"), "SMTP");
  EXPECT_EQ(diagnose_now(answered_with("* OK x\r\n")).primary()->fact("protocol_guess"), "IMAP");
}

TEST(Diagnosis, HostilePeerTextIsBounded) {
  const Diagnosis diagnosis = diagnose_now(answered_with("x" + std::string(65536, '<')));
  EXPECT_LE(diagnosis.primary()->fact("first_bytes").size(), 140U);
  EXPECT_LE(diagnosis.sentence.size(), 400U);
}

TEST(Diagnosis, AFaultOfTheProxyComesFirst) {
  Attempt attempt = alerted(40, tls::HandshakeProgress::client_hello);
  attempt.own = OwnFault::internal;
  EXPECT_EQ(diagnose_now(attempt).primary()->failure, Failure::proxy_internal);
}

}  // namespace
}  // namespace whytls::policy::test
