// Path validation that records every complaint and stops at none.
#include "tls/chain.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "tls/certificate_reader.h"
#include "tls/context_impl.h"
#include "tls/path_search.h"
#include "tls/revocation.h"
#include "tls/verify_codes.h"

namespace whytls::tls {

namespace {

constexpr std::size_t kMaxKeptErrors = 128;
// Bits of security that each level asks for (SSL_CTX_set_security_level(3)).
constexpr std::array<int, 6> kLevelBits{0, 80, 112, 128, 192, 256};

void add_error(ChainEvidence& chain, int code, int depth) {
  const auto same = [code, depth](const ChainError& e) { return e.code == code && e.depth == depth; };
  if (chain.errors.size() == kMaxKeptErrors || std::any_of(chain.errors.begin(), chain.errors.end(), same))
    return;
  chain.errors.push_back({code, depth});
}

// What a context fills in: its application data.
struct Notes {
  ChainEvidence chain;
  ListNotes lists;
};

int note_complaint(int fine, X509_STORE_CTX* store) noexcept {
  if (fine == 0) {
    Notes& notes = *static_cast<Notes*>(X509_STORE_CTX_get_app_data(store));
    if (!note_list_complaint(store, notes.lists)) {
      add_error(notes.chain, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store));
    }
    // An error that stays would be repeated by the chain builder instead of what it finds itself.
    X509_STORE_CTX_set_error(store, X509_V_OK);
  }
  return 1;
}

// Describes certificates, those that were sent once only.
class Descriptions {
 public:
  Descriptions(STACK_OF(X509) * sent, const std::vector<Certificate>& presented)
      : sent_(sent), presented_(presented) {}

  Certificate of(X509* certificate) const {
    for (int i = 0; i < sk_X509_num(sent_) && static_cast<std::size_t>(i) < presented_.size(); ++i) {
      if (sk_X509_value(sent_, i) == certificate) return presented_[static_cast<std::size_t>(i)];
    }
    return describe_certificate(certificate);
  }

 private:
  STACK_OF(X509) * sent_;
  const std::vector<Certificate>& presented_;
};

// What X509_verify_cert keeps to itself when the path ends before an anchor: it judges the signature of every
// certificate but the last one, which it takes for the root, and with partial chains allowed it is silent
// about a leaf that nothing vouches for.
void add_incomplete_chain_errors(ChainEvidence& chain, X509_STORE_CTX* store, int level) {
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(store);
  const int count = built != nullptr ? sk_X509_num(built) : 0;
  if (count == 0 || chain.anchored) return;
  X509* last = sk_X509_value(built, count - 1);
  if (X509_self_signed(last, 0) == 1) return;
  int bits = 0;
  const int wanted = kLevelBits[static_cast<std::size_t>(std::clamp(level, 0, 5))];
  if (X509_get_signature_info(last, nullptr, nullptr, &bits, nullptr) == 1 && bits < wanted) {
    add_error(chain, verify_code::kCaMdTooWeak, count - 1);
  }
  if (count == 1) add_error(chain, verify_code::kUnableToVerifyLeafSignature, 0);
}

void add_list_answers(ChainEvidence& chain, X509_STORE_CTX* store, const ChainRequest& request,
                      ListNotes notes) {
  STACK_OF(X509_CRL)* const lists = request.trust != nullptr ? request.trust->impl().crls.get() : nullptr;
  chain.has_crls = lists != nullptr;
  if (!chain.has_crls || !chain.anchored) return;
  chain.revocation = list_answers(store, std::move(notes), lists);
  for (const RevocationAnswer& answer : chain.revocation) {
    if (answer.is_revoked()) add_error(chain, verify_code::kCertRevoked, answer.depth);
  }
}

// Builds one path and validates it, as the context is set up.
ChainEvidence validate_once(X509_STORE_CTX* store, const ChainRequest& request, const Descriptions& known) {
  Notes notes;
  ChainEvidence& chain = notes.chain;
  X509_STORE_CTX_set_time(store, 0, static_cast<time_t>(request.now));
  if (X509_STORE_CTX_set_app_data(store, &notes) != 1) {
    add_error(chain, verify_code::kOutOfMem, 0);
    return chain;
  }
  X509_STORE_CTX_set_verify_cb(store, note_complaint);
  const int result = X509_verify_cert(store);
  X509_STORE_CTX_set_app_data(store, nullptr);
  chain.verified = true;
  // An answer without a complaint means that it could not even begin: that must not pass for a good chain.
  if (result != 1 && chain.errors.empty()) {
    const int code = X509_STORE_CTX_get_error(store);
    add_error(chain, code != X509_V_OK ? code : verify_code::kUnspecified, 0);
  }
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(store);
  const int count = built != nullptr ? sk_X509_num(built) : 0;
  chain.anchored = count > 0 && X509_STORE_CTX_get_num_untrusted(store) < count;
  for (int i = 0; i < count && chain.built.size() < kMaxKeptCertificates; ++i)
    chain.built.push_back(known.of(sk_X509_value(built, i)));
  if (chain.anchored && request.trust != nullptr)
    chain.anchor_is_public = request.trust->impl().is_public(sk_X509_value(built, count - 1));
  add_incomplete_chain_errors(chain, store, request.level);
  add_time_errors(chain, request.now);
  add_list_answers(chain, store, request, std::move(notes.lists));
  return std::move(chain);
}

// Exactly this path.
std::optional<ChainEvidence> validate_path(const CertificatePath& path, X509_STORE_CTX* original,
                                           const ChainRequest& request, const Descriptions& known) {
  const X509StackPtr between(sk_X509_new_null());
  const X509StackPtr anchor(sk_X509_new_null());
  const X509StoreCtxPtr store(X509_STORE_CTX_new());
  if (!between || !anchor || !store) return std::nullopt;
  for (std::size_t i = 1; i < path.size(); ++i) {
    STACK_OF(X509)* const where = i + 1 == path.size() ? anchor.get() : between.get();
    if (X509_add_cert(where, path[i].get(), X509_ADD_FLAG_UP_REF) != 1) return std::nullopt;
  }
  if (X509_STORE_CTX_init(store.get(), nullptr, path[0].get(), between.get()) != 1) return std::nullopt;
  X509_STORE_CTX_set0_trusted_stack(store.get(), anchor.get());
  if (request.trust != nullptr) X509_STORE_CTX_set0_crls(store.get(), request.trust->impl().crls.get());
  if (X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(store.get()), X509_STORE_CTX_get0_param(original)) !=
      1)
    return std::nullopt;
  return validate_once(store.get(), request, known);
}

