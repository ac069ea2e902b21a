// Name lookups off the loop: literals and localhost at once, the rest on libuv's thread pool, with a short
// cache so that a burst of connections asks once.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/loop.h"
#include "proxy/server.h"

namespace whytls::proxy {

// What a lookup found: addresses with the port filled in, or libuv's number.
struct Addresses {
  int status = 0;
  std::vector<sockaddr_storage> list;
};

class Resolver {
 public:
  static constexpr std::size_t kMaxAddresses = 8;
  static constexpr std::size_t kMaxCached = 1024;
  static constexpr std::int64_t kCacheMicroseconds = 5'000'000;

  // `lookup` empty: getaddrinfo.
  Resolver(Loop& loop, NameLookup lookup);
  ~Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // A lookup under way; destroying it means that nobody waits for the answer any more.
  class Request {
   public:
    virtual ~Request() = default;
  };
  using Done = std::function<void(Addresses)>;

  // Calls `done` at once (returning nullptr) when no thread is needed, else later on the loop.
  [[nodiscard]] std::unique_ptr<Request> lookup(const std::string& host, std::uint16_t port, Done done);

 private:
  struct Job;
  struct Ticket;
  struct Cached {
    std::vector<std::string> literals;
    std::int64_t until_us = 0;
  };
  Job* start(const std::string& host);
  void cancel(Job& job);
  void finish(Job& job);

  Loop& loop_;
  NameLookup lookup_;
  std::unordered_map<std::string, Cached> cache_;
  std::unordered_map<std::string, Job*> under_way_;  // owned by the thread pool
};

// "10.0.0.1:443", "[::1]:443"
[[nodiscard]] std::string address_text(const sockaddr_storage& address);
// "10.0.0.1"
[[nodiscard]] std::string ip_text(const sockaddr_storage& address);
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address);
// True when connecting to `target` reaches a socket that listens on `own`: also by another spelling of the
// address (0.0.0.0, IPv4-mapped), and by any address of this machine when `own` is a wildcard.
[[nodiscard]] bool reaches(const sockaddr_storage& target, const sockaddr_storage& own);
// False when `literal` is no IP literal.
[[nodiscard]] bool parse_ip(const std::string& literal, std::uint16_t port, sockaddr_storage* address);

}  // namespace whytls::proxy
