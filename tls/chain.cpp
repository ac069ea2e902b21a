// Path validation that records every complaint and stops at none.
#include <algorithm>
#include <array>

#include "tls/callbacks.h"
#include "tls/certificate_reader.h"
#include "tls/stream_impl.h"
#include "tls/verify_codes.h"
#include "tls/wire.h"

namespace whytls::tls {

namespace {

constexpr std::size_t kMaxKeptErrors = 128;
// Bits of security that each level asks for (SSL_CTX_set_security_level(3)).
constexpr std::array<int, 6> kLevelBits{0, 80, 112, 128, 192, 256};

Stream::Impl& stream_behind(X509_STORE_CTX* store) {
  return stream_of(
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())));
}

void add_error(ChainEvidence& chain, int code, int depth) {
  const auto same = [code, depth](const ChainError& e) { return e.code == code && e.depth == depth; };
  if (chain.errors.size() == kMaxKeptErrors || std::any_of(chain.errors.begin(), chain.errors.end(), same))
    return;
  chain.errors.push_back({code, depth});
}

int note_complaint(int fine, X509_STORE_CTX* store) noexcept {
  if (fine == 0) {
    add_error(stream_behind(store).evidence.chain, X509_STORE_CTX_get_error(store),
              X509_STORE_CTX_get_error_depth(store));
    // An error that stays would be repeated by the chain builder instead of what it finds itself.
    X509_STORE_CTX_set_error(store, X509_V_OK);
  }
  return 1;
}

// `parsed` are the certificates of the message as OpenSSL read them.
void describe_sent(Stream::Impl& stream, STACK_OF(X509) * parsed) {
  const auto version = static_cast<WireVersion>(SSL_version(stream.ssl.get()));
  const auto sent = parse_certificate_message(stream.certificate_message, version);
  const int count = parsed != nullptr ? sk_X509_num(parsed) : 0;
  HandshakeEvidence& evidence = stream.evidence;
  evidence.presented.clear();
  for (int i = 0; i < count; ++i) {
    if (evidence.presented.size() == kMaxKeptCertificates) {
      evidence.presented_omitted = static_cast<std::size_t>(count) - kMaxKeptCertificates;
      break;
    }
    const auto at = static_cast<std::size_t>(i);
    X509* certificate = sk_X509_value(parsed, i);
    evidence.presented.push_back(at < sent.size() ? describe_certificate(certificate, std::string(sent[at]))
                                                  : describe_certificate(certificate));
  }
  std::string().swap(stream.certificate_message);
}

// The chain as built; a certificate that was sent is not read twice.
void describe_built(Stream::Impl& stream, STACK_OF(X509) * chain, STACK_OF(X509) * sent) {
  const int count = chain != nullptr ? sk_X509_num(chain) : 0;
  HandshakeEvidence& evidence = stream.evidence;
  for (int i = 0; i < count && evidence.chain.built.size() < kMaxKeptCertificates; ++i) {
    X509* certificate = sk_X509_value(chain, i);
    int at = 0;
    while (at < sk_X509_num(sent) && sk_X509_value(sent, at) != certificate) ++at;
    const auto index = static_cast<std::size_t>(at);
    evidence.chain.built.push_back(index < evidence.presented.size() ? evidence.presented[index]
                                                                     : describe_certificate(certificate));
  }
}

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

}  // namespace

void add_time_errors(ChainEvidence& chain, UnixSeconds now) {
  for (std::size_t i = 0; i < chain.built.size(); ++i) {
    const Certificate& certificate = chain.built[i];
    if (!certificate.parse_error.empty() || certificate.not_after == 0) continue;
    const int depth = static_cast<int>(i);
    if (now < certificate.not_before) add_error(chain, verify_code::kCertNotYetValid, depth);
    if (now > certificate.not_after) add_error(chain, verify_code::kCertHasExpired, depth);
  }
}

void describe_presented(Stream::Impl& stream) {
  if (stream.certificate_message.empty()) return;
  const auto version = static_cast<WireVersion>(SSL_version(stream.ssl.get()));
  HandshakeEvidence& evidence = stream.evidence;
  for (const std::string_view der : parse_certificate_message(stream.certificate_message, version)) {
    if (evidence.presented.size() < kMaxKeptCertificates) {
      evidence.presented.push_back(read_certificate(std::string(der)));
    } else {
      ++evidence.presented_omitted;
    }
  }
  std::string().swap(stream.certificate_message);
}

int record_chain(X509_STORE_CTX* store, void* /*unused*/) noexcept {
  const QueueMark mark;
  Stream::Impl& stream = stream_behind(store);
  ChainEvidence& chain = stream.evidence.chain;
  X509_STORE_CTX_set_time(store, 0, static_cast<time_t>(stream.now));
  X509_STORE_CTX_set_verify_cb(store, note_complaint);
  const int result = X509_verify_cert(store);
  chain.verified = true;
  // An answer without a complaint means that it could not even begin: that must not pass for a good chain.
  if (result != 1 && chain.errors.empty()) {
    const int code = X509_STORE_CTX_get_error(store);
    add_error(chain, code != X509_V_OK ? code : verify_code::kUnspecified, 0);
  }
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(store);
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(store);
  const int count = built != nullptr ? sk_X509_num(built) : 0;
  chain.anchored = count > 0 && X509_STORE_CTX_get_num_untrusted(store) < count;
  describe_sent(stream, sent);
  describe_built(stream, built, sent);
  add_incomplete_chain_errors(chain, store, SSL_get_security_level(stream.ssl.get()));
  add_time_errors(chain, stream.now);
  // libssl keeps one code; nobody decides on it, but it should not say that all is well.
  X509_STORE_CTX_set_error(store, chain.errors.empty() ? X509_V_OK : chain.errors.front().code);
  return 1;
}

}  // namespace whytls::tls
