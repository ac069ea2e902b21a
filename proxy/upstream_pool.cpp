#include "proxy/upstream_pool.h"

#include <algorithm>
#include <utility>

namespace whytls::proxy {

std::unique_ptr<UpstreamConnection> UpstreamPool::take(const std::string& key) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<UpstreamConnection> connection = std::move(found->second.back());
  found->second.pop_back();
  if (found->second.empty()) idle_.erase(found);
  --size_;
  return connection;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::put(std::unique_ptr<UpstreamConnection> connection,
                                                      std::size_t max_idle) {
  if (max_idle == 0) return connection;
  auto& list = idle_[connection->pool_key()];
  if (list.size() >= max_idle) return connection;
  list.push_back(std::move(connection));
  ++size_;
  return nullptr;
}

std::unique_ptr<UpstreamConnection> UpstreamPool::remove(UpstreamConnection* connection) {
  const auto found = idle_.find(connection->pool_key());
  if (found == idle_.end()) return nullptr;
  auto& list = found->second;
  const auto position = std::find_if(list.begin(), list.end(),
                                     [connection](const auto& entry) { return entry.get() == connection; });
  if (position == list.end()) return nullptr;
  std::unique_ptr<UpstreamConnection> owned = std::move(*position);
  list.erase(position);
  --size_;
  if (list.empty()) idle_.erase(found);
  return owned;
}

std::vector<std::unique_ptr<UpstreamConnection>> UpstreamPool::clear() {
  std::vector<std::unique_ptr<UpstreamConnection>> all;
  for (auto& [key, list] : idle_) {
    std::move(list.begin(), list.end(), std::back_inserter(all));
  }
  idle_.clear();
  size_ = 0;
  return all;
}

void SessionCache::put(const std::string& key, Entry entry) {
  entry.bytes = kEntryBytes + key.size() + entry.session->bytes();
  if (entry.bytes > max_bytes_) return;
  const bool too_many = by_target_.size() >= kMaxTargets && !by_target_.contains(key);
  if (too_many || bytes_ + entry.bytes > max_bytes_) clear();
  auto& list = by_target_[key];
  bytes_ += entry.bytes;
  list.push_back(std::move(entry));
  if (list.size() <= kPerTarget) return;
  bytes_ -= list.front().bytes;
  list.pop_front();
}

SessionCache::Entry SessionCache::take(const std::string& key, tls::UnixSeconds now) {
  const auto found = by_target_.find(key);
  if (found == by_target_.end()) return {};
  auto& list = found->second;
  Entry taken;
  while (!list.empty() && taken.session == nullptr) {
    Entry entry = std::move(list.back());
    list.pop_back();
    bytes_ -= entry.bytes;
    if (entry.judgement != nullptr && now < entry.judgement->usable_until) taken = std::move(entry);
  }
  if (list.empty()) by_target_.erase(found);
  return taken;
}

void SessionCache::clear() {
  by_target_.clear();
  bytes_ = 0;
}

}  // namespace whytls::proxy
