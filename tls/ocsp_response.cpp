// OCSP responses (RFC 6960), as they come stapled to a certificate.
#include <openssl/ocsp.h>

#include <array>
#include <utility>

#include "tls/certificate_reader.h"
#include "tls/revocation.h"

namespace whytls::tls {

namespace {

using OcspResponsePtr = std::unique_ptr<OCSP_RESPONSE, Free<OCSP_RESPONSE_free>>;
using OcspBasicPtr = std::unique_ptr<OCSP_BASICRESP, Free<OCSP_BASICRESP_free>>;
using OcspCertIdPtr = std::unique_ptr<OCSP_CERTID, Free<OCSP_CERTID_free>>;

constexpr UnixSeconds kClockDifference = 300;  // between the responder and this machine
// How long a response is taken that does not say when the next one comes.
constexpr UnixSeconds kLifeWithoutNextUpdate = UnixSeconds{24} * 60 * 60;

// OCSPResponseStatus (RFC 6960, 4.2.1).
std::string status_name(int status) {
  constexpr std::array kNames{"successful", "malformedRequest", "internalError", "tryLater",
                              "unassigned", "sigRequired",      "unauthorized"};
  const auto at = static_cast<std::size_t>(status);
  return status >= 0 && at < kNames.size() ? kNames[at] : "status " + std::to_string(status);
}

// RFC 6960, 4.2.2.2: the CA itself, or somebody to whom it gave a certificate for that.
bool may_answer(X509* signer, X509* issuer, UnixSeconds now) {
  if (X509_cmp(signer, issuer) == 0) return true;
  EVP_PKEY* const key = X509_get0_pubkey(issuer);
  return X509_check_issued(issuer, signer) == X509_V_OK && key != nullptr && X509_verify(signer, key) == 1 &&
         (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) != 0 &&
         now >= unix_seconds(X509_get0_notBefore(signer)) && now <= unix_seconds(X509_get0_notAfter(signer));
}

// The part of the response that is about the leaf; nullptr: none is.
OCSP_SINGLERESP* part_about(OCSP_BASICRESP* basic, const X509* leaf, const X509* issuer) {
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* const part = OCSP_resp_get0(basic, i);
    auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(part));
    ASN1_OBJECT* algorithm = nullptr;
    if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, id) != 1) continue;
    const EVP_MD* const digest = EVP_get_digestbyobj(algorithm);
    if (digest == nullptr) continue;
    const OcspCertIdPtr own(OCSP_cert_to_id(digest, leaf, issuer));
    if (own && OCSP_id_cmp(own.get(), id) == 0) return part;
  }
  return nullptr;
}

void judge_times(RevocationAnswer& answer, UnixSeconds now, const ASN1_GENERALIZEDTIME* this_update,
                 const ASN1_GENERALIZEDTIME* next_update) {
  const UnixSeconds begin = unix_seconds(this_update);
  const UnixSeconds end = next_update != nullptr ? unix_seconds(next_update) : begin + kLifeWithoutNextUpdate;
  if (next_update != nullptr) answer.next_update = end;
  if (begin > now + kClockDifference) answer.faults.push_back(RevocationFault::not_yet_valid);
  if (end < now - kClockDifference) answer.faults.push_back(RevocationFault::expired);
}

void read_part(RevocationAnswer& answer, OCSP_SINGLERESP* part, UnixSeconds now) {
  int reason = -1;
  ASN1_GENERALIZEDTIME* revoked_at = nullptr;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  const int status = OCSP_single_get0_status(part, &reason, &revoked_at, &this_update, &next_update);
  judge_times(answer, now, this_update, next_update);
  if (OCSP_SINGLERESP_get_ext_by_critical(part, 1, -1) >= 0)
    answer.faults.push_back(RevocationFault::critical_extension);
  if (status == V_OCSP_CERTSTATUS_UNKNOWN) answer.faults.push_back(RevocationFault::unknown_to_responder);
  if (status != V_OCSP_CERTSTATUS_REVOKED) return;
  answer.says_revoked = true;
  answer.revoked_at = unix_seconds(revoked_at);
  if (reason >= 0) answer.reason = OCSP_crl_reason_str(reason);
}

// What keeps the response from counting, whatever it says; nullopt: nothing.
std::optional<RevocationFault> fault_of_signer(OCSP_BASICRESP* basic, X509* issuer, UnixSeconds now,
                                               std::string& name) {
  const X509StackPtr known(sk_X509_new_null());
  if (!known || X509_add_cert(known.get(), issuer, X509_ADD_FLAG_UP_REF) != 1)
    return RevocationFault::signer_unknown;
  X509* signer = nullptr;
  if (OCSP_resp_get0_signer(basic, &signer, known.get()) != 1) return RevocationFault::signer_unknown;
  name = short_name(X509_get_subject_name(signer));
  // Without the validation of the signer's certificate, which follows here by the rules of the RFC.
  if (OCSP_basic_verify(basic, known.get(), nullptr, OCSP_NOVERIFY) != 1)
    return RevocationFault::bad_signature;
  if (!may_answer(signer, issuer, now)) return RevocationFault::signer_not_allowed;
  if (OCSP_BASICRESP_get_ext_by_critical(basic, 1, -1) >= 0) return RevocationFault::critical_extension;
  return std::nullopt;
}

}  // namespace

RevocationAnswer read_ocsp_response(std::string_view response, const std::string& leaf,
                                    const std::string& issuer, UnixSeconds now) {
  const QueueMark mark;
  RevocationAnswer answer{RevocationSource::stapled_ocsp, 0, ""};
  const X509Ptr subject = parse_certificate(leaf);
  const X509Ptr authority = parse_certificate(issuer);
  const auto* cursor = reinterpret_cast<const unsigned char*>(response.data());
  const OcspResponsePtr whole(d2i_OCSP_RESPONSE(nullptr, &cursor, static_cast<long>(response.size())));
  const bool is_whole = reinterpret_cast<const char*>(cursor) == response.data() + response.size();
  if (!whole || !is_whole || !subject || !authority) {
    answer.faults.push_back(RevocationFault::malformed);
    return answer;
  }
  const int status = OCSP_response_status(whole.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    answer.faults.push_back(RevocationFault::responder_error);
    answer.detail = status_name(status);
    return answer;
  }
  const OcspBasicPtr basic(OCSP_response_get1_basic(whole.get()));
  if (!basic) {
    answer.faults.push_back(RevocationFault::malformed);
    return answer;
  }
  if (const auto fault = fault_of_signer(basic.get(), authority.get(), now, answer.signer)) {
    answer.faults.push_back(*fault);
    return answer;
  }
  OCSP_SINGLERESP* const part = part_about(basic.get(), subject.get(), authority.get());
  if (part == nullptr) {
    answer.faults.push_back(RevocationFault::not_about_it);
    return answer;
  }
  read_part(answer, part, now);
  return answer;
}

}  // namespace whytls::tls
