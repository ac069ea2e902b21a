// Exhibits whose certificate, or whose chain, is wrong.
#include <openssl/ssl.h>

#include "tests/support/gallery.h"
#include "tests/support/revocation.h"
#include "tests/support/scripts.h"

namespace whytls::support {
namespace {

constexpr std::string_view kCertificate = "Certificate";
constexpr std::string_view kChain = "Chain of trust";

using Change = std::function<void(CertificateSpec&, const GalleryShop&)>;

Exhibit with_leaf(std::string name, std::string_view what, const Change& change) {
  return {
      kCertificate,
      std::move(name),
      what,
      [change](const GalleryShop& shop, const std::string& host) {
        return serve_https({.chain = shop.chain(host, [&](CertificateSpec& spec) { change(spec, shop); })});
      },
      {}};
}

Exhibit with_chain(
    std::string name, std::string_view what,
    const std::function<std::vector<Credential>(const GalleryShop&, const std::string&)>& make) {
  return {kChain,
          std::move(name),
          what,
          [make](const GalleryShop& shop, const std::string& host) {
            return serve_https({.chain = make(shop, host)});
          },
          {}};
}

// A good leaf under an intermediate of the good root that has one thing changed.
Exhibit with_intermediate(std::string name, std::string_view what, const Change& change) {
  return with_chain(std::move(name), what, [change](const GalleryShop& shop, const std::string& host) {
    CertificateSpec spec = shop.ca(intermediate_spec("Gallery Intermediate of " + host));
    change(spec, shop);
    const Credential intermediate = issue(spec, shop.root());
    return std::vector<Credential>{issue(shop.leaf(host), intermediate), intermediate};
  });
}

// In TLS 1.2, where the message travels in the clear; the rest of the flight follows, for some wait for it.
Behaviour unparsable(const GalleryShop& shop, const std::string& host) {
  TlsScript script{.chain = shop.chain(host)};
  script.max_version = TLS1_2_VERSION;
  script.editor = [](Flight& flight) {
    constexpr std::size_t kLengthsOfListAndEntry = 6;
    constexpr std::size_t kTagOfTbsCertificate = 4;
    const auto place = find_message(flight.bytes, MessageType::certificate);
    if (flight.number != 0 || !place) return;
    // a SET where a SEQUENCE has to be
    flight.bytes[place->offset + kLengthsOfListAndEntry + kTagOfTbsCertificate] = '\x31';
  };
  return serve_https(std::move(script));
}

Behaviour five_faults(const GalleryShop& shop, const std::string&) {
  CertificateSpec spec = shop.leaf("idrac-default.localhost");
  spec.key = Key::rsa(1024);
  spec.digest = "SHA1";
  spec.not_before = shop.now() - 5000 * kDay;
  spec.not_after = shop.now() - 4000 * kDay;
  return serve_https({.chain = {issue(spec, shop.foreign_root())}});
}

// What a device shows that was installed years ago and never looked at again.
Behaviour factory_certificate(const GalleryShop& shop, const std::string&) {
  CertificateSpec spec = shop.leaf("factory-default");
  spec.not_before = shop.now() - 4000 * kDay;
  spec.not_after = shop.now() - 350 * kDay;
  return serve_https({.chain = {self_sign(spec)}});
}

// Such a key is too short for RSA-PSS, with which TLS 1.3 signs.
Behaviour tiny_key(const GalleryShop& shop, const std::string& host) {
  TlsScript script{.chain = shop.chain(host, [](CertificateSpec& spec) { spec.key = Key::rsa(512); })};
  script.max_version = TLS1_2_VERSION;
  return serve_https(std::move(script));
}

// One of two servers with the same issuer and serial and different keys: the key comes from the name.
Exhibit with_reused_serial(std::string name, std::string_view what) {
  return with_leaf(std::move(name), what,
                   [](CertificateSpec& spec, const GalleryShop&) { spec.serial_hex = "4711"; });
}

// Markup, terminal escapes and bidirectional controls in every place that a certificate has for text.
Behaviour hostile_text(const GalleryShop& shop, const std::string&) {
  CertificateSpec spec = shop.leaf("<script>alert(1)</script>");
  spec.common_name =
      "<img src=x onerror=alert(1)>\x1b[31mred\xe2\x80\xae"
      "desrever";
  spec.dns_names = {"<b>bold</b>.test", "\x1b]0;title\x07.test",
                    "\xe2\x80\xae"
                    "moc.elgoog"};
  for (int i = 0; i < 1000; ++i) spec.dns_names.push_back("filler-" + std::to_string(i) + ".example.test");
  return serve_https({.chain = {self_sign(spec)}});
}

// What programs seldom look at closely enough to refuse it; the configuration of the gallery does.
std::vector<Exhibit> form_exhibits() {
  return {
      with_leaf("no-key-identifier", "the certificate does not say which key signed it",
                [](CertificateSpec& spec, const GalleryShop&) { spec.authority_key_id = false; }),
      with_leaf("serial-zero", "the serial number of the certificate is 0",
                [](CertificateSpec& spec, const GalleryShop&) { spec.serial_hex = "00"; }),
      with_leaf("suffix-wildcard", "the certificate is for *.co.uk too",
                [](CertificateSpec& spec, const GalleryShop&) { spec.dns_names.emplace_back("*.co.uk"); }),
      with_leaf("signing-leaf", "the key usage allows the server to sign certificates, and it is no CA",
                [](CertificateSpec& spec, const GalleryShop&) {
                  spec.key_usage = "critical,digitalSignature,keyCertSign";
                }),
  };
}

// A good certificate to which the server staples this.
Exhibit with_staple(std::string name, std::string_view what,
                    const std::function<void(ResponseSpec&, const GalleryShop&)>& change) {
  return {kCertificate,
          std::move(name),
          what,
          [change](const GalleryShop& shop, const std::string& host) {
            ResponseSpec spec;
            spec.this_update = shop.now() - kDay;
            spec.next_update = shop.now() + 3 * kDay;
            spec.revoked_at = shop.now() - 10 * kDay;
            change(spec, shop);
            TlsScript script{.chain = shop.chain(host)};
            script.staple = make_ocsp_response(spec, script.chain[0], script.chain[1]);
            return serve_https(std::move(script));
          },
          {}};
}

// What the server says of the revocation of its certificate.
std::vector<Exhibit> revocation_exhibits() {
  return {
      with_staple("revoked", "the CA revoked the certificate, says the OCSP response that the server sends",
                  [](ResponseSpec& spec, const GalleryShop&) {
                    spec.says = ResponseSpec::Says::revoked;
                    spec.reason = kKeyCompromise;
                  }),
      with_leaf("must-staple", "the certificate demands a stapled OCSP response, and none is sent",
                [](CertificateSpec& spec, const GalleryShop&) { spec.tls_feature = "status_request"; }),
      with_staple("old-staple", "the stapled OCSP response ended a month ago",
                  [](ResponseSpec& spec, const GalleryShop& shop) {
                    spec.this_update = shop.now() - 40 * kDay;
                    spec.next_update = shop.now() - 30 * kDay;
                  }),
      with_staple("unknown-staple", "the OCSP responder does not know the certificate",
                  [](ResponseSpec& spec, const GalleryShop&) { spec.says = ResponseSpec::Says::unknown; }),
      with_staple("forged-staple", "the signature of the stapled OCSP response is wrong",
                  [](ResponseSpec& spec, const GalleryShop&) { spec.signature = Signature::corrupted; }),
  };
}

// What a certificate says of its holder and of its time.
std::vector<Exhibit> identity_exhibits() {
  return {
      with_leaf("healthy", "nothing: this one works", [](CertificateSpec&, const GalleryShop&) {}),
      with_leaf("expired", "the certificate expired yesterday",
                [](CertificateSpec& spec, const GalleryShop& shop) { spec.not_after = shop.now() - kDay; }),
      with_leaf(
          "not-yet-valid", "the certificate begins to be valid in two days",
          [](CertificateSpec& spec, const GalleryShop& shop) { spec.not_before = shop.now() + 2 * kDay; }),
      with_leaf("wrong-name", "the certificate is for other.localhost",
                [](CertificateSpec& spec, const GalleryShop&) { spec.dns_names = {"other.localhost"}; }),
      with_leaf("no-san", "the name stands in the common name only, which nobody reads any more",
                [](CertificateSpec& spec, const GalleryShop&) { spec.dns_names.clear(); }),
      {kCertificate,
       "self-signed",
       "the certificate is signed with its own key, and nobody trusts it",
       [](const GalleryShop& shop, const std::string& host) {
         return serve_https({.chain = {self_sign(shop.leaf(host))}});
       },
       {}},
      with_leaf("expired-wrong-name", "expired yesterday, and for other.localhost",
                [](CertificateSpec& spec, const GalleryShop& shop) {
                  spec.not_after = shop.now() - kDay;
                  spec.dns_names = {"other.localhost"};
                }),
      {kCertificate,
       "factory-certificate",
       "self-signed, expired a year ago, for the name factory-default",
       factory_certificate,
       {}},
      with_reused_serial("reused-serial-a", "nothing, until the other one with the same serial is visited"),
      with_reused_serial("reused-serial-b", "nothing, until the other one with the same serial is visited"),
  };
}

// How a certificate is made, and for what.
std::vector<Exhibit> making_exhibits() {
  return {
      with_leaf("weak-key", "the RSA key has 1024 bits",
                [](CertificateSpec& spec, const GalleryShop&) { spec.key = Key::rsa(1024); }),
      {kCertificate, "tiny-key", "the RSA key has 512 bits", tiny_key, {}},
      with_leaf("sha1", "the certificate is signed with SHA-1",
                [](CertificateSpec& spec, const GalleryShop&) { spec.digest = "SHA1"; }),
      with_leaf("bad-signature", "one bit of the signature is wrong",
                [](CertificateSpec& spec, const GalleryShop&) { spec.signature = Signature::corrupted; }),
      with_leaf("client-only", "the certificate is for TLS clients only",
                [](CertificateSpec& spec, const GalleryShop&) { spec.extended_key_usage = "clientAuth"; }),
      with_leaf("key-usage", "the key may sign certificates only",
                [](CertificateSpec& spec, const GalleryShop&) { spec.key_usage = "critical,keyCertSign"; }),
      with_leaf(
          "ca-as-leaf", "the server uses a CA certificate as its own",
          [](CertificateSpec& spec, const GalleryShop&) { spec.basic_constraints = "critical,CA:TRUE"; }),
      with_leaf("critical-extension", "the certificate has a critical extension that nobody knows",
                [](CertificateSpec& spec, const GalleryShop&) {
                  spec.unknown_critical_oid = "1.3.6.1.4.1.99999.1";
                }),
      {kCertificate, "unparsable", "the certificate is not one", unparsable, {}},
      {kCertificate, "pin-mismatch", "another key than the one that the configuration pins",
       [](const GalleryShop& shop, const std::string& host) {
         return serve_https({.chain = shop.chain(host)});
       },
       [](const GalleryShop&, const std::string&) {
         return "pins = [\"sha256/" + Key::ec("the key before the last reset").pin() + "\"]\n";
       }},
      {kCertificate,
       "five-faults",
       "expired, for another name, 1024 bits, SHA-1, from an unknown CA",
       five_faults,
       {}},
      {kCertificate,
       "hostile-text",
       "names full of markup, terminal escapes and bidirectional controls",
       hostile_text,
       {}},
  };
}

// A CA certificate of the chain has a fault.
std::vector<Exhibit> issuer_exhibits() {
  return {
      with_intermediate(
          "issuer-expired", "the intermediate certificate expired yesterday",
          [](CertificateSpec& spec, const GalleryShop& shop) { spec.not_after = shop.now() - kDay; }),
      with_intermediate(
          "issuer-not-yet-valid", "the intermediate certificate begins to be valid in two days",
          [](CertificateSpec& spec, const GalleryShop& shop) { spec.not_before = shop.now() + 2 * kDay; }),
      with_intermediate("issuer-weak-key", "the RSA key of the intermediate certificate has 1024 bits",
                        [](CertificateSpec& spec, const GalleryShop&) { spec.key = Key::rsa(1024); }),
      with_intermediate("issuer-sha1", "the intermediate certificate is signed with SHA-1",
                        [](CertificateSpec& spec, const GalleryShop&) { spec.digest = "SHA1"; }),
      with_intermediate(
          "issuer-key-usage", "the key of the intermediate certificate may not sign certificates",
          [](CertificateSpec& spec, const GalleryShop&) { spec.key_usage = "critical,digitalSignature"; }),
      with_intermediate("name-constraint", "the CA may issue for inside.localhost only",
                        [](CertificateSpec& spec, const GalleryShop&) {
                          spec.name_constraints = "critical,permitted;DNS:inside.localhost";
                        }),
  };
}

std::vector<Exhibit> link_exhibits() {
  return {
      with_chain("missing-intermediate", "the server forgot to send its intermediate certificate",
                 [](const GalleryShop& shop, const std::string& host) {
                   return std::vector<Credential>{
                       shop.chain(host,
                                  [](CertificateSpec& spec) {
                                    spec.authority_info_access =
                                        "caIssuers;URI:http://ca.localhost/intermediate.cer";
                                  })
                           .front()};
                 }),
      with_chain(
          "untrusted-root", "the chain ends in a root that is not trusted",
          [](const GalleryShop& shop, const std::string& host) {
            return std::vector<Credential>{issue(shop.leaf(host), shop.foreign_root()), shop.foreign_root()};
          }),
      with_chain("unknown-issuer", "nobody knows who issued the certificate",
                 [](const GalleryShop& shop, const std::string& host) {
                   return std::vector<Credential>{issue(shop.leaf(host), shop.foreign_root())};
                 }),
      with_chain("issuer-not-ca", "the certificate was issued with the certificate of another server",
                 [](const GalleryShop& shop, const std::string& host) {
                   CertificateSpec spec = shop.leaf("ambitious.localhost");
                   spec.key_usage = "critical,digitalSignature,keyCertSign";
                   spec.basic_constraints = "critical,CA:FALSE";
                   const Credential other = issue(spec, shop.root());
                   return std::vector<Credential>{issue(shop.leaf(host), other), other};
                 }),
      with_chain(
          "path-length", "a CA issued another CA, which it may not",
          [](const GalleryShop& shop, const std::string& host) {
            const Credential second =
                issue(shop.ca(intermediate_spec("Gallery Second Intermediate")), shop.intermediate());
            return std::vector<Credential>{issue(shop.leaf(host), second), second, shop.intermediate()};
          }),
  };
}

std::vector<Exhibit> joined(std::vector<Exhibit> first, const std::vector<Exhibit>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

std::vector<Exhibit> certificate_exhibits() {
  return joined(joined(joined(identity_exhibits(), making_exhibits()), form_exhibits()),
                revocation_exhibits());
}

std::vector<Exhibit> chain_exhibits() {
  return joined(link_exhibits(), issuer_exhibits());
}

}  // namespace whytls::support
