// What the files of the SQLite store share.
#pragma once

#include "policy/ledger/sqlite.h"
#include "policy/ledger/sqlite_store.h"

namespace whytls::ledger {

struct WriteStatements {
  Statement certificate, texts, place, again, place_again, newest, first_use, remove;
};

struct SqliteStore::Parts {
  std::string path;
  Database database;
  HashKey key{};
  WriteStatements writes;
  bool prepared = false;           // the statements of `writes`
  std::int64_t seen_version = -1;  // of the data
  std::int64_t seen_change = 0;    // the last row of `changes` that was given

  [[nodiscard]] Error error() const { return error_of(database.get(), path); }
  [[nodiscard]] tl::unexpected<Error> failed() const { return tl::make_unexpected(error()); }
};

// The columns of a certificate which memory needs, for reading with packed_certificate().
inline constexpr std::string_view kPackedColumns =
    "c.sha256, c.spki_sha256, c.prints, c.issuer_serial, c.not_before, c.not_after, c.first_seen, "
    "c.last_seen, "
    "c.count, c.is_ca";
inline constexpr int kPackedCount = 10;
[[nodiscard]] StoredCertificate packed_certificate(const Statement& row, int column);

[[nodiscard]] std::string packed(const Fingerprints& prints);
[[nodiscard]] std::string packed(const Hash128& hash);
[[nodiscard]] Hash128 hash_from(std::string_view bytes);
[[nodiscard]] Digest digest_from(std::string_view bytes);

}  // namespace whytls::ledger
