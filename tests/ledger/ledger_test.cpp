#include "policy/ledger/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/ledger/samples.h"

namespace whytls::ledger {
namespace {

using samples::certificate;
using samples::digest;
using samples::Folder;
using samples::kDay;
using samples::kNow;
using samples::list;
using samples::place;
using samples::Running;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Ledger, TellsWhenAndHowOftenALeafWasSeen) {
  const Folder folder;
  const Running it(folder.file());
  const auto leaf = certificate("a.test");
  const Memory first = it.see("a.test", {leaf}, kNow);
  EXPECT_EQ(first.leaf.count, 0U);
  EXPECT_FALSE(first.previous);
  EXPECT_FALSE(first.remembered);
  it.see("a.test", {leaf}, kNow + 5);
  it.see("b.test", {leaf}, kNow + 7);
  const Memory then = it.see("a.test", {leaf}, kNow + 9);
  EXPECT_EQ(then.leaf.count, 3U);
  EXPECT_EQ(then.leaf.first_seen, kNow);
  EXPECT_EQ(then.leaf.last_seen, kNow + 7);
  EXPECT_EQ(then.leaf_here.count, 2U);
  EXPECT_EQ(then.leaf_here.last_seen, kNow + 5);
  EXPECT_THAT(then.conflicts, IsEmpty());
}

TEST(Ledger, ASerialNumberThatAnotherCertificateHasIsFoundAtOnceByAnotherWorker) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("a.test");
  const auto two = samples::with_serial_of(certificate("b.test"), one);
  EXPECT_THAT(it.see("a.test", {one}).conflicts, IsEmpty());
  Memory told;
  std::thread([&] {
    Reader reader = it.ledger->reader();
    const Place where = place("b.test");
    told = reader.see({where, kNow + 1, {&two, 1}});
  }).join();
  ASSERT_EQ(told.conflicts.size(), 1U);
  EXPECT_EQ(told.conflicts[0].depth, 0U);
  EXPECT_EQ(told.conflicts[0].total, 1U);
  ASSERT_EQ(told.conflicts[0].shown.size(), 1U);
  const Known& other = told.conflicts[0].shown[0];
  EXPECT_EQ(other.sha256, digest(one));
  EXPECT_EQ(other.host, "a.test");
  EXPECT_EQ(other.port, 443);
  EXPECT_EQ(other.not_after, one.not_after);
  EXPECT_EQ(other.times.first_seen, kNow);
  // And the first one is told as well, from now on.
  EXPECT_EQ(it.see("a.test", {one}).conflicts.at(0).shown.at(0).sha256, digest(two));
}

TEST(Ledger, ASerialNumberIsFoundAgainAfterARestart) {
  const Folder folder;
  const auto one = certificate("a.test");
  { Running(folder.file()).see("a.test", {one}); }
  const Running it(folder.file());
  const Memory told = it.see("b.test", {samples::with_serial_of(certificate("b.test"), one)});
  ASSERT_EQ(told.conflicts.size(), 1U);
  EXPECT_EQ(told.conflicts[0].shown.at(0).host, "a.test");
}

TEST(Ledger, TwoIntermediatesWithOneSerialNumberAreFound) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("CA 1");
  const auto two = samples::with_serial_of(certificate("CA 2"), one);
  it.see("a.test", {certificate("a.test"), one});
  const Memory told = it.see("b.test", {certificate("b.test"), two});
  ASSERT_EQ(told.conflicts.size(), 1U);
  EXPECT_EQ(told.conflicts[0].depth, 1U);
  EXPECT_EQ(told.conflicts[0].shown.at(0).sha256, digest(one));
}

TEST(Ledger, AnIssuerAloneOrASerialNumberAloneIsNoConflict) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("a.test");
  auto two = certificate("b.test");
  two.serial_hex = one.serial_hex;
  two.issuer = "CN=Another CA";
  it.see("a.test", {one});
  EXPECT_THAT(it.see("b.test", {two}).conflicts, IsEmpty());
  EXPECT_THAT(it.see("c.test", {certificate("c.test")}).conflicts, IsEmpty());
}

TEST(Ledger, OfManyConflictsFourAreShownAndAllAreCounted) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("0");
  Memory told;
  for (int i = 0; i < 10; ++i) {
    told = it.see("a.test", {samples::with_serial_of(certificate(std::to_string(i)), one)});
  }
  EXPECT_EQ(told.conflicts.at(0).total, 9U);
  EXPECT_EQ(told.conflicts.at(0).shown.size(), kMaxShown);
  EXPECT_EQ(told.conflicts.at(0).shown[0].sha256, digest(certificate("8")));
}

