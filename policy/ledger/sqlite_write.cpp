// What the ledger's writer does with the file: loading it, adding rows, seeing what others changed.
#include <cstring>
#include <type_traits>

#include "policy/ledger/sqlite_parts.h"

namespace whytls::ledger {
namespace {

constexpr std::string_view kInsertCertificate =
    "INSERT INTO certificates(sha256, spki_sha256, prints, issuer_serial, not_before, not_after, first_seen, "
    "last_seen, count, is_ca) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
    "ON CONFLICT(sha256) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), "
    "last_seen = max(last_seen, excluded.last_seen), count = count + excluded.count";
constexpr std::string_view kInsertTexts =
    "INSERT INTO texts(certificate, issuer, subject, serial, names) "
    "SELECT id, ?2, ?3, ?4, ?5 FROM certificates WHERE sha256 = ?1 ON CONFLICT DO NOTHING";
constexpr std::string_view kInsertPlace =
    "INSERT INTO places(certificate, key, host, port, address, listener, depth, first_seen, last_seen, "
    "count) "
    "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 FROM certificates WHERE sha256 = ?1 "
    "ON CONFLICT(certificate, key) DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), "
    "last_seen = max(last_seen, excluded.last_seen), count = count + excluded.count";
constexpr std::string_view kAgain =
    "UPDATE certificates SET last_seen = max(last_seen, ?2), count = count + ?3 WHERE sha256 = ?1";
constexpr std::string_view kPlaceAgain =
    "UPDATE places SET last_seen = max(last_seen, ?3), count = count + ?4 "
    "WHERE certificate = (SELECT id FROM certificates WHERE sha256 = ?1) AND key = ?2";
constexpr std::string_view kNewest =
    "INSERT INTO upstreams(host, port, newest, newest_since) "
    "SELECT ?1, ?2, id, ?4 FROM certificates WHERE sha256 = ?3 "
    "ON CONFLICT(host, port) DO UPDATE SET newest = excluded.newest, newest_since = excluded.newest_since";
constexpr std::string_view kFirstUse =
    "INSERT INTO upstreams(host, port, remembered, remembered_at, remembered_by) "
    "SELECT ?1, ?2, id, ?4, 0 FROM certificates WHERE sha256 = ?3 "
    "ON CONFLICT(host, port) DO UPDATE SET remembered = excluded.remembered, "
    "remembered_at = excluded.remembered_at, remembered_by = 0 WHERE remembered IS NULL";
constexpr std::string_view kRemove =
    "DELETE FROM certificates WHERE sha256 = ?1 AND id NOT IN "
    "(SELECT remembered FROM upstreams WHERE remembered = certificates.id)";

WriteStatements prepare(sqlite3* database) {
  const auto made = [database](std::string_view sql) { return Statement(database, sql); };
  return {made(kInsertCertificate), made(kInsertTexts), made(kInsertPlace), made(kAgain),
          made(kPlaceAgain),        made(kNewest),      made(kFirstUse),    made(kRemove)};
}

// Writes one row; false: it failed.
struct RowWriter {
  WriteStatements& statements;

