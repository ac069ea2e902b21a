#include "proxy/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <exception>
#include <mutex>
#include <system_error>
#include <utility>

namespace whytls::proxy {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr mode_t kFileMode = 0640;
constexpr int kPollStepMs = 100;
constexpr std::chrono::seconds kFarewell{2};  // how long the last lines may wait for a reader

// A file descriptor that is closed with its owner; standard error is borrowed and stays open.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(int fd, bool owned) : fd_(fd), owned_(owned) {
    struct stat status {};
    may_block_ = ::fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
  }
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_), may_block_(other.may_block_) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(owned_, other.owned_);
    std::swap(may_block_, other.may_block_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (owned_ && fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  // A pipe, socket or terminal: a write may wait for the other end.
  [[nodiscard]] bool may_block() const { return may_block_; }

 private:
  int fd_ = -1;
  bool owned_ = false;
  bool may_block_ = false;
};

Result<Descriptor> open_descriptor(const std::string& file) {
  if (file.empty()) return Descriptor(STDERR_FILENO, false);
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kFileMode);
  if (fd < 0) {
    return fail("the log file can't be opened: " + std::generic_category().message(errno), file,
                "make its directory writable for whytls, or set log.file to another name");
  }
  return Descriptor(fd, true);
}

// The end of the queue: one write per line, so that lines of several programs in one file never mix.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  void replace(Descriptor descriptor) {
    const std::lock_guard<std::mutex> lock(mutex_);
    descriptor_ = std::move(descriptor);
  }
  // From now on a reader that does not read is waited for only a moment. Needs no lock: the writer may hold
  // it.
  void say_farewell() { give_up_at_ = (SteadyClock::now() + kFarewell).time_since_epoch().count(); }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    text_.assign(message.payload.data(), message.payload.size());
    text_ += '\n';
    if (!write_all()) ++lost_;
  }
  void flush_() override {}

 private:
  bool write_all() {
    std::size_t written = 0;
    while (written < text_.size()) {
      if (descriptor_.may_block() && !wait_until_writable()) return false;
      const ssize_t count = ::write(descriptor_.get(), text_.data() + written, text_.size() - written);
      if (count > 0) {
        written += static_cast<std::size_t>(count);
      } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
        return false;
      }
    }
    return true;
  }

  // Past the farewell every line is tried once, without waiting: thousands may be in the queue.
  bool wait_until_writable() const {
    for (;;) {
      const auto give_up_at = give_up_at_.load();
      const bool is_late = give_up_at != 0 && SteadyClock::now().time_since_epoch().count() >= give_up_at;
      pollfd item{descriptor_.get(), POLLOUT, 0};
      if (::poll(&item, 1, is_late ? 0 : kPollStepMs) > 0) return (item.revents & POLLOUT) != 0;
      if (is_late) return false;
    }
  }

  Descriptor descriptor_;
  std::string text_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<SteadyClock::rep> give_up_at_{0};
};

spdlog::level::level_enum to_spdlog(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

struct QueuedLog::Impl {
  std::string file;
  std::shared_ptr<DescriptorSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::async_logger> logger;
};

Result<std::unique_ptr<QueuedLog>> QueuedLog::open(const std::string& file) {
  auto descriptor = open_descriptor(file);
  if (!descriptor) return tl::make_unexpected(descriptor.error());
  try {
    auto impl = std::make_unique<Impl>();
    impl->file = file;
    impl->sink = std::make_shared<DescriptorSink>(std::move(*descriptor));
    impl->writer = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
    impl->logger = std::make_shared<spdlog::async_logger>("whytls", impl->sink, impl->writer,
                                                          spdlog::async_overflow_policy::overrun_oldest);
    impl->logger->set_level(spdlog::level::trace);  // the caller has compared the level already
    return std::unique_ptr<QueuedLog>(new QueuedLog(std::move(impl)));
  } catch (const std::exception& error) {
    return fail(std::string("the log can't be started: ") + error.what(), file);
  }
}

QueuedLog::QueuedLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

QueuedLog::~QueuedLog() {
  finish();
}

void QueuedLog::finish() {
  impl_->sink->say_farewell();
  impl_->writer.reset();  // joins the writer, which empties the queue first
}

void QueuedLog::line(config::LogLevel level, std::string_view json) {
  impl_->logger->log(to_spdlog(level), spdlog::string_view_t(json.data(), json.size()));
}

Result<void> QueuedLog::reopen(const std::string& file) {
  // Standard error has nothing to reopen, and its writer may be waiting for a reader with the sink locked.
  if (file.empty() && impl_->file.empty()) return {};
  auto descriptor = open_descriptor(file);
  if (!descriptor) return tl::make_unexpected(descriptor.error());
  impl_->sink->replace(std::move(*descriptor));
  impl_->file = file;
  return {};
}

std::uint64_t QueuedLog::dropped() const {
  return impl_->writer->overrun_counter() + impl_->sink->lost();
}

}  // namespace whytls::proxy
