#include "tests/engine/memory_peer.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/support/directory.h"

namespace whytls::engine {

using support::issue;
using support::self_sign;
using tls::StreamStatus;

MemoryPeer::MemoryPeer(std::shared_ptr<SSL_CTX> context, Role role)
    : context_(std::move(context)), ssl_(SSL_new(context_.get()), &SSL_free) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (role == Role::server) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

void MemoryPeer::judge(int result) {
  const int kind = SSL_get_error(ssl_.get(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) closed_ = true;
  if (kind == SSL_ERROR_SSL && reason_ == 0) reason_ = ERR_GET_REASON(ERR_peek_error());
  ERR_clear_error();
}

void MemoryPeer::feed(std::string_view ciphertext) {
  BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
}

void MemoryPeer::step() {
  ERR_clear_error();
  if (reason_ != 0 || closed_) return;
  if (!done()) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result != 1) return judge(result);
  }
  std::array<char, 16384> buffer{};
  for (;;) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) return judge(count);
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void MemoryPeer::send(std::string_view plaintext) {
  ERR_clear_error();
  if (SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size())) <= 0) {
    throw std::runtime_error("the peer cannot write");
  }
}

void MemoryPeer::send_close_notify() {
  SSL_shutdown(ssl_.get());
}

std::string MemoryPeer::take() {
  char* bytes = nullptr;
  BIO* bio = SSL_get_wbio(ssl_.get());
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string out(bytes, static_cast<std::size_t>(std::max(size, 0L)));
  BIO_reset(bio);
  return out;
}

EngineTest::EngineTest()
    : root_(self_sign(support::root_spec("engine root"))),
      intermediate_(issue(support::intermediate_spec("engine intermediate"), root_)),
      leaf_(issue(support::leaf_spec("device.test"), intermediate_)) {}

void EngineTest::poison() const {
  ERR_clear_error();
  if (GetParam() == Queue::poisoned) {
    ERR_raise(ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED);
    ERR_raise(ERR_LIB_SSL, SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA);
  }
}

support::TlsScript EngineTest::script() const {
  support::TlsScript out;
  out.chain = {leaf_, intermediate_};
  return out;
}

std::shared_ptr<const tls::UpstreamContext> EngineTest::upstream(const tls::UpstreamOptions& options) const {
  const support::Directory directory;
  const auto trust = tls::TrustStore::load({false, {directory.write("root.pem", root_.pem())}, {}});
  if (!trust) throw std::runtime_error(trust.error().text());
  auto context = tls::UpstreamContext::create(options, *trust);
  if (!context) throw std::runtime_error(context.error().text());
  return *context;
}

void EngineTest::connect(const support::TlsScript& server, const tls::UpstreamOptions& options,
                         const tls::Session* resume) {
  connect(support::make_server_context(server), upstream(options), resume);
}

void EngineTest::connect(std::shared_ptr<SSL_CTX> server, std::shared_ptr<const tls::UpstreamContext> context,
                         const tls::Session* resume) {
  out_.clear();
  peer_ = std::make_unique<MemoryPeer>(std::move(server), MemoryPeer::Role::server);
  tls::ConnectOptions connect;
  connect.sni = sni_;
  connect.now = now_;
  connect.resume = resume;
  poison();
  auto stream = tls::Stream::connect(std::move(context), connect, &out_);
  if (!stream) throw std::runtime_error(stream.error().text());
  stream_ = std::move(*stream);
}

void EngineTest::connect_alone(const tls::UpstreamOptions& options) {
  connect(script(), options);
  peer_.reset();
  poison();
  stream_->handshake();
}

StreamStatus EngineTest::deliver(std::string_view bytes, std::size_t chunk) {
  StreamStatus status = StreamStatus::want_input;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(chunk, bytes.size() - at)) {
    stream_->supply(bytes.substr(at, chunk));
    poison();
    status = stream_->handshake();
    stream_->retain();
    if (status != StreamStatus::want_input && status != StreamStatus::ok) break;
  }
  return status;
}

StreamStatus EngineTest::talk(std::size_t chunk) {
  poison();
  StreamStatus status = stream_->handshake();
  for (;;) {
    peer_->feed(out_);
    out_.clear();
    peer_->step();
    std::string bytes = peer_->take();
    if (tamper_) tamper_(bytes);
    if (!bytes.empty()) status = deliver(bytes, chunk);
    if (out_.empty()) return status;
  }
}

StreamStatus EngineTest::read_all(std::string* plaintext) {
  std::array<char, 5000> buffer{};
  for (;;) {
    std::size_t count = 0;
    poison();
    const StreamStatus status = stream_->read(buffer.data(), buffer.size(), &count);
    if (status != StreamStatus::ok) return status;
    plaintext->append(buffer.data(), count);
  }
}

StreamStatus EngineTest::answer(std::string_view bytes) {
  return deliver(bytes, kWhole);
}

bool EngineTest::has_error(int code, int depth) const {
  const auto& errors = evidence().chain.errors;
  return std::any_of(errors.begin(), errors.end(),
                     [=](const tls::ChainError& e) { return e.code == code && e.depth == depth; });
}

bool EngineTest::has_alert(tls::Alert::Direction direction, int number) const {
  const auto& alerts = evidence().alerts;
  return std::any_of(alerts.begin(), alerts.end(), [=](const tls::Alert& alert) {
    return alert.direction == direction && alert.number == number;
  });
}

std::string queue_name(const testing::TestParamInfo<Queue>& info) {
  return info.param == Queue::poisoned ? "poisoned_queue" : "clean_queue";
}

}  // namespace whytls::engine
