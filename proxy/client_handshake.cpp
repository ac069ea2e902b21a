// What is said when the TLS handshake of a client fails.
#include <utility>

#include "proxy/client_connection.h"
#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

// The request target and Host of plain HTTP that came to a TLS port, as far as the first bytes show them.
std::string https_url(const std::string& first_bytes, const std::string& fallback_authority) {
  std::string path = "/";
  const std::size_t begin = first_bytes.find(' ');
  const std::size_t end = begin == std::string::npos ? begin : first_bytes.find(' ', begin + 1);
  if (end != std::string::npos && begin + 1 < end && first_bytes[begin + 1] == '/') {
    path = first_bytes.substr(begin + 1, end - begin - 1);
  }
  std::string authority = fallback_authority;
  for (const char* name : {"\r\nHost: ", "\r\nhost: "}) {
    const std::size_t at = first_bytes.find(name);
    if (at == std::string::npos) continue;
    const std::size_t from = at + std::string_view(name).size();
    const std::string value = first_bytes.substr(from, first_bytes.find("\r\n", from) - from);
    if (split_authority(value, 0)) authority = value;
  }
  return "https://" + authority + escape_for_text(path, 200);
}

}  // namespace

void ClientConnection::handshake_failed(ChannelEnd end, int status) {
  worker_.mutable_counters().handshakes_client_failed.add();
  tls::HandshakeEvidence& evidence = channel_.stream()->mutable_evidence();
  std::unique_ptr<Record> record = worker_.new_record();
  policy::Attempt& attempt = record->attempt;
  attempt.leg = policy::Leg::client;
  attempt.phase = policy::Phase::negotiation;
  attempt.host = minted_name_.empty() ? fallback_name() : minted_name_;
  attempt.handshake_started = true;
  attempt.timings.handshake_us = worker_.loop().now_us() - accepted_us_;
  if (evidence.end == tls::HandshakeEnd::pending) {
    evidence.end = end == ChannelEnd::reset ? tls::HandshakeEnd::reset : tls::HandshakeEnd::closed;
  }
  if (evidence.end == tls::HandshakeEnd::timeout) {
    attempt.transport = policy::TransportFault::timeout;
  } else if (end == ChannelEnd::reset) {
    attempt.transport = policy::TransportFault::reset;
  } else if (end != ChannelEnd::tls_failed) {
    attempt.transport = policy::TransportFault::closed;
  }
  attempt.transport_errno = status;
  if (status != 0) attempt.transport_text = uv_err_name(status);
  attempt.handshake = evidence;
  record->policy_name = listener_->policy->policy->name;
  if (connect_target_) record->url = "https://" + connect_target_->text();
  describe(record.get());
  worker_.complete(record.get(), *listener_->policy->policy);
  if (end == ChannelEnd::tls_failed && answer_plain_http(*record)) return;
  if (end == ChannelEnd::tls_failed) {
    finish_and_close();  // so that our alert reaches the client
    return;
  }
  close();
}

bool ClientConnection::answer_plain_http(const Record& record) {
  if (record.failure() != policy::Failure::client_plain_http) return false;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::string own = "localhost";
  if (getsockname(channel_.socket().descriptor(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    own = address_text(address);
  }
  const std::string url = https_url(record.attempt.handshake.first_bytes, own);
  const std::string body = "400 " + std::string(policy::info(policy::Failure::client_plain_http).code) +
                           " client_plain_http: this port speaks TLS and got plain HTTP. Use " + url +
                           " ; id=" + record.incident + "\n";
  std::string& out = channel_.socket().out();
  out.clear();  // OpenSSL's alert would only be noise before the answer
  out.append("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ");
  out.append(std::to_string(body.size())).append("\r\nCache-Control: no-store\r\nProxy-Status: ");
  out.append(render_proxy_status(record)).append("\r\nConnection: close\r\n\r\n").append(body);
  channel_.socket().wrote();
  finish_and_close();
  return true;
}

}  // namespace whytls::proxy
