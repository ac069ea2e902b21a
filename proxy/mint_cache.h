// Minted leaves by name, so that a known name costs no signature. One per worker.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "tls/authority.h"

namespace whytls::proxy {

class MintCache {
 public:
  static constexpr std::size_t kMaxEntries = 4096;
  // A leaf is minted anew after this time, long before it expires.
  static constexpr tls::UnixSeconds kReuseSeconds = tls::UnixSeconds{24} * 3600;

  explicit MintCache(std::shared_ptr<const tls::Authority> authority) : authority_(std::move(authority)) {}

  // Fails when there is no authority or the name can't be in a certificate.
  Result<std::shared_ptr<const tls::Identity>> leaf(const std::string& name, tls::UnixSeconds now);

 private:
  struct Entry {
    std::string name;
    std::shared_ptr<const tls::Identity> identity;
    tls::UnixSeconds minted = 0;
  };
  std::shared_ptr<const tls::Authority> authority_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_name_;
};

}  // namespace whytls::proxy