TEST(Ledger, OfCertificatesThatComeAtOnceOnManyThreadsEachButTheFirstIsTold) {
  const Folder folder;
  const Running it(folder.file());
  constexpr int kThreads = 8;
  constexpr int kRounds = 50;
  std::atomic<std::size_t> totals{0};
  for (int round = 0; round < kRounds; ++round) {
    const auto model = certificate("model " + std::to_string(round));
    std::latch start(kThreads);
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        Reader reader = it.ledger->reader();
        const auto mine =
            samples::with_serial_of(certificate(std::to_string(round) + "/" + std::to_string(i)), model);
        const Place where = place("host" + std::to_string(i));
        start.arrive_and_wait();
        const Memory told = reader.see({where, kNow, {&mine, 1}});
        if (!told.conflicts.empty()) totals += told.conflicts[0].total;
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  // The second is told of one, the third of two ...
  EXPECT_EQ(totals, kRounds * kThreads * (kThreads - 1) / 2);
}

TEST(Ledger, AKeyThatSeveralHostsHaveIsFound) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("printer");
  it.see("a.test", {one});
  // The same certificate, copied.
  const Memory copied = it.see("b.test", {one});
  EXPECT_EQ(copied.same_key_total, 1U);
  EXPECT_EQ(copied.same_key.at(0).host, "a.test");
  EXPECT_EQ(copied.same_key.at(0).sha256, digest(one));
  // Another certificate with the same key.
  const Memory same = it.see("c.test", {samples::with_key_of(certificate("c"), one)});
  EXPECT_EQ(same.same_key_total, 2U);
  EXPECT_EQ(it.see("a.test", {one}).same_key_total, 2U);
  EXPECT_EQ(it.see("d.test", {certificate("d")}).same_key_total, 0U);
}

TEST(Ledger, ARenewalWithTheSameKeyIsNoCopy) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("a.test");
  it.see("a.test", {one});
  const Memory told = it.see("a.test", {samples::with_key_of(certificate("renewed"), one)});
  EXPECT_EQ(told.same_key_total, 0U);
  EXPECT_THAT(told.same_key, IsEmpty());
}

TEST(Ledger, OneHostOnSeveralAddressesIsNoCopy) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("a.test");
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
    const Place where = place("a.test", address);
    const Memory told = it.reader->see({where, kNow, {&one, 1}});
    EXPECT_EQ(told.same_key_total, 0U) << address;
    EXPECT_FALSE(told.previous) << address;
  }
}

TEST(Ledger, TheLeafBeforeIsToldWithWhatDiffers) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("a.test");
  auto two = certificate("a.test, renewed");
  two.subject = one.subject;
  two.names = one.names;
  two.issuer = "CN=Another CA";
  it.see("a.test", {one}, kNow);
  const Memory told = it.see("a.test", {two}, kNow + 5);
  ASSERT_TRUE(told.previous);
  EXPECT_EQ(told.previous->certificate.sha256, digest(one));
  EXPECT_THAT(told.previous->differences.field_names(), ElementsAre("key", "issuer", "serial number"));
  // The old one again, as from another node: it is told of the newer one.
  EXPECT_EQ(it.see("a.test", {one}, kNow + 6).previous.value().certificate.sha256, digest(two));
  EXPECT_EQ(it.see("a.test", {two}, kNow + 7).previous.value().certificate.sha256, digest(one));
}

TEST(Ledger, TheLeafBeforeIsKnownAfterARestart) {
  const Folder folder;
  const auto one = certificate("1");
  const auto two = certificate("2");
  {
    const Running it(folder.file());
    it.see("a.test", {one}, kNow);
    it.see("a.test", {two}, kNow + 1);
    it.see("a.test", {one}, kNow + 2);
  }
  const Running it(folder.file());
  EXPECT_EQ(it.see("a.test", {two}, kNow + 3).previous.value().certificate.sha256, digest(one));
  EXPECT_EQ(it.see("a.test", {one}, kNow + 3).leaf.count, 2U);
  EXPECT_EQ(it.see("a.test", {certificate("3")}, kNow + 3).previous.value().certificate.sha256, digest(two));
}

TEST(Ledger, WhatIsRememberedOnFirstUseStays) {
  const Folder folder;
  const auto one = certificate("1");
  const auto two = certificate("2");
  {
    const Running it(folder.file());
    it.see("a.test", {one});
    EXPECT_EQ(it.reader->remember(place("a.test"), one, kNow), RememberOutcome::remembered);
    EXPECT_EQ(it.reader->remember(place("a.test"), one, kNow), RememberOutcome::remembered);
    EXPECT_EQ(it.reader->remember(place("a.test"), two, kNow), RememberOutcome::another);
    EXPECT_FALSE(it.see("a.test", {one}).remembered.value().other);
  }
  const Running it(folder.file());
  const Memory told = it.see("a.test", {two});
  ASSERT_TRUE(told.remembered);
  EXPECT_EQ(told.remembered->sha256, digest(one));
  EXPECT_EQ(told.remembered->since, kNow);
  EXPECT_EQ(told.remembered->by, RememberedBy::first_use);
  ASSERT_TRUE(told.remembered->other);
  EXPECT_TRUE(told.remembered->other->differences.has(Differences::key));
}

