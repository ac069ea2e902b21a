// A certificate that is right, in a chain that is not.
#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::CertificateSpec;
using support::Credential;
using support::kDay;
using support::kTestNow;

Case serving(std::vector<Credential> chain) {
  Case made;
  made.behaviour = support::serve_https({.chain = std::move(chain)});
  return made;
}

// A good leaf under an intermediate of the good root that has one thing changed.
Arrangement under_intermediate_with(const std::function<void(CertificateSpec&)>& change) {
  return [change] {
    CertificateSpec spec = support::intermediate_spec("Peculiar Intermediate");
    change(spec);
    const Credential intermediate = support::issue(spec, world().root);
    return serving({support::issue(support::leaf_spec(kDevice), intermediate), intermediate});
  };
}

Case one_ca_too_many() {
  const Credential second =
      support::issue(support::intermediate_spec("Second Intermediate"), world().intermediate);
  return serving({support::issue(support::leaf_spec(kDevice), second), second, world().intermediate});
}

Case issued_by_a_leaf() {
  CertificateSpec spec = support::leaf_spec("ambitious.test");
  spec.key_usage = "critical,digitalSignature,keyCertSign";
  spec.basic_constraints = "critical,CA:FALSE";
  const Credential leaf = support::issue(spec, world().root);
  return serving({support::issue(support::leaf_spec(kDevice), leaf), leaf});
}

Case foreign_root_sent() {
  return serving({support::issue(support::leaf_spec(kDevice), world().foreign_root), world().foreign_root});
}

Case foreign_root_not_sent() {
  return serving({support::issue(support::leaf_spec(kDevice), world().foreign_root)});
}

Case intermediate_named_by_authority_key_identifier() {
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.authority_issuer = true;
  return serving({support::issue(spec, world().intermediate)});
}

Case intermediate_not_sent() {
  CertificateSpec spec = support::leaf_spec(kDevice);
  spec.authority_info_access = "caIssuers;URI:http://ca.test/intermediate.cer";
  Case made = serving({support::issue(spec, world().intermediate)});
  made.must_show = "http://ca.test/intermediate.cer";
  return made;
}

}  // namespace

std::vector<Scenario> chain_scenarios() {
  return {
      {"the_ca_may_not_issue_for_this_name",
       {"chain_name_constraint", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE", -8080, "upstream", "certificate", 502},
       under_intermediate_with(
           [](CertificateSpec& spec) { spec.name_constraints = "critical,permitted;DNS:inside.test"; })},
      {"the_chain_is_longer_than_its_ca_allows",
       {"chain_path_length", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", -8155, "upstream", "certificate", 502},
       one_ca_too_many},
      {"the_issuer_is_no_ca",
       {"chain_issuer_not_ca", "SEC_ERROR_CA_CERT_INVALID", -8156, "upstream", "certificate", 502},
       issued_by_a_leaf},
      {"the_ca_has_a_key_that_may_not_sign_certificates",
       {"cert_key_usage", "SEC_ERROR_INADEQUATE_KEY_USAGE", -8102, "upstream", "certificate", 502},
       under_intermediate_with([](CertificateSpec& spec) { spec.key_usage = "critical,digitalSignature"; })},
      {"the_chain_ends_in_a_root_that_nobody_trusts",
       {"chain_untrusted_root", "SEC_ERROR_UNKNOWN_ISSUER", -8179, "upstream", "certificate", 502},
       foreign_root_sent},
      {"the_intermediate_was_not_sent",
       {"chain_missing_intermediate", "SEC_ERROR_UNKNOWN_ISSUER", -8179, "upstream", "certificate", 502},
       intermediate_not_sent},
      {"the_intermediate_was_not_sent_and_only_the_authority_key_identifier_says_so",
       {"chain_missing_intermediate", "SEC_ERROR_UNKNOWN_ISSUER", -8179, "upstream", "certificate", 502},
       intermediate_named_by_authority_key_identifier},
      {"the_issuer_is_unknown",
       {"chain_unknown_issuer", "SEC_ERROR_UNKNOWN_ISSUER", -8179, "upstream", "certificate", 502},
       foreign_root_not_sent},
      {"the_issuer_has_expired",
       {"chain_issuer_expired", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", -8162, "upstream", "certificate",
        502},
       under_intermediate_with([](CertificateSpec& spec) { spec.not_after = kTestNow - kDay; })},
      {"the_issuer_is_not_valid_yet",
       {"chain_issuer_not_yet_valid", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE", -16378,
        "upstream", "certificate", 502},
       under_intermediate_with([](CertificateSpec& spec) { spec.not_before = kTestNow + kDay; })},
      {"the_chain_is_refused_for_a_reason_without_a_name",
       {"chain_invalid", "SEC_ERROR_CERT_NOT_VALID", -8164, "upstream", "certificate", 502},
       under_intermediate_with(
           [](CertificateSpec& spec) { spec.key = support::Key::ec_with_explicit_parameters(); })},
  };
}

}  // namespace whytls::scenarios
