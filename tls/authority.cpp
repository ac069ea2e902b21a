#include "tls/authority.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tls/certificate_reader.h"
#include "tls/context_impl.h"
#include "tls/files.h"
#include "tls/issue.h"

namespace whytls::tls {

struct Authority::Impl {
  X509Ptr certificate;
  PkeyPtr key;
  PkeyPtr leaf_key;
  Certificate description;
  std::string file;
};

namespace {

constexpr std::size_t kMaxName = 253;  // bytes of a DNS name in text form
constexpr mode_t kKeyMode = 0600;
constexpr mode_t kCertificateMode = 0644;
// Our own key is for its owner alone; one that an administrator placed may be for a group as well.
constexpr mode_t kNotForOthers = 0077;
constexpr mode_t kNotForWorld = 0037;

bool is_dns_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '*';
}

Result<LeafName> parse_name(std::string name) {
  if (name.find('\0') != std::string::npos) return fail("the name has a NUL in it");
  std::array<char, sizeof(in6_addr)> address{};
  if (inet_pton(AF_INET, name.c_str(), address.data()) == 1) {
    return LeafName{name, {address.data(), sizeof(in_addr)}};
  }
  if (inet_pton(AF_INET6, name.c_str(), address.data()) == 1) {
    return LeafName{name, {address.data(), sizeof(in6_addr)}};
  }
  // A fully qualified name with its dot matches nothing in a certificate.
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (name.empty()) return fail("a certificate needs a name");
  if (name.size() > kMaxName) return fail("the name has over 253 bytes");
  if (!std::all_of(name.begin(), name.end(), is_dns_byte) || name.front() == '.' ||
      name.find("..") != std::string::npos) {
    return fail("the name is neither a DNS name nor an IP address");
  }
  return LeafName{std::move(name), {}};
}

Result<void> check_authority(const Authority::Impl& impl, const std::string& key_file) {
  constexpr int kIsCa = 1;  // with basicConstraints; the other positive answers are guesses
  if (X509_check_ca(impl.certificate.get()) != kIsCa) {
    return fail("is no CA certificate: basicConstraints doesn't say CA:TRUE, or keyUsage forbids signing",
                impl.file);
  }
  if (X509_check_private_key(impl.certificate.get(), impl.key.get()) != 1) {
    return fail("the key does not belong to " + impl.file, key_file);
  }
  return {};
}

Result<std::unique_ptr<Authority::Impl>> load_pair(const std::string& certificate_file,
                                                   const std::string& key_file, mode_t forbidden) {
  const auto certificate_pem = read_file(certificate_file);
  if (!certificate_pem) return tl::make_unexpected(certificate_pem.error());
  if (auto safe = check_mode(key_file, forbidden); !safe) return tl::make_unexpected(safe.error());
  const auto key_pem = read_file(key_file);
  if (!key_pem) return tl::make_unexpected(key_pem.error());
  auto impl = std::make_unique<Authority::Impl>();
  impl->file = certificate_file;
  const X509StackPtr certificates = read_pem_certificates(*certificate_pem);
  if (!certificates || sk_X509_num(certificates.get()) == 0) {
    return fail("holds no certificate that can be read", certificate_file);
  }
  impl->certificate.reset(sk_X509_shift(certificates.get()));
  auto key = read_pem_key(*key_pem);
  if (!key) return fail(key.error().what, key_file, key.error().hint);
  impl->key = std::move(*key);
  if (auto good = check_authority(*impl, key_file); !good) return tl::make_unexpected(good.error());
  impl->description = describe_certificate(impl->certificate.get());
  impl->leaf_key = make_ec_key();
  if (!impl->leaf_key) return fail("no key can be made for leaves: " + take_queue_text());
  return impl;
}

std::string key_pem_of(EVP_PKEY* key) {
  const BioPtr memory(BIO_new(BIO_s_secmem()));
  if (!memory ||
      PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

Result<void> create_pair(const std::string& certificate_file, const std::string& key_file, UnixSeconds now) {
  const PkeyPtr key = make_ec_key();
  const X509Ptr certificate = key ? make_authority_certificate(key.get(), now) : nullptr;
  if (!certificate) return fail("the CA can't be made: " + take_queue_text(), certificate_file);
  std::string key_pem = key_pem_of(key.get());
  auto written =
      key_pem.empty() ? fail("can't be encoded", key_file) : write_file(key_file, key_pem, kKeyMode);
  OPENSSL_cleanse(key_pem.data(), key_pem.size());
  if (!written) return written;
  written =
      write_file(certificate_file, to_pem(describe_certificate(certificate.get()).der), kCertificateMode);
  // Half a pair would be refused for ever.
  if (!written) ::unlink(key_file.c_str());
  return written;
}

bool exists(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

}  // namespace

Authority::Authority() = default;
Authority::~Authority() = default;

Result<std::shared_ptr<const Authority>> Authority::load_or_create(const std::string& directory,
                                                                   UnixSeconds now) {
  const QueueMark mark;
  const std::string certificate_file = directory + "/ca.pem";
  const std::string key_file = directory + "/ca-key.pem";
  if (auto made = make_private_directory(directory); !made) return tl::make_unexpected(made.error());
  // Of two that start at the same time, the second one loads what the first one made.
  const auto lock = FileLock::take(directory + "/.lock");
  if (!lock) return tl::make_unexpected(lock.error());
  const bool has_certificate = exists(certificate_file);
  const bool has_key = exists(key_file);
  if (has_certificate != has_key) {
    const std::string& there = has_key ? key_file : certificate_file;
    return fail("is missing, but " + there + " is there", has_key ? certificate_file : key_file,
                "restore it, or remove " + there + " to make a new CA");
  }
  if (!has_key) {
    if (auto made = create_pair(certificate_file, key_file, now); !made)
      return tl::make_unexpected(made.error());
  }
  auto impl = load_pair(certificate_file, key_file, kNotForOthers);
  if (!impl) return tl::make_unexpected(impl.error());
  std::shared_ptr<Authority> out(new Authority);
  out->impl_ = std::move(*impl);
  return out;
}

Result<std::shared_ptr<const Authority>> Authority::load(const std::string& certificate_file,
                                                         const std::string& key_file) {
  const QueueMark mark;
  if (!exists(certificate_file) && !exists(key_file)) {
    return fail("there is no CA", certificate_file,
                "a forward listener without these files makes one at its first start");
  }
  auto impl = load_pair(certificate_file, key_file, kNotForWorld);
  if (!impl) return tl::make_unexpected(impl.error());
  std::shared_ptr<Authority> out(new Authority);
  out->impl_ = std::move(*impl);
  return out;
}

const Certificate& Authority::certificate() const {
  return impl_->description;
}
std::string Authority::certificate_pem() const {
  return to_pem(impl_->description.der);
}
const std::string& Authority::certificate_file() const {
  return impl_->file;
}

Result<std::shared_ptr<const Identity>> Authority::mint(const std::string& name, UnixSeconds now) const {
  const QueueMark mark;
  const auto leaf_name = parse_name(name);
  if (!leaf_name) return tl::make_unexpected(leaf_name.error());
  auto identity = std::make_unique<Identity::Impl>();
  identity->leaf = make_leaf_certificate(impl_->certificate.get(), impl_->key.get(), impl_->leaf_key.get(),
                                         *leaf_name, now);
  if (!identity->leaf) return fail("the certificate can't be made: " + take_queue_text(), name);
  identity->issuers.reset(sk_X509_new_null());
  if (!identity->issuers || sk_X509_push(identity->issuers.get(), impl_->certificate.get()) <= 0) {
    return fail("out of memory", name);
  }
  X509_up_ref(impl_->certificate.get());
  EVP_PKEY_up_ref(impl_->leaf_key.get());
  identity->key.reset(impl_->leaf_key.get());
  identity->chain = {describe_certificate(identity->leaf.get()), impl_->description};
  return std::make_shared<const Identity>(std::move(identity));
}

}  // namespace whytls::tls
