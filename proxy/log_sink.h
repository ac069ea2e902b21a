// Where log lines go: standard error or a file, written by a thread of its own so that a slow disk or a
// full pipe never holds up a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/server.h"
#include "tls/result.h"

namespace whytls::proxy {

// Lines wait in a queue of kQueueLines; when it is full the oldest is given up and counted. line() and
// dropped() may be called from any thread, reopen() from one at a time.
class QueuedLog final : public LogSink {
 public:
  static constexpr std::size_t kQueueLines = 8192;

  // file empty: standard error. A file is appended to, and made with mode 0640 when there is none. Fails with
  // the file as `where` when it cannot be opened.
  static Result<std::unique_ptr<QueuedLog>> open(const std::string& file);
  ~QueuedLog() override;
  QueuedLog(const QueuedLog&) = delete;
  QueuedLog& operator=(const QueuedLog&) = delete;

  void line(config::LogLevel level, std::string_view json) override;
  // Opens `file` (see open) and writes there from the next line on: the same name again after a rotation, or
  // another one. On failure the old file stays in use.
  Result<void> reopen(const std::string& file);
  // Writes what is still queued and takes nothing more; gives up after two seconds when nobody reads. Nothing
  // may be called afterwards. The destructor does it too.
  void finish();
  // Lines that were given up because the queue was full or a write failed.
  [[nodiscard]] std::uint64_t dropped() const;

  struct Impl;

 private:
  explicit QueuedLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace whytls::proxy
