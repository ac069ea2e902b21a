// What happens to the ledger when the store cannot be written, when there is too much, and when others change
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(LedgerWriter, WritesWhatWasSeenWithItsPlaces) {
  const Folder folder;
  {
    const Running it(folder.file());
    it.see("a.test", {certificate("a"), certificate("CA")}, kNow);
    it.see("a.test", {certificate("a"), certificate("CA")}, kNow + 3);
    EXPECT_TRUE(it.ledger->flush());
    EXPECT_EQ(it.ledger->statistics().backlog, 0U);
  }
  auto store = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(store);
  const auto found = (*store)->show(hex_of(digest(certificate("CA"))));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->at(0).times.count, 2U);
  EXPECT_EQ(found->at(0).times.last_seen, kNow + 3);
  ASSERT_EQ(found->at(0).places.size(), 1U);
  EXPECT_EQ(found->at(0).places[0].place.host, "a.test");
  EXPECT_EQ(found->at(0).places[0].place.listener, "forward");
  EXPECT_EQ(found->at(0).places[0].depth, 1U);
  EXPECT_EQ(found->at(0).places[0].times.count, 2U);
}

TEST(LedgerWriter, StoppingWritesWhatWaits) {
  const Folder folder;
  const Running it(folder.file());
  for (int i = 0; i < 2500; ++i) it.see("a.test", {certificate(std::to_string(i))});
  it.ledger->stop();
  EXPECT_EQ(it.ledger->statistics().backlog, 0U);
  EXPECT_EQ(list(folder.file()).size(), 2500U);
  // And it answers on.
  EXPECT_EQ(it.see("a.test", {certificate("1")}).leaf.count, 1U);
}

TEST(LedgerWriter, AnOutageIsToldOnceAndNothingIsMissingAfterwards) {
  const Folder folder;
  const Running it(folder.file());
  *it.fails = true;
  it.see("a.test", {certificate("a")});
  EXPECT_FALSE(it.ledger->flush());
  EXPECT_FALSE(it.ledger->flush());
  EXPECT_FALSE(it.ledger->statistics().writable);
  ASSERT_EQ(it.events->size(), 1U);
  EXPECT_EQ(it.events->at(0).kind, Event::Kind::stopped_writing);
  EXPECT_EQ(it.events->at(0).reason, "ledger.db: cannot be written: disk full (make room)");
  // Traffic goes on, and what is new is known.
  EXPECT_EQ(it.see("a.test", {certificate("b")}).previous.value().certificate.sha256,
            digest(certificate("a")));
  *it.fails = false;
  EXPECT_TRUE(it.ledger->flush());
  ASSERT_EQ(it.events->size(), 2U);
  EXPECT_EQ(it.events->at(1).kind, Event::Kind::writing_again);
  EXPECT_EQ(it.events->at(1).lost, 0U);
  EXPECT_EQ(list(folder.file()).size(), 2U);
  EXPECT_TRUE(it.ledger->statistics().writable);
}

TEST(LedgerWriter, WhatDoesNotFitIsCountedAsLostAndStoredWhenItIsSeenAgain) {
  const Folder folder;
  Options options;
  options.max_backlog = 10;
  const Running it(folder.file(), options);
  *it.fails = true;
  for (int i = 0; i < 8; ++i) it.see("a.test", {certificate(std::to_string(i))});
  EXPECT_FALSE(it.ledger->flush());
  // Two rows for each certificate: the first five fit.
  EXPECT_EQ(it.ledger->statistics().lost, 6U);
  EXPECT_EQ(it.ledger->statistics().backlog, 10U);
  *it.fails = false;
  EXPECT_TRUE(it.ledger->flush());
  EXPECT_EQ(list(folder.file()).size(), 5U);
  for (int i = 0; i < 8; ++i) it.see("a.test", {certificate(std::to_string(i))});
  EXPECT_TRUE(it.ledger->flush());
  const auto all = list(folder.file());
  ASSERT_EQ(all.size(), 8U);
  for (const Listed& one : all) {
    EXPECT_EQ(one.times.count, 2U);
    EXPECT_EQ(one.places, 1U);
  }
}

TEST(LedgerWriter, AFullDiskIsAnOutageAndTheFileStaysWhole) {
  const Folder folder;
  { const Running made(folder.file()); }
  StoreOptions full;
  full.max_pages = 40;
  {
    const Running it(folder.file(), {}, full);
    for (int i = 0; i < 2000; ++i) it.see("host" + std::to_string(i), {certificate(std::to_string(i))});
    EXPECT_FALSE(it.ledger->flush());
    ASSERT_EQ(it.events->size(), 1U);
    EXPECT_THAT(it.events->at(0).reason, testing::HasSubstr("make room on the disk"));
    EXPECT_EQ(it.ledger->statistics().certificates, 2000U);
  }
  const Running after(folder.file());
  EXPECT_TRUE(after.ledger->flush());
  after.see("a.test", {certificate("new")});
  EXPECT_TRUE(after.ledger->flush());
  EXPECT_EQ(list(folder.file()).size(), after.ledger->statistics().certificates);
}

TEST(LedgerWriter, WhatWasNotSeenForLongIsRemovedButNotWhatIsRemembered) {
  const Folder folder;
  Options options;
  options.keep = 10 * kDay;
  {
    const Running it(folder.file(), options);
    it.see("a.test", {certificate("old")});
    it.see("b.test", {certificate("remembered")});
    it.see("c.test", {certificate("young")});
    EXPECT_EQ(it.reader->remember(place("b.test"), certificate("remembered"), kNow),
              RememberOutcome::remembered);
    EXPECT_TRUE(it.ledger->flush());
    it.see("c.test", {certificate("young")}, kNow + 8 * kDay);
    *it.clock = kNow + 11 * kDay;
    EXPECT_TRUE(it.ledger->flush());
    EXPECT_EQ(it.ledger->statistics().pruned, 1U);
    EXPECT_EQ(it.see("a.test", {certificate("other")}, kNow + 11 * kDay).previous.has_value(), false);
    EXPECT_TRUE(it.see("b.test", {certificate("other")}, kNow + 11 * kDay).remembered.value().other);
  }
  EXPECT_EQ(list(folder.file()).size(), 3U);
}

