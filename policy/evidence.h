// Everything that was seen of one attempt: the input of the diagnosis. Filled by the proxy (names, sockets,
// HTTP) and by tls (handshake). Numbers and bytes, no opinion.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "policy/failure.h"
#include "policy/history.h"
#include "tls/evidence.h"

namespace whytls::policy {

using tls::UnixSeconds;

// What the transport did. The proxy maps libuv's numbers to this and keeps the number beside it.
enum class TransportFault : std::uint8_t {
  none,
  name_not_found,
  name_lookup_failed,  // the resolver answered with an error other than "no such name"
  name_lookup_timeout,
  refused,
  unreachable,  // no route to host or network
  connect_timeout,
  reset,
  closed,   // FIN
  timeout,  // no bytes in time, `phase` says in which state
  other,
};

// What HTTP did on the leg in question.
enum class HttpFault : std::uint8_t {
  none,
  invalid_message,  // llhttp refused it
  head_too_large,
  uri_too_long,
  framing_ambiguous,  // Content-Length and Transfer-Encoding, or two Content-Lengths
  host_invalid,
  transfer_coding_unknown,
  expectation_unknown,
  version_unsupported,
  header_timeout,
  body_timeout,
  idle_timeout,
  write_timeout,
  closed_before_message,
  reset_before_message,
  closed_in_message,
  stalled_in_message,
  first_byte_timeout,
};

// What the proxy itself decided against.
enum class OwnFault : std::uint8_t {
  none,
  loop,
  port_denied,
  no_route,
  scheme_unsupported,
  overloaded,
  internal,
};

// How long each stage took, microseconds; -1: not reached or not measured.
struct Timings {
  std::int64_t dns_us = -1;
  std::int64_t connect_us = -1;
  std::int64_t handshake_us = -1;
  std::int64_t first_byte_us = -1;
  std::int64_t total_us = -1;
};

// One attempt on one leg. `leg` says which; `phase` in which state it was when it ended.
struct Attempt {
  Leg leg = Leg::upstream;
  Phase phase = Phase::dns;
  // The peer as it was addressed: for the upstream leg the configured or requested host.
  std::string host;  // DNS name (lower case, no trailing dot) or IP literal without brackets
  std::uint16_t port = 0;
  bool host_is_ip = false;
  // The name that the certificate of the upstream has to prove, unless the policy says another: the one that
  // the client asked for, which need not be the host that was reached. Empty: `host`.
  std::string expected_name;
  std::string address;            // the address used ("10.0.7.12"), empty before connect
  bool tls_used = true;           // false: plain HTTP upstream
  std::string sni_absent_reason;  // why no SNI was sent: "IP address", "switched off by policy"; empty: sent
  bool client_certificate_configured = false;

  TransportFault transport = TransportFault::none;
  int transport_errno = 0;     // libuv's number (negative errno or UV_EAI_*)
  std::string transport_text;  // its name, "ECONNREFUSED"

  bool handshake_started = false;
  tls::HandshakeEvidence handshake;

  // Of the certificates in `handshake`; nullptr: nothing is kept, or nothing of them was known.
  std::shared_ptr<const History> history;

  HttpFault http = HttpFault::none;
  int http_errno = 0;       // llhttp's number
  std::string http_detail;  // what exactly, bounded; peer text is raw
  OwnFault own = OwnFault::none;
  std::string own_detail;

  Timings timings;
};

}  // namespace whytls::policy
