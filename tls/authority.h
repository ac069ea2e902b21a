// The local certificate authority of forward mode, and the leaves that it mints.
#pragma once

#include <memory>
#include <string>

#include "tls/context.h"

namespace whytls::tls {

class Authority {
 public:
  // Loads DIR/ca.pem and DIR/ca-key.pem, or makes both (directory 0700, key 0600, written under a
  // temporary name and renamed) when neither is there. Refuses a key file that others may read, a
  // certificate that is no CA, a pair that doesn't match, and half a pair.
  static Result<std::shared_ptr<const Authority>> load_or_create(const std::string& directory,
                                                                 UnixSeconds now);
  // Loads only; fails when there is none (hint: how to make one).
  static Result<std::shared_ptr<const Authority>> load(const std::string& certificate_file,
                                                       const std::string& key_file);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] const Certificate& certificate() const;
  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] const std::string& certificate_file() const;

  // A leaf for one DNS name or IP literal: EC P-256 key (one per authority object, never on disk), random
  // positive 128-bit serial, SAN always, serverAuth, short validity around `now`; the chain is sent.
  // Fails for a name that is neither (empty, over 253 bytes, control characters).
  [[nodiscard]] Result<std::shared_ptr<const Identity>> mint(const std::string& name, UnixSeconds now) const;

  struct Impl;

 private:
  Authority();
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::tls
