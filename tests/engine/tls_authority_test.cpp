// The local CA: its files, and the leaves that it mints.
#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <thread>

#include "tests/support/certificates.h"
#include "tests/support/directory.h"
#include "tls/authority.h"

namespace whytls::tls {
namespace {

using support::kDay;
using support::kTestNow;

unsigned mode_of(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0U;
}

std::shared_ptr<X509> parse(const std::string& der) {
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  return {d2i_X509(nullptr, &cursor, static_cast<long>(der.size())), &X509_free};
}

// X509_verify_cert's code for a leaf under a root, with strict checks.
int verify(const Certificate& leaf, const Certificate& root) {
  const auto leaf_object = parse(leaf.der);
  const auto root_object = parse(root.der);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), &X509_STORE_free);
  X509_STORE_add_cert(store.get(), root_object.get());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf_object.get(), nullptr);
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX_set_time(context.get(), 0, kTestNow);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

class TlsAuthority : public testing::Test {
 protected:
  TlsAuthority() : directory_(around_.path() + "/deep/down") {
    auto made = Authority::load_or_create(directory_, kTestNow);
    if (made) authority_ = *made;
  }
  void SetUp() override { ASSERT_NE(authority_, nullptr); }
  Certificate leaf(const std::string& name) {
    auto identity = authority_->mint(name, kTestNow);
    EXPECT_TRUE(identity) << identity.error().text();
    return (*identity)->chain().at(0);
  }
  [[nodiscard]] std::string key_file() const { return directory_ + "/ca-key.pem"; }
  [[nodiscard]] std::string certificate_file() const { return directory_ + "/ca.pem"; }

  support::Directory around_;
  std::string directory_;
  std::shared_ptr<const Authority> authority_;
};

TEST_F(TlsAuthority, IsMadeOnceAndLoadedAfterwards) {
  EXPECT_EQ(mode_of(directory_), 0700U);
  EXPECT_EQ(mode_of(key_file()), 0600U);
  EXPECT_EQ(authority_->certificate_file(), certificate_file());
  const auto again = Authority::load_or_create(directory_, kTestNow + 100 * kDay);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ((*again)->certificate().der, authority_->certificate().der);
  const auto loaded = Authority::load(certificate_file(), key_file());
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ((*loaded)->certificate_pem(), authority_->certificate_pem());
}

TEST_F(TlsAuthority, IsARootThatMaySignOnlyLeaves) {
  const Certificate& root = authority_->certificate();
  EXPECT_TRUE(root.self_signed);
  EXPECT_EQ(root.basic_constraints_ca, true);
  EXPECT_EQ(root.path_length, 0);
  EXPECT_EQ(root.key_curve, "P-256");
  EXPECT_EQ(root.key_usage, std::uint32_t{KU_KEY_CERT_SIGN | KU_CRL_SIGN});
  EXPECT_LT(root.not_before, kTestNow);
  EXPECT_GT(root.not_after, kTestNow + 3600 * kDay);
  EXPECT_FALSE(root.subject_key_id.empty());
}

TEST_F(TlsAuthority, HasANameAndAKeyOfItsOwn) {
  const auto other = Authority::load_or_create(around_.path() + "/other", kTestNow);
  ASSERT_TRUE(other);
  EXPECT_NE((*other)->certificate().subject, authority_->certificate().subject);
  EXPECT_NE((*other)->certificate().subject_key_id, authority_->certificate().subject_key_id);
}

TEST_F(TlsAuthority, MintsLeavesThatVerifyStrictly) {
  for (const char* name : {"site.test", "10.0.7.12", "2001:db8::1", "*.wild.test", "under_score.test"}) {
    const Certificate minted = leaf(name);
    EXPECT_EQ(verify(minted, authority_->certificate()), X509_V_OK) << name;
    ASSERT_EQ(minted.names.size(), 1U);
    EXPECT_EQ(minted.names[0].value, name);
    EXPECT_EQ(minted.subject_cn, name);
    EXPECT_EQ(minted.extended_key_usage, std::vector<std::string>{"serverAuth"});
    EXPECT_EQ(minted.key_usage, std::uint32_t{KU_DIGITAL_SIGNATURE});
    EXPECT_EQ(minted.authority_key_id, authority_->certificate().subject_key_id);
    EXPECT_LT(minted.not_before, kTestNow);
    EXPECT_GT(minted.not_after, kTestNow + 20 * kDay);
    EXPECT_LT(minted.not_after, kTestNow + 40 * kDay);
    EXPECT_TRUE(minted.unknown_critical_extensions.empty());
  }
  EXPECT_EQ(leaf("10.0.7.12").names[0].kind, AltName::Kind::ip);
}

