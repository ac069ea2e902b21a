#include "proxy/log_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace whytls::proxy {
namespace {

using ::testing::HasSubstr;

class QueuedLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "whytls-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TEST_F(QueuedLogTest, WritesEveryLineInOrderBeforeItIsGone) {
  std::string expected;
  {
    auto log = QueuedLog::open(path("a.log"));
    ASSERT_TRUE(log) << log.error().text();
    for (int number = 0; number < 1000; ++number) {
      const std::string line = "{\"n\":" + std::to_string(number) + ",\"percent\":\"{} %s\"}";
      (*log)->line(config::LogLevel::debug, line);
      expected += line + "\n";
    }
    EXPECT_EQ((*log)->dropped(), 0U);
  }
  EXPECT_EQ(content(path("a.log")), expected);
}

TEST_F(QueuedLogTest, AppendsToAFileThatIsThere) {
  std::ofstream(path("a.log")) << "old\n";
  {
    auto log = QueuedLog::open(path("a.log"));
    ASSERT_TRUE(log);
    (*log)->line(config::LogLevel::error, "new");
  }
  EXPECT_EQ(content(path("a.log")), "old\nnew\n");
}

TEST_F(QueuedLogTest, MakesAFileThatOthersCannotRead) {
  auto log = QueuedLog::open(path("a.log"));
  ASSERT_TRUE(log);
  struct stat status {};
  ASSERT_EQ(::stat(path("a.log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0137U, 0U);
}

TEST_F(QueuedLogTest, NamesAFileThatCannotBeOpened) {
  const auto log = QueuedLog::open(path("missing/a.log"));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().where, path("missing/a.log"));
  EXPECT_THAT(log.error().what, HasSubstr("No such file"));
}

TEST_F(QueuedLogTest, WritesToANewFileAfterARotation) {
  auto log = QueuedLog::open(path("a.log"));
  ASSERT_TRUE(log);
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  ASSERT_TRUE((*log)->reopen(path("a.log")));
  (*log)->line(config::LogLevel::info, "after");
  log->reset();
  EXPECT_EQ(content(path("a.log")), "after\n");
}

TEST_F(QueuedLogTest, StaysWithItsFileWhenTheNewOneCannotBeOpened) {
  auto log = QueuedLog::open(path("a.log"));
  ASSERT_TRUE(log);
  EXPECT_FALSE((*log)->reopen(path("missing/a.log")));
  (*log)->line(config::LogLevel::info, "still here");
  log->reset();
  EXPECT_EQ(content(path("a.log")), "still here\n");
}

// A full queue gives up the oldest lines and counts them; a reader that never reads does not hold up the end.
TEST_F(QueuedLogTest, CountsTheLinesThatNobodyTookAndStillEnds) {
  const std::string pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  auto log = QueuedLog::open(pipe);
  ASSERT_TRUE(log);
  const std::string line(1024, 'x');
  constexpr std::size_t kLines = QueuedLog::kQueueLines + 1000;  // the pipe itself takes 64 KiB
  for (std::size_t number = 0; number < kLines; ++number) (*log)->line(config::LogLevel::info, line);
  EXPECT_GT((*log)->dropped(), 0U);
  EXPECT_LT((*log)->dropped(), kLines);
  log->reset();
  ::close(reader);
}

}  // namespace
}  // namespace whytls::proxy
