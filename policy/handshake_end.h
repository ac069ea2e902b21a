// Questions about the end of a handshake that both legs ask.
#pragma once

#include <optional>
#include <string_view>

#include "tls/evidence.h"

namespace whytls::policy {

// The first alert of the peer that ends a connection, in or after the handshake; also one that only OpenSSL's
// reason number tells of. close_notify and user_canceled end nothing by themselves (RFC 8446, 6.1).
[[nodiscard]] std::optional<tls::Alert> first_fatal_alert(const tls::HandshakeEvidence& handshake);
// True when OpenSSL's complaint is only that the peer stopped sending.
[[nodiscard]] bool ended_by_eof(const tls::HandshakeEvidence& handshake);
// "nothing", "ClientHello", "ServerHello", "Certificate", "key exchange", "Finished": the last message seen.
[[nodiscard]] std::string_view progress_text(tls::HandshakeProgress progress);

}  // namespace whytls::policy
