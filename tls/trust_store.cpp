// Trust anchors, loaded once. The system store is read whole, for a lookup in a directory during a handshake
// would put disk reads on an event loop.
#include <dirent.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "tls/certificate_reader.h"
#include "tls/context_impl.h"
#include "tls/files.h"

namespace whytls::tls {

namespace {

constexpr std::size_t kHashDigits = 8;  // of the names that "openssl rehash" gives: 1a2b3c4d.0

// Returns how many certificates were added that weren't there before.
Result<std::size_t> add_certificates(X509_STORE* store, const std::string& pem) {
  const QueueMark mark;
  const X509StackPtr certificates = read_pem_certificates(pem);
  const int count = certificates ? sk_X509_num(certificates.get()) : 0;
  if (count == 0) return fail("holds no certificate that can be read", {}, "PEM certificates are expected");
  for (int i = 0; i < count; ++i) {
    if (X509_STORE_add_cert(store, sk_X509_value(certificates.get(), i)) != 1) return fail("out of memory");
  }
  return static_cast<std::size_t>(count);
}

// DER, or every list of a PEM text.
X509CrlStackPtr read_lists(const std::string& bytes) {
  X509CrlStackPtr out(sk_X509_CRL_new_null());
  const BioPtr bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!out || !bio) return out;
  while (X509_CRL* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
    if (sk_X509_CRL_push(out.get(), list) <= 0) X509_CRL_free(list);
  }
  if (sk_X509_CRL_num(out.get()) > 0) return out;
  const auto* cursor = reinterpret_cast<const unsigned char*>(bytes.data());
  X509_CRL* list = d2i_X509_CRL(nullptr, &cursor, static_cast<long>(bytes.size()));
  if (list != nullptr && sk_X509_CRL_push(out.get(), list) <= 0) X509_CRL_free(list);
  return out;
}

Result<void> add_lists(TrustStore::Impl& impl, const std::string& file) {
  const QueueMark mark;
  const auto bytes = read_file(file);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const X509CrlStackPtr lists = read_lists(*bytes);
  const int count = lists ? sk_X509_CRL_num(lists.get()) : 0;
  if (count == 0) {
    return fail("holds no certificate revocation list that can be read", file,
                "PEM (\"-----BEGIN X509 CRL-----\") or DER is expected");
  }
  if (!impl.crls) impl.crls.reset(sk_X509_CRL_new_null());
  for (int i = 0; i < count; ++i) {
    X509_CRL* const list = sk_X509_CRL_value(lists.get(), i);
    if (!impl.crls || X509_STORE_add_crl(impl.store.get(), list) != 1) return fail("out of memory");
    if (const UnixSeconds end = unix_seconds(X509_CRL_get0_nextUpdate(list)); end != 0)
      impl.list_ends.push_back({file, short_name(X509_CRL_get_issuer(list)), end});
    X509_CRL_up_ref(list);
    if (sk_X509_CRL_push(impl.crls.get(), list) <= 0) {
      X509_CRL_free(list);
      return fail("out of memory");
    }
  }
  return {};
}

bool is_hash_name(const std::string& name) {
  const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return name.size() > kHashDigits + 1 && name[kHashDigits] == '.' &&
         std::all_of(name.begin(), name.begin() + kHashDigits, is_hex) &&
         std::all_of(name.begin() + kHashDigits + 1, name.end(), is_digit);
}

std::vector<std::string> hashed_files(const std::string& directory) {
  std::vector<std::string> out;
  DIR* listing = opendir(directory.c_str());
  if (listing == nullptr) return out;
  while (const dirent* entry = readdir(listing)) {
    if (is_hash_name(entry->d_name)) out.push_back(directory + "/" + entry->d_name);
  }
  closedir(listing);
  std::sort(out.begin(), out.end());
  return out;
}

// OpenSSL's places, and its environment variables for them (SSL_CERT_FILE, SSL_CERT_DIR).
std::string place(const char* variable, const char* built_in) {
  const char* set = std::getenv(variable);
  return set != nullptr ? set : built_in;
}

std::string digest_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex(digest.data(), size);
}

