// What was seen of a TLS handshake: numbers, bytes and certificates, never an opinion.
//
// Every text that came from the peer (names, banners) is kept as the raw bytes that arrived, bounded in
// length; whoever shows it has to escape it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace whytls::tls {

using UnixSeconds = std::int64_t;

// Bounds of what is kept of a hostile peer's material.
inline constexpr std::size_t kMaxFirstBytes = 256;       // bytes of a non-TLS answer that are quoted
inline constexpr std::size_t kMaxKeptCertificates = 20;  // certificates of a chain that are looked at
inline constexpr std::size_t kMaxKeptNames = 256;        // SAN entries, the rest is counted
inline constexpr std::size_t kMaxKeptText = 1024;        // bytes of one name, the rest is cut
inline constexpr std::size_t kMaxCertificateMessage = 256UL * 1024;  // bytes of a Certificate message

// Protocol versions as on the wire (RFC 8446, 4.1.2): 0x0300 SSL 3.0 ... 0x0304 TLS 1.3; 0 when unknown.
using WireVersion = std::uint16_t;
// "TLSv1.3", "SSLv3", "0x7f1c" for an unknown one, "" for 0.
[[nodiscard]] std::string version_name(WireVersion version);

struct AltName {
  enum class Kind { dns, ip, email, uri, other };
  Kind kind = Kind::other;
  std::string value;  // dns: raw bytes; ip: text form ("10.0.0.1", "2001:db8::1"); else best effort text
};

struct Extension {
  std::string oid;  // dotted
  bool is_critical = false;
  bool is_malformed = false;  // one that OpenSSL knows and cannot decode
};

// The nameConstraints of a certificate (RFC 5280, 4.2.1.10), as far as their form goes.
struct ConstraintsForm {
  bool is_empty = false;  // it has no subtree, neither permitted nor excluded
  // The first base that is no name of its type; a leading dot makes one of a DNS name.
  std::string malformed_name;
  std::vector<std::string> excluded_hosts;  // dNSNames of excludedSubtrees, at most kMaxKeptNames
};

// One certificate, read. Fields hold what the certificate says, even where it is nonsense.
struct Certificate {
  std::string der;          // as presented
  std::string parse_error;  // empty when it was parsed; then all that follows is empty or zero
  int version = 0;          // 1, 2 or 3
  std::string subject;      // RFC 2253 text, UTF-8
  std::string issuer;
  std::string subject_cn;  // last CN of the subject, raw
  std::string issuer_cn;
  std::string serial_hex;  // lower case, no separators, "-" first when negative
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  std::vector<AltName> names;     // subjectAltName, at most kMaxKeptNames
  std::size_t names_omitted = 0;  // how many more there were
  bool has_san = false;           // the extension is present, possibly empty
  std::string key_type;           // "RSA", "EC", "Ed25519", "Ed448", "DSA", else OpenSSL's name
  std::string key_curve;          // for EC: "P-256" ...
  int key_bits = 0;
  std::string signature_algorithm;           // "sha256WithRSAEncryption" ...
  std::string signature_digest;              // "SHA256", "SHA1", "MD5"; empty for Ed25519 and unknown
  std::optional<bool> basic_constraints_ca;  // nullopt: no basicConstraints
  std::optional<int> path_length;
  std::optional<std::uint32_t> key_usage;       // bits as X509_get_key_usage: KU_* ; nullopt: no extension
  std::vector<std::string> extended_key_usage;  // short names ("serverAuth") or dotted OIDs
  bool has_extended_key_usage = false;
  std::vector<std::string> unknown_critical_extensions;  // OIDs
  std::vector<std::string> aia_issuers;                  // caIssuers URLs
  std::vector<std::string> ocsp_urls;
  std::string subject_key_id;    // hex, empty when absent
  std::string authority_key_id;  // hex, empty when absent
  std::string authority_issuer;  // who issued the issuer's certificate, when the extension says so (RFC
                                 // 5280, 4.2.1.1)
  bool authority_names_serial = false;  // the extension names a serial number or an issuer
  std::string sha256_hex;               // of the DER, lower case
  std::string spki_sha256_base64;       // of SubjectPublicKeyInfo: the pin (RFC 7469, 2.4)
  std::vector<Extension> extensions;    // in order, at most kMaxKeptNames
  std::optional<ConstraintsForm> name_constraints;
  std::size_t malformed_ip_names = 0;  // SAN entries of neither four nor sixteen octets
  bool has_well_formed_dates = true;   // encoded as RFC 5280, 4.1.2.5, says
  std::uint64_t rsa_exponent = 0;      // of an RSA key; the largest number stands for all larger ones
  bool requires_staple = false;        // its TLS feature is status_request: "must-staple" (RFC 7633)
  bool self_issued = false;            // subject and issuer are the same name
  bool self_signed = false;            // self-issued and its signature verifies with its own key
};

