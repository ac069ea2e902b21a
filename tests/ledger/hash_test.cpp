#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <memory>
#include <set>

#include "policy/ledger/keyed_hash.h"
#include "tests/ledger/samples.h"

namespace whytls::ledger {
namespace {

HashKey counting_key() {
  HashKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key.at(i) = static_cast<std::uint8_t>(i);
  return key;
}

Hash128 by_openssl(const HashKey& key, const std::string& text) {
  struct Free {
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "SIPHASH", nullptr));
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(mac.get()));
  EXPECT_EQ(EVP_MAC_init(context.get(), key.data(), key.size(), nullptr), 1);
  EXPECT_EQ(EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
  Hash128 out;
  std::size_t length = 0;
  EXPECT_EQ(EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(&out), &length, sizeof out), 1);
  EXPECT_EQ(length, sizeof out);
  return out;
}

TEST(KeyedHash, GivesWhatOpensslGivesForEveryLength) {
  const HashKey key = counting_key();
  std::string text;
  for (int length = 0; length < 100; ++length) {
    EXPECT_EQ(keyed_hash(key, text), by_openssl(key, text)) << length;
    text += static_cast<char>(length * 37);
  }
}

TEST(KeyedHash, DependsOnTheKey) {
  HashKey other = counting_key();
  other[15] ^= 1U;
  EXPECT_NE(keyed_hash(counting_key(), "text"), keyed_hash(other, "text"));
}

TEST(KeyedHash, TellsFieldsApartWhoseTextsRunIntoEachOther) {
  const HashKey key = counting_key();
  tls::Certificate one = samples::certificate("a");
  tls::Certificate two = one;
  one.issuer = "CN=A1";
  one.serial_hex = "23";
  two.issuer = "CN=A";
  two.serial_hex = "123";
  EXPECT_NE(fingerprints_of(key, one).issuer_serial, fingerprints_of(key, two).issuer_serial);
  const auto here = hashes_of(key, {"host", 443, "1", ""});
  EXPECT_NE(here.place, hashes_of(key, {"host1", 443, "", ""}).place);
  EXPECT_EQ(here.endpoint, endpoint_hash(key, "host", 443));
  EXPECT_NE(here.endpoint, endpoint_hash(key, "host", 444));
}

TEST(Digests, AreReadAsTheyAreWritten) {
  const Digest digest = samples::digest(samples::certificate("a"));
  EXPECT_EQ(digest_of_hex(hex_of(digest)), digest);
  EXPECT_FALSE(digest_of_hex("00"));
  EXPECT_FALSE(digest_of_hex(std::string(64, 'g')));
}

TEST(SeenCertificates, AreCutToTheirBounds) {
  tls::Certificate one = samples::certificate("a");
  constexpr std::size_t kMebibyte = 1024UL * 1024;
  one.issuer = one.subject = std::string(kMebibyte, 'x');
  one.names.assign(300, {tls::AltName::Kind::dns, std::string(1000, 'n')});
  const auto seen = seen_of(one);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->issuer.size(), kMaxText);
  EXPECT_EQ(seen->subject.size(), kMaxText);
  EXPECT_EQ(seen->names.size(), kMaxNames);
}

TEST(SeenCertificates, AreNoneWhenTheyCouldNotBeParsed) {
  tls::Certificate one = samples::certificate("a");
  one.parse_error = "not a certificate";
  EXPECT_FALSE(seen_of(one));
  EXPECT_FALSE(seen_of(tls::Certificate{}));
}

}  // namespace
}  // namespace whytls::ledger
