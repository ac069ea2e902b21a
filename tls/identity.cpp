// Certificate chains with their keys, from PEM files.
#include <openssl/pem.h>

#include "tls/certificate_reader.h"
#include "tls/context_impl.h"
#include "tls/files.h"

namespace whytls::tls {

namespace {

constexpr int kNoPassword = -1;

// Called only for an encrypted key: this program asks for no password.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) noexcept {
  *static_cast<bool*>(asked) = true;
  return kNoPassword;
}

BioPtr text_bio(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// The file named in front of what is wrong with it, unless `where` names it already.
std::string about(const std::string& file, const std::string& place, const std::string& what) {
  return file == place ? what : file + ": " + what;
}

}  // namespace

X509StackPtr read_pem_certificates(const std::string& pem) {
  const QueueMark mark;
  X509StackPtr out(sk_X509_new_null());
  const BioPtr bio = text_bio(pem);
  while (out && bio) {
    X509Ptr certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) {
      if (sk_X509_push(out.get(), certificate.get()) > 0) static_cast<void>(certificate.release());
      continue;
    }
    // A block that can't be parsed is passed over; the end of the text says "no start line".
    const unsigned long error = ERR_peek_last_error();
    const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    if (at_end || BIO_eof(bio.get()) == 1) break;
  }
  return out;
}

Result<PkeyPtr> read_pem_key(const std::string& pem) {
  const QueueMark mark;
  const BioPtr bio = text_bio(pem);
  bool asked = false;
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, &asked));
  if (key) return key;
  if (asked) {
    return fail("the private key is encrypted", {},
                "remove the password: openssl pkey -in KEY -out PLAIN_KEY");
  }
  return fail("holds no private key that can be read", {}, "a PEM private key is expected");
}

Result<std::unique_ptr<Identity::Impl>> load_identity(const std::string& certificate_file,
                                                      const std::string& key_file,
                                                      const IdentityPlaces& places) {
  const QueueMark mark;
  const auto certificate_pem = read_file(certificate_file);
  if (!certificate_pem) {
    return fail(about(certificate_file, places.certificate, certificate_pem.error().what),
                places.certificate);
  }
  const auto key_pem = read_file(key_file);
  if (!key_pem) return fail(about(key_file, places.key, key_pem.error().what), places.key);
  auto impl = std::make_unique<Identity::Impl>();
  impl->issuers = read_pem_certificates(*certificate_pem);
  if (!impl->issuers || sk_X509_num(impl->issuers.get()) == 0) {
    return fail(about(certificate_file, places.certificate, "holds no certificate that can be read"),
                places.certificate, "a PEM certificate is expected, leaf first");
  }
  impl->leaf.reset(sk_X509_shift(impl->issuers.get()));
  auto key = read_pem_key(*key_pem);
  if (!key) return fail(about(key_file, places.key, key.error().what), places.key, key.error().hint);
  impl->key = std::move(*key);
  if (X509_check_private_key(impl->leaf.get(), impl->key.get()) != 1) {
    return fail(about(key_file, places.key, "the key does not belong to the first certificate of ") +
                    certificate_file,
                places.key, "the leaf must come first in the certificate file");
  }
  impl->chain.push_back(describe_certificate(impl->leaf.get()));
  for (int i = 0; i < sk_X509_num(impl->issuers.get()); ++i) {
    impl->chain.push_back(describe_certificate(sk_X509_value(impl->issuers.get(), i)));
  }
  return impl;
}

Identity::Identity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Identity::~Identity() = default;

Result<std::shared_ptr<const Identity>> Identity::load(const std::string& certificate_file,
                                                       const std::string& key_file) {
  auto impl = load_identity(certificate_file, key_file, {certificate_file, key_file});
  if (!impl) return tl::make_unexpected(std::move(impl.error()));
  return std::make_shared<const Identity>(std::move(*impl));
}

const std::vector<Certificate>& Identity::chain() const {
  return impl_->chain;
}

}  // namespace whytls::tls
