// Counters of one worker: written by its thread alone, read by anyone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "policy/failure.h"

namespace whytls::proxy {

class Counter {
 public:
  // One writer, so a load and a store do: no locked instruction.
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct WorkerCounters {
  std::array<Counter, policy::kFailureCount> failures;
  Counter handshakes_upstream_ok;
  Counter handshakes_upstream_resumed;
  Counter handshakes_upstream_failed;
  Counter handshakes_client_ok;
  Counter handshakes_client_failed;
  std::array<Counter, 6> responses_by_class;  // index 1..5
  Counter requests;
  Counter tunnels;
  Counter client_connections_open;
  Counter client_connections_total;
  Counter upstream_connections_open;
  Counter upstream_connections_idle;
  Counter bytes_from_clients;
  Counter bytes_to_clients;
};

}  // namespace whytls::proxy
