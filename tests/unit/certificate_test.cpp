// read_certificate: everything that a certificate says, and no crash on what is none.
#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "tests/support/certificates.h"
#include "tls/evidence.h"

namespace whytls::tls {
namespace {

using support::CertificateSpec;
using support::Credential;
using support::issue;
using support::Key;
using support::leaf_spec;
using support::root_spec;
using support::self_sign;

class CertificateReading : public testing::Test {
 protected:
  Credential root_ = self_sign(root_spec("reading root"));
  Certificate read(const CertificateSpec& spec) { return read_certificate(issue(spec, root_).der()); }
};

TEST_F(CertificateReading, FillsEveryField) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.serial_hex = "0a1b2c";
  spec.ip_addresses = {"10.0.0.1", "2001:db8::1"};
  spec.authority_info_access = "caIssuers;URI:http://ca.test/i.cer,OCSP;URI:http://ocsp.test/";
  spec.unknown_critical_oid = "1.3.6.1.4.1.99999.1";
  const Credential made = issue(spec, root_);
  const Certificate read = read_certificate(made.der());
  EXPECT_EQ(read.parse_error, "");
  EXPECT_EQ(read.der, made.der());
  EXPECT_EQ(read.version, 3);
  EXPECT_EQ(read.subject, "CN=device.test");
  EXPECT_EQ(read.issuer, "CN=reading root");
  EXPECT_EQ(read.subject_cn, "device.test");
  EXPECT_EQ(read.issuer_cn, "reading root");
  EXPECT_EQ(read.serial_hex, "0a1b2c");
  EXPECT_EQ(read.not_before, spec.not_before);
  EXPECT_EQ(read.not_after, spec.not_after);
  EXPECT_TRUE(read.has_san);
  ASSERT_EQ(read.names.size(), 3U);
  EXPECT_EQ(read.names[0].kind, AltName::Kind::dns);
  EXPECT_EQ(read.names[0].value, "device.test");
  EXPECT_EQ(read.names[1].kind, AltName::Kind::ip);
  EXPECT_EQ(read.names[1].value, "10.0.0.1");
  EXPECT_EQ(read.names[2].value, "2001:db8::1");
  EXPECT_EQ(read.key_type, "EC");
  EXPECT_EQ(read.key_curve, "P-256");
  EXPECT_EQ(read.key_bits, 256);
  EXPECT_EQ(read.signature_algorithm, "ecdsa-with-SHA256");
  EXPECT_EQ(read.signature_digest, "SHA256");
  EXPECT_EQ(read.key_usage, std::uint32_t{KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT});
  EXPECT_TRUE(read.has_extended_key_usage);
  EXPECT_EQ(read.extended_key_usage, std::vector<std::string>{"serverAuth"});
  EXPECT_EQ(read.unknown_critical_extensions, std::vector<std::string>{"1.3.6.1.4.1.99999.1"});
  EXPECT_EQ(read.aia_issuers, std::vector<std::string>{"http://ca.test/i.cer"});
  EXPECT_EQ(read.ocsp_urls, std::vector<std::string>{"http://ocsp.test/"});
  EXPECT_EQ(read.authority_key_id, read_certificate(root_.der()).subject_key_id);
  EXPECT_EQ(read.authority_issuer, "");
  EXPECT_EQ(read.sha256_hex.size(), 64U);
  EXPECT_EQ(read.spki_sha256_base64, made.key.pin());
  EXPECT_FALSE(read.basic_constraints_ca.has_value());
  EXPECT_FALSE(read.self_issued);
  EXPECT_FALSE(read.self_signed);
}

TEST_F(CertificateReading, TheAuthorityKeyIdentifierCanNameTheIssuersIssuer) {
  const Credential middle = issue(support::intermediate_spec("middle"), root_);
  CertificateSpec spec = leaf_spec("device.test");
  spec.authority_issuer = true;
  const Certificate read = read_certificate(issue(spec, middle).der());
  EXPECT_EQ(read.issuer, "CN=middle");
  EXPECT_EQ(read.authority_issuer, "CN=reading root");
}

TEST_F(CertificateReading, ReadsCaFields) {
  CertificateSpec spec = root_spec("limited");
  spec.basic_constraints = "critical,CA:TRUE,pathlen:3";
  const Certificate read = read_certificate(self_sign(spec).der());
  EXPECT_EQ(read.basic_constraints_ca, true);
  EXPECT_EQ(read.path_length, 3);
  EXPECT_FALSE(read.has_san);
  EXPECT_FALSE(read.has_extended_key_usage);
  EXPECT_TRUE(read.self_issued);
  EXPECT_TRUE(read.self_signed);
}

TEST_F(CertificateReading, SelfSignedMeansThatTheSignatureFits) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.issuer_name = "device.test";
  const Certificate pretended = read(spec);
  EXPECT_TRUE(pretended.self_issued);
  EXPECT_FALSE(pretended.self_signed);
  spec.signature = support::Signature::corrupted;
  const Certificate broken = read_certificate(self_sign(spec).der());
  EXPECT_TRUE(broken.self_issued);
  EXPECT_FALSE(broken.self_signed);
}

