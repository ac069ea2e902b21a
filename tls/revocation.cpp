#include "tls/revocation.h"

#include <openssl/ocsp.h>

#include <algorithm>
#include <utility>

#include "tls/certificate_reader.h"
#include "tls/verify_codes.h"

namespace whytls::tls {

namespace {

RevocationFault fault_of(int code) {
  switch (code) {
    case verify_code::kUnableToDecryptCrlSignature:
    case verify_code::kUnableToDecodeIssuerPublicKey:
    case verify_code::kCrlSignatureFailure:
      return RevocationFault::bad_signature;
    case verify_code::kUnableToGetCrlIssuer:
    case verify_code::kCrlPathValidationError:
      return RevocationFault::signer_unknown;
    case verify_code::kKeyusageNoCrlSign:
      return RevocationFault::signer_not_allowed;
    case verify_code::kUnhandledCriticalCrlExtension:
      return RevocationFault::critical_extension;
    case verify_code::kDifferentCrlScope:
      return RevocationFault::other_scope;
    case verify_code::kCrlNotYetValid:
      return RevocationFault::not_yet_valid;
    case verify_code::kCrlHasExpired:
      return RevocationFault::expired;
    default:
      return RevocationFault::malformed;
  }
}

// True for what OpenSSL says of lists only; the key of an issuer may be unreadable for a certificate, too.
bool is_about_lists(int code) {
  return code == verify_code::kCertRevoked || (code != verify_code::kUnableToDecodeIssuerPublicKey &&
                                               fault_of(code) != RevocationFault::malformed);
}

void add_fault(RevocationAnswer& answer, RevocationFault fault) {
  if (std::find(answer.faults.begin(), answer.faults.end(), fault) == answer.faults.end())
    answer.faults.push_back(fault);
}

std::optional<UnixSeconds> moment(const ASN1_TIME* time) {
  const UnixSeconds seconds = unix_seconds(time);
  return seconds == 0 ? std::nullopt : std::optional(seconds);
}

RevocationAnswer& answer_at(ListNotes& notes, int depth, const X509_CRL* list) {
  const auto found = std::find_if(notes.answers.begin(), notes.answers.end(),
                                  [depth](const RevocationAnswer& answer) { return answer.depth == depth; });
  if (found != notes.answers.end()) return *found;
  RevocationAnswer answer{RevocationSource::crl, depth, short_name(X509_CRL_get_issuer(list))};
  answer.next_update = moment(X509_CRL_get0_nextUpdate(list));
  notes.answers.push_back(std::move(answer));
  return notes.answers.back();
}

void note_revoked(RevocationAnswer& answer, X509_CRL* list, X509* certificate) {
  answer.says_revoked = true;
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_cert(list, &entry, certificate) == 0 || entry == nullptr) return;
  answer.revoked_at = moment(X509_REVOKED_get0_revocationDate(entry));
  const Asn1EnumeratedPtr reason(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  if (reason) answer.reason = OCSP_crl_reason_str(ASN1_ENUMERATED_get(reason.get()));
}

// A list that bears the name of the issuer and belongs to another key of it, which OpenSSL passes over.
X509_CRL* namesake_of(X509* certificate, STACK_OF(X509_CRL) * lists) {
  for (int i = 0; i < sk_X509_CRL_num(lists); ++i) {
    X509_CRL* const list = sk_X509_CRL_value(lists, i);
    if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) == 0) return list;
  }
  return nullptr;
}

}  // namespace

bool RevocationAnswer::is_revoked() const {
  const auto is_about_time = [](RevocationFault fault) {
    return fault == RevocationFault::expired || fault == RevocationFault::not_yet_valid;
  };
  return says_revoked && std::all_of(faults.begin(), faults.end(), is_about_time);
}

bool note_list_complaint(X509_STORE_CTX* store, ListNotes& notes) {
  const int code = X509_STORE_CTX_get_error(store);
  const int depth = X509_STORE_CTX_get_error_depth(store);
  if (code == verify_code::kUnableToGetCrl) {
    notes.without_list.push_back(depth);
    return true;
  }
  // After a complaint about its dates OpenSSL forgets which list it is looking at.
  if (X509_CRL* const list = X509_STORE_CTX_get0_current_crl(store)) {
    notes.list = list;
  } else if (!is_about_lists(code) || notes.list == nullptr) {
    return false;
  }
  RevocationAnswer& answer = answer_at(notes, depth, notes.list);
  if (code == verify_code::kCertRevoked) {
    note_revoked(answer, notes.list, X509_STORE_CTX_get_current_cert(store));
  } else {
    add_fault(answer, fault_of(code));
  }
  return true;
}

std::vector<RevocationAnswer> list_answers(X509_STORE_CTX* store, ListNotes notes,
                                           STACK_OF(X509_CRL) * lists) {
  STACK_OF(X509)* const path = X509_STORE_CTX_get0_chain(store);
  std::vector<RevocationAnswer> out;
  for (int depth = 0; depth + 1 < sk_X509_num(path); ++depth) {
    X509* const certificate = sk_X509_value(path, depth);
    const auto noted = std::find_if(notes.answers.begin(), notes.answers.end(),
                                    [depth](const RevocationAnswer& one) { return one.depth == depth; });
    if (noted != notes.answers.end()) {
      out.push_back(std::move(*noted));
      continue;
    }
    if (std::count(notes.without_list.begin(), notes.without_list.end(), depth) == 0) {
      out.push_back({RevocationSource::crl, depth, short_name(X509_get_issuer_name(certificate))});
    } else if (X509_CRL* const list = namesake_of(certificate, lists)) {
      RevocationAnswer& answer = answer_at(notes, depth, list);
      add_fault(answer, RevocationFault::signer_unknown);
      out.push_back(answer);
    }
  }
  return out;
}

}  // namespace whytls::tls
