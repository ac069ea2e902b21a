// Writes certificates into a ledger as fast as it can, and prints each one after the store has said that it
// is written. For ledger/kill, which ends it without warning.
//   whytls-ledger-load FILE RUN          the certificates of one run differ from those of another
//   whytls-ledger-load FILE --check      reads SHA-256 values from standard input, prints those that are not
//   in the ledger
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <thread>
#include <unordered_set>

#include "tests/ledger/samples.h"

namespace whytls::ledger {
namespace {

constexpr int kWorkers = 2;

// Every line is one write(2), so that what was printed is whole.
class ReportingStore : public samples::FailingStore {
 public:
  explicit ReportingStore(std::unique_ptr<Store> store)
      : FailingStore(std::move(store), std::make_shared<std::atomic<bool>>(false)) {}
  Result<void> write(std::span<const Row> rows) override {
    auto written = FailingStore::write(rows);
    if (!written) return written;
    std::string report;
    for (const Row& row : rows) {
      if (const auto* one = std::get_if<NewCertificate>(&row)) report += hex_of(one->seen.sha256) + "\n";
    }
    for (std::size_t at = 0; at < report.size();) {
      const ssize_t done = ::write(STDOUT_FILENO, report.data() + at, report.size() - at);
      if (done <= 0) return fail("cannot report");
      at += static_cast<std::size_t>(done);
    }
    return written;
  }
};

// Until it is killed, or until there are so many that the ledger would begin to remove some.
void work(Ledger& ledger, const std::string& name, std::atomic<int>& left) {
  Reader reader = ledger.reader();
  for (int i = 0; left.fetch_sub(1) > 0; ++i) {
    const auto leaf = samples::certificate(name + "/" + std::to_string(i));
    const std::vector<tls::Certificate> chain = {leaf, samples::certificate("issuer of " + name)};
    const Place where = samples::place("host" + std::to_string(i % 1000));
    reader.see({where, samples::kNow + i, chain});
    // No faster than the writer: a row that is lost would be none that was reported, but would say nothing
    // either.
    while (ledger.statistics().backlog > 20'000) std::this_thread::yield();
  }
}

int load(const std::string& file, const std::string& run) {
  auto store = SqliteStore::open(file, OpenMode::owner);
  if (!store) {
    std::cerr << store.error().text() << "\n";
    return 1;
  }
  Options options;
  options.max_certificates = 10'000'000;
  options.now = [] { return samples::kNow; };
  options.batch_interval = std::chrono::milliseconds(5);
  options.touch_interval = std::chrono::milliseconds(20);
  auto ledger = Ledger::open(std::make_unique<ReportingStore>(std::move(*store)), options);
  if (!ledger) {
    std::cerr << ledger.error().text() << "\n";
    return 1;
  }
  std::cerr << "ready" << std::endl;
  constexpr int kMost = 200'000;
  std::atomic<int> left{kMost};
  std::vector<std::thread> workers;
  workers.reserve(kWorkers);
  for (int i = 0; i < kWorkers; ++i) {
    workers.emplace_back(work, std::ref(**ledger), run + "." + std::to_string(i), std::ref(left));
  }
  for (std::thread& worker : workers) worker.join();
  return 0;
}

int check(const std::string& file) {
  std::unordered_set<std::string> stored;
  for (const Listed& one : samples::list(file)) stored.insert(hex_of(one.seen.sha256));
  int missing = 0;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (stored.contains(line)) continue;
    ++missing;
    std::cout << line << "\n";
  }
  std::cerr << stored.size() << " certificates\n";
  return missing == 0 ? 0 : 1;
}

}  // namespace
}  // namespace whytls::ledger

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: whytls-ledger-load FILE RUN|--check\n";
    return 2;
  }
  const std::string what = arguments[2];
  return what == "--check" ? whytls::ledger::check(arguments[1]) : whytls::ledger::load(arguments[1], what);
}
