#include "proxy/mint_cache.h"

namespace whytls::proxy {

Result<std::shared_ptr<const tls::Identity>> MintCache::leaf(const std::string& name, tls::UnixSeconds now) {
  if (authority_ == nullptr) return fail("no certificate authority is loaded", name);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    const bool fresh = now >= found->second->minted && now - found->second->minted < kReuseSeconds;
    if (fresh) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->identity;
    }
    entries_.erase(found->second);
    by_name_.erase(found);
  }
  auto minted = authority_->mint(name, now);
  if (!minted) return minted;
  entries_.push_front(Entry{name, *minted, now});
  by_name_[name] = entries_.begin();
  if (entries_.size() > kMaxEntries) {
    by_name_.erase(entries_.back().name);
    entries_.pop_back();
  }
  return minted;
}

}  // namespace whytls::proxy
