// The ledger with a million certificates: what a handshake costs on a worker, what a start costs, and how
// large it is. bench/ledger builds and runs it. The file is made once, in $TMPDIR.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <unordered_map>

#include "tests/ledger/samples.h"

namespace whytls::ledger {
namespace {

constexpr std::size_t kCertificates = 1'000'000;
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kAsked = 200'000;  // of them, in no order: more than fits into the caches

std::string file_name() {
  return std::filesystem::temp_directory_path() / "whytls-ledger-bench" / "ledger.db";
}

std::string host_of(std::size_t i) {
  return "host" + std::to_string(i) + ".inside.example.org";
}

// Every one with an issuer, names and an address of the usual length.
tls::Certificate certificate(std::size_t i) {
  tls::Certificate out = samples::certificate(host_of(i));
  out.issuer = "CN=Example Issuing CA " + std::to_string(i % 100) + ",O=Example Organization,C=XX";
  out.names.push_back({tls::AltName::Kind::dns, "www." + host_of(i)});
  return out;
}

void check(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// A leaf each on a host of its own: the most that a certificate takes.
void make_file() {
  std::error_code ignored;
  std::filesystem::remove_all(std::filesystem::path(file_name()).parent_path(), ignored);
  auto store = SqliteStore::open(file_name(), OpenMode::owner);
  check(store.has_value(), "cannot make the file");
  const HashKey key = (*store)->hash_key();
  const Times once{samples::kNow, samples::kNow, 1};
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kCertificates; ++i) {
    const tls::Certificate one = certificate(i);
    const Place place = samples::place(host_of(i));
    rows.emplace_back(NewCertificate{*seen_of(one), fingerprints_of(key, one), once});
    rows.emplace_back(NewPlace{samples::digest(one), place, hashes_of(key, place).place, 0, once});
    if (rows.size() < kBatch) continue;
    check((*store)->write(rows).has_value(), "cannot write");
    rows.clear();
  }
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct Loaded {
  std::unique_ptr<Ledger> ledger;
  double seconds = 0;
  double bytes = 0;
};

Loaded load() {
  Loaded out;
  const std::size_t before = resident_bytes();
  const auto start = std::chrono::steady_clock::now();
  auto store = SqliteStore::open(file_name(), OpenMode::owner);
  check(store.has_value(), "cannot open");
  Options options;
  options.max_certificates = kCertificates;
  options.now = [] { return samples::kNow; };
  // The file stays as it was made.
  auto unwritten =
      std::make_unique<samples::FailingStore>(std::move(*store), std::make_shared<std::atomic<bool>>(true));
  auto ledger = Ledger::open(std::move(unwritten), options);
  check(ledger.has_value(), "cannot load");
  out.ledger = std::move(*ledger);
  out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  out.bytes = static_cast<double>(resident_bytes() - before);
  return out;
}

// What all measurements of see() share: made once, in the first of them.
struct Setting {
  Setting() {
    if (!std::filesystem::exists(file_name())) make_file();
    ledger = load().ledger;
    check(ledger->statistics().certificates == kCertificates, "the file is not whole: remove it");
    std::mt19937_64 random(
        1);  // NOLINT(bugprone-random-generator-seed,cert-msc51-cpp): the same in every run
    for (std::size_t i = 0; i < kAsked; ++i) {
      const std::size_t number = random() % kCertificates;
      leaves.push_back(certificate(number));
      places.push_back(samples::place(host_of(number)));
    }
    // Known at these places, too, so that chains of three are hits.
    Reader reader = ledger->reader();
    for (std::size_t i = 0; i + 3 <= kAsked; i += 3) reader.see({places[i], samples::kNow, {&leaves[i], 3}});
    ledger->flush();
  }
  std::unique_ptr<Ledger> ledger;
  std::vector<tls::Certificate> leaves;
  std::vector<Place> places;
};

Setting& setting() {
  static Setting made;
  return made;
}

// What a worker has just read is in its cache; so the questions lie in a row here, and are copied into one
// certificate.
void see_hits(benchmark::State& state, std::size_t length) {
  Setting& all = setting();
  Reader reader = all.ledger->reader();
  const std::size_t chains = kAsked / 3;
  std::vector<std::array<char, 64>> digests;
  std::vector<std::array<char, 40>> hosts;
  for (std::size_t i = 0; i < 3 * chains; ++i) {
    all.leaves[i].sha256_hex.copy(digests.emplace_back().data(), 64);
    if (i % 3 != 0) continue;
    hosts.emplace_back().fill(' ');
    all.places[i].host.copy(hosts.back().data(), 40);
  }
  std::vector<tls::Certificate> chain(length, all.leaves[0]);
  Place place = all.places[0];
  std::size_t at = static_cast<std::size_t>(state.thread_index()) * 7919;
  for (auto unused : state) {
    (void)unused;
    at = (at + 1) % chains;
    for (std::size_t i = 0; i < length; ++i) chain[i].sha256_hex.assign(digests[3 * at + i].data(), 64);
    const std::string_view host(hosts[at].data(), 40);
    place.host.assign(host.substr(0, host.find(' ')));
    benchmark::DoNotOptimize(reader.see({place, samples::kNow, chain}));
  }
}

void see_a_known_leaf(benchmark::State& state) {
  see_hits(state, 1);
}
void see_a_known_chain_of_three(benchmark::State& state) {
  see_hits(state, 3);
}

// The same leaf again and again: what is left when everything is in the cache.
void see_the_same_leaf(benchmark::State& state) {
  Setting& all = setting();
  Reader reader = all.ledger->reader();
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(reader.see({all.places[0], samples::kNow, {&all.leaves[0], 1}}));
  }
}

struct HashDigest {
  std::size_t operator()(const Digest& digest) const {
    std::size_t out = 0;
    std::memcpy(&out, digest.data(), sizeof out);
    return out;
  }
};

// For comparison: one lookup by SHA-256 in std::unordered_map, with nothing around it.
void look_up_in_a_hash_map(benchmark::State& state) {
  Setting& all = setting();
  std::unordered_map<Digest, std::size_t, HashDigest> map;
  for (std::size_t i = 0; i < kCertificates; ++i)
    map.emplace(samples::digest(samples::certificate(host_of(i))), i);
  std::vector<Digest> asked;
  for (const tls::Certificate& leaf : all.leaves) asked.push_back(samples::digest(leaf));
  std::size_t at = 0;
  for (auto unused : state) {
    (void)unused;
    at = (at + 1) % asked.size();
    benchmark::DoNotOptimize(map.find(asked[at]));
  }
}

void see_a_new_leaf(benchmark::State& state) {
  Setting& all = setting();
  Reader reader = all.ledger->reader();
  std::vector<tls::Certificate> fresh;
  std::size_t next = kCertificates;
  for (auto unused : state) {
    (void)unused;
    state.PauseTiming();
    const tls::Certificate one = certificate(next++);
    const Place place = samples::place(host_of(next));
    state.ResumeTiming();
    benchmark::DoNotOptimize(reader.see({place, samples::kNow + 1, {&one, 1}}));
  }
}

void cold_start(benchmark::State& state) {
  if (!std::filesystem::exists(file_name())) make_file();
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(file_name()));
  for (auto unused : state) {
    (void)unused;
    const Loaded loaded = load();
    state.SetIterationTime(loaded.seconds);
    state.counters["memory_per_certificate"] = loaded.bytes / static_cast<double>(kCertificates);
  }
  state.counters["file_per_certificate"] = file_bytes / static_cast<double>(kCertificates);
}

// First, while nothing else of the process has taken memory.
BENCHMARK(cold_start)->Unit(benchmark::kMillisecond)->UseManualTime()->Iterations(1);
BENCHMARK(see_a_known_leaf)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(see_a_known_chain_of_three)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(see_the_same_leaf)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(look_up_in_a_hash_map);
BENCHMARK(see_a_new_leaf)->Iterations(20'000);

}  // namespace
}  // namespace whytls::ledger

BENCHMARK_MAIN();
