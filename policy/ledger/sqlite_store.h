// The ledger in a file of SQLite 3, in WAL mode.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "policy/ledger/store.h"
#include "tls/result.h"

namespace whytls::ledger {

enum class OpenMode : std::uint8_t {
  owner,        // the proxy: makes directory and file when they are missing, brings the schema up to date
  reader_tool,  // a command: the file has to be there with this schema; accept and forget may write
};

// How to get to a version of the schema from the one before it.
struct Migration {
  int version = 0;
  const char* sql = nullptr;
};
// In order, without gaps, from 1.
[[nodiscard]] std::span<const Migration> migrations();

struct StoreOptions {
  std::span<const Migration> migrations = ledger::migrations();
  std::int64_t max_pages = 0;  // of 4 KiB, as if the disk were full beyond; 0: no bound
};

class SqliteStore : public Store {
 public:
  // File, -wal and -shm get mode 0600 and a directory that is made 0700, whatever the umask. Fails, with what
  // to do about it, when the file is of another program, damaged, or of a newer schema; it is never replaced.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path, OpenMode mode,
                                                   const StoreOptions& options = {});
  ~SqliteStore() override;

  [[nodiscard]] HashKey hash_key() const override;
  Result<void> load(Loader& loader) override;
  Result<void> write(std::span<const Row> rows) override;
  Result<std::vector<Change>> changes() override;
  Result<void> list(const Filter& filter, const std::function<bool(const Listed&)>& visit) override;
  Result<std::vector<Details>> show(std::string_view sha256_prefix) override;
  Result<void> upstreams(const std::function<bool(const ListedUpstream&)>& visit) override;
  Result<Digest> accept(std::string_view host, std::uint16_t port, std::optional<Digest> sha256,
                        UnixSeconds now) override;
  Result<std::size_t> forget_host(std::string_view host, UnixSeconds now) override;
  Result<bool> forget_certificate(const Digest& sha256, UnixSeconds now) override;

 private:
  struct Parts;  // the connection and its statements
  explicit SqliteStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace whytls::ledger
