#include "policy/sentence.h"

namespace whytls::policy {

namespace {

// Clauses: "HOST presents a certificate that <clause>".
std::string_view certificate_template(Failure failure) {
  switch (failure) {
    case Failure::cert_unparsable:
      return "cannot be parsed[: {parse_error}]";
    case Failure::pin_mismatch:
      return "has the key {presented_pins}, but {expected_pins} is pinned";
    case Failure::cert_critical_ext:
      return "has a critical extension that is not understood here[ ({extensions})]";
    case Failure::chain_name_constraint:
      return "breaks the name constraints of a CA in its chain[: {detail}]";
    case Failure::chain_issuer_not_ca:
      return "was issued by[ `{subject}`,] a certificate that is no CA";
    case Failure::chain_path_length:
      return "has more CAs above it than the path length of one of them allows[ (`{subject}`)]";
    case Failure::cert_self_signed:
      return "is self-signed and not in the trust store[ ({trust_store})]";
    case Failure::chain_untrusted_root:
      return "leads to the root `{root}`, which is not in the trust store[ ({trust_store})]";
    case Failure::chain_missing_intermediate:
      return "was issued by `{missing_issuer}`, whose certificate the server did not send[ (it is published "
             "at "
             "{aia})]";
    case Failure::chain_unknown_issuer:
      return "comes from the issuer `{missing_issuer}`, which is neither sent nor in the trust store";
    case Failure::cert_bad_signature:
      return "does not carry a valid signature of its issuer[ `{issuer}`]";
    case Failure::cert_weak_signature:
      return "has a weak signature in its chain[ ({signature_algorithm})]";
    case Failure::cert_weak_key:
      return "has a[ {key_bits} bit][ {key_type}] key in its chain, which is too small[ (at least {min_bits} "
             "bit "
             "are required)]";
    case Failure::cert_key_usage:
      return "has a key usage that does not fit its role[ (`{subject}` has {presented_usage}, but needs "
             "{expected_usage})]";
    case Failure::cert_ca_as_leaf:
      return "is a CA certificate used as a server certificate";
    case Failure::cert_wrong_eku:
      return "is not meant for TLS servers[ (its extended key usage is {presented_usage})]";
    case Failure::chain_invalid:
      return "was refused by OpenSSL[: {detail}][ (verify error {verify_error})]";
    case Failure::cert_name_mismatch:
      return "was issued for `{presented_names}`, not `{expected_name}`";
    case Failure::cert_ip_mismatch:
      return "was issued for `{presented_names}`, not the address `{expected_name}`";
    case Failure::cert_no_san:
      return "has no subject alternative name, so it is not for `{expected_name}`[ (its common name `{cn}` "
             "is "
             "ignored by current clients)]";
    case Failure::cert_expired:
      return "expired {distance} ago ({not_after})";
    case Failure::cert_not_yet_valid:
      return "becomes valid only in {distance} ({not_before})";
    case Failure::chain_issuer_expired:
      return "hangs on the CA `{subject}`, whose own certificate expired {distance} ago ({not_after})";
    case Failure::chain_issuer_not_yet_valid:
      return "hangs on the CA `{subject}`, whose own certificate becomes valid only in {distance} "
             "({not_before})";
    default:
      return {};
  }
}

std::string_view handshake_template(Failure failure) {
  switch (failure) {
    case Failure::tls_version_refused_by_us:
      return "{peer} wants a protocol version that the policy does not allow[: it answered with "
             "{answered_version}][, we offer from {offered_min_version}][ to {offered_max_version}].";
    case Failure::tls_version_refused_by_peer:
      return "{peer} refuses every protocol version that was offered[ ({offered_min_version}][ to "
             "{offered_max_version})].";
    case Failure::tls_no_common_cipher:
      return "{peer} accepts none of the[ {offered_ciphers}] cipher suites and groups that were offered[ "
             "(alert "
             "{alert}, {alert_name})][; another possible cause: {competing_cause}].";
    case Failure::tls_no_renegotiation_info:
      return "{peer} does not support secure renegotiation (RFC 5746), and the policy asks for it.";
    case Failure::tls_dh_too_small:
      return "{peer} uses a Diffie-Hellman group[ of {dh_bits} bit] that is too small for the security "
             "level.";
    case Failure::tls_legacy_signature_refused:
      return "{peer} signs the handshake with an algorithm that the security level forbids[ "
             "({signature_algorithm})]["
             "; it speaks {answered_version}][; {level_note}].";
    case Failure::tls_bad_handshake_signature:
      return "{peer} could not prove that it has the private key of the certificate it presents.";
    case Failure::tls_sni_unknown:
      return "{peer} serves no site with the name `{sni}` (alert 112, unrecognized_name).";
    case Failure::tls_sni_required:
      return "{peer} wants a server name (SNI), and none was sent[: {sni_absent_reason}][ (it answered with "
             "alert "
             "{alert}, {alert_name})][; {competing_cause}].";
    case Failure::tls_client_cert_required:
      return "{peer} asks for a client certificate, and none was sent[ (it answered with alert {alert}, "
             "{alert_name})][; it accepts those of {accepted_authorities}].";
    case Failure::tls_client_cert_rejected:
      return "{peer} did not accept our client certificate (alert {alert}, {alert_name})[; it accepts those "
             "of "
             "{accepted_authorities}].";
    case Failure::tls_plain_http:
      return "{peer} answers with plain HTTP instead of TLS[: `{first_bytes}`].";
    case Failure::tls_plain_ssh:
      return "{peer} is an SSH server, not a TLS server[: `{first_bytes}`].";
    case Failure::tls_plain_smtp:
      return "{peer} greets in plain text like a server for[ {protocol_guess}], not with TLS[: "
             "`{first_bytes}`].";
    case Failure::tls_plain_text:
      return "{peer} answers in plain text instead of TLS[: `{first_bytes}`].";
    case Failure::tls_garbage:
      return "{peer} answers with[ {bytes_received}] bytes that are neither TLS nor text.";
    case Failure::tls_closed_before_hello:
      return "{peer} accepted the connection and closed it without a single byte in answer to the "
             "ClientHello.";
    case Failure::tls_closed_mid_handshake:
      return "{peer} closed the connection in the middle of the handshake[, after {last_message}].";
    case Failure::tls_reset_mid_handshake:
      return "{peer} reset the connection during the handshake[, after {last_message}].";
    case Failure::tls_handshake_timeout:
      return "{peer} did not finish the handshake in time[; the last message seen was {last_message}].";
    case Failure::tls_bad_record_mac:
      return "{peer} sent a record that failed its integrity check[ ({openssl_text})].";
    case Failure::tls_malformed_handshake:
      return "{peer} broke the TLS protocol[ after {last_message}][ ({openssl_text})].";
    case Failure::tls_alert_unassigned:
      return "{peer} sent alert {alert}, a number that has no assigned meaning.";
    default:
      return {};
  }
}

std::string_view connection_template(Failure failure) {
  switch (failure) {
    case Failure::dns_not_found:
      return "The name `{host}` does not exist[ ({errno_name})].";
    case Failure::dns_failed:
      return "The name `{host}` could not be looked up[ ({errno_name})].";
    case Failure::dns_timeout:
      return "The lookup of the name `{host}` took too long.";
    case Failure::tcp_refused:
      return "{peer} refuses connections[ at {address}].";
    case Failure::tcp_unreachable:
      return "There is no route to {peer}[ at {address}][ ({errno_name})].";
    case Failure::tcp_connect_timeout:
      return "{peer} did not accept a connection in time[ at {address}].";
    case Failure::tcp_reset:
      return "{peer} reset the connection while it was being made[ at {address}].";
    case Failure::tcp_failed:
      return "The connection to {peer} failed[ at {address}][: {errno_name}].";
    case Failure::http_response_invalid:
      return "{peer} answered with something that is no valid HTTP[: {detail}].";
    case Failure::http_response_head_too_large:
      return "{peer} answered with a header that is larger than allowed[: {detail}].";
    case Failure::http_closed_before_response:
      return "{peer} closed the connection before it answered the request.";
    case Failure::http_reset_before_response:
      return "{peer} reset the connection before it answered the request.";
    case Failure::http_response_timeout:
      return "{peer} did not answer the request in time.";
    case Failure::http_response_incomplete:
      return "{peer} ended the connection in the middle of its response[: {detail}].";
    case Failure::http_response_stalled:
      return "{peer} stopped sending in the middle of its response.";
    case Failure::http_upstream_write_timeout:
      return "{peer} stopped reading the request.";
    default:
      return {};
  }
}

std::string_view client_template(Failure failure) {
  switch (failure) {
    case Failure::client_rejects_our_ca:
      return "The client does not trust the certificate authority of this proxy: it sent alert {alert} "
             "({alert_name})[ to the certificate for `{sni}`].";
    case Failure::client_no_common_version:
      return "The client offers no protocol version that this listener allows[ (it offers at most "
             "{offered_max_version})].";
    case Failure::client_no_common_cipher:
      return "The client and this listener have no[ {not_shared}] in common[; the client offers "
             "{offered_ciphers} "
             "cipher suites].";
    case Failure::client_plain_http:
      return "The client sent plain HTTP to a TLS listener[: `{first_bytes}`]; the address begins with "
             "https://.";
    case Failure::client_not_tls:
      return "The client sent something that is not TLS to a TLS listener[ (it looks like "
             "{protocol_guess})][: `{first_bytes}`].";
    case Failure::client_alert:
      return "The client ended the handshake with alert {alert} ({alert_name}).";
    case Failure::client_tls_error:
      return "The handshake of the client breaks the protocol[ after {last_message}][ ({openssl_text})].";
    case Failure::client_closed_mid_handshake:
      return "The client closed the connection in the middle of the handshake[, after {last_message}], "
             "without "
             "saying why.";
    case Failure::client_handshake_timeout:
      return "The client did not finish the handshake in time[; the last message seen was {last_message}].";
    case Failure::client_request_invalid:
      return "The request is not valid HTTP/1.1[: {detail}].";
    case Failure::client_framing_ambiguous:
      return "The length of the request body is given in two ways that disagree[: {detail}].";
    case Failure::client_host_invalid:
      return "The Host field of the request is missing or unusable[: {detail}].";
    case Failure::client_transfer_coding_unknown:
      return "The request uses a transfer coding that is not known here[: {detail}].";
    case Failure::client_expectation_unknown:
      return "The request has an expectation that is not known here[: {detail}].";
    default:
      return {};
  }
}

std::string_view own_template(Failure failure) {
  switch (failure) {
    case Failure::proxy_loop:
      return "A request to {peer} would come back to this proxy[: {detail}].";
    case Failure::proxy_port_denied:
      return "The configuration does not allow CONNECT to {peer}[: {detail}].";
    case Failure::proxy_no_route:
      return "No route of this listener serves this request[: {detail}].";
    case Failure::proxy_scheme_unsupported:
      return "The scheme of the request target is not served here[: {detail}].";
    case Failure::proxy_mint_failed:
      return "No certificate could be minted for[ `{sni}`] this name[: {detail}].";
    case Failure::proxy_own_cert_expired:
      return "The certificate of this listener has expired[: {detail}].";
    case Failure::proxy_overloaded:
      return "This proxy has as many connections as it may have[: {detail}].";
    case Failure::proxy_internal:
      return "This proxy made a mistake of its own[: {detail}].";
    case Failure::unclassified:
      return "The connection with {peer} failed in a way that has no name here yet[: {detail}][ "
             "({openssl_text})][ "
             "({errno_name})].";
    default:
      return {};
  }
}

}  // namespace

std::string_view sentence_template(Failure failure) {
  for (const auto lookup :
       {certificate_template, handshake_template, connection_template, client_template, own_template}) {
    if (const std::string_view text = lookup(failure); !text.empty()) return text;
  }
  return {};  // the summary of the catalogue says it
}

}  // namespace whytls::policy
