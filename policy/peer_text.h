// What the first bytes of a peer that does not speak TLS tell about it.
#pragma once

#include <string_view>

namespace whytls::policy {

enum class FirstBytes { tls_record, http_response, http_request, ssh, mail_greeting, text, binary };

struct PeerTextGuess {
  FirstBytes kind = FirstBytes::binary;
  std::string_view protocol;  // "HTTP", "SSH", "SMTP", "FTP", "SMTP or FTP", "IMAP", "POP3"; empty: no guess
};

// Guesses from at most the first 256 bytes. Empty input is `binary`.
[[nodiscard]] PeerTextGuess guess_peer(std::string_view first_bytes);

}  // namespace whytls::policy
