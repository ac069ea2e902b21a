// The ways from a server's certificate to a trust anchor (RFC 4158). Internal to tls/.
#pragma once

#include <vector>

#include "tls/openssl.h"

namespace whytls::tls {

// One way: leaf first, anchor last; at least one certificate.
using CertificatePath = std::vector<X509Ptr>;

inline constexpr std::size_t kMaxPaths = 5;  // the one that OpenSSL took, and kMaxOtherPaths

// Every way whose names, key identifiers and signatures hold, at most kMaxPaths; shorter detours through what
// the peer sent come after what the trust store has. OpenSSL follows one way only, and does not turn back
// when that one ends badly. An authority that the store marks as rejected is on none. `sent` are the
// certificates of the peer, `store` is asked for its anchors, as a context that was initialised. Bounded in
// steps and signatures, whatever a peer sends.
[[nodiscard]] std::vector<CertificatePath> find_paths(X509* leaf, STACK_OF(X509) * sent,
                                                      X509_STORE_CTX* store);

}  // namespace whytls::tls
