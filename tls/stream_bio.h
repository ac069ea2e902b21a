// The BIO between OpenSSL and the caller's buffers: reads from a cursor over what was supplied, writes by
// appending.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tls/openssl.h"

namespace whytls::tls {

// Ciphertext on its way in and out. Input is in two parts: what was retained, then what is borrowed.
class Channel {
 public:
  explicit Channel(std::string* out) : out_(out) {}

  void supply(std::string_view ciphertext);
  void retain();
  [[nodiscard]] std::size_t unread() const { return kept_.size() - kept_read_ + borrowed_.size(); }
  // Copies up to `size` bytes; 0: nothing is there.
  std::size_t take(char* buffer, std::size_t size);
  void put(std::string_view ciphertext);

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  std::string* out_;
  std::string kept_;
  std::size_t kept_read_ = 0;
  std::string_view borrowed_;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
};

// A BIO over `channel`, which must outlive it; nullptr when memory is out.
[[nodiscard]] BioPtr make_channel_bio(Channel* channel);

}  // namespace whytls::tls
