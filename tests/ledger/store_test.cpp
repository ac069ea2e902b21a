#include "policy/ledger/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/ledger/samples.h"

namespace whytls::ledger {
namespace {

using samples::certificate;
using samples::digest;
using samples::Folder;
using samples::kNow;
using samples::list;
using samples::Running;
using testing::HasSubstr;

void run_sql(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  sqlite3_close(database);
}

std::string why_not(const std::string& file, OpenMode mode = OpenMode::owner,
                    const StoreOptions& options = {}) {
  const auto opened = SqliteStore::open(file, mode, options);
  return opened ? "" : opened.error().text();
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
}

TEST(SqliteStore, ItsFilesAreForTheOwnerAloneWhateverTheUmask) {
  const Folder folder;
  const mode_t before = ::umask(0);
  {
    const Running it(folder.file());
    it.see("a.test", {certificate("a")});
    EXPECT_TRUE(it.ledger->flush());
    for (const char* suffix : {"", "-wal", "-shm"})
      EXPECT_EQ(mode_of(folder.file() + suffix), 0600U) << suffix;
    EXPECT_EQ(mode_of(folder.path() + "/data"), 0700U);
  }
  ::umask(before);
  ASSERT_EQ(::chmod(folder.file().c_str(), 0644), 0);
  const Running again(folder.file());
  EXPECT_EQ(mode_of(folder.file()), 0600U);
}

TEST(SqliteStore, HostileTextsComeBackAsTheyWere) {
  using namespace std::string_literals;
  const Folder folder;
  const std::string nasty = "'; DROP TABLE certificates; --\0\xff\xfe\"%_*\n\x1b[31m"s;
  auto one = certificate("a");
  one.issuer = one.subject = one.serial_hex = nasty;
  one.names = {{tls::AltName::Kind::dns, nasty}};
  auto large = certificate("large");
  constexpr std::size_t kMebibyte = 1024UL * 1024;
  large.issuer = large.subject = large.serial_hex = std::string(kMebibyte, '\xf0');
  {
    const Running it(folder.file());
    it.see(nasty, {one});
    it.see(std::string(kMebibyte, 'h'), {large});
  }
  const auto all = list(folder.file());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].seen.issuer, nasty);
  EXPECT_EQ(all[0].seen.names, nasty);
  EXPECT_EQ(all[0].seen.serial_hex, nasty);
  EXPECT_EQ(all[0].host, nasty);
  EXPECT_EQ(all[1].host.size(), kMaxHost);
  EXPECT_EQ(all[1].seen.issuer.size(), kMaxText);
  const Running again(folder.file());
  EXPECT_EQ(again.see(nasty, {one}).leaf_here.count, 1U);
  EXPECT_EQ(again.see(std::string(kMebibyte, 'h'), {large}).leaf_here.count, 1U);
}

TEST(SqliteStore, AFileThatIsNoDatabaseIsNamedAndLeftAlone) {
  const Folder folder;
  const std::string file = folder.path() + "/ledger.db";
  const std::string content(5000, 'x');
  std::ofstream(file) << content;
  EXPECT_THAT(why_not(file), HasSubstr(file + ": is not a ledger"));
  std::ifstream after(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), content);
}

TEST(SqliteStore, ADatabaseOfAnotherProgramIsRefused) {
  const Folder folder;
  const std::string file = folder.path() + "/other.db";
  run_sql(file, "CREATE TABLE cookies(name)");
  EXPECT_THAT(why_not(file), HasSubstr("is a database of another program"));
  run_sql(file, "DROP TABLE cookies; PRAGMA application_id = 5");
  EXPECT_THAT(why_not(file), HasSubstr("is a database of another program"));
}

TEST(SqliteStore, ADamagedFileIsNamedWithWhatToDo) {
  const Folder folder;
  {
    const Running it(folder.file());
    for (int i = 0; i < 500; ++i) it.see("a.test", {certificate(std::to_string(i))});
  }
  {
    std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
    constexpr std::streamoff kPage = 4096;
    for (std::streamoff page = 1; page < 60; ++page) {
      file.seekp(page * kPage);
      file << std::string(100, '\xee');
    }
  }
  std::string why = why_not(folder.file());
  if (why.empty()) {
    try {
      const Running it(folder.file());
    } catch (const std::runtime_error& error) {
      why = error.what();
    }
  }
  EXPECT_THAT(why, HasSubstr(folder.file() + ": is damaged"));
  EXPECT_THAT(why, HasSubstr("move the file away"));
}

TEST(SqliteStore, ANewerSchemaIsRefused) {
  const Folder folder;
  { const Running made(folder.file()); }
  run_sql(folder.file(), "PRAGMA user_version = 99");
  EXPECT_THAT(why_not(folder.file()), HasSubstr("was written by a newer whytls: version 99"));
  EXPECT_THAT(why_not(folder.file(), OpenMode::reader_tool), HasSubstr("newer whytls"));
}