// Whether `store` has built this path itself.
bool is_built(X509_STORE_CTX* store, const CertificatePath& path) {
  STACK_OF(X509)* const built = X509_STORE_CTX_get0_chain(store);
  if (built == nullptr || sk_X509_num(built) != static_cast<int>(path.size())) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (X509_cmp(sk_X509_value(built, static_cast<int>(i)), path[i].get()) != 0) return false;
  }
  return true;
}

OtherPath as_other(const ChainEvidence& chain) {
  OtherPath out;
  out.anchored = chain.anchored;
  out.errors = chain.errors;
  for (const Certificate& one : chain.built) out.subjects.push_back(one.subject);
  return out;
}

bool is_better(const ChainEvidence& candidate, const ChainEvidence& best) {
  return candidate.anchored && (candidate.errors.empty() || !best.anchored);
}

// Tries the other paths until one is without a complaint.
void try_other_paths(ChainEvidence& chain, X509_STORE_CTX* store, const ChainRequest& request,
                     const Descriptions& known) {
  std::vector<OtherPath> others;
  for (const CertificatePath& path : find_paths(X509_STORE_CTX_get0_cert(store), request.sent, store)) {
    if (chain.errors.empty() || others.size() == kMaxOtherPaths) break;
    if (is_built(store, path)) continue;
    auto candidate = validate_path(path, store, request, known);
    if (!candidate) continue;
    if (is_better(*candidate, chain)) std::swap(*candidate, chain);
    others.push_back(as_other(*candidate));
  }
  chain.others = std::move(others);
}

}  // namespace

ChainEvidence validate_chain(X509_STORE_CTX* store, const ChainRequest& request,
                             const std::vector<Certificate>& presented) {
  const QueueMark mark;
  const Descriptions known(request.sent, presented);
  ChainEvidence chain = validate_once(store, request, known);
  if (!chain.errors.empty()) try_other_paths(chain, store, request, known);
  return chain;
}

void add_time_errors(ChainEvidence& chain, UnixSeconds now) {
  for (std::size_t i = 0; i < chain.built.size(); ++i) {
    const Certificate& certificate = chain.built[i];
    if (!certificate.parse_error.empty() || certificate.not_after == 0) continue;
    const int depth = static_cast<int>(i);
    if (now < certificate.not_before) add_error(chain, verify_code::kCertNotYetValid, depth);
    if (now > certificate.not_after) add_error(chain, verify_code::kCertHasExpired, depth);
  }
}

}  // namespace whytls::tls
