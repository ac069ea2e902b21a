// The versions of the schema. A version that was released is never changed: what comes later is a row of its
// own.
#include <array>

#include "policy/ledger/sqlite_store.h"

namespace whytls::ledger {
namespace {

// Texts are kept apart from what is loaded at the start. Text of a peer is BLOB, since it need not be UTF-8.
// certificates.prints: 64 bits each of issuer, serial number, subject and names, keyed.
constexpr const char* kVersion1 = R"(
CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE certificates(
  id INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE CHECK(length(sha256) = 32),
  spki_sha256 BLOB NOT NULL CHECK(length(spki_sha256) = 32),
  prints BLOB NOT NULL CHECK(length(prints) = 32),
  issuer_serial BLOB NOT NULL CHECK(length(issuer_serial) = 16),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  is_ca INTEGER NOT NULL
) STRICT;

CREATE TABLE texts(
  certificate INTEGER PRIMARY KEY REFERENCES certificates(id) ON DELETE CASCADE,
  issuer BLOB NOT NULL,
  subject BLOB NOT NULL,
  serial TEXT NOT NULL,
  names BLOB NOT NULL
) STRICT;

CREATE TABLE places(
  certificate INTEGER NOT NULL REFERENCES certificates(id) ON DELETE CASCADE,
  key BLOB NOT NULL CHECK(length(key) = 16),
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  address TEXT NOT NULL,
  listener TEXT NOT NULL,
  depth INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY(certificate, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE upstreams(
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  newest INTEGER REFERENCES certificates(id) ON DELETE SET NULL,
  newest_since INTEGER NOT NULL DEFAULT 0,
  remembered INTEGER REFERENCES certificates(id) ON DELETE SET NULL,
  remembered_at INTEGER NOT NULL DEFAULT 0,
  remembered_by INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(host, port)
) STRICT, WITHOUT ROWID;
CREATE INDEX upstreams_by_newest ON upstreams(newest) WHERE newest IS NOT NULL;
CREATE INDEX upstreams_by_remembered ON upstreams(remembered) WHERE remembered IS NOT NULL;

CREATE TABLE changes(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  remembered BLOB,
  forgotten BLOB
) STRICT;
)";

constexpr std::array kMigrations = {Migration{1, kVersion1}};

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

}  // namespace whytls::ledger