TEST_F(CertificateReading, NamesKeysAndDigests) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.key = Key::rsa(1024);
  spec.digest = "SHA1";
  Certificate read = read_certificate(self_sign(spec).der());
  EXPECT_EQ(read.key_type, "RSA");
  EXPECT_EQ(read.key_bits, 1024);
  EXPECT_EQ(read.key_curve, "");
  EXPECT_EQ(read.signature_algorithm, "sha1WithRSAEncryption");
  EXPECT_EQ(read.signature_digest, "SHA1");
  spec.digest = "MD5";
  EXPECT_EQ(read_certificate(self_sign(spec).der()).signature_digest, "MD5");
  spec.key = Key::ed25519("a label");
  read = read_certificate(self_sign(spec).der());
  EXPECT_EQ(read.key_type, "Ed25519");
  EXPECT_EQ(read.signature_digest, "");
  EXPECT_TRUE(read.self_signed);
  spec.key = Key::ec_on_curve("P-384");
  spec.digest = "SHA256";
  EXPECT_EQ(read_certificate(self_sign(spec).der()).key_curve, "P-384");
}

TEST_F(CertificateReading, KeepsNonsenseAsItIs) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.serial_hex = "-05";
  spec.common_name = "";
  spec.dns_names = {std::string("evil\0.test", 10), "\x1b[31m<b>", "a,b=c"};
  const Certificate read = this->read(spec);
  EXPECT_EQ(read.serial_hex, "-05");
  EXPECT_EQ(read.subject, "");
  EXPECT_EQ(read.subject_cn, "");
  ASSERT_EQ(read.names.size(), 3U);
  EXPECT_EQ(read.names[0].value, std::string("evil\0.test", 10));
  EXPECT_EQ(read.names[1].value, "\x1b[31m<b>");
}

TEST_F(CertificateReading, AnAddressOfAWrongLengthIsAnotherName) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.raw_san = std::string("\x30\x07\x87\x05\x01\x02\x03\x04\x05", 9);
  const Certificate read = this->read(spec);
  ASSERT_EQ(read.names.size(), 1U);
  EXPECT_EQ(read.names[0].kind, AltName::Kind::other);
  EXPECT_EQ(read.names[0].value, "0102030405");
}

TEST_F(CertificateReading, AnUndecodableOrEmptySanIsStillThere) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.raw_san = std::string("\x02\x01\x00", 3);
  EXPECT_TRUE(read(spec).has_san);
  EXPECT_TRUE(read(spec).names.empty());
  spec.raw_san = std::string("\x30\x00", 2);
  EXPECT_TRUE(read(spec).has_san);
}

TEST_F(CertificateReading, BoundsTheNumberAndTheSizeOfNames) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.dns_names.clear();
  for (std::size_t i = 0; i < kMaxKeptNames + 44; ++i)
    spec.dns_names.push_back("n" + std::to_string(i) + ".test");
  spec.dns_names[0] = std::string(5000, 'x');
  const Certificate read = this->read(spec);
  EXPECT_EQ(read.names.size(), kMaxKeptNames);
  EXPECT_EQ(read.names_omitted, 44U);
  EXPECT_EQ(read.names[0].value.size(), kMaxKeptText);
}

TEST_F(CertificateReading, ReadsVersionOneWithoutExtensions) {
  CertificateSpec spec = leaf_spec("old.test");
  spec.version = 1;
  const Certificate read = this->read(spec);
  EXPECT_EQ(read.version, 1);
  EXPECT_FALSE(read.has_san);
  EXPECT_FALSE(read.key_usage.has_value());
}

TEST_F(CertificateReading, SaysWhatIsNoCertificate) {
  EXPECT_EQ(read_certificate("").parse_error, "empty");
  EXPECT_FALSE(read_certificate("hello").parse_error.empty());
  EXPECT_FALSE(read_certificate(root_.der() + "x").parse_error.empty());
  EXPECT_EQ(read_certificate(std::string(kMaxCertificateMessage + 1, '0')).parse_error, "too large");
  EXPECT_EQ(read_certificate("hello").der, "hello");
}

// Every truncation and every single damaged byte must be survived; under the sanitizers this is the test that
// counts.
TEST_F(CertificateReading, SurvivesDamageAnywhere) {
  CertificateSpec spec = leaf_spec("device.test");
  spec.ip_addresses = {"10.0.0.1"};
  spec.authority_info_access = "caIssuers;URI:http://ca.test/i.cer";
  spec.name_constraints = "permitted;DNS:test";
  const std::string der = self_sign(spec).der();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(read_certificate(der.substr(0, size)).parse_error.empty());
  }
  std::size_t parsed = 0;
  for (std::size_t at = 0; at < der.size(); ++at) {
    std::string damaged = der;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
    const Certificate read = read_certificate(damaged);
    EXPECT_EQ(read.der, damaged);
    if (read.parse_error.empty()) ++parsed;
  }
  EXPECT_GT(parsed, 0U) << "damage inside values is no parse error";
}

TEST_F(CertificateReading, WritesPemThatOpenSslReads) {
  EXPECT_EQ(to_pem(root_.der()), root_.pem());
}

}  // namespace
}  // namespace whytls::tls
