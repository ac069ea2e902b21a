// What every scenario needs: certificates, a proxy in this process, and its log in reach.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/ledger.h"
#include "proxy/server.h"
#include "tests/support/certificates.h"
#include "tests/support/client.h"
#include "tests/support/directory.h"

namespace whytls::scenarios {

using Json = nlohmann::json;

// How long a test waits for something that has to happen before it fails.
inline constexpr std::chrono::seconds kPatience{10};

using support::Directory;

// The certificates that are right; each row makes its wrong one from them. Made once.
struct World {
  support::Credential root;
  support::Credential intermediate;
  support::Credential leaf;          // for device.test, by the intermediate
  support::Credential foreign_root;  // trusted by nobody
  Directory directory;
  std::string root_file;  // PEM
};
[[nodiscard]] const World& world();
// The name that every upstream of the scenarios has; it resolves to 127.0.0.1.
inline constexpr std::string_view kDevice = "device.test";

// Keeps what the proxy logs.
class CapturedLog final : public proxy::LogSink {
 public:
  struct Line {
    config::LogLevel level = config::LogLevel::info;
    Json json;
    std::string text;
  };
  using Wanted = std::function<bool(const Line&)>;

  void line(config::LogLevel level, std::string_view json) override;
  // The first line that is wanted, waiting for it; nullopt when none comes.
  [[nodiscard]] std::optional<Line> wait_for(const Wanted& wanted,
                                             std::chrono::milliseconds patience = kPatience);
  [[nodiscard]] std::optional<Line> wait_for_incident(std::string_view incident);
  [[nodiscard]] std::optional<Line> wait_for_failure(std::string_view slug);
  [[nodiscard]] std::vector<Line> lines() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Line> lines_;
};

// Lookups of "slow.test" wait here until they are let go.
class SlowLookups {
 public:
  void wait();
  void let_go();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

// A running proxy. Its clock stands still at kTestNow; names are looked up here: "missing.test" does not
// exist, "broken.test" fails, "slow.test" takes forever, all others under .test are 127.0.0.1.
class Stage {
 public:
  // The configuration, without what all scenarios have in common (workers, admin, authority). Fails the test
  // and leaves running() false when the configuration is refused or the proxy does not start.
  explicit Stage(const std::string& toml);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] bool running() const { return server_ != nullptr; }
  [[nodiscard]] proxy::Server& server() { return *server_; }
  [[nodiscard]] ledger::Ledger& ledger() { return *ledger_; }
  [[nodiscard]] CapturedLog& log() { return log_; }
  [[nodiscard]] std::uint16_t port(std::string_view listener) const { return server_->port(listener); }
  [[nodiscard]] std::string authority_pem() const { return authority_->certificate_pem(); }
  [[nodiscard]] std::uint64_t failures(std::string_view slug) const;
  // Waits until so many clients were accepted.
  [[nodiscard]] bool wait_for_clients(std::uint64_t count) const;

 private:
  bool open_ledger();

  Directory directory_;
  SlowLookups slow_lookups_;
  CapturedLog log_;
  std::shared_ptr<const tls::Authority> authority_;
  std::unique_ptr<ledger::Ledger> ledger_;  // outlives the server
  std::unique_ptr<proxy::Server> server_;
};

}  // namespace whytls::scenarios
