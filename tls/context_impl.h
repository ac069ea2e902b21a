// What is behind the handles of context.h.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tls/context.h"
#include "tls/openssl.h"

namespace whytls::tls {

// Name key, HMAC key and cipher key as SSL_CTX_set_tlsext_ticket_keys takes them.
inline constexpr std::size_t kTicketKeySize = 80;
struct TicketKeys {
  std::array<unsigned char, kTicketKeySize> bytes{};
};

struct TrustStore::Impl {
  X509StorePtr store;
  // SHA-256 of the CAs that the distribution ships, when the system store is used. What an administrator
  // added to that store is no public CA, whose certificates the rules of the CA/Browser Forum bind.
  std::set<std::string> public_anchors;
  [[nodiscard]] bool is_public(X509* anchor) const;
  X509CrlStackPtr crls;              // those of `store`, for contexts without it; null: none
  std::vector<StaleList> list_ends;  // of every list that names its end
  std::string description;
  std::size_t size = 0;
};

struct Identity::Impl {
  X509Ptr leaf;
  PkeyPtr key;
  X509StackPtr issuers;  // what is sent after the leaf, never null
  std::vector<Certificate> chain;
};

struct UpstreamContext::Impl {
  SslCtxPtr ctx;
  std::shared_ptr<const TrustStore> trust;
  WireVersion min_version = 0;
};

struct ClientLegContext::Impl {
  SslCtxPtr ctx;
};

// What both legs have in common; the fields mean what they mean in UpstreamOptions.
struct ProtocolOptions {
  std::optional<WireVersion> min_version;
  std::optional<WireVersion> max_version;
  std::string ciphers;
  std::string ciphersuites;
  std::string groups;
  std::optional<int> security_level;
};

// Applies every option or names the one that can't be. Nothing of the machine's openssl.cnf shines through
// for versions, ciphers, suites and level. Returns the lowest version in force.
[[nodiscard]] Result<WireVersion> apply_protocol_options(SSL_CTX* ctx, const ProtocolOptions& options);

// The names that errors of load_identity carry in `where`; by default the files.
struct IdentityPlaces {
  std::string certificate;
  std::string key;
};
[[nodiscard]] Result<std::unique_ptr<Identity::Impl>> load_identity(const std::string& certificate_file,
                                                                    const std::string& key_file,
                                                                    const IdentityPlaces& places);
// How paths are validated here, whoever asks.
void set_path_rules(X509_VERIFY_PARAM* param, const TrustStore* trust);
// Every certificate of a PEM text, in order; empty when there is none.
[[nodiscard]] X509StackPtr read_pem_certificates(const std::string& pem);
// The private key of a PEM text; the error has no `where`.
[[nodiscard]] Result<PkeyPtr> read_pem_key(const std::string& pem);

}  // namespace whytls::tls
