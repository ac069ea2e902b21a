// The path from the server's certificate to a trust anchor: what OpenSSL's numbers mean together with what
// was sent. Internal to policy/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policy/findings.h"

namespace whytls::policy {

inline constexpr std::uint32_t kKeyCertSign = 0x0004;  // bit of Certificate::key_usage, RFC 5280, 4.2.1.3

enum class Anchor { no, own, of_the_system };  // own: of a file that the owner names

// Findings without repeats: the same failure at the same depth counts once, the first one stays. Those that
// name a `fault` are the same only when the fault is.
class FindingSet {
 public:
  void add(Finding finding);
  [[nodiscard]] bool has(Failure failure, int depth) const;
  [[nodiscard]] std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

// Adds what X509_verify_cert complained of. Dates, names, keys and usages were judged from the certificates
// before; a complaint about the same thing at the same depth adds nothing.
void add_chain_findings(const Attempt& attempt, FindingSet& out);
// True for a complaint that the signature of the certificate at its depth does not hold.
[[nodiscard]] bool is_signature_error(int verify_code);
// "digitalSignature, keyCertSign", "none"
[[nodiscard]] std::string key_usage_text(std::uint32_t bits);

}  // namespace whytls::policy
