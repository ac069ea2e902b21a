// A chain judged without a connection.
#pragma once

#include <string>
#include <vector>

#include "tls/context.h"
#include "tls/evidence.h"

namespace whytls::tls {

struct ValidateRequest {
  std::vector<std::string> certificates;  // DER, in the order in which a server would send them
  UnixSeconds now = 0;
  int security_level = kDefaultSecurityLevel;
  bool anchors_are_public = false;  // all of them stand for CAs that the distribution ships
};

// The evidence of a handshake that a server with these certificates ended in order: `presented` and `chain`
// are filled in, `progress` and `end` say that it was done. Never fails: what cannot be parsed says so.
[[nodiscard]] HandshakeEvidence validate(const ValidateRequest& request, const TrustStore& trust);

}  // namespace whytls::tls
