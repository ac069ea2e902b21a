// What a configuration names outside of itself: files, keys, options of this OpenSSL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "config/load.h"
#include "tests/support/certificates.h"
#include "tests/support/revocation.h"

namespace whytls::config {
namespace {

using support::kDay;
using support::kTestNow;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigEnvironment : public testing::Test {
 protected:
  ConfigEnvironment() {
    std::string name = (std::filesystem::temp_directory_path() / "whytls-config-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    write("good", support::self_sign(support::leaf_spec("good.example")));
    support::CertificateSpec expired = support::leaf_spec("old.example");
    expired.not_after = kTestNow - kDay;
    write("old", support::self_sign(expired));
  }
  ~ConfigEnvironment() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  void write(const std::string& name, const support::Credential& credential) {
    support::write_file(directory_ / (name + ".pem"), credential.pem());
    support::write_file(directory_ / (name + "-key.pem"), credential.key.pem());
    std::filesystem::permissions(directory_ / (name + "-key.pem"), std::filesystem::perms::owner_read);
  }

  // The texts of the check, without the directory.
  std::vector<std::string> check(const std::string& toml) {
    const auto loaded = parse(toml, directory_ / "w.toml");
    if (!loaded) return {"does not parse: " + loaded.error().front().text()};
    std::vector<std::string> out;
    for (const Mistake& mistake : check_environment(loaded->settings, kTestNow)) {
      std::string text = mistake.text();
      const std::string prefix = directory_.string() + '/';
      for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      out.push_back(text);
    }
    return out;
  }

  static std::string reverse(const std::string& certificate, const std::string& key) {
    return "[[listener]]\nname = \"r\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\nupstream = "
           "\"http://a\"\n"
           "tls = { certificate = \"" +
           certificate + "\", key = \"" + key + "\" }\n";
  }
  static std::string forward(const std::string& policy) {
    return "[[listener]]\nname = \"f\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = "
           "\"p\"\n[policy.p]\n" +
           policy;
  }

  std::filesystem::path directory_;
};

TEST_F(ConfigEnvironment, the_defaults_need_nothing) {
  EXPECT_THAT(check(""), IsEmpty());
}

TEST_F(ConfigEnvironment, a_good_certificate_is_fine) {
  EXPECT_THAT(check(reverse("good.pem", "good-key.pem")), IsEmpty());
}

TEST_F(ConfigEnvironment, an_expired_own_certificate_is_a_warning) {
  EXPECT_THAT(check(reverse("old.pem", "old-key.pem")),
              ElementsAre(AllOf(HasSubstr("w.toml:6:23: warning: listener[0].tls.certificate: "),
                                HasSubstr("old.example"), HasSubstr("expired on 2027-01-14T08:00:00Z"))));
}

TEST_F(ConfigEnvironment, a_missing_certificate_is_named_at_its_key) {
  EXPECT_THAT(check(reverse("none.pem", "good-key.pem")),
              ElementsAre(AllOf(HasSubstr("w.toml:6:23: error: listener[0].tls.certificate: "),
                                HasSubstr("none.pem"))));
}

TEST_F(ConfigEnvironment, a_missing_key_is_named_at_its_key) {
  EXPECT_THAT(
      check(reverse("good.pem", "none.pem")),
      ElementsAre(AllOf(HasSubstr("w.toml:6:41: error: listener[0].tls.key: "), HasSubstr("none.pem"))));
}

TEST_F(ConfigEnvironment, a_key_of_another_certificate_is_an_error) {
  EXPECT_THAT(check(reverse("good.pem", "old-key.pem")),
              ElementsAre(HasSubstr("w.toml:6:41: error: listener[0].tls.key: ")));
}

TEST_F(ConfigEnvironment, a_missing_ca_file_is_named_once_where_it_was_written) {
  EXPECT_THAT(
      check("[[listener]]\nname = \"a\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = \"p\"\n"
            "[[listener]]\nname = \"b\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = \"q\"\n"
            "[policy.p]\ntrust.ca_files = [\"none.pem\"]\n[policy.q]\nextends = \"p\"\n"),
      ElementsAre(AllOf(HasSubstr("w.toml:12:18: error: policy.p.trust.ca_files: "), HasSubstr("none.pem"))));
}

TEST_F(ConfigEnvironment, a_file_without_a_revocation_list_is_refused_at_its_key) {
  EXPECT_THAT(check(forward("trust.crl_files = [\"good.pem\"]\n")),
              ElementsAre(AllOf(HasSubstr("w.toml:7:19: error: policy.p.trust.crl_files: "),
                                HasSubstr("good.pem"), HasSubstr("no certificate revocation list"))));
}

TEST_F(ConfigEnvironment, a_revocation_list_out_of_date_is_a_warning_that_names_its_issuer) {
  const support::Credential issuer = support::self_sign(support::root_spec("Plant CA"));
  const auto write_list = [&](const char* name, const support::ListSpec& spec) {
    support::write_file(directory_ / name, make_list(spec, issuer));
  };
  write_list("old.crl", {.next_update = kTestNow - kDay});
  write_list("new.crl", {});
  EXPECT_THAT(check(forward("trust.crl_files = [\"new.crl\", \"old.crl\"]\n")),
              ElementsAre("w.toml:7:19: warning: policy.p.trust.crl_files: old.crl: the CRL of \"Plant CA\" "
                          "expired on 2027-01-14T08:00:00Z; fetch the new one"));
}

TEST_F(ConfigEnvironment, a_cipher_that_nobody_knows_is_refused_at_its_key) {
  EXPECT_THAT(check(forward("tls.ciphers = \"NO-SUCH-CIPHER\"\n")),
              ElementsAre(HasSubstr("w.toml:7:15: error: policy.p.tls.ciphers: ")));
}

TEST_F(ConfigEnvironment, a_group_that_nobody_knows_is_refused_at_its_key) {
  EXPECT_THAT(check(forward("tls.groups = \"P-257\"\n")),
              ElementsAre(HasSubstr("w.toml:7:14: error: policy.p.tls.groups: ")));
}

TEST_F(ConfigEnvironment, an_unknown_cipher_of_the_client_leg_is_refused_at_its_key) {
  EXPECT_THAT(check("[[listener]]\nname = \"f\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\ntls = { "
                    "ciphers = \"NO-SUCH\" }\n"),
              ElementsAre(HasSubstr("w.toml:5:19: error: listener[0].tls.ciphers: ")));
}

TEST_F(ConfigEnvironment, a_client_key_of_another_certificate_is_an_error) {
  EXPECT_THAT(check(forward("tls = { client_certificate = \"good.pem\", client_key = \"old-key.pem\" }\n")),
              ElementsAre(HasSubstr("w.toml:7:")));
}

TEST_F(ConfigEnvironment, an_expired_client_certificate_is_a_warning) {
  EXPECT_THAT(check(forward("tls = { client_certificate = \"old.pem\", client_key = \"old-key.pem\" }\n")),
              ElementsAre(HasSubstr("w.toml:7:30: warning: policy.p.tls.client_certificate: ")));
}

TEST_F(ConfigEnvironment, a_rule_that_has_ended_is_a_warning) {
  EXPECT_THAT(
      check(forward("on.cert_expired = { action = \"warn\", until = 2027-01-15 }\n"
                    "on.cert_no_san = { action = \"warn\", until = 2027-01-16 }\n")),
      ElementsAre(
          "w.toml:7:19: warning: policy.p.on.cert_expired: this rule ended on 2027-01-15T00:00:00Z; the "
          "failure is refused again"));
}

}  // namespace
}  // namespace whytls::config
