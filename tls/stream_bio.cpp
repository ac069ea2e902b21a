#include "tls/stream_bio.h"

#include <algorithm>
#include <cstring>

namespace whytls::tls {

namespace {

Channel& channel_of(BIO* bio) {
  return *static_cast<Channel*>(BIO_get_data(bio));
}

int read_channel(BIO* bio, char* buffer, std::size_t size, std::size_t* count) noexcept {
  BIO_clear_retry_flags(bio);
  *count = channel_of(bio).take(buffer, size);
  if (*count > 0) return 1;
  // The end of the transport is never shown to OpenSSL: the stream knows it, and OpenSSL would answer it
  // with an alert to a peer that is gone.
  BIO_set_retry_read(bio);
  return -1;
}

int write_channel(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) noexcept {
  BIO_clear_retry_flags(bio);
  channel_of(bio).put({bytes, size});
  *count = size;
  return 1;
}

long control_channel(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
  // A flush has nothing to do and must not fail; all else is not supported.
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "whytls channel");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read_ex(method, read_channel);
  BIO_meth_set_write_ex(method, write_channel);
  BIO_meth_set_ctrl(method, control_channel);
  return method;
}

}  // namespace

void Channel::supply(std::string_view ciphertext) {
  retain();
  borrowed_ = ciphertext;
  received_ += ciphertext.size();
}

void Channel::retain() {
  if (borrowed_.empty()) return;
  kept_.erase(0, kept_read_);
  kept_read_ = 0;
  kept_.append(borrowed_);
  borrowed_ = {};
}

std::size_t Channel::take(char* buffer, std::size_t size) {
  std::size_t count = 0;
  if (kept_read_ < kept_.size()) {
    count = std::min(size, kept_.size() - kept_read_);
    std::memcpy(buffer, kept_.data() + kept_read_, count);
    kept_read_ += count;
    if (kept_read_ == kept_.size()) {
      // An idle connection holds no buffer.
      std::string().swap(kept_);
      kept_read_ = 0;
    }
  }
  const std::size_t more = std::min(size - count, borrowed_.size());
  if (more > 0) std::memcpy(buffer + count, borrowed_.data(), more);
  borrowed_.remove_prefix(more);
  return count + more;
}

void Channel::put(std::string_view ciphertext) {
  out_->append(ciphertext);
  sent_ += ciphertext.size();
}

BioPtr make_channel_bio(Channel* channel) {
  // Immutable after it was made, and needed for the whole life of the process.
  static BIO_METHOD* const kMethod = make_method();
  BioPtr bio(kMethod != nullptr ? BIO_new(kMethod) : nullptr);
  if (!bio) return nullptr;
  BIO_set_data(bio.get(), channel);
  BIO_set_init(bio.get(), 1);
  return bio;
}

}  // namespace whytls::tls
