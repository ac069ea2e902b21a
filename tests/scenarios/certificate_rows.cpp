// One certificate that is wrong in itself.
#include <functional>

#include "tests/scenarios/scenario.h"
#include "tests/support/revocation.h"
#include "tests/support/scripts.h"

namespace whytls::scenarios {
namespace {

using support::CertificateSpec;
using support::Credential;
using support::kDay;
using support::Key;
using support::kTestNow;

using Change = std::function<void(CertificateSpec&)>;

Case serving(std::vector<Credential> chain) {
  Case made;
  made.behaviour = support::serve_https({.chain = std::move(chain)});
  return made;
}

// A leaf of the good intermediate with one thing changed.
Arrangement leaf_with(const Change& change) {
  return [change] {
    CertificateSpec spec = support::leaf_spec(kDevice);
    change(spec);
    return serving({support::issue(spec, world().intermediate), world().intermediate});
  };
}

Case unparsable() {
  std::string der = world().leaf.der();
  der[4] = '\x31';  // the tag of tbsCertificate: a SET where a SEQUENCE has to be
  Case made;
  made.behaviour = support::answer_hello(
      support::server_hello_record({}) + support::certificate_record({der}), support::Ending::hold);
  return made;
}

Case pinned_to_another_key() {
  Case made = serving({world().leaf, world().intermediate});
  made.policy = "pins = [\"sha256/" + Key::ec("somebody else").pin() + "\"]";
  made.must_show = world().leaf.key.pin();
  return made;
}

// There is no MD5 for EC keys, so the issuer has an RSA key.
Case signed_with_md5() {
  CertificateSpec issuer = support::intermediate_spec("RSA Intermediate");
  issuer.key = Key::rsa(2048);
  const Credential intermediate = support::issue(issuer, world().root);
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.digest = "MD5";
  return serving({support::issue(spec, intermediate), intermediate});
}

Case self_signed() {
  return serving({support::self_sign(support::leaf_spec(kDevice))});
}

// Reached by its address, with a certificate for another one.
Case wrong_address() {
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.dns_names.clear();
  spec.ip_addresses = {"10.9.8.7"};
  Case made = serving({support::issue(spec, world().intermediate), world().intermediate});
  made.upstream = "https://127.0.0.1:{port}";
  made.must_show = "10.9.8.7";
  return made;
}

// The certificate of field reports: old, small, for another name, SHA-1, from a CA that nobody knows.
Case five_faults() {
  CertificateSpec spec = support::leaf_spec("idrac-default.test");
  spec.key = Key::rsa(1024);
  spec.digest = "SHA1";
  spec.not_before = kTestNow - 5000 * kDay;
  spec.not_after = kTestNow - 4000 * kDay;
  Case made = serving({support::issue(spec, world().foreign_root)});
  made.findings = {"chain_unknown_issuer", "cert_weak_signature", "cert_weak_key", "cert_name_mismatch",
                   "cert_expired"};
  return made;
}

// A fault of its form, which under a CA of the owner is a warning: so a rule of the policy refuses it.
Arrangement refused_leaf_with(std::string slug, const Change& change) {
  return [slug = std::move(slug), arrange = leaf_with(change)] {
    Case made = arrange();
    made.policy = "on." + slug + " = \"refuse\"";
    return made;
  };
}

std::vector<Scenario> form_scenarios() {
  constexpr std::string_view kExtension = "SEC_ERROR_EXTENSION_VALUE_INVALID";
  return {
      {"a_wildcard_of_the_certificate_covers_a_public_suffix",
       {"cert_name_form", "SSL_ERROR_BAD_CERT_DOMAIN", -12276, "upstream", "certificate", 502},
       refused_leaf_with("cert_name_form",
                         [](CertificateSpec& spec) { spec.dns_names.emplace_back("*.co.uk"); })},
      {"the_certificate_may_sign_certificates_and_is_no_ca",
       {"cert_profile", kExtension, -8158, "upstream", "certificate", 502},
       refused_leaf_with("cert_profile",
                         [](CertificateSpec& spec) { spec.key_usage = "digitalSignature,keyCertSign"; })},
      {"the_certificate_does_not_say_which_key_signed_it",
       {"cert_key_identifier", kExtension, -8158, "upstream", "certificate", 502},
       refused_leaf_with("cert_key_identifier",
                         [](CertificateSpec& spec) { spec.authority_key_id = false; })},
      {"the_serial_number_is_zero",
       {"cert_serial", "MOZILLA_PKIX_ERROR_INVALID_INTEGER_ENCODING", -16373, "upstream", "certificate", 502},
       refused_leaf_with("cert_serial", [](CertificateSpec& spec) { spec.serial_hex = "00"; })},
  };
}

// The owner has this list of the CA that issued the certificate of the device.
Arrangement with_list(const support::ListSpec& spec, std::string policy = {}) {
  return [spec, policy = std::move(policy)] {
    Case made = serving({world().leaf, world().intermediate});
    auto directory = std::make_shared<Directory>();
    made.trust = "{ system = false, ca_files = [\"" + world().root_file + "\"], crl_files = [\"" +
                 directory->write("ca.crl", support::make_list(spec, world().intermediate)) + "\"] }";
    made.policy = policy;
    made.prop = directory;
    return made;
  };
}

// The server staples this to a certificate that is right.
Arrangement with_staple(const support::ResponseSpec& spec) {
  return [spec] {
    Case made = serving({world().leaf, world().intermediate});
    made.behaviour->tls.staple = support::make_ocsp_response(spec, world().leaf, world().intermediate);
    return made;
  };
}

std::vector<Scenario> revocation_scenarios() {
  const Expected revoked{
      "cert_revoked", "SEC_ERROR_REVOKED_CERTIFICATE", -8180, "upstream", "certificate", 502};
  return {
      {"a_list_of_the_owner_says_that_the_certificate_was_revoked", revoked,
       with_list({.revoked = {{world().leaf}}})},
      {"a_stapled_response_says_that_the_certificate_was_revoked", revoked,
       with_staple({.says = support::ResponseSpec::Says::revoked})},
      {"the_certificate_demands_a_stapled_response_and_none_comes",
       {"cert_must_staple", "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING", -16374, "upstream",
        "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.tls_feature = "status_request"; })},
      {"the_stapled_response_is_about_nothing_that_the_responder_knows",
       {"ocsp_unusable", "SEC_ERROR_OCSP_UNKNOWN_CERT", -8066, "upstream", "certificate", 502},
       with_staple({.says = support::ResponseSpec::Says::unknown})},
      {"nobody_says_whether_the_certificate_was_revoked_and_the_policy_insists",
       {"cert_revocation_unknown", "SEC_ERROR_CRL_NOT_FOUND", -8055, "upstream", "certificate", 502},
       [] {
         Case made = serving({world().leaf, world().intermediate});
         made.policy = "revocation = \"hard\"";
         return made;
       }},
      {"the_list_of_the_owner_has_expired_and_the_policy_refuses_that",
       {"crl_unusable", "SEC_ERROR_CRL_INVALID", -8159, "upstream", "certificate", 502},
       with_list({.next_update = kTestNow - kDay / 2}, "on.crl_unusable = \"refuse\"")},
  };
}

std::vector<Scenario> usage_scenarios() {
  return {
      {"the_certificate_has_an_unknown_critical_extension",
       {"cert_critical_ext", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", -8151, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.unknown_critical_oid = "1.3.6.1.4.1.99999.1"; })},
      {"the_certificate_is_for_tls_clients_only",
       {"cert_wrong_eku", "SEC_ERROR_INADEQUATE_CERT_TYPE", -8101, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.extended_key_usage = "clientAuth"; })},
      {"the_server_uses_a_ca_certificate",
       {"cert_ca_as_leaf", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY", -16383, "upstream", "certificate",
        502},
       leaf_with([](CertificateSpec& spec) {
         spec.basic_constraints = "critical,CA:TRUE";
         spec.key_usage = "critical,digitalSignature,keyCertSign";
       })},
      {"the_certificate_is_signed_with_sha1",
       {"cert_weak_signature", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", -8016, "upstream",
        "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.digest = "SHA1"; })},
      {"the_certificate_is_signed_with_md5",
       {"cert_weak_signature", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", -8016, "upstream",
        "certificate", 502},
       signed_with_md5},
      {"the_certificate_has_an_rsa_key_of_1024_bits",
       {"cert_weak_key", "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE", -16382, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.key = Key::rsa(1024); })},
  };
}

std::vector<Scenario> name_and_time_scenarios() {
  return {
      {"the_certificate_is_for_another_name",
       {"cert_name_mismatch", "SSL_ERROR_BAD_CERT_DOMAIN", -12276, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) {
         spec.dns_names = {"other.test", "*.device.test"};
       })},
      {"the_certificate_is_for_another_address",
       {"cert_ip_mismatch", "SSL_ERROR_BAD_CERT_DOMAIN", -12276, "upstream", "certificate", 502},
       wrong_address},
      {"the_certificate_has_its_name_in_the_common_name_only",
       {"cert_no_san", "SSL_ERROR_BAD_CERT_DOMAIN", -12276, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.dns_names.clear(); })},
      {"the_certificate_has_expired",
       {"cert_expired", "SEC_ERROR_EXPIRED_CERTIFICATE", -8181, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.not_after = kTestNow - 1; })},
      {"the_certificate_is_not_valid_yet",
       {"cert_not_yet_valid", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE", -16379, "upstream",
        "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.not_before = kTestNow + 3600; })},
  };
}

}  // namespace

std::vector<Scenario> certificate_scenarios() {
  std::vector<Scenario> all = usage_scenarios();
  for (Scenario& scenario : name_and_time_scenarios()) all.push_back(std::move(scenario));
  for (Scenario& scenario : form_scenarios()) all.push_back(std::move(scenario));
  for (Scenario& scenario : revocation_scenarios()) all.push_back(std::move(scenario));
  const std::vector<Scenario> others = {
      {"the_certificate_cannot_be_parsed",
       {"cert_unparsable", "SEC_ERROR_BAD_DER", -8183, "upstream", "certificate", 502},
       unparsable},
      {"the_key_is_not_the_pinned_one",
       {"pin_mismatch", "MOZILLA_PKIX_ERROR_KEY_PINNING_FAILURE", -16384, "upstream", "certificate", 502},
       pinned_to_another_key},
      {"the_signature_of_the_certificate_is_wrong",
       {"cert_bad_signature", "SEC_ERROR_BAD_SIGNATURE", -8182, "upstream", "certificate", 502},
       leaf_with([](CertificateSpec& spec) { spec.signature = support::Signature::corrupted; })},
      {"the_certificate_is_self_signed",
       {"cert_self_signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", -16370, "upstream", "certificate", 502},
       self_signed},
      {"one_certificate_has_five_faults",
       {"chain_unknown_issuer", "SEC_ERROR_UNKNOWN_ISSUER", -8179, "upstream", "certificate", 502},
       five_faults},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace whytls::scenarios
