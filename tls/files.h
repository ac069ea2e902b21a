// Files in and out, with errors that name the file.
#pragma once

#include <sys/types.h>

#include <string>

#include "tls/result.h"

namespace whytls::tls {

// The whole file, at most kMaxFileSize bytes. The error's `where` is the path.
inline constexpr std::size_t kMaxFileSize = 64UL * 1024 * 1024;
[[nodiscard]] Result<std::string> read_file(const std::string& path);

// Replaces or makes the file: written beside it, synced, then renamed, so that nobody ever sees half of it.
[[nodiscard]] Result<void> write_file(const std::string& path, const std::string& content, mode_t mode);

// Makes the directory and its parents, mode 0700, unless it is there.
[[nodiscard]] Result<void> make_private_directory(const std::string& path);

// Fails when the file's mode has one of the `forbidden` bits.
[[nodiscard]] Result<void> check_mode(const std::string& path, mode_t forbidden);

// Keeps other processes (and other holders in this one) out while it lives. The lock file stays behind.
class FileLock {
 public:
  [[nodiscard]] static Result<FileLock> take(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace whytls::tls
