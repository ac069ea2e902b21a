// What certificate revocation lists and stapled OCSP responses say. Internal to tls/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tls/evidence.h"
#include "tls/openssl.h"

namespace whytls::tls {

// What X509_verify_cert says of CRLs on its way, by depth.
struct ListNotes {
  std::vector<RevocationAnswer> answers;
  std::vector<int> without_list;
  X509_CRL* list = nullptr;  // of the newest answer; borrowed from the trust store
};

// Keeps the complaint of which the verification callback was told, when it is about a CRL; false: it is about
// a certificate.
[[nodiscard]] bool note_list_complaint(X509_STORE_CTX* store, ListNotes& notes);

// The answers about a path that X509_verify_cert has built, when it ends at an anchor, those of lists without
// a fault among them. `lists` are those that it was given.
[[nodiscard]] std::vector<RevocationAnswer> list_answers(X509_STORE_CTX* store, ListNotes notes,
                                                         STACK_OF(X509_CRL) * lists);

// What an OCSP response says of `leaf`, a certificate that `issuer` issued; both DER. Never fails: what
// cannot be used says why.
[[nodiscard]] RevocationAnswer read_ocsp_response(std::string_view response, const std::string& leaf,
                                                  const std::string& issuer, UnixSeconds now);

}  // namespace whytls::tls
