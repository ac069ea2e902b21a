#include "tls/validate.h"

#include "tls/certificate_reader.h"
#include "tls/chain.h"
#include "tls/context_impl.h"

namespace whytls::tls {

HandshakeEvidence validate(const ValidateRequest& request, const TrustStore& trust) {
  const QueueMark mark;
  HandshakeEvidence out;
  out.progress = HandshakeProgress::finished;
  out.end = HandshakeEnd::done;
  for (const std::string& der : request.certificates) out.presented.push_back(read_certificate(der));
  // As libssl hands it over: the leaf is one of the certificates that were sent.
  const X509StackPtr sent(sk_X509_new_null());
  for (const std::string& der : request.certificates) {
    X509Ptr certificate = parse_certificate(der);
    if (sent && certificate && sk_X509_push(sent.get(), certificate.get()) > 0) (void)certificate.release();
  }
  const X509StoreCtxPtr store(X509_STORE_CTX_new());
  const bool is_usable = store && sent && !out.presented.empty() &&
                         out.presented.front().parse_error.empty() &&
                         sk_X509_num(sent.get()) == static_cast<int>(out.presented.size());
  if (!is_usable || X509_STORE_CTX_init(store.get(), trust.impl().store.get(), sk_X509_value(sent.get(), 0),
                                        sent.get()) != 1) {
    return out;
  }
  X509_STORE_CTX_set_default(store.get(), "ssl_server");
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(store.get());
  set_path_rules(param, &trust);
  X509_VERIFY_PARAM_set_auth_level(param, request.security_level);
  out.chain =
      validate_chain(store.get(), {sent.get(), request.security_level, request.now, &trust}, out.presented);
  out.chain.trust_description = trust.description();
  if (request.anchors_are_public) out.chain.anchor_is_public = out.chain.anchored;
  return out;
}

}  // namespace whytls::tls
