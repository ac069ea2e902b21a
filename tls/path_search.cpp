#include "tls/path_search.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tls/certificate_reader.h"
#include "tls/evidence.h"

namespace whytls::tls {

namespace {

// A hundred certificates of one name make more ways than anybody has time for.
constexpr int kMaxSteps = 400;
constexpr int kMaxSignatures = 16;  // of keys that the peer chose: each may take milliseconds

X509Ptr shared(X509* certificate) {
  X509_up_ref(certificate);
  return X509Ptr(certificate);
}

class PathSearch {
 public:
  PathSearch(STACK_OF(X509) * sent, X509_STORE_CTX* store) : sent_(sent), store_(store) {}

  std::vector<CertificatePath> run(X509* leaf) {
    way_.push_back(leaf);
    if (!is_rejected(leaf)) walk();
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool is_over() const { return found_.size() == kMaxPaths || steps_ == kMaxSteps; }

  void walk() {
    X509* const last = way_.back();
    const X509StackPtr anchors(X509_STORE_CTX_get1_certs(store_, X509_get_issuer_name(last)));
    for (int i = 0; anchors && i < sk_X509_num(anchors.get()) && !is_over(); ++i) {
      X509* const anchor = sk_X509_value(anchors.get(), i);
      if (!can_follow(anchor)) continue;
      keep_with(anchor);
    }
    if (way_.size() == kMaxKeptCertificates) return;
    for (int i = 0; i < sk_X509_num(sent_) && !is_over(); ++i) {
      X509* const next = sk_X509_value(sent_, i);
      if (!can_follow(next) || is_rejected(next)) continue;
      way_.push_back(next);
      walk();
      way_.pop_back();
    }
  }

  // Whether it may have issued the last one of the way. An authority that was passed already, under the same
  // name with the same key, leads nowhere new (RFC 4158, 2.4.2).
  bool can_follow(X509* next) {
    X509* const last = way_.back();
    if (X509_NAME_cmp(X509_get_subject_name(next), X509_get_issuer_name(last)) != 0) return false;
    ++steps_;
    const bool is_passed = std::any_of(way_.begin(), way_.end(), [next](X509* one) {
      return X509_NAME_cmp(X509_get_subject_name(one), X509_get_subject_name(next)) == 0 &&
             X509_PUBKEY_eq(X509_get_X509_PUBKEY(one), X509_get_X509_PUBKEY(next)) == 1;
    });
    return !is_passed && X509_check_issued(next, last) == X509_V_OK && is_signed_by(last, next);
  }

  // A mark of the store is on its own copy of a certificate. It has to count for the copy that a peer sends
  // too, and for every other certificate of that authority.
  bool is_rejected(X509* next) {
    const X509StackPtr known(X509_STORE_CTX_get1_certs(store_, X509_get_subject_name(next)));
    for (int i = 0; known && i < sk_X509_num(known.get()); ++i) {
      X509* const one = sk_X509_value(known.get(), i);
      if (X509_PUBKEY_eq(X509_get_X509_PUBKEY(one), X509_get_X509_PUBKEY(next)) == 1 &&
          X509_check_trust(one, X509_TRUST_SSL_SERVER, 0) == X509_TRUST_REJECTED)
        return true;
    }
    return false;
  }

  bool is_signed_by(X509* certificate, X509* issuer) {
    const auto [known, is_new] = signatures_.try_emplace({certificate, issuer}, false);
    if (!is_new) return known->second;
    if (static_cast<int>(signatures_.size()) > kMaxSignatures) return false;
    EVP_PKEY* const key = X509_get0_pubkey(issuer);
    known->second = key != nullptr && X509_verify(certificate, key) == 1;
    return known->second;
  }

  void keep_with(X509* anchor) {
    CertificatePath& path = found_.emplace_back();
    path.reserve(way_.size() + 1);
    for (X509* one : way_) path.push_back(shared(one));
    path.push_back(shared(anchor));
  }

  STACK_OF(X509) * sent_;
  X509_STORE_CTX* store_;
  std::vector<X509*> way_;
  std::vector<CertificatePath> found_;
  std::map<std::pair<X509*, X509*>, bool> signatures_;
  int steps_ = 0;
};

}  // namespace

std::vector<CertificatePath> find_paths(X509* leaf, STACK_OF(X509) * sent, X509_STORE_CTX* store) {
  const QueueMark mark;
  return PathSearch(sent, store).run(leaf);
}

}  // namespace whytls::tls
