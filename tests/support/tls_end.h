// One end of a TLS connection over a Wire, blocking, with every outgoing byte in reach of the test.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/wire.h"

namespace whytls::support {

// How a connection is ended.
enum class Ending : std::uint8_t {
  close,  // FIN, and everything that still comes is read
  reset,  // RST
  hold,   // stay connected and silent until the other side goes away
};

// The bytes that OpenSSL wants to send in one turn of the handshake, before they leave.
struct Flight {
  int number = 0;                // 0 is the first flight of this end
  std::string bytes;             // TLS records; may be changed at will
  std::optional<Ending> ending;  // set: what is left in `bytes` is sent, then the connection ends so
};
using FlightEditor = std::function<void(Flight&)>;

class TlsEnd {
 public:
  // `wire` is borrowed. The end is a server or a client by what was set on `ssl` before.
  TlsEnd(SSL* ssl, Wire* wire, FlightEditor editor);

  // True when the handshake is done. False: failed, or ended by the editor; see failure() and ended().
  bool handshake();
  // Appends decrypted bytes to *out.
  Arrival receive(std::string* out);
  bool send(std::string_view plaintext);
  // As send, but stops as soon as the other side has sent application data, which is appended to *answer.
  bool send_until_answered(std::string_view plaintext, std::string* answer);
  // close_notify, then FIN.
  void close_politely();

  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] Wire& wire() const { return *wire_; }
  // OpenSSL's packed code of the first failure, 0: none.
  [[nodiscard]] unsigned long failure() const { return failure_; }
  // How the editor ended the connection.
  [[nodiscard]] std::optional<Ending> ended() const { return ended_; }

 private:
  bool flush();
  int read_decrypted(std::string* out);
  std::string pending_output();
  Arrival feed();
  void note_failure();

  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  Wire* wire_;
  FlightEditor editor_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // owned by ssl_
  int flights_ = 0;
  unsigned long failure_ = 0;
  std::optional<Ending> ended_;
};

}  // namespace whytls::support
