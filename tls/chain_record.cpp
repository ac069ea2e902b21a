// What a handshake keeps of the certificates of the peer: as sent, and as validated.
#include "tls/callbacks.h"
#include "tls/certificate_reader.h"
#include "tls/chain.h"
#include "tls/revocation.h"
#include "tls/stream_impl.h"
#include "tls/wire.h"

namespace whytls::tls {

namespace {

Stream::Impl& stream_behind(X509_STORE_CTX* store) {
  return stream_of(
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())));
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

}  // namespace

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

void describe_staple(Stream::Impl& stream) {
  const unsigned char* bytes = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(stream.ssl.get(), &bytes);
  if (bytes == nullptr || size <= 0) return;
  const QueueMark mark;
  ChainEvidence& chain = stream.evidence.chain;
  chain.has_staple = true;
  // Who issued the leaf is known for sure when the path ends at an anchor.
  if (!chain.anchored || chain.built.size() < 2) return;
  const std::string_view response(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  chain.revocation.insert(chain.revocation.begin(),
                          read_ocsp_response(response, chain.built[0].der, chain.built[1].der, stream.now));
}

int record_chain(X509_STORE_CTX* store, void* /*unused*/) noexcept {
  const QueueMark mark;
  Stream::Impl& stream = stream_behind(store);
  STACK_OF(X509)* const sent = X509_STORE_CTX_get0_untrusted(store);
  describe_sent(stream, sent);
  ChainEvidence& chain = stream.evidence.chain;
  std::string description = std::move(chain.trust_description);
  chain = validate_chain(
      store,
      {sent, SSL_get_security_level(stream.ssl.get()), stream.now, stream.upstream->impl().trust.get()},
      stream.evidence.presented);
  chain.trust_description = std::move(description);
  // libssl keeps one code; nobody decides on it, but it should not say that all is well.
  X509_STORE_CTX_set_error(store, chain.errors.empty() ? X509_V_OK : chain.errors.front().code);
  return 1;
}

}  // namespace whytls::tls