// Where distributions keep the CAs of Mozilla's program before they are mixed with those of the
// administrator: Debian, Arch, Fedora. What stands in no such place is no public CA, so that nobody's own CA
// is taken for one.
constexpr std::array<const char*, 3> kPlacesOfPublicAnchors = {
    "/usr/share/ca-certificates/mozilla", "/usr/share/ca-certificates/trust-source/mozilla.trust.p11-kit",
    "/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit"};

void add_digests(const std::filesystem::path& file, std::set<std::string>& out) {
  const QueueMark mark;
  const auto pem = read_file(file.string());
  const X509StackPtr certificates = pem ? read_pem_certificates(*pem) : nullptr;
  for (int i = 0; certificates && i < sk_X509_num(certificates.get()); ++i)
    out.insert(digest_of(sk_X509_value(certificates.get(), i)));
}

std::set<std::string> public_anchors() {
  namespace fs = std::filesystem;
  std::set<std::string> out;
  for (const char* place : kPlacesOfPublicAnchors) {
    std::error_code problem;
    if (!fs::is_directory(place, problem)) {
      add_digests(place, out);
      continue;
    }
    for (fs::directory_iterator file(place, problem), end; !problem && file != end; file.increment(problem))
      add_digests(file->path(), out);
  }
  return out;
}

// A machine without a store is not a mistake of the configuration: nothing is trusted then.
void add_system_store(X509_STORE* store) {
  std::vector<std::string> files{place(X509_get_default_cert_file_env(), X509_get_default_cert_file())};
  std::istringstream directories(place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir()));
  for (std::string directory; std::getline(directories, directory, ':');) {
    for (std::string& file : hashed_files(directory)) files.push_back(std::move(file));
  }
  for (const std::string& file : files) {
    const auto pem = read_file(file);
    if (pem) static_cast<void>(add_certificates(store, *pem));
  }
}

std::size_t count_certificates(X509_STORE* store) {
  const X509StackPtr all(X509_STORE_get1_all_certs(store));
  return all ? static_cast<std::size_t>(sk_X509_num(all.get())) : 0;
}

}  // namespace

bool TrustStore::Impl::is_public(X509* anchor) const {
  return public_anchors.contains(digest_of(anchor));
}

void set_path_rules(X509_VERIFY_PARAM* param, const TrustStore* trust) {
  // Whatever is in the trust store is an anchor, also when it is no root.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;
  if (trust != nullptr && trust->impl().crls) {
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_USE_DELTAS;
  }
  X509_VERIFY_PARAM_set_flags(param, flags);
  // Nobody takes a common name for a name of the server (RFC 9525), so name constraints do not either.
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

TrustStore::TrustStore() : impl_(std::make_unique<Impl>()) {}
TrustStore::~TrustStore() = default;

Result<std::shared_ptr<const TrustStore>> TrustStore::load(const TrustOptions& options) {
  const QueueMark mark;
  std::shared_ptr<TrustStore> out(new TrustStore);
  Impl& impl = out->impl();
  impl.store.reset(X509_STORE_new());
  if (!impl.store) return fail("out of memory");
  if (options.system) {
    add_system_store(impl.store.get());
    impl.public_anchors = public_anchors();
    impl.description = "system store";
  }
  for (const std::string& file : options.ca_files) {
    const auto pem = read_file(file);
    if (!pem) return tl::make_unexpected(pem.error());
    auto added = add_certificates(impl.store.get(), *pem);
    if (!added) return fail(added.error().what, file, added.error().hint);
    if (!impl.description.empty()) impl.description += " + ";
    impl.description += file;
  }
  for (const std::string& file : options.crl_files) {
    if (auto added = add_lists(impl, file); !added) return tl::make_unexpected(added.error());
  }
  if (impl.description.empty()) impl.description = "nothing";
  impl.size = count_certificates(impl.store.get());
  return out;
}

std::vector<StaleList> TrustStore::stale_lists(UnixSeconds now) const {
  std::vector<StaleList> out;
  std::copy_if(impl_->list_ends.begin(), impl_->list_ends.end(), std::back_inserter(out),
               [now](const StaleList& list) { return list.next_update < now; });
  return out;
}

const std::string& TrustStore::description() const {
  return impl_->description;
}
std::size_t TrustStore::size() const {
  return impl_->size;
}

}  // namespace whytls::tls
