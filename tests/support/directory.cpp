#include "tests/support/directory.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/support/certificates.h"

namespace whytls::support {

Directory::Directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "whytls-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Directory::write(const std::string& name, std::string_view content) const {
  std::string path = path_ + "/" + name;
  write_file(path, content);
  return path;
}

}  // namespace whytls::support
