// Long-lived TLS settings: one context per role, trust and policy, never per connection.
// Contexts are immutable once made and may be shared by connections of one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tls/evidence.h"
#include "tls/result.h"

namespace whytls::tls {

// Which certificates are anchors of trust; each one counts by itself, also an intermediate or a leaf. system:
// the distribution's store. ca_files: PEM bundles. Neither: nothing is trusted (a pin has to do it).
// crl_files: certificate revocation lists, DER or any number of them as PEM.
struct TrustOptions {
  bool system = true;
  std::vector<std::string> ca_files{};
  std::vector<std::string> crl_files{};
  auto operator<=>(const TrustOptions&) const = default;  // NOLINT(modernize-use-nullptr): generated code
};

struct StaleList {
  std::string file;
  std::string issuer;  // its CN, else its name
  UnixSeconds next_update = 0;
};

// A loaded trust store, shared by all contexts and threads that want the same options.
class TrustStore {
 public:
  // Fails when a file can't be read or holds no certificate, or no CRL (the error names the file).
  static Result<std::shared_ptr<const TrustStore>> load(const TrustOptions& options);
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  // "system store + /etc/lab.pem"
  [[nodiscard]] const std::string& description() const;
  [[nodiscard]] std::size_t size() const;  // number of certificates
  // Certificate revocation lists that are out of date at `now`.
  [[nodiscard]] std::vector<StaleList> stale_lists(UnixSeconds now) const;
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  TrustStore();
  std::unique_ptr<Impl> impl_;
};

// What is in force on either leg when an option says nothing. For versions and level this is ours and not
// OpenSSL's, whose own defaults depend on how it was built and on the machine's openssl.cnf.
inline constexpr WireVersion kDefaultMinVersion = 0x0303;  // TLS 1.2
inline constexpr WireVersion kDefaultMaxVersion = 0x0304;  // TLS 1.3
inline constexpr int kDefaultSecurityLevel = 2;
// Versions below TLS 1.2 sign with SHA-1 and MD5, which every level above this one forbids.
inline constexpr int kOldVersionsSecurityLevel = 0;
[[nodiscard]] constexpr bool is_old_minimum(const std::optional<WireVersion>& min_version) {
  return min_version.value_or(kDefaultMinVersion) < kDefaultMinVersion;
}
[[nodiscard]] constexpr int default_security_level(const std::optional<WireVersion>& min_version) {
  return is_old_minimum(min_version) ? kOldVersionsSecurityLevel : kDefaultSecurityLevel;
}

// Options of the upstream leg. An empty string or nullopt is the library's default.
struct UpstreamOptions {
  std::optional<WireVersion> min_version;  // default TLS 1.2; below it security_level has to be 0 or unset
  std::optional<WireVersion> max_version;
  std::string ciphers;                  // OpenSSL cipher list, TLS 1.2 and below
  std::string ciphersuites;             // TLS 1.3 suites
  std::string groups;                   // "X25519:P-256"
  std::optional<int> security_level;    // 0..5; default 2, and 0 when min_version is below TLS 1.2
  bool legacy_server_connect = false;   // talk to peers without RFC 5746
  std::string client_certificate_file;  // PEM, leaf first, with its chain
  std::string client_key_file;          // PEM
  TrustOptions trust;
  auto operator<=>(const UpstreamOptions&) const = default;
};

// The upstream leg: we are the TLS client.
class UpstreamContext {
 public:
  // Every option is applied or refused: the error's `where` is the option's name in UpstreamOptions
  // ("min_version", "ciphers", "client_key_file" ...).
  static Result<std::shared_ptr<const UpstreamContext>> create(const UpstreamOptions& options,
                                                               std::shared_ptr<const TrustStore> trust);
  ~UpstreamContext();
  UpstreamContext(const UpstreamContext&) = delete;
  UpstreamContext& operator=(const UpstreamContext&) = delete;
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  UpstreamContext();
  std::unique_ptr<Impl> impl_;
};

// A certificate chain with its private key, ready to be put on a connection.
class Identity {
 public:
  // Fails when a file can't be read, or when key and certificate don't belong together.
  static Result<std::shared_ptr<const Identity>> load(const std::string& certificate_file,
                                                      const std::string& key_file);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  [[nodiscard]] const std::vector<Certificate>& chain() const;  // leaf first
  struct Impl;
  explicit Identity(std::unique_ptr<Impl> impl);
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Gives the identity for a name: SNI of the client's hello, empty when it sent none. Returning nullptr
// ends the handshake with internal_error. Called on the thread of the connection, may mint.
using IdentitySource = std::function<std::shared_ptr<const Identity>(const std::string& sni)>;

// Options of the client leg.
struct ClientLegOptions {
  std::optional<WireVersion> min_version;  // default TLS 1.2
  std::optional<WireVersion> max_version;
  std::string ciphers;
  std::string ciphersuites;
  std::string groups;
  std::optional<int> security_level;
  auto operator<=>(const ClientLegOptions&) const = default;
};

// Key material for stateless session tickets (RFC 5077), shared by all workers so that a client may
// resume on any of them.
struct TicketKeys;
[[nodiscard]] std::shared_ptr<const TicketKeys> make_ticket_keys();

// The client leg: we are the TLS server. ALPN is answered with http/1.1.
class ClientLegContext {
 public:
  static Result<std::shared_ptr<const ClientLegContext>> create(
      const ClientLegOptions& options, const std::shared_ptr<const TicketKeys>& tickets);
  ~ClientLegContext();
  ClientLegContext(const ClientLegContext&) = delete;
  ClientLegContext& operator=(const ClientLegContext&) = delete;
  struct Impl;
  [[nodiscard]] Impl& impl() const { return *impl_; }

 private:
  ClientLegContext();
  std::unique_ptr<Impl> impl_;
};

// "OpenSSL 3.0.22 ..." of the library in use.
[[nodiscard]] std::string library_version();
// What this OpenSSL cannot speak, one sentence each: "SSLv3: not built in", "RC4 ...". Found by trying.
[[nodiscard]] std::vector<std::string> library_gaps();
// The version for "TLSv1.2", "1.2", "TLS1.2"; nullopt when it is no version name.
[[nodiscard]] std::optional<WireVersion> parse_version(const std::string& name);
// True when this OpenSSL build can speak that version at all.
[[nodiscard]] bool version_supported(WireVersion version);

}  // namespace whytls::tls
