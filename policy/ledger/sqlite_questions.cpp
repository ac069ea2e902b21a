// What a person asks of the file, and what a person decides.
#include <algorithm>
#include <cstring>

#include "policy/ledger/sqlite_parts.h"

namespace whytls::ledger {
namespace {

constexpr std::size_t kMaxDetails = 100;

constexpr std::string_view kSeenColumns =
    "c.id, c.sha256, c.spki_sha256, t.issuer, t.subject, t.serial, t.names, c.not_before, c.not_after, "
    "c.is_ca, "
    "c.first_seen, c.last_seen, c.count";
constexpr int kSeenCount = 13;

Seen seen_at(const Statement& row) {
  Seen out;
  out.sha256 = digest_from(row.bytes(1));
  out.spki_sha256 = digest_from(row.bytes(2));
  out.issuer = row.bytes(3);
  out.subject = row.bytes(4);
  out.serial_hex = row.bytes(5);
  out.names = row.bytes(6);
  out.not_before = row.number(7);
  out.not_after = row.number(8);
  out.is_ca = row.number(9) != 0;
  return out;
}

Times times_at(const Statement& row, int column) {
  return {row.number(column), row.number(column + 1), static_cast<std::uint64_t>(row.number(column + 2))};
}

std::optional<Digest> digest_at(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return digest_from(row.bytes(column));
}

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

// * and ? only: whoever looks for a host means nothing else. Linear in the text for each star.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || lower(pattern[p]) == lower(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char rest) { return rest == '*'; });
}

// The conditions that are numbers; the others are looked at row by row, since SQL has no words for bytes of a
// peer.
std::string conditions_of(const Filter& filter) {
  std::string sql = " WHERE 1";
  const auto add = [&sql](const std::optional<UnixSeconds>& value, const char* condition) {
    if (value) sql += std::string(" AND ") + condition + std::to_string(*value);
  };
  add(filter.expires_before, "c.not_after < ");
  add(filter.first_seen_from, "c.first_seen >= ");
  add(filter.first_seen_to, "c.first_seen <= ");
  add(filter.last_seen_from, "c.last_seen >= ");
  add(filter.last_seen_to, "c.last_seen <= ");
  if (filter.only_conflicts) {
    sql +=
        " AND c.issuer_serial IN (SELECT issuer_serial FROM certificates GROUP BY issuer_serial HAVING "
        "count(*) > 1)";
  }
  return sql;
}

bool begins_with(const Digest& sha256, std::string_view prefix) {
  const std::string hex = hex_of(sha256);
  return prefix.size() <= hex.size() &&
         std::equal(prefix.begin(), prefix.end(), hex.begin(), [](char a, char b) { return lower(a) == b; });
}

// The places of one certificate, the first one first. false: reading failed.
class Places {
 public:
  explicit Places(sqlite3* database)
      : rows_(database,
              "SELECT host, port, address, listener, depth, first_seen, last_seen, count FROM places "
              "WHERE certificate = ?1 ORDER BY first_seen, host, port") {}
  bool of(std::int64_t certificate, std::vector<ListedPlace>& out) {
    out.clear();
    rows_.number(1, certificate);
    while (rows_.step()) {
      out.push_back({{std::string(rows_.bytes(0)), static_cast<std::uint16_t>(rows_.number(1)),
                      std::string(rows_.bytes(2)), std::string(rows_.bytes(3))},
                     static_cast<std::size_t>(rows_.number(4)),
                     times_at(rows_, 5)});
    }
    const bool done = rows_.ok();
    rows_.reset();
    return done;
  }

