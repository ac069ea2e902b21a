// Validation of the path from a server's certificate to a trust anchor. Internal to tls/.
#pragma once

#include <vector>

#include "tls/context.h"
#include "tls/evidence.h"
#include "tls/openssl.h"

namespace whytls::tls {

struct ChainRequest {
  STACK_OF(X509) * sent = nullptr;  // what the peer sent, the leaf first; borrowed
  int level = 0;                    // OpenSSL's security level, 0..5
  UnixSeconds now = 0;
  const TrustStore* trust = nullptr;  // whose anchors are public; nullptr: none is
};

// Validates the leaf of `store`, a context that was initialised with leaf, `sent` and a trust store;
// everything of the result but trust_description is filled in. `presented` describes `sent`, in the same
// order.
[[nodiscard]] ChainEvidence validate_chain(X509_STORE_CTX* store, const ChainRequest& request,
                                           const std::vector<Certificate>& presented);

// Adds what the validity of the built chain at `now` has to say, unless it was said.
void add_time_errors(ChainEvidence& chain, UnixSeconds now);

}  // namespace whytls::tls