TEST(Ledger, OfTwoWorkersThatRememberAtOnceOneIsFirst) {
  const Folder folder;
  const Running it(folder.file());
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> first{0};
    const std::string host = "host" + std::to_string(round);
    std::latch start(2);
    const auto run = [&](int i) {
      Reader reader = it.ledger->reader();
      const auto leaf = certificate(host + std::to_string(i));
      start.arrive_and_wait();
      if (reader.remember(place(host), leaf, kNow) == RememberOutcome::remembered) ++first;
    };
    std::thread one(run, 1);
    std::thread two(run, 2);
    one.join();
    two.join();
    EXPECT_EQ(first, 1);
  }
}

TEST(Ledger, APlaceBeyondTheSixtyFourthIsNotKeptAndTheChangeOfItsKeyIsFoundAllTheSame) {
  const Folder folder;
  const auto shared = certificate("*.test");
  const auto host = [](int i) { return "host" + std::to_string(i); };
  {
    const Running it(folder.file());
    for (int i = 0; i < 100; ++i) it.see(host(i), {shared});
    EXPECT_EQ(it.ledger->statistics().places, kMaxPlaces);
    EXPECT_EQ(it.see(host(99), {shared}).leaf.count, 100U);
  }
  const Running it(folder.file());
  EXPECT_EQ(it.see(host(99), {certificate("other")}).previous.value().certificate.sha256, digest(shared));
}

TEST(Ledger, ALeafThatEndsSoonIsListed) {
  const Folder folder;
  const Running it(folder.file());
  const auto ends = [](const std::string& label, UnixSeconds when) {
    auto out = certificate(label);
    out.not_after = when;
    return out;
  };
  it.see("a.test", {ends("1", kNow + kDay / 2)});
  it.see("b.test", {ends("2", kNow + 5 * kDay)});
  it.see("c.test", {ends("3", kNow + 20 * kDay), ends("CA", kNow + kDay)});
  it.see("d.test", {ends("4", kNow - kDay)});
  it.see("e.test", {ends("5", kNow + kDay)}, kNow - 8 * kDay);
  const Expiring found = it.ledger->expiring(kNow, 14 * kDay);
  EXPECT_EQ(found.within_1_day, 1U);
  EXPECT_EQ(found.within_7_days, 2U);
  EXPECT_EQ(found.within_14_days, 2U);
  EXPECT_EQ(found.within_30_days, 3U);
  ASSERT_EQ(found.leaves.size(), 2U);
  EXPECT_EQ(found.leaves[0].host, "a.test");
  EXPECT_EQ(found.leaves[1].not_after, kNow + 5 * kDay);
}

TEST(Ledger, WithoutALeafThatCouldBeParsedNothingIsRecorded) {
  const Folder folder;
  const Running it(folder.file());
  auto broken = certificate("a");
  broken.parse_error = "not a certificate";
  it.see("a.test", {broken, certificate("CA")});
  it.see("a.test", {});
  EXPECT_EQ(it.reader->remember(place("a.test"), broken, kNow), RememberOutcome::no_room);
  EXPECT_EQ(it.ledger->statistics().certificates, 0U);
  // An intermediate that could not be parsed is left out.
  it.see("a.test", {certificate("leaf"), broken, certificate("CA")});
  EXPECT_EQ(it.ledger->statistics().certificates, 2U);
}

TEST(Ledger, ManyThreadsThatSeePruneAndForgetAgreeInTheEnd) {
  const Folder folder;
  Options options;
  options.max_certificates = 300;
  const Running it(folder.file(), options);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (int worker = 0; worker < 3; ++worker) {
    threads.emplace_back([&, worker] {
      Reader reader = it.ledger->reader();
      for (int i = 0; !stop; ++i) {
        const int number = i % 500;
        const auto leaf = samples::with_key_of(certificate(std::to_string(number)),
                                               certificate("k" + std::to_string(number % 40)));
        const auto issuer =
            samples::with_serial_of(certificate("CA" + std::to_string(number % 7)), certificate("CA"));
        const std::vector<tls::Certificate> chain = {leaf, issuer};
        const Place where = place("host" + std::to_string((number + worker) % 90));
        const Memory told = reader.see({where, kNow + i, chain});
        ASSERT_LE(told.same_key.size(), kMaxShown);
      }
    });
  }
  auto tool = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(tool);
  // As long as it takes the threads to bring more than there is room for.
  for (int i = 0; i < 30 || it.ledger->statistics().pruned == 0; ++i) {
    EXPECT_TRUE(it.ledger->flush());
    EXPECT_TRUE((*tool)->forget_certificate(digest(certificate(std::to_string(i % 30))), kNow));
    static_cast<void>(it.ledger->expiring(kNow, kDay));
    static_cast<void>(it.ledger->statistics());
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(it.ledger->flush());
  const Statistics statistics = it.ledger->statistics();
  EXPECT_LE(statistics.certificates, 340U);
  EXPECT_GT(statistics.pruned, 0U);
  EXPECT_EQ(statistics.lost, 0U);
  EXPECT_EQ(list(folder.file()).size(), statistics.certificates);
}

}  // namespace
}  // namespace whytls::ledger
