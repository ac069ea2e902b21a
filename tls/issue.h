// Makes certificates: the local CA's own, and the leaves under it.
#pragma once

#include <string>

#include "tls/evidence.h"
#include "tls/openssl.h"

namespace whytls::tls {

// An EC P-256 key; nullptr when memory or randomness is out.
[[nodiscard]] PkeyPtr make_ec_key();
// A self-signed CA with a name that no other has. nullptr: see the error queue.
[[nodiscard]] X509Ptr make_authority_certificate(EVP_PKEY* key, UnixSeconds now);

struct LeafName {
  std::string text;     // a DNS name or the text of an address
  std::string address;  // the address' 4 or 16 bytes; empty for a DNS name
};
// A server certificate for one name. nullptr: see the error queue.
[[nodiscard]] X509Ptr make_leaf_certificate(X509* issuer, EVP_PKEY* issuer_key, EVP_PKEY* key,
                                            const LeafName& name, UnixSeconds now);

}  // namespace whytls::tls
