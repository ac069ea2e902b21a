// From OpenSSL's results to outcomes and evidence.
#include <openssl/core_names.h>

#include <array>

#include "tls/reasons.h"
#include "tls/stream_impl.h"

namespace whytls::tls {

namespace {

struct QueueEntry {
  unsigned long code = 0;
  std::string data;
};

constexpr std::size_t kMaxQueueEntries = 32;
constexpr int kAlertNumbers = 256;

std::vector<QueueEntry> drain_queue() {
  std::vector<QueueEntry> out;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (out.size() == kMaxQueueEntries) continue;
    const bool text = (flags & ERR_TXT_STRING) != 0 && data != nullptr;
    out.push_back({code, text ? std::string(data).substr(0, kMaxKeptText) : std::string()});
  }
  return out;
}

std::string entry_text(const QueueEntry& entry) {
  std::array<char, 256> text{};
  ERR_error_string_n(entry.code, text.data(), text.size());
  return entry.data.empty() ? std::string(text.data()) : std::string(text.data()) + ":" + entry.data;
}

// libssl says what the peer did wrong; the libraries below it say what they stumbled over. The first entry of
// libssl that is more than "a library failed" is the cause.
std::size_t main_entry(const std::vector<QueueEntry>& entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const unsigned long code = entries[i].code;
    if (ERR_GET_LIB(code) == kLibrarySsl && !ERR_FATAL_ERROR(code) && (ERR_GET_RFLAGS(code) == 0)) return i;
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (ERR_GET_LIB(entries[i].code) == kLibrarySsl) return i;
  }
  return 0;
}

// The first cause wins: what a later call says of a broken connection is not kept.
void record_queue(HandshakeEvidence& evidence) {
  const std::vector<QueueEntry> entries = drain_queue();
  if (entries.empty() || evidence.openssl_error != 0) return;
  const std::size_t main = main_entry(entries);
  const unsigned long code = entries[main].code;
  evidence.openssl_error = static_cast<std::uint32_t>(code);
  evidence.openssl_reason = ERR_GET_REASON(code);
  evidence.openssl_library = ERR_GET_LIB(code);
  evidence.openssl_text = entry_text(entries[main]);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i == main) continue;
    if (!evidence.openssl_data.empty()) evidence.openssl_data += '\n';
    evidence.openssl_data += entry_text(entries[i]);
  }
}

bool is_alert(const HandshakeEvidence& evidence) {
  return evidence.openssl_library == kLibrarySsl && evidence.openssl_reason >= kReasonAlertOffset &&
         evidence.openssl_reason < kReasonAlertOffset + kAlertNumbers;
}

std::string group_name(int nid) {
  if (nid == NID_X25519) return "x25519";
  if (nid == NID_X448) return "x448";
  if (const char* nist = EC_curve_nid2nist(nid)) return nist;
  const char* name = OBJ_nid2sn(nid);
  return name != nullptr ? name : std::string();
}

void describe_key_exchange(SSL* ssl, Answered& answered) {
  // OpenSSL looks for the group in the session and doesn't ask whether there is one yet.
  const long nid = SSL_get0_session(ssl) != nullptr ? SSL_get_negotiated_group(ssl) : 0;
  if (nid > 0 && (nid & TLSEXT_nid_unknown) == 0) answered.group = group_name(static_cast<int>(nid));
  EVP_PKEY* raw = nullptr;
  if (SSL_get_peer_tmp_key(ssl, &raw) != 1) return;
  const PkeyPtr key(raw);
  answered.key_exchange_bits = EVP_PKEY_get_bits(key.get());
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_DH) return;
  std::array<char, 80> group{};
  const bool named = EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), nullptr) == 1;
  answered.group = named ? group.data() : "dh";
}

void describe_signature(SSL* ssl, Leg leg, Answered& answered) {
  int type = NID_undef;
  int digest = NID_undef;
  if (leg == Leg::upstream) {
    if (SSL_get_peer_signature_type_nid(ssl, &type) != 1) return;
    SSL_get_peer_signature_nid(ssl, &digest);
  } else {
    if (SSL_get_signature_type_nid(ssl, &type) != 1) return;
    SSL_get_signature_nid(ssl, &digest);
  }
  switch (type) {
    case NID_undef:
      return;
    case EVP_PKEY_RSA:
      answered.signature_algorithm = "RSA-PKCS1";
      break;
    case EVP_PKEY_RSA_PSS:
      answered.signature_algorithm = "RSA-PSS";
      break;
    case EVP_PKEY_EC:
      answered.signature_algorithm = "ECDSA";
      break;
    default:
      answered.signature_algorithm = OBJ_nid2sn(type);
  }
  if (digest != NID_undef) answered.signature_algorithm += std::string("-") + OBJ_nid2sn(digest);
}

}  // namespace

CallOutcome interpret(Stream::Impl& stream, int result) {
  if (result > 0) {
    ERR_clear_error();
    return CallOutcome::ok;
  }
  const int kind = SSL_get_error(stream.ssl.get(), result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_ZERO_RETURN) {
    ERR_clear_error();
    return kind == SSL_ERROR_WANT_READ ? CallOutcome::want_input : CallOutcome::closed;
  }
  record_queue(stream.evidence);
  if (!stream.handshake_done) {
    stream.evidence.end =
        is_alert(stream.evidence) ? HandshakeEnd::alert_received : HandshakeEnd::protocol_error;
  }
  return CallOutcome::failed;
}

void describe_answer(Stream::Impl& stream) {
  const QueueMark mark;
  SSL* ssl = stream.ssl.get();
  Answered& answered = stream.evidence.answered;
  if (stream.handshake_done) answered.version = static_cast<WireVersion>(SSL_version(ssl));
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher == nullptr) cipher = SSL_get_pending_cipher(ssl);
  if (cipher != nullptr) {
    answered.cipher_suite = SSL_CIPHER_get_protocol_id(cipher);
    const char* name = SSL_CIPHER_standard_name(cipher);
    answered.cipher_name = name != nullptr ? name : SSL_CIPHER_get_name(cipher);
    answered.cipher_openssl_name = SSL_CIPHER_get_name(cipher);
  }
  describe_key_exchange(ssl, answered);
  describe_signature(ssl, stream.leg, answered);
  const unsigned char* alpn = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &size);
  if (alpn != nullptr) answered.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  answered.secure_renegotiation = SSL_get_secure_renegotiation_support(ssl) == 1;
  answered.extended_master_secret = SSL_get_extms_support(ssl) == 1;
  answered.resumed = SSL_session_reused(ssl) == 1;
}

}  // namespace whytls::tls
