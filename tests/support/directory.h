// A directory for the files of a test.
#pragma once

#include <string>
#include <string_view>

namespace whytls::support {

// A directory of its own, removed with everything in it.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  // Writes a file there and returns its path.
  std::string write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

}  // namespace whytls::support
