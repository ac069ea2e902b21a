// A small blocking client: HTTP/1.1 in clear, over TLS, and TLS inside CONNECT.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/tls_end.h"
#include "tests/support/wire.h"

namespace whytls::support {

struct Response {
  int status = 0;  // 0: no response came
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool complete = false;  // the body ended as its head had said
  std::string head;       // as it came

  // The first field of that name (case-insensitive), or empty.
  [[nodiscard]] std::string field(std::string_view name) const;
};

struct ClientTls {
  std::string sni{};                         // empty: none
  std::string name_to_check{};               // DNS name or IP literal; empty: not checked
  std::optional<std::string> trusted_pem{};  // nullopt: nothing is verified; "": nothing is trusted
  std::int64_t now = kTestNow;
  int min_version = 0;
  int max_version = 0;
  std::string ciphers = "DEFAULT@SECLEVEL=0";
  std::string ciphersuites{};  // TLS 1.3
  FlightEditor editor{};
};

class Client {
 public:
  // Connects to 127.0.0.1. Throws std::system_error.
  explicit Client(std::uint16_t port, std::chrono::milliseconds budget = std::chrono::seconds(20));

  // Speaks TLS from now on. False: the handshake failed; see tls()->failure().
  bool start_tls(const ClientTls& options);
  bool send(std::string_view bytes);
  // Sends as much as can be sent until the answer begins.
  bool send_until_answered(std::string_view bytes);
  // Reads one response; 1xx are skipped. `method` is that of the request ("HEAD" has no body).
  Response receive(std::string_view method = "GET");
  // A whole request with Host and further fields (each with its CRLF), then the response.
  Response request(std::string_view method, std::string_view target, std::string_view host,
                   std::string_view fields = {});
  // CONNECT, then TLS inside when the answer is 200. Returns the answer to CONNECT.
  Response open_tunnel(std::string_view authority);
  // Everything that comes until the other side ends.
  std::string receive_all();
  // What ends the connection next: data is thrown away.
  Arrival wait_for_end();

  [[nodiscard]] Wire& wire() { return wire_; }
  [[nodiscard]] TlsEnd* tls() { return tls_.get(); }

 private:
  Arrival more();

  Wire wire_;
  std::unique_ptr<TlsEnd> tls_;
  std::string input_;
};

}  // namespace whytls::support