TEST_F(TlsAuthority, ALongNameGoesIntoTheAlternativeNameAlone) {
  const std::string label(60, 'a');
  const std::string name = label + "." + label + ".test";
  const Certificate minted = leaf(name);
  EXPECT_EQ(minted.subject, "");
  ASSERT_EQ(minted.names.size(), 1U);
  EXPECT_EQ(minted.names[0].value, name);
  const auto object = parse(minted.der);
  const int at = X509_get_ext_by_NID(object.get(), NID_subject_alt_name, -1);
  EXPECT_EQ(X509_EXTENSION_get_critical(X509_get_ext(object.get(), at)), 1);
  EXPECT_EQ(verify(minted, authority_->certificate()), X509_V_OK);
}

TEST_F(TlsAuthority, RefusesWhatIsNoName) {
  using namespace std::string_literals;
  const std::vector<std::string> wrong{"",
                                       std::string(254, 'a'),
                                       "a\nb",
                                       "a b",
                                       "a,DNS:b",
                                       "a\0b"s,
                                       "1.2.3.4\0x"s,
                                       "\xc3\xa4.test",
                                       ".",
                                       "..",
                                       ".a.test",
                                       "a..b",
                                       "[::1]"};
  for (const std::string& name : wrong) EXPECT_FALSE(authority_->mint(name, kTestNow)) << name;
}

TEST_F(TlsAuthority, SerialsArePositiveRandomAndDistinct) {
  std::set<std::string> serials;
  constexpr int kLeaves = 200;
  int high_bits = 0;
  for (int i = 0; i < kLeaves; ++i) {
    const std::string serial = leaf("site.test").serial_hex;
    EXPECT_NE(serial.front(), '-');
    EXPECT_LE(serial.size(), 32U);
    if (serial.size() == 32 && serial.front() >= '8') ++high_bits;
    serials.insert(serial);
  }
  EXPECT_EQ(serials.size(), std::size_t{kLeaves});
  EXPECT_GT(high_bits, 0) << "all 128 bits are used";
}

TEST_F(TlsAuthority, RefusesAKeyThatOthersMayRead) {
  chmod(key_file().c_str(), 0644);
  const auto again = Authority::load_or_create(directory_, kTestNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().where, key_file());
  EXPECT_NE(again.error().hint.find("chmod"), std::string::npos);
  EXPECT_FALSE(Authority::load(certificate_file(), key_file()));
}

TEST_F(TlsAuthority, RefusesHalfAPair) {
  unlink(key_file().c_str());
  const auto no_key = Authority::load_or_create(directory_, kTestNow);
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().where, key_file());
  EXPECT_EQ(access(key_file().c_str(), F_OK), -1);
}

TEST_F(TlsAuthority, RefusesAPairThatDoesNotMatch) {
  support::write_file(key_file(), support::Key::ec("another").pem());
  const auto again = Authority::load_or_create(directory_, kTestNow);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().what.find("does not belong"), std::string::npos);
}

TEST_F(TlsAuthority, RefusesACertificateThatIsNoCa) {
  const support::Credential leaf = support::self_sign(support::leaf_spec("device.test"));
  support::write_file(certificate_file(), leaf.pem());
  support::write_file(key_file(), leaf.key.pem());
  const auto again = Authority::load_or_create(directory_, kTestNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().where, certificate_file());
}

TEST_F(TlsAuthority, SaysHowToGetOneWhenThereIsNone) {
  const auto none = Authority::load("/nowhere/ca.pem", "/nowhere/ca-key.pem");
  ASSERT_FALSE(none);
  EXPECT_FALSE(none.error().hint.empty());
}

TEST_F(TlsAuthority, StartedManyTimesAtOnceIsMadeOnce) {
  const std::string directory = around_.path() + "/ca";
  constexpr std::size_t kStarts = 8;
  std::vector<std::string> seen(kStarts);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kStarts; ++i) {
    threads.emplace_back([&seen, &directory, i] {
      const auto made = Authority::load_or_create(directory, kTestNow);
      if (made) seen[i] = (*made)->certificate().sha256_hex;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(seen[0].empty());
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1U);
}

}  // namespace
}  // namespace whytls::tls
