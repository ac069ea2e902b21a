#include "tls/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace whytls::tls {

namespace {

constexpr std::size_t kReadSize = 16UL * 1024;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Error> system_failure(const std::string& what, const std::string& path) {
  return fail(what + ": " + std::generic_category().message(errno), path);
}

bool write_all(int descriptor, const std::string& content) {
  std::size_t at = 0;
  while (at < content.size()) {
    const ssize_t count = ::write(descriptor, content.data() + at, content.size() - at);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    at += static_cast<std::size_t>(count);
  }
  return ::fsync(descriptor) == 0;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return system_failure("cannot be opened", path);
  struct stat about {};
  if (::fstat(file.number(), &about) == 0 && S_ISDIR(about.st_mode)) return fail("is a directory", path);
  std::string out;
  std::array<char, kReadSize> buffer{};
  for (;;) {
    const ssize_t count = ::read(file.number(), buffer.data(), buffer.size());
    if (count == 0) return out;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot be read", path);
    out.append(buffer.data(), static_cast<std::size_t>(count));
    if (out.size() > kMaxFileSize) return fail("is too large", path);
  }
}

Result<void> write_file(const std::string& path, const std::string& content, mode_t mode) {
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  ::unlink(temporary.c_str());
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.number() < 0) return system_failure("cannot be created", temporary);
  if (!write_all(file.number(), content) || ::rename(temporary.c_str(), path.c_str()) != 0) {
    auto failure = system_failure("cannot be written", path);
    ::unlink(temporary.c_str());
    return failure;
  }
  return {};
}

Result<void> make_private_directory(const std::string& path) {
  constexpr mode_t kPrivate = 0700;
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), kPrivate) != 0 && errno != EEXIST) {
      return system_failure("cannot be created", part);
    }
    if (slash == std::string::npos) return {};
  }
}

Result<void> check_mode(const std::string& path, mode_t forbidden) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return system_failure("cannot be opened", path);
  if ((about.st_mode & forbidden) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(about.st_mode & 07777U));
  return fail(std::string("other users can get at this private key: its mode is ") + mode.data(), path,
              "chmod 0600 " + path);
}

Result<FileLock> FileLock::take(const std::string& path) {
  constexpr mode_t kPrivate = 0600;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate);
  if (descriptor < 0) return system_failure("cannot be created", path);
  FileLock lock(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) return system_failure("cannot be locked", path);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace whytls::tls
