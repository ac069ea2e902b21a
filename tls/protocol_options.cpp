// Versions, ciphers, suites, groups and level of a context: applied, or refused by name.
#include <algorithm>
#include <array>
#include <string_view>

#include "tls/context_impl.h"

namespace whytls::tls {

namespace {

constexpr int kHighestSecurityLevel = 5;

// Names that OpenSSL's cipher lists know in some build. Excluding what isn't there has the wished effect, so
// "!RC4" is applied also where RC4 doesn't exist.
constexpr std::array<std::string_view, 16> kOldCipherNames{
    "RC4",      "RC2",      "IDEA", "SEED", "DES",   "3DES", "EXP",  "EXPORT",
    "EXPORT40", "EXPORT56", "LOW",  "MD5",  "SSLv2", "KRB5", "kRSA", "DSS"};

std::vector<std::string> split(const std::string& list, std::string_view separators) {
  std::vector<std::string> out;
  std::string item;
  for (const char c : list + std::string(1, separators.front())) {
    if (separators.find(c) == std::string_view::npos) {
      item += c;
    } else if (!item.empty()) {
      out.push_back(std::move(item));
      item.clear();
    }
  }
  return out;
}

tl::unexpected<Error> refuse(const char* option, std::string what, std::string hint = {}) {
  return fail(std::move(what), option, std::move(hint));
}

// OpenSSL passes over unknown names in a cipher list; here each one has to mean something.
Result<void> check_cipher_names(SSL_CTX* scratch, const std::string& ciphers) {
  for (const std::string& item : split(ciphers, ":, ;")) {
    if (item.front() == '@') {
      if (item == "@STRENGTH") continue;
      return refuse("ciphers", "'" + item + "' is not allowed here", "use security_level");
    }
    const bool excludes = item.front() == '!' || item.front() == '-';
    const std::string name = excludes || item.front() == '+' ? item.substr(1) : item;
    if (SSL_CTX_set_cipher_list(scratch, name.c_str()) == 1) continue;
    if (excludes &&
        std::find(kOldCipherNames.begin(), kOldCipherNames.end(), name) != kOldCipherNames.end()) {
      continue;
    }
    return refuse("ciphers", "'" + name + "' names no cipher of this OpenSSL");
  }
  return {};
}

Result<void> apply_ciphers(SSL_CTX* ctx, const ProtocolOptions& options) {
  const SslCtxPtr scratch(SSL_CTX_new(TLS_method()));
  if (!scratch) return fail("out of memory");
  if (auto checked = check_cipher_names(scratch.get(), options.ciphers); !checked) return checked;
  const std::string list = options.ciphers.empty() ? OSSL_default_cipher_list() : options.ciphers;
  if (SSL_CTX_set_cipher_list(ctx, list.c_str()) != 1) {
    return refuse("ciphers", "'" + list + "' leaves no cipher");
  }
  for (const std::string& suite : split(options.ciphersuites, ":, ;")) {
    if (SSL_CTX_set_ciphersuites(scratch.get(), suite.c_str()) != 1) {
      return refuse("ciphersuites", "'" + suite + "' is no TLS 1.3 suite of this OpenSSL");
    }
  }
  const std::string suites =
      options.ciphersuites.empty() ? OSSL_default_ciphersuites() : options.ciphersuites;
  if (SSL_CTX_set_ciphersuites(ctx, suites.c_str()) != 1) {
    return refuse("ciphersuites", "'" + suites + "' is no list of TLS 1.3 suites", "separate them with ':'");
  }
  return {};
}

Result<void> apply_groups(SSL_CTX* ctx, const std::string& groups) {
  if (groups.empty()) return {};
  const SslCtxPtr scratch(SSL_CTX_new(TLS_method()));
  for (const std::string& group : split(groups, ":")) {
    if (!scratch || SSL_CTX_set1_groups_list(scratch.get(), group.c_str()) != 1) {
      return refuse("groups", "'" + group + "' is no group of this OpenSSL", "X25519:P-256:P-384 is a list");
    }
  }
  if (SSL_CTX_set1_groups_list(ctx, groups.c_str()) == 1) return {};
  return refuse("groups", "'" + groups + "' is no list of groups", "X25519:P-256:P-384 is a list");
}

Result<void> apply_versions(SSL_CTX* ctx, const ProtocolOptions& options) {
  const WireVersion lowest = options.min_version.value_or(kDefaultMinVersion);
  const WireVersion highest = options.max_version.value_or(kDefaultMaxVersion);
  if (options.min_version && !version_supported(lowest)) {
    return refuse("min_version", "this OpenSSL cannot speak " + version_name(lowest));
  }
  if (options.max_version && !version_supported(highest)) {
    return refuse("max_version", "this OpenSSL cannot speak " + version_name(highest));
  }
  if (lowest > highest) {
    if (!options.min_version) {
      return refuse("max_version",
                    version_name(highest) + " is below the default minimum, " + version_name(lowest),
                    "set min_version as well");
    }
    return refuse("min_version", version_name(lowest) + " is above max_version, " + version_name(highest));
  }
  if (SSL_CTX_set_min_proto_version(ctx, lowest) != 1) return refuse("min_version", take_queue_text());
  if (SSL_CTX_set_max_proto_version(ctx, highest) != 1) return refuse("max_version", take_queue_text());
  return {};
}

Result<void> apply_level(SSL_CTX* ctx, const ProtocolOptions& options) {
  const int level = options.security_level.value_or(default_security_level(options.min_version));
  if (level < 0 || level > kHighestSecurityLevel) {
    return refuse("security_level", std::to_string(level) + " is outside 0 to 5");
  }
  if (is_old_minimum(options.min_version) && level > kOldVersionsSecurityLevel) {
    return refuse(
        "security_level",
        "versions below TLS 1.2 sign with SHA-1 and MD5, which level " + std::to_string(level) + " forbids",
        "set it to 0, or raise min_version");
  }
  SSL_CTX_set_security_level(ctx, level);
  return {};
}

// The options may be right one by one and still leave nothing to talk with.
Result<void> check_usable(SSL_CTX* ctx, const ProtocolOptions& options) {
  const SslPtr probe(SSL_new(ctx));
  if (!probe) return fail("out of memory");
  STACK_OF(SSL_CIPHER)* usable = SSL_get1_supported_ciphers(probe.get());
  const int count = usable != nullptr ? sk_SSL_CIPHER_num(usable) : 0;
  sk_SSL_CIPHER_free(usable);
  if (count > 0) return {};
  return refuse(options.ciphers.empty() ? "security_level" : "ciphers",
                "no cipher is left for these versions at this security level");
}

}  // namespace

Result<WireVersion> apply_protocol_options(SSL_CTX* ctx, const ProtocolOptions& options) {
  const QueueMark mark;
  if (auto done = apply_versions(ctx, options); !done) return tl::make_unexpected(done.error());
  if (auto done = apply_level(ctx, options); !done) return tl::make_unexpected(done.error());
  if (auto done = apply_ciphers(ctx, options); !done) return tl::make_unexpected(done.error());
  if (auto done = apply_groups(ctx, options.groups); !done) return tl::make_unexpected(done.error());
  if (auto done = check_usable(ctx, options); !done) return tl::make_unexpected(done.error());
  return options.min_version.value_or(kDefaultMinVersion);
}

}  // namespace whytls::tls
