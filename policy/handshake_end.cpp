#include "policy/handshake_end.h"

#include "tls/reasons.h"

namespace whytls::policy {

namespace {

constexpr std::uint8_t kCloseNotify = 0;
constexpr std::uint8_t kUserCanceled = 90;
constexpr std::uint8_t kFatal = 2;
constexpr tls::WireVersion kTls13 = 0x0304;

bool is_fatal(const tls::Alert& alert, tls::WireVersion version) {
  if (alert.number == kCloseNotify) return false;
  // TLS 1.3 does not trust the level byte (RFC 8446, 6).
  if (version == kTls13) return alert.number != kUserCanceled;
  return alert.level == kFatal;
}

}  // namespace

std::optional<tls::Alert> first_fatal_alert(const tls::HandshakeEvidence& handshake) {
  for (const tls::Alert& alert : handshake.alerts) {
    if (alert.direction == tls::Alert::Direction::received && is_fatal(alert, handshake.answered.version)) {
      return alert;
    }
  }
  constexpr int kAlerts = 256;
  const int offset = handshake.openssl_reason - tls::kReasonAlertOffset;
  if (handshake.openssl_library == tls::kLibrarySsl && offset > 0 && offset < kAlerts) {
    tls::Alert alert;
    alert.number = static_cast<std::uint8_t>(offset);
    alert.after_handshake = handshake.end == tls::HandshakeEnd::done;
    return alert;
  }
  return std::nullopt;
}

bool ended_by_eof(const tls::HandshakeEvidence& handshake) {
  return handshake.openssl_library == tls::kLibrarySsl &&
         handshake.openssl_reason == tls::ssl_reason::kUnexpectedEofWhileReading;
}

std::string_view progress_text(tls::HandshakeProgress progress) {
  switch (progress) {
    case tls::HandshakeProgress::nothing:
      return "nothing";
    case tls::HandshakeProgress::client_hello:
      return "ClientHello";
    case tls::HandshakeProgress::server_hello:
      return "ServerHello";
    case tls::HandshakeProgress::server_certificate:
      return "Certificate";
    case tls::HandshakeProgress::key_exchange:
      return "key exchange";
    case tls::HandshakeProgress::finished:
      return "Finished";
  }
  return "nothing";
}

}  // namespace whytls::policy
