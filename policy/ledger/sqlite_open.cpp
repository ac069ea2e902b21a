// Opening the file: its mode, its owner, its version.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "policy/ledger/sqlite_parts.h"

namespace whytls::ledger {
namespace {

constexpr int kApplicationId = 0x77746c64;  // "wtld"
constexpr int kBusyMilliseconds = 5000;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

std::string reason(int error) {
  return std::generic_category().message(error);
}

Result<void> make_directory(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return fail("cannot make the directory of the ledger: " + reason(errno), folder.string(),
                "make it, writable for the user that runs whytls");
  }
  return {};
}

// Made before SQLite opens it, which gives -wal and -shm the mode of the file.
Result<void> make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (file < 0) {
    return fail("cannot open the ledger: " + reason(errno), path,
                "it has to be writable for the user that runs whytls");
  }
  const bool done = ::fchmod(file, kFileMode) == 0;
  const int error = errno;
  ::close(file);
  if (!done) return fail("cannot set the mode of the ledger: " + reason(error), path);
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string other = path + suffix;
    if (::chmod(other.c_str(), kFileMode) != 0 && errno != ENOENT) {
      return fail("cannot set the mode of a file of the ledger: " + reason(errno), other);
    }
  }
  return {};
}

std::optional<std::int64_t> pragma(sqlite3* database, const char* sql) {
  Statement statement(database, sql);
  if (!statement.step()) return std::nullopt;
  return statement.number(0);
}

// Whose file it is, before anything in it is touched.
Result<std::int64_t> version_of(sqlite3* database, const std::string& path) {
  const auto application = pragma(database, "PRAGMA application_id");
  const auto version = pragma(database, "PRAGMA user_version");
  const auto tables = pragma(database, "SELECT count(*) FROM sqlite_schema");
  if (!application || !version || !tables) return tl::make_unexpected(error_of(database, path));
  if (*application != kApplicationId && (*tables != 0 || *application != 0)) {
    return fail("is a database of another program, not a ledger", path,
                "name another file, or move this one away");
  }
  return *version;
}

Result<void> migrate(sqlite3* database, const std::string& path, std::span<const Migration> steps) {
  const Transaction::Kind kind = Transaction::Kind::write;
  Transaction transaction(database, kind);
  if (!transaction.begun()) return tl::make_unexpected(error_of(database, path));
  // Asked again inside: another process may have been faster.
  const auto version = version_of(database, path);
  if (!version) return tl::make_unexpected(version.error());
  for (const Migration& step : steps) {
    if (step.version <= *version) continue;
    if (!execute(database, step.sql) ||
        !execute(database, "PRAGMA user_version = " + std::to_string(step.version))) {
      Error error = error_of(database, path);
      error.what = "cannot bring the ledger to version " + std::to_string(step.version) +
                   " of its schema: " + error.what;
      return tl::make_unexpected(std::move(error));
    }
  }
  const bool done =
      execute(database, "PRAGMA application_id = " + std::to_string(kApplicationId)) && transaction.commit();
  if (!done) return tl::make_unexpected(error_of(database, path));
  return {};
}

Result<void> check_version(sqlite3* database, const std::string& path, OpenMode mode,
                           std::span<const Migration> steps) {
  const auto version = version_of(database, path);
  if (!version) return tl::make_unexpected(version.error());
  const int known = steps.empty() ? 0 : steps.back().version;
  if (*version > known) {
    return fail("was written by a newer whytls: version " + std::to_string(*version) +
                    " of the schema, this program knows " + std::to_string(known),
                path, "run that newer version, or move the file away to begin a new ledger");
  }
  if (*version == known) return {};
  if (mode == OpenMode::owner) return migrate(database, path, steps);
  return fail("has an older schema: version " + std::to_string(*version) + ", not " + std::to_string(known),
              path, "start the proxy once, which brings it up to date");
}

bool make_hash_key(sqlite3* database) {
  HashKey key{};
  if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) return false;
  return Statement(database, "INSERT INTO meta(name, value) VALUES('hash_key', ?1) ON CONFLICT DO NOTHING")
      .bytes(1, key)
      .run();
}

std::optional<HashKey> read_hash_key(sqlite3* database) {
  Statement statement(database, "SELECT value FROM meta WHERE name = 'hash_key'");
  HashKey key{};
  if (!statement.step() || statement.bytes(0).size() != key.size()) return std::nullopt;
  std::memcpy(key.data(), statement.bytes(0).data(), key.size());
  return key;
}

// NORMAL: a commit survives the death of the process, and the file the loss of power, though not always the
// last commits.
bool set_up(sqlite3* database) {
  sqlite3_busy_timeout(database, kBusyMilliseconds);
  return execute(
      database,
      "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
      "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864");
}

}  // namespace

Error error_of(sqlite3* database, const std::string& path) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database);
  const std::string text = database == nullptr ? "out of memory" : sqlite3_errmsg(database);
  switch (code) {
    case SQLITE_NOTADB:
      return {"is not a ledger: " + text, path, "move the file away; a new one is made at the next start"};
    case SQLITE_CORRUPT:
      return {"is damaged: " + text, path,
              "stop whytls and try `sqlite3 FILE .recover`, or move the file away to begin a new ledger"};
    case SQLITE_FULL:
      return {"cannot be written: " + text, path, "make room on the disk"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {"cannot be opened for writing: " + text, path,
              "file and directory have to belong to the user that runs whytls"};
    case SQLITE_BUSY:
      return {"is locked by another program: " + text, path, ""};
    default:
      return {text, path, ""};
  }
}

SqliteStore::SqliteStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SqliteStore::~SqliteStore() = default;

HashKey SqliteStore::hash_key() const {
  return parts_->key;
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path, OpenMode mode,
                                                       const StoreOptions& options) {
  if (mode == OpenMode::owner) {
    if (auto made = make_directory(path); !made) return tl::make_unexpected(made.error());
    if (auto made = make_private(path); !made) return tl::make_unexpected(made.error());
  } else if (::access(path.c_str(), F_OK) != 0) {
    return fail("there is no ledger: " + reason(errno), path, "the proxy makes it when it starts");
  }
  auto parts = std::make_unique<Parts>();
  parts->path = path;
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const int status = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  parts->database.reset(opened);
  if (status != SQLITE_OK || !set_up(opened)) return parts->failed();
  if (auto checked = check_version(opened, path, mode, options.migrations); !checked) {
    return tl::make_unexpected(checked.error());
  }
  if (mode == OpenMode::owner && (!execute(opened, "PRAGMA journal_mode = WAL") || !make_hash_key(opened))) {
    return parts->failed();
  }
  if (options.max_pages > 0) execute(opened, "PRAGMA max_page_count = " + std::to_string(options.max_pages));
  const auto key = read_hash_key(opened);
  if (!key) return parts->failed();
  parts->key = *key;
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(parts)));
}

}  // namespace whytls::ledger
