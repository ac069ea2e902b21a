// Certificates as numbers, places and a ledger for tests: nothing is parsed here, the ledger looks at fields
// only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "policy/ledger/ledger.h"
#include "policy/ledger/sqlite_store.h"
#include "tls/digest.h"

namespace whytls::ledger::samples {

inline constexpr UnixSeconds kNow = 1'800'000'000;
inline constexpr UnixSeconds kDay = 86'400;

// A certificate of its own for each label; the tests change what they are about.
inline tls::Certificate certificate(const std::string& label) {
  tls::Certificate out;
  const auto digest = tls::sha256("certificate " + label);
  Digest raw{};
  std::copy(digest.begin(), digest.end(), raw.begin());
  out.sha256_hex = hex_of(raw);
  out.spki_sha256_base64 = tls::sha256_base64("key of " + label);
  out.issuer = "CN=Example Issuing CA";
  out.subject = "CN=" + label;
  out.serial_hex = out.sha256_hex.substr(0, 32);
  out.names = {{tls::AltName::Kind::dns, label}};
  out.not_before = kNow - 30 * kDay;
  out.not_after = kNow + 60 * kDay;
  return out;
}
inline tls::Certificate with_serial_of(tls::Certificate certificate, const tls::Certificate& other) {
  certificate.serial_hex = other.serial_hex;
  certificate.issuer = other.issuer;
  return certificate;
}
inline tls::Certificate with_key_of(tls::Certificate certificate, const tls::Certificate& other) {
  certificate.spki_sha256_base64 = other.spki_sha256_base64;
  return certificate;
}
inline Digest digest(const tls::Certificate& certificate) {
  return digest_of_hex(certificate.sha256_hex).value_or(Digest{});
}
inline Place place(const std::string& host, const std::string& address = "192.0.2.1") {
  return {host, 443, address, "forward"};
}

// A folder of its own, removed with everything in it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "whytls-ledger-XXXXXX";
    path_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file() const { return path_ + "/data/ledger.db"; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Whose writes fail while it is told so.
class FailingStore : public Store {
 public:
  FailingStore(std::unique_ptr<Store> store, std::shared_ptr<std::atomic<bool>> fails)
      : store_(std::move(store)), fails_(std::move(fails)) {}
  [[nodiscard]] HashKey hash_key() const override { return store_->hash_key(); }
  Result<void> load(Loader& loader) override { return store_->load(loader); }
  Result<void> write(std::span<const Row> rows) override {
    if (*fails_) return fail("cannot be written: disk full", "ledger.db", "make room");
    return store_->write(rows);
  }
  Result<std::vector<Change>> changes() override { return store_->changes(); }
  Result<void> list(const Filter& filter, const std::function<bool(const Listed&)>& visit) override {
    return store_->list(filter, visit);
  }
  Result<std::vector<Details>> show(std::string_view prefix) override { return store_->show(prefix); }
  Result<void> upstreams(const std::function<bool(const ListedUpstream&)>& visit) override {
    return store_->upstreams(visit);
  }
  Result<Digest> accept(std::string_view host, std::uint16_t port, std::optional<Digest> sha256,
                        UnixSeconds now) override {
    return store_->accept(host, port, sha256, now);
  }
  Result<std::size_t> forget_host(std::string_view host, UnixSeconds now) override {
    return store_->forget_host(host, now);
  }
  Result<bool> forget_certificate(const Digest& sha256, UnixSeconds now) override {
    return store_->forget_certificate(sha256, now);
  }

 private:
  std::unique_ptr<Store> store_;
  std::shared_ptr<std::atomic<bool>> fails_;
};

// A ledger on a file, with a clock that the test sets. Nothing happens by time: the writer works when flush()
// is called.
class Running {
 public:
  explicit Running(const std::string& file, Options options = {}, const StoreOptions& store_options = {}) {
    auto store = SqliteStore::open(file, OpenMode::owner, store_options);
    if (!store) throw std::runtime_error(store.error().text());
    auto failing = std::make_unique<FailingStore>(std::move(*store), fails);
    options.now = [clock = clock] { return clock->load(); };
    options.on_event = [events = events](const Event& event) { events->push_back(event); };
    options.batch_interval = options.last_retry = options.first_retry = std::chrono::hours(1);
    auto opened = Ledger::open(std::move(failing), options);
    if (!opened) throw std::runtime_error(opened.error().text());
    ledger = std::move(*opened);
    reader = std::make_unique<Reader>(ledger->reader());
  }
  ~Running() { reader.reset(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  Memory see(const std::string& host, const std::vector<tls::Certificate>& chain,
             UnixSeconds now = kNow) const {
    const Place where = place(host);
    return reader->see({where, now, chain});
  }

  std::shared_ptr<std::atomic<bool>> fails = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<UnixSeconds>> clock = std::make_shared<std::atomic<UnixSeconds>>(kNow);
  // Written by the writer's thread: read after flush() or stop().
  std::shared_ptr<std::vector<Event>> events = std::make_shared<std::vector<Event>>();
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<Reader> reader;
};

inline std::vector<Listed> list(const std::string& file, const Filter& filter = {}) {
  std::vector<Listed> out;
  auto store = SqliteStore::open(file, OpenMode::reader_tool);
  if (!store) throw std::runtime_error(store.error().text());
  const auto done = (*store)->list(filter, [&out](const Listed& one) {
    out.push_back(one);
    return true;
  });
  if (!done) throw std::runtime_error(done.error().text());
  return out;
}

}  // namespace whytls::ledger::samples
