// Exhibits whose handshake, connection or HTTP is wrong.
#include <openssl/ssl.h>

#include "tests/support/gallery.h"
#include "tests/support/scripts.h"

namespace whytls::support {
namespace {

constexpr std::string_view kHandshake = "Handshake";
constexpr std::string_view kConnection = "Connection";
constexpr std::string_view kHttp = "HTTP";

Exhibit with_script(std::string name, std::string_view what, const std::function<void(TlsScript&)>& change) {
  return {kHandshake,
          std::move(name),
          what,
          [change](const GalleryShop& shop, const std::string& host) {
            TlsScript script{.chain = shop.chain(host)};
            change(script);
            return serve_https(std::move(script));
          },
          {}};
}

Exhibit raw(std::string_view group, std::string name, std::string_view what, Behaviour behaviour) {
  return {group,
          std::move(name),
          what,
          [behaviour = std::move(behaviour)](const GalleryShop&, const std::string&) { return behaviour; },
          {}};
}

Exhibit with_http(std::string name, std::string_view what, HttpScript http) {
  return {kHttp,
          std::move(name),
          what,
          [http = std::move(http)](const GalleryShop& shop, const std::string& host) {
            return serve_https({.chain = shop.chain(host)}, http);
          },
          {}};
}

Behaviour small_group(const GalleryShop& shop, const std::string& host) {
  TlsScript script{.chain = shop.chain(host, [](CertificateSpec& spec) { spec.key = Key::rsa(2048); })};
  script.max_version = TLS1_2_VERSION;
  script.ciphers = "DHE-RSA-AES128-GCM-SHA256@SECLEVEL=0";
  script.dh_bits = 1024;
  return serve_https(std::move(script));
}

Behaviour wants_client_certificate(const GalleryShop& shop, const std::string& host, int version) {
  TlsScript script{.chain = shop.chain(host), .min_version = version, .max_version = version};
  script.client_ca = shop.root();
  // In TLS 1.3 the refusal is the second flight. Without a FIN right behind it, for a client that looks at
  // its socket only then would see one that is closed, and not why.
  script.editor = [version](Flight& flight) {
    if (version == TLS1_3_VERSION && flight.number == 1) flight.ending = Ending::hold;
  };
  return serve_https(std::move(script));
}

// A server that has the certificate of the host, but not its key.
void spoil_handshake_signature(Flight& flight) {
  const auto place = find_message(flight.bytes, MessageType::server_key_exchange);
  if (flight.number == 0 && place) flight.bytes[place->offset + place->size - 1] ^= 0x01;
}

// ServerKeyExchange of ECDHE: curve type, curve, point with its length, then the algorithm (RFC 8422, 5.4).
void claim_ecdsa_with_sha1(Flight& flight) {
  const auto place = find_message(flight.bytes, MessageType::server_key_exchange);
  if (flight.number != 0 || !place) return;
  const auto point_size = static_cast<unsigned char>(flight.bytes[place->offset + 3]);
  const std::size_t algorithm = place->offset + 4 + point_size;
  flight.bytes[algorithm] = 0x02;
  flight.bytes[algorithm + 1] = 0x03;
}

void spoil_first_encrypted_record(Flight& flight) {
  constexpr std::size_t kIntoTheCiphertext = 10;
  const auto at = find_record(flight.bytes, RecordType::application);
  if (flight.number == 0 && at) flight.bytes[*at + kIntoTheCiphertext] ^= 0x01;
}

// What administrators meet: TLS 1.0, self-signed, an RSA key with which nothing else is wrong.
Credential old_device(const GalleryShop& shop) {
  static const Key key = Key::rsa(2048);
  CertificateSpec spec = shop.leaf("old-device");
  spec.key = key;
  return self_sign(spec);
}

Behaviour old_device_behaviour(const GalleryShop& shop, const std::string&) {
  return serve_https({.chain = {old_device(shop)}, .max_version = TLS1_VERSION});
}

std::string old_device_pinned(const GalleryShop& shop, const std::string&) {
  return "pins = [\"sha256/" + old_device(shop).key.pin() +
         "\"]\ntls = { min_version = \"TLSv1.0\", security_level = 0, legacy_server_connect = true }\n";
}

// Versions, ciphers, names: what the two sides do not agree on.
std::vector<Exhibit> negotiation_exhibits() {
  const ServerHello without_rfc5746{.renegotiation = ServerHello::Renegotiation::unsaid};
  // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, which TLS 1.0 has too: nothing but the version is wrong.
  const ServerHello old_version{.version = kTls10, .cipher_suite = 0xc009};
  return {
      {kHandshake, "old-device", "an old device: TLS 1.0, self-signed", old_device_behaviour, {}},
      {kHandshake, "old-device-pinned", "the same old device with its key pinned: it works, and is safe",
       old_device_behaviour, old_device_pinned},
      with_script("legacy-version", "a good certificate, but TLS 1.0 only",
                  [](TlsScript& script) { script.max_version = TLS1_VERSION; }),
      raw(kHandshake, "old-version-chosen", "the server answers with TLS 1.0, which was not offered",
          answer_hello(server_hello_record(old_version), Ending::hold)),
      with_script("no-common-cipher", "the server wants a cipher suite that is not offered",
                  [](TlsScript& script) {
                    script.max_version = TLS1_2_VERSION;
                    script.ciphers = "AES128-SHA@SECLEVEL=0";
                  }),
      with_script("unknown-name", "the server does not know the name that it is asked for (SNI)",
                  [](TlsScript& script) { script.only_name = "another.localhost"; }),
      {kHandshake,
       "client-certificate-tls12",
       "the server wants a client certificate (TLS 1.2)",
       [](const GalleryShop& shop, const std::string& host) {
         return wants_client_certificate(shop, host, TLS1_2_VERSION);
       },
       {}},
      {kHandshake,
       "client-certificate-tls13",
       "the server wants a client certificate (TLS 1.3)",
       [](const GalleryShop& shop, const std::string& host) {
         return wants_client_certificate(shop, host, TLS1_3_VERSION);
       },
       {}},
      {kHandshake, "small-dh-group", "the Diffie-Hellman group has 1024 bits", small_group, {}},
      raw(kHandshake, "no-secure-renegotiation", "the server knows nothing of RFC 5746",
          answer_hello(server_hello_record(without_rfc5746), Ending::hold)),
  };
}

// Handshake messages that break the protocol, and answers that are not TLS.
std::vector<Exhibit> broken_exhibits() {
  return {
      with_script("bad-handshake-signature", "the server does not have the key of its certificate",
                  [](TlsScript& script) {
                    script.max_version = TLS1_2_VERSION;
                    script.editor = spoil_handshake_signature;
                  }),
      with_script("sha1-handshake", "the server signs the handshake with SHA-1",
                  [](TlsScript& script) {
                    script.max_version = TLS1_2_VERSION;
                    script.editor = claim_ecdsa_with_sha1;
                  }),
      with_script("bad-record", "a record of the server was changed on the way",
                  [](TlsScript& script) {
                    script.min_version = TLS1_3_VERSION;
                    script.editor = spoil_first_encrypted_record;
                  }),
      raw(kHandshake, "malformed-hello", "the ServerHello is cut short",
          answer_hello(handshake_record(MessageType::server_hello, "\x03\x03 far too short"), Ending::hold)),
      raw(kHandshake, "handshake-failure", "the server refuses without saying why, by alert 40",
          answer_hello(alert_record(2, 40))),
      raw(kHandshake, "internal-error", "the server has an internal error, and says so by alert 80",
          answer_hello(alert_record(2, 80))),
      raw(kHandshake, "plain-http", "the port speaks plain HTTP",
          answer_hello("HTTP/1.1 400 Bad Request\r\nServer: <b>hostile</b>\r\nConnection: close\r\n\r\n"
                       "The plain HTTP request was sent to HTTPS port\n")),
      raw(kHandshake, "ssh", "the port speaks SSH", greet("SSH-2.0-OpenSSH_9.2p1\r\n", Ending::close)),
      raw(kHandshake, "smtp", "the port speaks SMTP", greet("220 mail.localhost ESMTP\r\n", Ending::close)),
      raw(kHandshake, "plain-text", "the port speaks some plain text",
          greet("Welcome to the printer. Password:\r\n", Ending::hold)),
      // As long as it says it is, for a length that cannot be is refused before its type is looked at.
      raw(kHandshake, "garbage", "the port sends bytes that mean nothing",
          greet(std::string("\x00\x01\x02\x00\x05\xfe\xff\x80\x07\xc0", 10), Ending::hold)),
  };
}

}  // namespace

std::vector<Exhibit> handshake_exhibits() {
  std::vector<Exhibit> all = negotiation_exhibits();
  for (Exhibit& exhibit : broken_exhibits()) all.push_back(std::move(exhibit));
  return all;
}

std::vector<Exhibit> connection_exhibits() {
  return {
      // No behaviour: nobody listens there.
      {kConnection, "refused", "nothing listens on the port", {}, {}},
      raw(kConnection, "closed-before-hello", "the server hangs up as soon as somebody connects",
          close_before_hello()),
      raw(kConnection, "closed-mid-handshake", "the server hangs up after its ServerHello",
          answer_hello(server_hello_record({}), Ending::close)),
      raw(kConnection, "reset", "the server resets the connection after the ClientHello",
          answer_hello("", Ending::reset)),
      raw(kConnection, "silent", "the server never answers (wait three seconds)", never_answer()),
  };
}

std::vector<Exhibit> http_exhibits() {
  return {
      with_http("not-http", "TLS is fine, but the answer is not HTTP",
                {.response = "220 mail.localhost ESMTP\r\n\r\n", .ending = Ending::close}),
      with_http("no-answer", "the server closes the connection instead of answering",
                {.response = "", .ending = Ending::close}),
      with_http("slow-answer", "the server never answers the request (wait three seconds)",
                {.response = "", .ending = Ending::hold}),
  };
}

}  // namespace whytls::support
