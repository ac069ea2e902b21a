#include "policy/policy.h"

namespace whytls::policy {

namespace {

constexpr Failure kFirstCertificateFailure = Failure::cert_unparsable;
constexpr Failure kLastCertificateFailure = Failure::crl_unusable;

// The block is one run of rows: what lies outside of it is no finding about a certificate.
constexpr bool in_certificate_block(Failure failure) {
  return failure >= kFirstCertificateFailure && failure <= kLastCertificateFailure;
}
static_assert(kFirstCertificateFailure == Failure{0});
static_assert(in_certificate_block(Failure::pin_mismatch) && in_certificate_block(Failure::chain_invalid));
static_assert(!in_certificate_block(Failure::tls_version_refused_by_us));

}  // namespace

std::string Place::text() const {
  if (file.empty()) return "built-in";
  std::string out = file;
  if (line > 0) out.append(":").append(std::to_string(line));
  if (line > 0 && column > 0) out.append(":").append(std::to_string(column));
  return out;
}

std::string_view name(Action action) {
  switch (action) {
    case Action::refuse:
      return "refuse";
    case Action::warn:
      return "warn";
    case Action::allow:
      return "allow";
  }
  return "";
}

bool can_be_forgiven(Failure failure) {
  // A certificate that can't be read says nothing that a rule could accept; only a pin could know its key.
  return in_certificate_block(failure) && failure != Failure::cert_unparsable;
}

Policy browser_policy() {
  return Policy{};
}

}  // namespace whytls::policy
