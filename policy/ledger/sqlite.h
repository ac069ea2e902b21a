// A connection and its statements, as little as the store needs of SQLite. Text of a peer goes in only as a
// bound parameter. Errors are noted by the connection and asked for once, after the last of several calls.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tls/result.h"

namespace whytls::ledger {

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

// One statement; finalized with its last owner. Parameters and columns count from 1 and from 0, as in SQLite.
class Statement {
 public:
  Statement() = default;
  // With an error in `sql` every step fails.
  Statement(sqlite3* database, std::string_view sql) {
    sqlite3_stmt* made = nullptr;
    sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made,
                       nullptr);
    statement_.reset(made);
  }

  // What is bound has to live until the next reset().
  Statement& number(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), at, value);
    return *this;
  }
  Statement& text(int at, std::string_view value) {
    sqlite3_bind_text64(statement_.get(), at, start_of(value), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& blob(int at, std::string_view value) {
    sqlite3_bind_blob64(statement_.get(), at, start_of(value), value.size(), SQLITE_STATIC);
    return *this;
  }
  Statement& bytes(int at, std::span<const std::uint8_t> value) {
    return blob(at, {reinterpret_cast<const char*>(value.data()), value.size()});
  }
  Statement& null(int at) {
    sqlite3_bind_null(statement_.get(), at);
    return *this;
  }

  // true: there is a row. false: no more, or it failed: then ok() says so.
  bool step() {
    status_ = statement_ ? sqlite3_step(statement_.get()) : SQLITE_ERROR;
    return status_ == SQLITE_ROW;
  }
  [[nodiscard]] bool ok() const { return status_ == SQLITE_DONE || status_ == SQLITE_ROW; }
  void reset() { sqlite3_reset(statement_.get()); }
  // For a statement that gives no rows.
  bool run() {
    step();
    const bool done = ok();
    reset();
    return done;
  }

  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
  }
  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  // Of a text or a blob, valid until the next step or reset.
  [[nodiscard]] std::string_view bytes(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view{}
                           : std::string_view{static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }

 private:
  // SQLite takes a null pointer for NULL, which an empty text is not.
  static const char* start_of(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int status_ = SQLITE_OK;
};

// One or more statements of ours without parameters.
inline bool execute(sqlite3* database, const std::string& sql) {
  return sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

// The last error of the connection, with what a person can do about it.
[[nodiscard]] Error error_of(sqlite3* database, const std::string& path);

// A transaction that is rolled back unless it was committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { read, write };
  Transaction(sqlite3* database, Kind kind)
      : database_(database), begun_(execute(database, kind == Kind::read ? "BEGIN" : "BEGIN IMMEDIATE")) {}
  ~Transaction() {
    if (sqlite3_get_autocommit(database_) == 0) execute(database_, "ROLLBACK");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  [[nodiscard]] bool begun() const { return begun_; }
  bool commit() { return execute(database_, "COMMIT"); }

 private:
  sqlite3* database_;
  bool begun_;
};

}  // namespace whytls::ledger
