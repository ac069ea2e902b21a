#include "tests/scenarios/stage.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <uv.h>

#include <stdexcept>
#include <thread>

#include "config/load.h"
#include "policy/ledger/sqlite_store.h"
#include "tls/authority.h"

namespace whytls::scenarios {
namespace {

std::string common_settings(const std::string& authority_directory) {
  return "workers = 1\n\n[admin]\nenabled = false\n\n[log]\nlevel = \"debug\"\n\n[authority]\ndirectory = "
         "\"" +
         authority_directory + "\"\n\n";
}

int look_up(const std::string& host, std::vector<std::string>* addresses, SlowLookups& slow) {
  if (host == "broken.test") return UV_EAI_FAIL;
  if (host == "missing.test" || !host.ends_with(".test")) return UV_EAI_NONAME;
  if (host == "slow.test") slow.wait();
  addresses->emplace_back("127.0.0.1");
  return 0;
}

}  // namespace

void SlowLookups::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [this] { return open_; });
}

void SlowLookups::let_go() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

const World& world() {
  static const World& made = *[] {
    const support::Credential root = support::self_sign(support::root_spec("Scenario Root"));
    const support::Credential intermediate =
        support::issue(support::intermediate_spec("Scenario Intermediate"), root);
    auto owner = std::unique_ptr<World>(new World{root,
                                                  intermediate,
                                                  support::issue(support::leaf_spec(kDevice), intermediate),
                                                  support::self_sign(support::root_spec("Foreign Root")),
                                                  {},
                                                  {}});
    owner->root_file = owner->directory.write("root.pem", root.pem());
    static const std::unique_ptr<World> keeper = std::move(owner);
    return keeper.get();
  }();
  return made;
}

void CapturedLog::line(config::LogLevel level, std::string_view json) {
  constexpr bool kNoExceptions = false;
  Line line{level, Json::parse(json, nullptr, kNoExceptions), std::string(json)};
  EXPECT_FALSE(line.json.is_discarded()) << "not JSON: " << json;
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  arrived_.notify_all();
}

std::optional<CapturedLog::Line> CapturedLog::wait_for(const Wanted& wanted,
                                                       std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  std::optional<Line> found;
  std::size_t seen = 0;
  arrived_.wait_for(lock, patience, [&] {
    for (; seen < lines_.size() && !found; ++seen) {
      if (wanted(lines_[seen])) found = lines_[seen];
    }
    return found.has_value();
  });
  return found;
}

std::optional<CapturedLog::Line> CapturedLog::wait_for_incident(std::string_view incident) {
  return wait_for([incident](const Line& line) {
    return line.json.contains("error.type") && line.json.value("incident", "") == incident;
  });
}

std::optional<CapturedLog::Line> CapturedLog::wait_for_failure(std::string_view slug) {
  return wait_for([slug](const Line& line) { return line.json.value("error.type", "") == slug; });
}

std::vector<CapturedLog::Line> CapturedLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

Stage::Stage(const std::string& toml) {
  const auto authority = tls::Authority::load_or_create(directory_.path() + "/ca", support::kTestNow);
  if (!authority) {
    ADD_FAILURE() << authority.error().text();
    return;
  }
  authority_ = *authority;
  const std::string text = common_settings(directory_.path() + "/ca") + toml;
  auto loaded = config::parse(text, "scenario.toml");
  if (!loaded) {
    for (const config::Mistake& mistake : loaded.error()) ADD_FAILURE() << mistake.text() << "\n" << text;
    return;
  }
  if (!open_ledger()) return;
  proxy::ServerOptions options;
  options.ledger = ledger_.get();
  options.settings = std::make_shared<const config::Settings>(std::move(loaded->settings));
  options.authority = authority_;
  options.log = &log_;
  options.clock = [] { return support::kTestNow * 1000; };
  options.name_lookup = [this](const std::string& host, std::vector<std::string>* addresses) {
    return look_up(host, addresses, slow_lookups_);
  };
  auto server = proxy::Server::start(std::move(options));
  if (server) {
    server_ = std::move(*server);
  } else {
    ADD_FAILURE() << server.error().text();
  }
}

bool Stage::open_ledger() {
  auto store = ledger::SqliteStore::open(directory_.path() + "/ledger.db", ledger::OpenMode::owner);
  ledger::Options options;
  options.now = [] { return support::kTestNow; };
  auto opened = store ? ledger::Ledger::open(std::move(*store), std::move(options))
                      : tl::make_unexpected(store.error());
  if (opened) {
    ledger_ = std::move(*opened);
  } else {
    ADD_FAILURE() << opened.error().text();
  }
  return ledger_ != nullptr;
}

// The server asserts that its loops close clean.
Stage::~Stage() {
  slow_lookups_.let_go();
  if (server_) server_->stop();
}

std::uint64_t Stage::failures(std::string_view slug) const {
  const auto failure = policy::failure_by_slug(slug);
  if (!failure) {
    ADD_FAILURE() << "no such failure: " << slug;
    return 0;
  }
  return server_->counters().failures[static_cast<std::size_t>(*failure)];
}

bool Stage::wait_for_clients(std::uint64_t count) const {
  const auto until = support::Clock::now() + kPatience;
  while (server_->counters().client_connections_total < count) {
    if (support::Clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace whytls::scenarios
