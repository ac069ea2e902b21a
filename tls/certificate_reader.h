// Certificate from OpenSSL's X509, for those in this room who hold one already.
#pragma once

#include <string>

#include "tls/evidence.h"
#include "tls/openssl.h"

namespace whytls::tls {

// `der` is what the peer sent; `certificate` is its parsed form. Not const: OpenSSL caches extensions inside.
[[nodiscard]] Certificate describe_certificate(X509* certificate, std::string der);
// The same with the DER made from the object.
[[nodiscard]] Certificate describe_certificate(X509* certificate);
// nullptr when it can't be parsed or when bytes follow it; the error queue holds the reason.
[[nodiscard]] X509Ptr parse_certificate(const std::string& der);
// Fills the fields that come from extensions.
void describe_extensions(X509* certificate, Certificate& out);

// Lower case hex.
[[nodiscard]] std::string hex(const unsigned char* bytes, std::size_t count);
[[nodiscard]] std::string base64(const unsigned char* bytes, std::size_t count);
// 0 when there is none, or when it is malformed.
[[nodiscard]] UnixSeconds unix_seconds(const ASN1_TIME* time);
// RFC 2253 text in UTF-8, at most kMaxKeptText bytes.
[[nodiscard]] std::string name_text(const X509_NAME* name);
// The raw bytes, at most kMaxKeptText.
[[nodiscard]] std::string raw_text(const ASN1_STRING* text);
// The common name, the last one where there are several; else the whole name as text.
[[nodiscard]] std::string short_name(const X509_NAME* name);
// "serverAuth", or the dotted OID of what has no short name.
[[nodiscard]] std::string object_text(const ASN1_OBJECT* object);
[[nodiscard]] std::string dotted_oid(const ASN1_OBJECT* object);

}  // namespace whytls::tls