  bool operator()(const NewCertificate& row) const {
    const Seen& seen = row.seen;
    const std::string prints = packed(row.prints);
    const std::string issuer_serial = packed(row.prints.issuer_serial);
    const bool done = statements.certificate.bytes(1, seen.sha256)
                          .bytes(2, seen.spki_sha256)
                          .blob(3, prints)
                          .blob(4, issuer_serial)
                          .number(5, seen.not_before)
                          .number(6, seen.not_after)
                          .number(7, row.times.first_seen)
                          .number(8, row.times.last_seen)
                          .number(9, static_cast<std::int64_t>(row.times.count))
                          .number(10, seen.is_ca ? 1 : 0)
                          .run();
    return done && statements.texts.bytes(1, seen.sha256)
                       .blob(2, seen.issuer)
                       .blob(3, seen.subject)
                       .text(4, seen.serial_hex)
                       .blob(5, seen.names)
                       .run();
  }
  bool operator()(const NewPlace& row) const {
    const std::string key = packed(row.key);
    return statements.place.bytes(1, row.sha256)
        .blob(2, key)
        .text(3, row.place.host)
        .number(4, row.place.port)
        .text(5, row.place.address)
        .text(6, row.place.listener)
        .number(7, static_cast<std::int64_t>(row.depth))
        .number(8, row.times.first_seen)
        .number(9, row.times.last_seen)
        .number(10, static_cast<std::int64_t>(row.times.count))
        .run();
  }
  bool operator()(const SeenAgain& row) const {
    return statements.again.bytes(1, row.sha256)
        .number(2, row.last_seen)
        .number(3, static_cast<std::int64_t>(row.more))
        .run();
  }
  bool operator()(const PlaceSeenAgain& row) const {
    const std::string key = packed(row.key);
    return statements.place_again.bytes(1, row.sha256)
        .blob(2, key)
        .number(3, row.last_seen)
        .number(4, static_cast<std::int64_t>(row.more))
        .run();
  }
  bool operator()(const NewestLeaf& row) const {
    return upstream(statements.newest, row.host, row.port, row.sha256, row.since);
  }
  bool operator()(const FirstUse& row) const {
    return upstream(statements.first_use, row.host, row.port, row.sha256, row.at);
  }
  bool operator()(const Removal& row) const { return statements.remove.bytes(1, row.sha256).run(); }

