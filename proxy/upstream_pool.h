// Idle upstream connections and resumable sessions of one worker, by the identity of the target.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/upstream_connection.h"
#include "tls/stream.h"

namespace whytls::proxy {

class UpstreamPool {
 public:
  // The most recently used idle connection of that identity, nullptr when there is none.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> take(const std::string& key);
  // Keeps it unless `max_idle` are kept already; returns what has to be closed, or nullptr.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> put(std::unique_ptr<UpstreamConnection> connection,
                                                        std::size_t max_idle);
  // Takes one out, because it ended. nullptr: it was not here.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> remove(UpstreamConnection* connection);
  // Everything, for closing.
  [[nodiscard]] std::vector<std::unique_ptr<UpstreamConnection>> clear();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unordered_map<std::string, std::vector<std::unique_ptr<UpstreamConnection>>> idle_;
  std::size_t size_ = 0;
};

// Sessions are kept per identity, a few each, and used once (RFC 8446, C.4).
class SessionCache {
 public:
  static constexpr std::size_t kPerTarget = 4;
  static constexpr std::size_t kMaxTargets = 4096;

  struct Entry {
    std::unique_ptr<tls::Session> session;
    std::shared_ptr<const Judgement> judgement;
  };
  void put(const std::string& key, Entry entry);
  // Empty session: none that is usable at `now`.
  [[nodiscard]] Entry take(const std::string& key, tls::UnixSeconds now);
  void clear() { by_target_.clear(); }

 private:
  std::unordered_map<std::string, std::deque<Entry>> by_target_;
};

}  // namespace whytls::proxy
