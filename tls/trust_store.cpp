// Trust anchors, loaded once. The system store is read whole, for a lookup in a directory during a handshake
// would put disk reads on an event loop.
#include <dirent.h>

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
  if (impl.description.empty()) impl.description = "nothing";
  impl.size = count_certificates(impl.store.get());
  return out;
}

const std::string& TrustStore::description() const {
  return impl_->description;
}
std::size_t TrustStore::size() const {
  return impl_->size;
}

}  // namespace whytls::tls