TEST(LedgerWriter, OfTooManyTheOldestAreRemoved) {
  const Folder folder;
  Options options;
  options.max_certificates = 100;
  const Running it(folder.file(), options);
  EXPECT_EQ(it.reader->remember(place("first"), certificate("0"), kNow), RememberOutcome::remembered);
  for (int i = 1; i < 110; ++i)
    it.see("host" + std::to_string(i), {certificate(std::to_string(i))}, kNow + i);
  EXPECT_TRUE(it.ledger->flush());
  const Statistics statistics = it.ledger->statistics();
  EXPECT_LE(statistics.certificates, 100U);
  EXPECT_GE(statistics.certificates, 90U);
  EXPECT_EQ(list(folder.file()).size(), statistics.certificates);
  EXPECT_EQ(it.see("first", {certificate("0")}).leaf.count, 1U);
  EXPECT_EQ(it.see("host109", {certificate("109")}).leaf.count, 1U);
  EXPECT_EQ(it.see("host1", {certificate("1")}).leaf.count, 0U);
}

TEST(LedgerWriter, AFloodDoesNotTakeMoreThanAnEighthOnTop) {
  const Folder folder;
  Options options;
  options.max_certificates = 100;
  const Running it(folder.file(), options);
  *it.fails = true;
  for (int i = 0; i < 1000; ++i)
    it.see("host" + std::to_string(i), {certificate(std::to_string(i))}, kNow + i);
  EXPECT_LE(it.ledger->statistics().certificates, 113U);
  EXPECT_GE(it.ledger->statistics().omitted, 800U);
}

TEST(LedgerWriter, WhatAnotherProcessAcceptsOrForgetsIsSeenWithoutARestart) {
  const Folder folder;
  const Running it(folder.file());
  const auto one = certificate("1");
  const auto two = certificate("2");
  it.see("a.test", {one});
  EXPECT_EQ(it.reader->remember(place("a.test"), one, kNow), RememberOutcome::remembered);
  it.see("a.test", {two}, kNow + 1);
  EXPECT_TRUE(it.ledger->flush());
  auto tool = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(tool);
  const auto accepted = (*tool)->accept("a.test", 443, std::nullopt, kNow + 5);
  ASSERT_TRUE(accepted) << accepted.error().text();
  EXPECT_EQ(*accepted, digest(two));
  EXPECT_TRUE(it.ledger->flush());
  const Memory told = it.see("a.test", {two}, kNow + 6);
  EXPECT_EQ(told.remembered.value().sha256, digest(two));
  EXPECT_EQ(told.remembered->by, RememberedBy::accepted);
  EXPECT_EQ(told.remembered->since, kNow + 5);
  EXPECT_FALSE(told.remembered->other);
  EXPECT_EQ((*tool)->forget_host("a.test", kNow + 7).value(), 1U);
  EXPECT_TRUE(it.ledger->flush());
  EXPECT_FALSE(it.see("a.test", {two}).remembered);
  EXPECT_TRUE((*tool)->accept("b.test", 443, digest(one), kNow));
  EXPECT_TRUE(it.ledger->flush());
  EXPECT_EQ(it.see("b.test", {two}).remembered.value().sha256, digest(one));
  EXPECT_TRUE((*tool)->forget_certificate(digest(one), kNow).value());
  EXPECT_TRUE(it.ledger->flush());
  EXPECT_FALSE(it.see("b.test", {two}).remembered);
  EXPECT_EQ(it.see("a.test", {one}).leaf.count, 0U);
}

TEST(LedgerWriter, OfTwoLeavesOfOneSecondTheLaterOneIsAccepted) {
  const Folder folder;
  const Running it(folder.file());
  for (const char* label : {"1", "2", "3"}) {
    it.see("a.test", {certificate(label)});
    EXPECT_TRUE(it.ledger->flush());
  }
  auto tool = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(tool);
  EXPECT_EQ((*tool)->accept("a.test", 443, std::nullopt, kNow).value(), digest(certificate("3")));
}

TEST(LedgerWriter, AcceptingWhatWasNeverSeenSaysSo) {
  const Folder folder;
  const Running it(folder.file());
  auto tool = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(tool);
  EXPECT_EQ((*tool)->accept("a.test", 443, std::nullopt, kNow).error().text(),
            "a.test:443: no certificate was seen there (connect to it through whytls once)");
  EXPECT_FALSE((*tool)->accept("a.test", 443, Digest{}, kNow));
  EXPECT_FALSE((*tool)->forget_certificate(Digest{}, kNow).value());
}

TEST(LedgerWriter, AnotherProcessMayReadWhileTheProxyWrites) {
  const Folder folder;
  const Running it(folder.file());
  auto tool = SqliteStore::open(folder.file(), OpenMode::reader_tool);
  ASSERT_TRUE(tool);
  for (int i = 0; i < 5; ++i) {
    it.see("a.test", {certificate(std::to_string(i))});
    // While a reading transaction is open there.
    const auto listed = (*tool)->list({}, [&](const Listed&) { return it.ledger->flush(); });
    EXPECT_TRUE(listed);
    EXPECT_TRUE(it.ledger->flush());
  }
  EXPECT_EQ(list(folder.file()).size(), 5U);
}

}  // namespace
}  // namespace whytls::ledger