 private:
  Statement rows_;
};

// Conditions that are about the host come last: finds the place that is to be shown.
bool is_wanted(const Filter& filter, Listed& listed) {
  if (!begins_with(listed.seen.sha256, filter.sha256)) return false;
  if (!contains(listed.seen.issuer, filter.issuer)) return false;
  const auto meant =
      std::find_if(listed.all_places.begin(), listed.all_places.end(), [&filter](const ListedPlace& one) {
        return filter.host.empty() || matches(filter.host, one.place.host);
      });
  if (meant == listed.all_places.end()) return filter.host.empty();
  listed.host = meant->place.host;
  listed.port = meant->place.port;
  return true;
}

bool insert_change(sqlite3* database, UnixSeconds at, std::string_view host, std::int64_t port,
                   const std::optional<Digest>& remembered, const std::optional<Digest>& forgotten) {
  Statement row(database,
                "INSERT INTO changes(at, host, port, remembered, forgotten) VALUES(?1, ?2, ?3, ?4, ?5)");
  row.number(1, at).text(2, host).number(3, port);
  if (remembered) row.bytes(4, *remembered);
  if (forgotten) row.bytes(5, *forgotten);
  // Whoever did not look for so long starts anew anyway.
  return row.run() &&
         execute(database, "DELETE FROM changes WHERE seq <= (SELECT max(seq) FROM changes) - 10000");
}

// The certificate that is meant: its number and digest.
Statement wanted_certificate(sqlite3* database, std::string_view host, std::uint16_t port,
                             const std::optional<Digest>& sha256) {
  if (sha256) {
    Statement by_digest(database, "SELECT id, sha256 FROM certificates WHERE sha256 = ?1");
    by_digest.bytes(1, *sha256);
    return by_digest;
  }
  Statement newest(
      database,
      "SELECT c.id, c.sha256 FROM certificates c JOIN ("
      "SELECT certificate, first_seen AS since FROM places WHERE host = ?1 AND port = ?2 AND depth = 0 "
      "UNION ALL SELECT newest, newest_since FROM upstreams WHERE host = ?1 AND port = ?2 AND newest IS NOT "
      "NULL"
      ") w ON c.id = w.certificate ORDER BY w.since DESC, c.id DESC LIMIT 1");
  newest.text(1, host).number(2, port);
  return newest;
}

bool fill_conflicts(sqlite3* database, const Digest& sha256, std::vector<Digest>& out) {
  Statement rows(
      database,
      "SELECT sha256 FROM certificates WHERE issuer_serial = (SELECT issuer_serial FROM certificates "
      "WHERE sha256 = ?1) AND sha256 != ?1 ORDER BY first_seen DESC LIMIT 100");
  rows.bytes(1, sha256);
  while (rows.step()) out.push_back(digest_from(rows.bytes(0)));
  return rows.ok();
}

}  // namespace

Result<void> SqliteStore::list(const Filter& filter, const std::function<bool(const Listed&)>& visit) {
  sqlite3* database = parts_->database.get();
  const Transaction transaction(database, Transaction::Kind::read);
  if (!transaction.begun()) return parts_->failed();
  Statement rows(database, "SELECT " + std::string(kSeenColumns) +
                               " FROM certificates c JOIN texts t ON t.certificate = c.id" +
                               conditions_of(filter) + " ORDER BY c.first_seen, c.id");
  Places places(database);
  std::size_t count = 0;
  while (rows.step()) {
    Listed listed{seen_at(rows), times_at(rows, kSeenCount - 3), 0, {}, 0, {}};
    if (!places.of(rows.number(0), listed.all_places)) return parts_->failed();
    if (!is_wanted(filter, listed)) continue;
    listed.places = listed.all_places.size();
    if (!visit(listed)) return {};
    if (filter.limit != 0 && ++count == filter.limit) return {};
  }
  if (!rows.ok()) return parts_->failed();
  return {};
}

Result<std::vector<Details>> SqliteStore::show(std::string_view sha256_prefix) {
  sqlite3* database = parts_->database.get();
  const Transaction transaction(database, Transaction::Kind::read);
  if (!transaction.begun()) return parts_->failed();
  // What begins with a prefix lies between it and itself followed by ones, in the order of the index.
  const std::size_t digits = std::min<std::size_t>(sha256_prefix.size(), 64);
  const auto bound = [&](char rest) {
    return digest_of_hex(std::string(sha256_prefix.substr(0, digits)) + std::string(64 - digits, rest));
  };
  const auto lowest = bound('0');
  const auto highest = bound('f');
  if (!lowest || !highest || sha256_prefix.size() > 64) {
    return fail("is not the beginning of a SHA-256", std::string(sha256_prefix.substr(0, 64)),
                "up to 64 hexadecimal digits");
  }
  Statement rows(database, "SELECT " + std::string(kSeenColumns) +
                               " FROM certificates c JOIN texts t ON t.certificate = c.id "
                               "WHERE c.sha256 BETWEEN ?1 AND ?2 ORDER BY c.sha256 LIMIT ?3");
  rows.bytes(1, *lowest).bytes(2, *highest).number(3, static_cast<std::int64_t>(kMaxDetails));
  Places places(database);
  std::vector<Details> out;
  while (rows.step()) {
    Details details{seen_at(rows), times_at(rows, kSeenCount - 3), {}, {}};
    if (!places.of(rows.number(0), details.places)) return parts_->failed();
    if (!fill_conflicts(database, details.seen.sha256, details.conflicts)) return parts_->failed();
    out.push_back(std::move(details));
  }
  if (!rows.ok()) return parts_->failed();
  return out;
}