TEST(SqliteStore, AnOlderSchemaIsBroughtUpToDateByTheProxyAlone) {
  const Folder folder;
  {
    const Running it(folder.file());
    it.see("a.test", {certificate("a")});
  }
  const std::array steps = {migrations()[0],
                            Migration{2, "CREATE TABLE later(x); ALTER TABLE texts ADD COLUMN y TEXT"},
                            Migration{3, "DROP TABLE later"}};
  StoreOptions newer;
  newer.migrations = steps;
  EXPECT_THAT(why_not(folder.file(), OpenMode::reader_tool, newer), HasSubstr("start the proxy once"));
  EXPECT_EQ(why_not(folder.file(), OpenMode::owner, newer), "");
  EXPECT_EQ(why_not(folder.file(), OpenMode::reader_tool, newer), "");
  EXPECT_THAT(why_not(folder.file()), HasSubstr("newer whytls: version 3"));
}

TEST(SqliteStore, AMigrationThatFailsChangesNothing) {
  const Folder folder;
  { const Running made(folder.file()); }
  const std::array steps = {migrations()[0], Migration{2, "CREATE TABLE later(x)"},
                            Migration{3, "DROP TABLE missing"}};
  StoreOptions broken;
  broken.migrations = steps;
  EXPECT_THAT(why_not(folder.file(), OpenMode::owner, broken),
              HasSubstr("to version 3 of its schema: no such table"));
  EXPECT_EQ(why_not(folder.file()), "");
}

TEST(SqliteStore, ADirectoryThatCannotBeWrittenIsNamed) {
  EXPECT_THAT(why_not("/proc/nowhere/ledger.db"), HasSubstr("/proc/nowhere: cannot make the directory"));
  EXPECT_THAT(why_not("/proc/ledger.db"), HasSubstr("/proc/ledger.db: cannot open the ledger"));
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere else";
  const Folder folder;
  ASSERT_EQ(::chmod(folder.path().c_str(), 0500), 0);
  EXPECT_THAT(why_not(folder.path() + "/ledger.db"), HasSubstr("cannot open the ledger"));
  ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);
}

TEST(SqliteStore, AToolMakesNoFile) {
  const Folder folder;
  EXPECT_THAT(why_not(folder.file(), OpenMode::reader_tool), HasSubstr("there is no ledger"));
  EXPECT_EQ(mode_of(folder.file()), 0U);
}

TEST(SqliteStore, TheListIsFiltered) {
  const Folder folder;
  const auto one = certificate("one.test");
  {
    const Running it(folder.file());
    it.see("one.example.org", {one}, kNow);
    auto two = certificate("two.test");
    two.issuer = "CN=Root of the Lab";
    two.not_after = kNow + 10;
    it.see("two.example.org", {two}, kNow + 100);
    it.see("three.test", {samples::with_serial_of(certificate("three.test"), one)}, kNow + 200);
  }
  const auto count = [&folder](const Filter& filter) { return list(folder.file(), filter).size(); };
  Filter filter;
  EXPECT_EQ(count(filter), 3U);
  filter.host = "*.EXAMPLE.o?g";
  EXPECT_EQ(count(filter), 2U);
  filter.issuer = "of the lab";
  EXPECT_EQ(count(filter), 1U);
  filter = {};
  filter.expires_before = kNow + 11;
  EXPECT_EQ(count(filter), 1U);
  filter = {};
  filter.only_conflicts = true;
  EXPECT_EQ(count(filter), 2U);
  filter = {};
  filter.first_seen_from = kNow + 50;
  filter.last_seen_to = kNow + 150;
  EXPECT_EQ(count(filter), 1U);
  filter = {};
  filter.sha256 = one.sha256_hex.substr(0, 9);
  EXPECT_EQ(list(folder.file(), filter).at(0).host, "one.example.org");
  filter = {};
  filter.limit = 2;
  EXPECT_EQ(count(filter), 2U);
}

TEST(SqliteStore, ACertificateIsShownWithThoseThatHaveItsSerialNumber) {
  const Folder folder;
  const auto one = certificate("one.test");
  const auto two = samples::with_serial_of(certificate("two.test"), one);
  {
    const Running it(folder.file());
    it.see("one.test", {one});
    it.see("two.test", {two});
  }
  auto store = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(store);
  const auto shown = (*store)->show(one.sha256_hex.substr(0, 12));
  ASSERT_TRUE(shown);
  ASSERT_EQ(shown->size(), 1U);
  EXPECT_EQ(shown->at(0).seen.subject, one.subject);
  EXPECT_THAT(shown->at(0).conflicts, testing::ElementsAre(digest(two)));
  EXPECT_EQ((*store)->show("").value().size(), 2U);
  EXPECT_FALSE((*store)->show("xyz"));
  EXPECT_FALSE((*store)->show(std::string(65, '0')));
}

TEST(SqliteStore, UpstreamsAreListedWithWhatIsRemembered) {
  const Folder folder;
  {
    const Running it(folder.file());
    EXPECT_EQ(it.reader->remember(samples::place("a.test"), certificate("a"), kNow),
              RememberOutcome::remembered);
    it.see("b.test", {certificate("b")});
  }
  auto store = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(store);
  std::vector<ListedUpstream> all;
  EXPECT_TRUE((*store)->upstreams([&all](const ListedUpstream& one) {
    all.push_back(one);
    return true;
  }));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].host, "a.test");
  EXPECT_EQ(all[0].remembered, digest(certificate("a")));
  EXPECT_EQ(all[0].remembered_at, kNow);
}

}  // namespace
}  // namespace whytls::ledger