// "-----BEGIN CERTIFICATE-----..." of `der`.
[[nodiscard]] std::string to_pem(const std::string& der);
// As `openssl x509 -text` shows it, without the key and the signature; empty when `der` has no subject that
// can be read. Names of subject and issuer are escaped, those in extensions are the peer's bytes, but no line
// of a value looks like one of another field. Text and time grow with `der`: bound its size where a peer
// chose it.
[[nodiscard]] std::string to_text(const std::string& der);
// Never fails: what can't be parsed has parse_error set. `der` is copied into the result.
[[nodiscard]] Certificate read_certificate(std::string der);

// One complaint of X509_verify_cert: X509_V_ERR_* and the depth in the built chain.
struct ChainError {
  int code = 0;
  int depth = 0;
};

// A way to a trust anchor that was tried and not taken.
struct OtherPath {
  std::vector<std::string> subjects;  // leaf first
  bool anchored = false;
  std::vector<ChainError> errors;  // at least one
};
inline constexpr std::size_t kMaxOtherPaths = 4;

// Who answers whether a certificate was revoked: a CRL that the owner gave (RFC 5280, 5), or the OCSP
// response that the server sent with its certificate (RFC 6066, 8).
enum class RevocationSource : std::uint8_t { crl, stapled_ocsp };

// Why an answer does not count.
enum class RevocationFault : std::uint8_t {
  malformed,
  bad_signature,
  signer_unknown,        // another key than that of the CA signed it
  signer_not_allowed,    // the CA has no cRLSign; the responder no OCSPSigning of this CA (RFC 6960, 4.2.2.2)
  critical_extension,    // one that is not known here
  other_scope,           // the list is for other certificates than this one
  not_about_it,          // the response does not name this certificate
  responder_error,       // the response says that the responder could not answer: "tryLater" ...
  unknown_to_responder,  // the responder does not know this certificate
  not_yet_valid,
  expired,
};

// What one source says of one certificate of the path.
struct RevocationAnswer {
  RevocationSource source = RevocationSource::crl;
  int depth = 0;
  std::string signer{};                   // CN, else the name: whose list, which responder; raw
  std::vector<RevocationFault> faults{};  // empty: it counts
  std::string detail{};                   // of a responder_error: its name in RFC 6960, 4.2.1
  std::optional<UnixSeconds> next_update{};
  bool says_revoked = false;
  std::optional<UnixSeconds> revoked_at{};
  std::string reason{};  // as RFC 5280, 5.3.1, spells it: "keyCompromise"; empty: not said

  [[nodiscard]] bool counts() const { return faults.empty(); }
  // The certificate was revoked. A list or response out of date still says so: nobody takes it back.
  [[nodiscard]] bool is_revoked() const;
};

// What OpenSSL's path validation said; the callback lets it go on, so `errors` holds all complaints. OpenSSL
// builds one path. When it complains about that one, every other path that leads to an anchor is tried: the
// first without a complaint is taken; when there is none, the one that OpenSSL built, or the first of the
// others when that one led to no anchor (RFC 4158).
struct ChainEvidence {
  // X509_verify_cert ran. A resumed session carries the evidence of the handshake that it comes from, with
  // the validity of `built` judged anew; false when nobody kept that.
  bool verified = false;
  std::vector<ChainError> errors;  // in the order of discovery; empty: a valid path to a trust anchor
  std::vector<Certificate> built;  // leaf first, as far as a path could be built
  bool anchored = false;           // the last of `built` comes from the trust store
  bool anchor_is_public = false;   // and there from what the distribution ships, not from a CA of the owner
  std::vector<OtherPath> others;   // at most kMaxOtherPaths, in the order in which they were tried
  // Of the certificates below the anchor, at most one answer of each source for each, by depth; empty without
  // an anchor, for then nobody is there whose word would count.
  std::vector<RevocationAnswer> revocation;
  bool has_crls = false;    // the trust store has at least one CRL
  bool has_staple = false;  // the server sent an OCSP response
  std::string
      trust_description;  // "system store", "/etc/x/ca.pem", "system store + /etc/x/ca.pem", "nothing"
};