Result<void> SqliteStore::upstreams(const std::function<bool(const ListedUpstream&)>& visit) {
  Statement rows(
      parts_->database.get(),
      "SELECT u.host, u.port, n.sha256, u.newest_since, r.sha256, u.remembered_at, u.remembered_by "
      "FROM upstreams u LEFT JOIN certificates n ON n.id = u.newest "
      "LEFT JOIN certificates r ON r.id = u.remembered ORDER BY u.host, u.port");
  while (rows.step()) {
    const ListedUpstream one{std::string(rows.bytes(0)),
                             static_cast<std::uint16_t>(rows.number(1)),
                             digest_at(rows, 2),
                             rows.number(3),
                             digest_at(rows, 4),
                             rows.number(5),
                             static_cast<RememberedBy>(rows.number(6))};
    if (!visit(one)) return {};
  }
  if (!rows.ok()) return parts_->failed();
  return {};
}

Result<Digest> SqliteStore::accept(std::string_view host, std::uint16_t port, std::optional<Digest> sha256,
                                   UnixSeconds now) {
  sqlite3* database = parts_->database.get();
  Transaction transaction(database, Transaction::Kind::write);
  if (!transaction.begun()) return parts_->failed();
  Statement wanted = wanted_certificate(database, host, port, sha256);
  if (!wanted.step()) {
    if (!wanted.ok()) return parts_->failed();
    const std::string where = std::string(host) + ":" + std::to_string(port);
    if (sha256) return fail("no certificate with this SHA-256 was seen: " + hex_of(*sha256), where);
    return fail("no certificate was seen there", where, "connect to it through whytls once");
  }
  const std::int64_t id = wanted.number(0);
  const Digest accepted = digest_from(wanted.bytes(1));
  wanted.reset();
  const bool done =
      Statement(database,
                "INSERT INTO upstreams(host, port, remembered, remembered_at, remembered_by) VALUES(?1, ?2, "
                "?3, ?4, 1) "
                "ON CONFLICT(host, port) DO UPDATE SET remembered = excluded.remembered, "
                "remembered_at = excluded.remembered_at, remembered_by = excluded.remembered_by")
          .text(1, host)
          .number(2, port)
          .number(3, id)
          .number(4, now)
          .run() &&
      insert_change(database, now, host, port, accepted, std::nullopt) && transaction.commit();
  if (!done) return parts_->failed();
  return accepted;
}

Result<std::size_t> SqliteStore::forget_host(std::string_view host, UnixSeconds now) {
  sqlite3* database = parts_->database.get();
  Transaction transaction(database, Transaction::Kind::write);
  if (!transaction.begun()) return parts_->failed();
  Statement ports(database, "SELECT port FROM upstreams WHERE host = ?1 AND remembered IS NOT NULL");
  ports.text(1, host);
  std::size_t count = 0;
  while (ports.step()) {
    ++count;
    if (!insert_change(database, now, host, ports.number(0), std::nullopt, std::nullopt))
      return parts_->failed();
  }
  const bool done =
      ports.ok() &&
      Statement(database, "UPDATE upstreams SET remembered = NULL WHERE host = ?1").text(1, host).run() &&
      execute(database, "DELETE FROM upstreams WHERE remembered IS NULL AND newest IS NULL") &&
      transaction.commit();
  if (!done) return parts_->failed();
  return count;
}

Result<bool> SqliteStore::forget_certificate(const Digest& sha256, UnixSeconds now) {
  sqlite3* database = parts_->database.get();
  Transaction transaction(database, Transaction::Kind::write);
  if (!transaction.begun()) return parts_->failed();
  if (!Statement(database, "DELETE FROM certificates WHERE sha256 = ?1").bytes(1, sha256).run())
    return parts_->failed();
  const bool was_there = sqlite3_changes(database) > 0;
  // Also told when it was not there: the proxy may have it in memory, and not yet written.
  const bool done = insert_change(database, now, {}, 0, std::nullopt, sha256) &&
                    execute(database, "DELETE FROM upstreams WHERE remembered IS NULL AND newest IS NULL") &&
                    transaction.commit();
  if (!done) return parts_->failed();
  return was_there;
}

}  // namespace whytls::ledger
