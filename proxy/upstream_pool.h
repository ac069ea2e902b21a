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
  std::unordered_map<std::string, std::vector<std::unique_ptr<UpstreamConnection>>> idle_;  // no empty ones
  std::size_t size_ = 0;
};

// Sessions are kept per identity, a few each, and used once (RFC 8446, C.4). When there are too many, or the
// chains that they remember are too large, all are forgotten: each costs no more than a full handshake.
class SessionCache {
 public:
  static constexpr std::size_t kPerTarget = 4;
  static constexpr std::size_t kMaxTargets = 4096;
  static constexpr std::size_t kMaxBytes = 32UL * 1024 * 1024;
  // What an entry costs beside its session and key: the ticket inside of OpenSSL and the judgement.
  static constexpr std::size_t kEntryBytes = 4096;

  explicit SessionCache(std::size_t max_bytes = kMaxBytes) : max_bytes_(max_bytes) {}

  struct Entry {
    std::unique_ptr<tls::Session> session;
    std::shared_ptr<const Judgement> judgement;
    std::size_t bytes = 0;  // as counted by put()
  };
  // `entry` has a session.
  void put(const std::string& key, Entry entry);
  // Empty session: none that is usable at `now`.
  [[nodiscard]] Entry take(const std::string& key, tls::UnixSeconds now);
  void clear();

 private:
  std::unordered_map<std::string, std::deque<Entry>> by_target_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
};

}  // namespace whytls::proxy
