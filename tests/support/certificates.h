// Certificates for tests: everything that can be right or wrong with one, made on the spot.
//
// Keys of kind ec are derived from their label, so they are the same in every run, as are serials and dates.
// ECDSA signatures and RSA keys are not: no test may compare whole certificates with stored bytes.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace whytls::support {

// The moment at which tests live: 2027-01-15 08:00:00 UTC. Default validity lies around it.
inline constexpr std::int64_t kTestNow = 1'800'000'000;
inline constexpr std::int64_t kDay = 86'400;

// A private key. Copies share it.
class Key {
 public:
  // EC P-256, the same for the same label.
  static Key ec(std::string_view label);
  // EC on another curve ("P-384", "P-521", "prime192v1"), random.
  static Key ec_on_curve(const char* curve);
  // EC P-256 with the parameters of the curve spelled out instead of its name (RFC 5480, 2.1.1, forbids it).
  static Key ec_with_explicit_parameters();
  static Key rsa(unsigned bits);
  static Key ed25519(std::string_view label);

  [[nodiscard]] EVP_PKEY* get() const { return key_.get(); }
  [[nodiscard]] std::string pem() const;  // PKCS #8, unencrypted
  // The pin: base64 of the SHA-256 of SubjectPublicKeyInfo (RFC 7469, 2.4).
  [[nodiscard]] std::string pin() const;

 private:
  explicit Key(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}
  std::shared_ptr<EVP_PKEY> key_;
};

enum class Signature : std::uint8_t { good, corrupted };

// What goes into a certificate. An empty text or nullopt leaves the extension out.
struct CertificateSpec {
  std::string common_name;                 // empty: an empty subject
  std::optional<std::string> issuer_name;  // CN of the issuer field where it has to differ from the truth
  std::optional<Key> key;                  // nullopt: EC, from the common name
  std::string serial_hex;                  // empty: from the common name; "-05" gives a negative one
  std::int64_t not_before = kTestNow - 30 * kDay;
  std::int64_t not_after = kTestNow + 60 * kDay;
  std::vector<std::string> dns_names;     // any bytes
  std::vector<std::string> ip_addresses;  // text form
  std::optional<std::string> raw_san;     // DER of the extension's value instead of the two above
  std::string digest = "SHA256";          // also "SHA1", "MD5"; not used by Ed25519
  std::string basic_constraints;          // OpenSSL's syntax: "critical,CA:TRUE,pathlen:0"
  std::string key_usage;                  // "critical,digitalSignature"
  std::string extended_key_usage;         // "serverAuth"
  std::string name_constraints;           // "critical,permitted;DNS:inside.test"
  std::string authority_info_access;      // "caIssuers;URI:http://ca.test/i.cer"
  std::string tls_feature;                // "status_request": must-staple (RFC 7633)
  std::string unknown_critical_oid;       // "1.3.6.1.4.1.99999.1"
  bool subject_key_id = true;
  bool authority_key_id = true;
  bool authority_issuer = false;  // the AKI names the issuer and serial of the issuer's certificate too
  int version = 3;                // 1: no extensions whatever else is said
  Signature signature = Signature::good;
};

// A certificate with its key. Copies share both.
struct Credential {
  Key key;
  std::shared_ptr<X509> certificate;

  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string pem() const;
};

// Templates; the caller changes what the test is about.
[[nodiscard]] CertificateSpec root_spec(std::string_view common_name);
[[nodiscard]] CertificateSpec intermediate_spec(std::string_view common_name);
[[nodiscard]] CertificateSpec leaf_spec(std::string_view dns_name);

// Throws std::runtime_error when OpenSSL refuses a value: a mistake of the test.
[[nodiscard]] Credential self_sign(const CertificateSpec& spec);
[[nodiscard]] Credential issue(const CertificateSpec& spec, const Credential& issuer);

// Writes a file; throws std::runtime_error when that fails.
void write_file(const std::string& path, std::string_view content);

}  // namespace whytls::support
