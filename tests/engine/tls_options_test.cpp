// Options are applied or refused by name, and files that are wrong are named.
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "tests/support/certificates.h"
#include "tests/support/directory.h"
#include "tls/context.h"

namespace whytls::tls {
namespace {

using support::Credential;
using support::issue;
using support::leaf_spec;
using support::root_spec;
using support::self_sign;

constexpr WireVersion kSsl3 = 0x0300;
constexpr WireVersion kTls10 = 0x0301;
constexpr WireVersion kTls11 = 0x0302;
constexpr WireVersion kTls12 = 0x0303;
constexpr WireVersion kTls13 = 0x0304;

// The name of the option that was refused, "" when all were applied.
std::string refused(const UpstreamOptions& options) {
  const auto context = UpstreamContext::create(options, nullptr);
  return context ? "" : context.error().where;
}

struct Row {
  const char* name;
  void (*set)(UpstreamOptions&);
  const char* refused;
};

class TlsOptions : public testing::TestWithParam<Row> {};

TEST_P(TlsOptions, AreAppliedOrRefusedByName) {
  UpstreamOptions options;
  GetParam().set(options);
  EXPECT_EQ(refused(options), GetParam().refused);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TlsOptions,
    testing::Values(
        Row{"defaults", [](UpstreamOptions&) {}, ""},
        Row{"minimum_above_maximum",
            [](UpstreamOptions& o) { o.min_version = kTls13, o.max_version = kTls12; }, "min_version"},
        Row{"maximum_below_default_minimum", [](UpstreamOptions& o) { o.max_version = kTls11; },
            "max_version"},
        Row{"only_tls13", [](UpstreamOptions& o) { o.min_version = kTls13; }, ""},
        Row{"sslv3", [](UpstreamOptions& o) { o.min_version = kSsl3; }, "min_version"},
        Row{"unknown_version", [](UpstreamOptions& o) { o.max_version = WireVersion{0x0999}; },
            "max_version"},
        Row{"zero_version", [](UpstreamOptions& o) { o.min_version = WireVersion{0}; }, "min_version"},
        Row{"tls10", [](UpstreamOptions& o) { o.min_version = kTls10; }, ""},
        Row{"tls10_at_level_0", [](UpstreamOptions& o) { o.min_version = kTls10, o.security_level = 0; }, ""},
        Row{"tls10_at_level_1", [](UpstreamOptions& o) { o.min_version = kTls10, o.security_level = 1; },
            "security_level"},
        Row{"level_6", [](UpstreamOptions& o) { o.security_level = 6; }, "security_level"},
        Row{"level_minus_1", [](UpstreamOptions& o) { o.security_level = -1; }, "security_level"},
        Row{"ciphers", [](UpstreamOptions& o) { o.ciphers = "ECDHE+AESGCM:!aNULL:!RC4:+SHA256:@STRENGTH"; },
            ""},
        Row{"unknown_cipher_beside_a_known_one",
            [](UpstreamOptions& o) { o.ciphers = "AES128-SHA:AES-TYPO"; }, "ciphers"},
        Row{"unknown_excluded_cipher", [](UpstreamOptions& o) { o.ciphers = "ALL:!aNUL"; }, "ciphers"},
        Row{"level_in_the_cipher_list", [](UpstreamOptions& o) { o.ciphers = "ALL:@SECLEVEL=0"; }, "ciphers"},
        Row{"everything_excluded", [](UpstreamOptions& o) { o.ciphers = "ALL:!ALL"; }, "ciphers"},
        Row{"no_cipher_left_for_these_versions",
            [](UpstreamOptions& o) {
              o.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
              o.max_version = kTls12;
              o.security_level = 5;
            },
            "ciphers"},
        Row{"suites", [](UpstreamOptions& o) { o.ciphersuites = "TLS_AES_128_GCM_SHA256"; }, ""},
        Row{"unknown_suite", [](UpstreamOptions& o) { o.ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_NEVER"; },
            "ciphersuites"},
        Row{"groups", [](UpstreamOptions& o) { o.groups = "X25519:P-256"; }, ""},
        Row{"unknown_group", [](UpstreamOptions& o) { o.groups = "X25519:P-999"; }, "groups"},
        Row{"key_without_certificate", [](UpstreamOptions& o) { o.client_key_file = "/none"; },
            "client_certificate_file"},
        Row{"certificate_without_key", [](UpstreamOptions& o) { o.client_certificate_file = "/none"; },
            "client_key_file"},
        Row{"absent_certificate",
            [](UpstreamOptions& o) { o.client_certificate_file = "/none", o.client_key_file = "/none"; },
            "client_certificate_file"}),
    [](const testing::TestParamInfo<Row>& row) { return std::string(row.param.name); });

class TlsIdentity : public testing::Test {
 protected:
  support::Directory directory_;
  Credential root_ = self_sign(root_spec("options root"));
  Credential leaf_ = issue(leaf_spec("device.test"), root_);
  std::string certificate_ = directory_.write("leaf.pem", leaf_.pem() + root_.pem());
  std::string key_ = directory_.write("leaf.key", leaf_.key.pem());
};

TEST_F(TlsIdentity, IsLoadedLeafFirst) {
  const auto identity = Identity::load(certificate_, key_);
  ASSERT_TRUE(identity) << identity.error().text();
  ASSERT_EQ((*identity)->chain().size(), 2U);
  EXPECT_EQ((*identity)->chain()[0].der, leaf_.der());
}

TEST_F(TlsIdentity, OfTwoPartsThatDoNotBelongTogetherIsRefused) {
  const auto identity = Identity::load(certificate_, directory_.write("other.key", root_.key.pem()));
  ASSERT_FALSE(identity);
  EXPECT_NE(identity.error().where.find("other.key"), std::string::npos);
  EXPECT_NE(identity.error().what.find("does not belong"), std::string::npos);
}

TEST_F(TlsIdentity, WithAnEncryptedKeyIsRefusedWithoutAskingForThePassword) {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(memory, leaf_.key.get(), EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  const std::string path =
      directory_.write("encrypted.key", std::string(text, static_cast<std::size_t>(size)));
  BIO_free(memory);
  const auto identity = Identity::load(certificate_, path);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().where, path);
  EXPECT_NE(identity.error().what.find("encrypted"), std::string::npos);
}

TEST_F(TlsIdentity, WithUnreadableOrEmptyFilesIsRefusedByName) {
  const std::string empty = directory_.write("empty.pem", "no certificate here\n");
  for (const auto& [certificate, key, where] :
       {std::array<std::string, 3>{"/nowhere/leaf.pem", key_, "/nowhere/leaf.pem"},
        std::array<std::string, 3>{certificate_, "/nowhere/leaf.key", "/nowhere/leaf.key"},
        std::array<std::string, 3>{empty, key_, empty},
        std::array<std::string, 3>{certificate_, empty, empty},
        std::array<std::string, 3>{testing::TempDir(), key_, testing::TempDir()}}) {
    const auto identity = Identity::load(certificate, key);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().where, where);
  }
}

TEST_F(TlsIdentity, OfAClientIsRefusedUnderTheOptionsName) {
  UpstreamOptions options;
  options.client_certificate_file = certificate_;
  options.client_key_file = key_;
  EXPECT_EQ(refused(options), "");
  options.client_key_file = directory_.write("wrong.key", root_.key.pem());
  EXPECT_EQ(refused(options), "client_key_file");
}

TEST_F(TlsIdentity, OfAClientThatIsTooWeakForTheLevelIsRefused) {
  support::CertificateSpec spec = leaf_spec("weak.test");
  spec.key = support::Key::rsa(1024);
  const Credential weak = issue(spec, root_);
  UpstreamOptions options;
  options.client_certificate_file = directory_.write("weak.pem", weak.pem());
  options.client_key_file = directory_.write("weak.key", weak.key.pem());
  EXPECT_EQ(refused(options), "client_certificate_file");
  options.security_level = 0;
  EXPECT_EQ(refused(options), "");
}

TEST_F(TlsIdentity, TrustFilesAreReadOrNamed) {
  const std::string bundle =
      directory_.write("bundle.pem", root_.pem() + "junk\n" + leaf_.pem() + root_.pem());
  const auto trust = TrustStore::load({false, {bundle}});
  ASSERT_TRUE(trust) << trust.error().text();
  EXPECT_EQ((*trust)->size(), 2U);
  const auto absent = TrustStore::load({false, {bundle, "/nowhere/ca.pem"}});
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().where, "/nowhere/ca.pem");
  const std::string key = directory_.write("only.key", leaf_.key.pem());
  const auto none = TrustStore::load({false, {key}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().where, key);
  const auto both = TrustStore::load({true, {bundle}});
  ASSERT_TRUE(both);
  EXPECT_EQ((*both)->description(), "system store + " + bundle);
}

TEST(TlsLibrary, KnowsItsVersionsAndGaps) {
  EXPECT_EQ(library_version().rfind("OpenSSL 3", 0), 0U);
  EXPECT_TRUE(version_supported(kTls12));
  EXPECT_TRUE(version_supported(kTls13));
  EXPECT_FALSE(version_supported(0));
  EXPECT_FALSE(version_supported(0x0002));
  EXPECT_FALSE(version_supported(0x0305));
  const auto gaps = library_gaps();
  const auto names = [&gaps](const std::string& start) {
    return std::any_of(gaps.begin(), gaps.end(),
                       [&](const std::string& gap) { return gap.rfind(start, 0) == 0; });
  };
  EXPECT_TRUE(names("SSLv2")) << "gone for good";
  EXPECT_EQ(names("SSLv3"), !version_supported(kSsl3));
  EXPECT_FALSE(names("TLSv1.2"));
  EXPECT_FALSE(names("AES-GCM"));
  EXPECT_FALSE(names("key exchange group X25519:"));
  EXPECT_TRUE(names("export grade")) << "no OpenSSL 3 has these";
}

TEST(TlsLibrary, NamesVersionsAndAlerts) {
  for (const auto& [name, version] : {std::pair<const char*, WireVersion>{"TLSv1.2", kTls12},
                                      {"1.2", kTls12},
                                      {"TLS1.2", kTls12},
                                      {"TLSv1", kTls10},
                                      {"SSLv3", kSsl3}}) {
    EXPECT_EQ(parse_version(name), version) << name;
  }
  for (const char* name : {"", "TLSv1.4", "tls", "1.", "TLS"}) EXPECT_FALSE(parse_version(name)) << name;
  EXPECT_EQ(version_name(kTls13), "TLSv1.3");
  EXPECT_EQ(version_name(0x7f1c), "0x7f1c");
  EXPECT_EQ(version_name(0), "");
  EXPECT_STREQ(alert_name(40), "handshake_failure");
  EXPECT_STREQ(alert_name(116), "certificate_required");
  EXPECT_STREQ(alert_name(200), "unassigned");
}

}  // namespace
}  // namespace whytls::tls