struct Alert {
  enum class Direction { received, sent };
  Direction direction = Direction::received;
  std::uint8_t level = 2;   // 1 warning, 2 fatal
  std::uint8_t number = 0;  // RFC 8446, 6
  bool after_handshake = false;
};
// "handshake_failure"; "unassigned" for a number that IANA has not assigned.
[[nodiscard]] const char* alert_name(std::uint8_t number);

// How far the handshake had come, as seen by the messages that passed.
enum class HandshakeProgress {
  nothing,       // no byte of ours or of the peer
  client_hello,  // ClientHello passed (sent on the upstream leg, received on the client leg)
  server_hello,
  server_certificate,
  key_exchange,  // ServerKeyExchange or CertificateVerify of the server
  finished,      // both Finished
};

// What ended the handshake, by number.
enum class HandshakeEnd {
  pending,
  done,
  alert_received,
  protocol_error,  // OpenSSL refused what the peer sent, or our own settings
  not_tls,         // the first bytes are no TLS record
  closed,          // the transport ended (FIN) in the middle
  reset,           // the transport was reset; filled in by whoever owns the socket
  timeout,         // filled in by whoever owns the timer
};

struct Offered {  // our hello (upstream leg) or the client's (client leg)
  WireVersion min_version = 0;
  WireVersion max_version = 0;
  int security_level = -1;  // of OpenSSL, 0..5, for our own hello; -1: the peer's is not known
  std::vector<std::uint16_t> cipher_suites;
  std::vector<std::uint16_t> groups;
  std::vector<std::uint16_t> signature_algorithms;
  std::vector<std::string> alpn;
  std::string sni;  // empty: none
};

struct Answered {
  WireVersion version = 0;
  std::uint16_t cipher_suite = 0;  // IANA number
  std::string cipher_name;         // IANA name
  std::string cipher_openssl_name;
  std::string group;                // "x25519", "P-256", "ffdhe2048" ...
  int key_exchange_bits = 0;        // DH or ECDH size, 0 unknown
  std::string signature_algorithm;  // of the handshake signature
  std::string alpn;
  bool secure_renegotiation = false;
  bool extended_master_secret = false;
  bool resumed = false;
};

// Everything about one handshake on one leg.
struct HandshakeEvidence {
  HandshakeProgress progress = HandshakeProgress::nothing;
  HandshakeEnd end = HandshakeEnd::pending;
  Offered offered;
  Answered answered;
  std::vector<Certificate> presented;  // as sent, in the order sent, at most kMaxKeptCertificates
  std::size_t presented_omitted = 0;
  ChainEvidence chain;
  std::vector<Alert> alerts;  // in the order seen, both directions
  bool client_certificate_requested = false;
  std::vector<std::string> client_certificate_authorities;  // names that the server said it accepts
  bool client_certificate_sent = false;
  // Of the error queue's entries the first one of libssl itself, else the first one; the first failure wins.
  std::uint32_t openssl_error = 0;  // packed code, 0 none
  int openssl_reason = 0;           // ERR_GET_REASON of it (SSL_R_*)
  int openssl_library = 0;          // ERR_GET_LIB of it
  std::string openssl_text;         // ERR_error_string of it, for people only: never decide on it
  std::string openssl_data;         // the other queue entries, one per line, for people only
  std::string first_bytes;          // of the peer, at most kMaxFirstBytes; kept when end is not done
  // Of the whole connection, not of the handshake alone.
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
};

}  // namespace whytls::tls