 private:
  static bool upstream(Statement& statement, std::string_view host, std::uint16_t port, const Digest& sha256,
                       UnixSeconds at) {
    return statement.text(1, host).number(2, port).bytes(3, sha256).number(4, at).run();
  }
};

Times times_at(const Statement& row, int column) {
  return {row.number(column), row.number(column + 1), static_cast<std::uint64_t>(row.number(column + 2))};
}

std::optional<Digest> digest_at(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return digest_from(row.bytes(column));
}

// A certificate, then its places: both are read in the order of the certificates' numbers.
bool load_certificates(sqlite3* database, Loader& loader) {
  Statement certificates(
      database, "SELECT " + std::string(kPackedColumns) + ", c.id FROM certificates c ORDER BY c.id");
  Statement places(database,
                   "SELECT certificate, key, host, port, depth, first_seen, last_seen, count FROM places "
                   "ORDER BY certificate, key");
  bool has_place = places.step();
  while (certificates.step()) {
    loader.certificate(packed_certificate(certificates, 0));
    const std::int64_t id = certificates.number(kPackedCount);
    while (has_place && places.number(0) <= id) {
      loader.place({places.bytes(2), static_cast<std::uint16_t>(places.number(3)), hash_from(places.bytes(1)),
                    places.number(4) == 0, times_at(places, 5)});
      has_place = places.step();
    }
  }
  return certificates.ok() && places.ok();
}

bool load_upstreams(sqlite3* database, Loader& loader) {
  Statement rows(
      database,
      "SELECT u.host, u.port, n.sha256, u.newest_since, r.sha256, u.remembered_at, u.remembered_by "
      "FROM upstreams u LEFT JOIN certificates n ON n.id = u.newest "
      "LEFT JOIN certificates r ON r.id = u.remembered");
  while (rows.step()) {
    loader.upstream({rows.bytes(0), static_cast<std::uint16_t>(rows.number(1)), digest_at(rows, 2),
                     rows.number(3), digest_at(rows, 4), rows.number(5),
                     static_cast<RememberedBy>(rows.number(6))});
  }
  return rows.ok();
}

}  // namespace

std::string packed(const Hash128& hash) {
  std::string out(sizeof hash.low + sizeof hash.high, '\0');
  std::memcpy(out.data(), &hash.low, sizeof hash.low);
  std::memcpy(out.data() + sizeof hash.low, &hash.high, sizeof hash.high);
  return out;
}

Hash128 hash_from(std::string_view bytes) {
  Hash128 out;
  if (bytes.size() != sizeof out.low + sizeof out.high) return out;
  std::memcpy(&out.low, bytes.data(), sizeof out.low);
  std::memcpy(&out.high, bytes.data() + sizeof out.low, sizeof out.high);
  return out;
}

std::string packed(const Fingerprints& prints) {
  return packed(Hash128{prints.issuer, prints.serial}) + packed(Hash128{prints.subject, prints.names});
}

Digest digest_from(std::string_view bytes) {
  Digest out{};
  if (bytes.size() == out.size()) std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

StoredCertificate packed_certificate(const Statement& row, int column) {
  StoredCertificate out;
  out.sha256 = digest_from(row.bytes(column));
  out.spki_sha256 = digest_from(row.bytes(column + 1));
  const std::string_view prints = row.bytes(column + 2);
  const Hash128 first = hash_from(prints.substr(0, prints.size() / 2));
  const Hash128 second = hash_from(prints.substr(prints.size() / 2));
  out.prints = {hash_from(row.bytes(column + 3)), first.low, first.high, second.low, second.high};
  out.not_before = row.number(column + 4);
  out.not_after = row.number(column + 5);
  out.times = times_at(row, column + 6);
  out.is_ca = row.number(column + 9) != 0;
  return out;
}

Result<void> SqliteStore::load(Loader& loader) {
  sqlite3* database = parts_->database.get();
  Transaction transaction(database, Transaction::Kind::read);
  if (!transaction.begun()) return parts_->failed();
  Statement last(database, "SELECT coalesce(max(seq), 0) FROM changes");
  if (!last.step()) return parts_->failed();
  parts_->seen_change = last.number(0);
  if (!load_certificates(database, loader) || !load_upstreams(database, loader)) return parts_->failed();
  return {};
}

Result<void> SqliteStore::write(std::span<const Row> rows) {
  Parts& parts = *parts_;
  sqlite3* database = parts.database.get();
  Transaction transaction(database, Transaction::Kind::write);
  if (!transaction.begun()) return parts.failed();
  if (!parts.prepared) {
    parts.writes = prepare(database);
    parts.prepared = true;
  }
  const RowWriter writer{parts.writes};
  for (const Row& row : rows) {
    if (!std::visit(writer, row)) return parts.failed();
  }
  if (!transaction.commit()) return parts.failed();
  return {};
}

Result<std::vector<Change>> SqliteStore::changes() {
  Parts& parts = *parts_;
  sqlite3* database = parts.database.get();
  // This number changes only by what another connection commits.
  Statement version(database, "PRAGMA data_version");
  if (!version.step()) return parts.failed();
  std::vector<Change> out;
  if (version.number(0) == parts.seen_version) return out;
  Statement rows(database, "SELECT h.seq, h.host, h.port, h.at, h.forgotten, h.remembered, " +
                               std::string(kPackedColumns) +
                               " FROM changes h LEFT JOIN certificates c ON c.sha256 = h.remembered "
                               "WHERE h.seq > ?1 ORDER BY h.seq");
  rows.number(1, parts.seen_change);
  std::int64_t last = parts.seen_change;
  while (rows.step()) {
    last = rows.number(0);
    Change change;
    change.host = rows.bytes(1);
    change.port = static_cast<std::uint16_t>(rows.number(2));
    change.at = rows.number(3);
    change.forgotten = digest_at(rows, 4);
    const bool accepted = !rows.is_null(5);
    // Accepted and then deleted: a later row says that.
    if (accepted && rows.is_null(6)) continue;
    if (accepted) change.remembered = packed_certificate(rows, 6);
    out.push_back(std::move(change));
  }
  if (!rows.ok()) return parts.failed();
  parts.seen_change = last;
  parts.seen_version = version.number(0);
  return out;
}

}  // namespace whytls::ledger
