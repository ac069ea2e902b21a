// What the proxy, the transport and HTTP did: one failure for each number and leg.
#include "policy/findings.h"

namespace whytls::policy {

namespace {

Failure own_failure(OwnFault fault) {
  switch (fault) {
    case OwnFault::loop:
      return Failure::proxy_loop;
    case OwnFault::port_denied:
      return Failure::proxy_port_denied;
    case OwnFault::no_route:
      return Failure::proxy_no_route;
    case OwnFault::scheme_unsupported:
      return Failure::proxy_scheme_unsupported;
    case OwnFault::overloaded:
      return Failure::proxy_overloaded;
    case OwnFault::none:
    case OwnFault::internal:
      return Failure::proxy_internal;
  }
  return Failure::unclassified;
}

Failure upstream_http_failure(HttpFault fault) {
  switch (fault) {
    case HttpFault::head_too_large:
      return Failure::http_response_head_too_large;
    case HttpFault::invalid_message:
    case HttpFault::uri_too_long:
    case HttpFault::framing_ambiguous:
    case HttpFault::host_invalid:
    case HttpFault::transfer_coding_unknown:
    case HttpFault::expectation_unknown:
    case HttpFault::version_unsupported:
      return Failure::http_response_invalid;
    case HttpFault::header_timeout:
    case HttpFault::idle_timeout:
    case HttpFault::first_byte_timeout:
      return Failure::http_response_timeout;
    case HttpFault::body_timeout:
    case HttpFault::stalled_in_message:
      return Failure::http_response_stalled;
    case HttpFault::write_timeout:
      return Failure::http_upstream_write_timeout;
    case HttpFault::closed_before_message:
      return Failure::http_closed_before_response;
    case HttpFault::reset_before_message:
      return Failure::http_reset_before_response;
    case HttpFault::closed_in_message:
      return Failure::http_response_incomplete;
    case HttpFault::none:
      return Failure::unclassified;
  }
  return Failure::unclassified;
}

Failure client_http_failure(HttpFault fault) {
  switch (fault) {
    case HttpFault::invalid_message:
      return Failure::client_request_invalid;
    case HttpFault::head_too_large:
      return Failure::client_head_too_large;
    case HttpFault::uri_too_long:
      return Failure::client_uri_too_long;
    case HttpFault::framing_ambiguous:
      return Failure::client_framing_ambiguous;
    case HttpFault::host_invalid:
      return Failure::client_host_invalid;
    case HttpFault::transfer_coding_unknown:
      return Failure::client_transfer_coding_unknown;
    case HttpFault::expectation_unknown:
      return Failure::client_expectation_unknown;
    case HttpFault::version_unsupported:
      return Failure::client_version_unsupported;
    case HttpFault::header_timeout:
    case HttpFault::first_byte_timeout:
      return Failure::client_header_timeout;
    case HttpFault::body_timeout:
    case HttpFault::stalled_in_message:
      return Failure::client_body_timeout;
    case HttpFault::idle_timeout:
      return Failure::client_idle_timeout;
    case HttpFault::write_timeout:
      return Failure::client_write_timeout;
    case HttpFault::closed_before_message:
    case HttpFault::reset_before_message:
    case HttpFault::closed_in_message:
      return Failure::client_gone;
    case HttpFault::none:
      return Failure::unclassified;
  }
  return Failure::unclassified;
}

Failure closed_failure(const Attempt& attempt) {
  return attempt.phase == Phase::http || !attempt.tls_used ? Failure::http_closed_before_response
                                                           : Failure::tls_closed_before_hello;
}

Failure reset_failure(const Attempt& attempt) {
  if (attempt.phase == Phase::http || attempt.phase == Phase::after_handshake) {
    return Failure::http_reset_before_response;
  }
  return Failure::tcp_reset;
}

Failure timeout_failure(const Attempt& attempt) {
  switch (attempt.phase) {
    case Phase::dns:
      return Failure::dns_timeout;
    case Phase::connect:
      return Failure::tcp_connect_timeout;
    case Phase::after_handshake:
    case Phase::http:
      return Failure::http_response_timeout;
    case Phase::hello:
    case Phase::negotiation:
    case Phase::certificate:
    case Phase::key_exchange:
    case Phase::finished:
      return Failure::tls_handshake_timeout;
  }
  return Failure::unclassified;
}

Failure upstream_transport_failure(const Attempt& attempt) {
  switch (attempt.transport) {
    case TransportFault::name_not_found:
      return Failure::dns_not_found;
    case TransportFault::name_lookup_failed:
      return Failure::dns_failed;
    case TransportFault::name_lookup_timeout:
      return Failure::dns_timeout;
    case TransportFault::refused:
      return Failure::tcp_refused;
    case TransportFault::unreachable:
      return Failure::tcp_unreachable;
    case TransportFault::connect_timeout:
      return Failure::tcp_connect_timeout;
    case TransportFault::reset:
      return reset_failure(attempt);
    case TransportFault::closed:
      return closed_failure(attempt);
    case TransportFault::timeout:
      return timeout_failure(attempt);
    case TransportFault::other:
      return attempt.phase == Phase::dns ? Failure::dns_failed : Failure::tcp_failed;
    case TransportFault::none:
      return Failure::unclassified;
  }
  return Failure::unclassified;
}

Failure client_transport_failure(const Attempt& attempt) {
  if (attempt.transport == TransportFault::timeout) {
    return attempt.phase == Phase::http ? Failure::client_header_timeout : Failure::client_handshake_timeout;
  }
  return Failure::client_gone;
}

Finding with_transport_facts(Failure failure, const Attempt& attempt) {
  Finding finding = make_finding(failure, -1,
                                 {{"host", attempt.host},
                                  {"port", attempt.port == 0 ? "" : std::to_string(attempt.port)},
                                  {"address", attempt.address},
                                  {"errno_name", attempt.transport_text}});
  if (attempt.transport_errno != 0) add_fact(finding, "errno", std::to_string(attempt.transport_errno));
  return finding;
}

}  // namespace

Ended classify_own(const Attempt& attempt) {
  if (attempt.own == OwnFault::none) return {};
  Finding finding = make_finding(own_failure(attempt.own), -1,
                                 {{"host", attempt.host},
                                  {"port", attempt.port == 0 ? "" : std::to_string(attempt.port)},
                                  {"detail", attempt.own_detail}});
  return {std::move(finding), true};
}

Ended classify_transport(const Attempt& attempt) {
  if (attempt.transport == TransportFault::none) return {};
  const Failure failure =
      attempt.leg == Leg::client ? client_transport_failure(attempt) : upstream_transport_failure(attempt);
  return {with_transport_facts(failure, attempt), true};
}

Ended classify_http(const Attempt& attempt) {
  if (attempt.http == HttpFault::none) return {};
  const Failure failure =
      attempt.leg == Leg::client ? client_http_failure(attempt.http) : upstream_http_failure(attempt.http);
  Finding finding = with_transport_facts(failure, attempt);
  add_fact(finding, "detail", attempt.http_detail);
  if (attempt.http_errno != 0) add_fact(finding, "http_errno", std::to_string(attempt.http_errno));
  return {std::move(finding), true};
}

}  // namespace whytls::policy
