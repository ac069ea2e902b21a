// A server that misbehaves in exactly the way that a test asks for, on a loopback port of its own.
//
// A Behaviour says what happens on each connection, in this order:
//   1. `listens_first`: the peer waits for the ClientHello (or nothing), then sends `opening` as it is.
//   2. Protocol raw:   the connection ends as `ending` says.
//      Protocol https: a TLS handshake by OpenSSL as `tls` says, then as http.
//      Protocol http:  requests are read and answered as `http` says.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/tls_end.h"
#include "tests/support/wire.h"

namespace whytls::support {

// OpenSSL's own server. Its security level is 0, so that it takes part in what the other side should refuse.
struct TlsScript {
  std::vector<Credential> chain{};  // leaf first; the leaf's key is used, the others' keys are not
  int min_version = 0;              // TLS1_2_VERSION ...; 0: the library's lowest
  int max_version = 0;
  std::string ciphers = "ALL:@SECLEVEL=0";
  std::string ciphersuites{};             // TLS 1.3; empty: the library's
  std::string groups{};                   // empty: the library's
  unsigned dh_bits = 0;                   // 1024: RFC 2409's second group; 2048: RFC 3526's; 0: the library's
  std::optional<Credential> client_ca{};  // set: a client certificate of this CA is demanded
  std::string staple{};                   // OCSP response, sent to those who ask; empty: none
  std::string only_name{};                // set: every other SNI, and none, gets unrecognized_name
  FlightEditor editor{};
};

struct HttpScript {
  enum class Reading : std::uint8_t {
    whole_head,  // one response for each request head
    nothing,     // the request is never read, nor answered
  };
  Reading reading = Reading::whole_head;
  std::string response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\nhealthy\n";
  // nullopt: the connection stays open for further requests.
  std::optional<Ending> ending{};
  // Set: gives the response instead, from the request head.
  std::function<std::string(const std::string& head)> answer{};
};

struct Behaviour {
  enum class Protocol : std::uint8_t { raw, http, https };
  enum class Listens : std::uint8_t { to_nothing, to_hello };

  Protocol protocol = Protocol::raw;
  Listens listens_first = Listens::to_nothing;
  std::string opening;                // any bytes
  std::chrono::milliseconds drip{0};  // pause after each byte of `opening`
  Ending ending = Ending::close;
  TlsScript tls;
  HttpScript http;
};

// The common ones.
[[nodiscard]] Behaviour serve_https(TlsScript tls, HttpScript http = {});
[[nodiscard]] Behaviour serve_http(HttpScript http = {});
// Waits for the ClientHello, sends the bytes, ends.
[[nodiscard]] Behaviour answer_hello(std::string bytes, Ending ending = Ending::close);
// Sends the bytes as soon as somebody connects, like SSH and SMTP servers do, then ends.
[[nodiscard]] Behaviour greet(std::string bytes, Ending ending = Ending::close);
[[nodiscard]] Behaviour close_before_hello();
[[nodiscard]] Behaviour never_answer();
// Sends the bytes one by one with a pause after each, then stays silent.
[[nodiscard]] Behaviour drip(std::string bytes, std::chrono::milliseconds pause);
// The first `count` bytes of the server's first flight, then the end.
[[nodiscard]] Behaviour break_off_after(std::size_t count, TlsScript tls, Ending ending);

// Runs one behaviour in threads of its own until destroyed. Each connection ends after 60 seconds at the
// latest.
class Peer {
 public:
  // Throws std::system_error when no socket can be had, std::runtime_error when OpenSSL refuses the script.
  explicit Peer(Behaviour behaviour);
  // On a port of the caller's choice.
  Peer(Behaviour behaviour, std::uint16_t port);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] unsigned connections() const { return connections_; }
  // Request heads that were read so far, in order.
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> over = false;
  };

  Peer(Behaviour behaviour, Descriptor listener);
  void accept_all();
  void join_finished();
  void converse(Descriptor socket);
  void answer_requests(Wire& wire, TlsEnd* tls);
  void pause(std::chrono::milliseconds time) const;

  Behaviour behaviour_;
  std::shared_ptr<SSL_CTX> context_;
  Descriptor listener_;
  std::uint16_t port_;
  StopSignal stop_;
  std::atomic<unsigned> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<Connection> threads_;  // touched by the accepting thread only, until it has ended
  std::thread acceptor_;
};

// The server context of a script. Throws std::runtime_error when OpenSSL refuses something.
[[nodiscard]] std::shared_ptr<SSL_CTX> make_server_context(const TlsScript& script);

}  // namespace whytls::support
