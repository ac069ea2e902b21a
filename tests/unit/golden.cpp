#include "golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace whytls::unit {
namespace {

// Whole files are too long to be read in a message.
std::pair<std::string, std::string> first_difference(const std::string& left, const std::string& right) {
  std::istringstream lefts(left);
  std::istringstream rights(right);
  std::string one;
  std::string other;
  while (true) {
    const bool has_left = static_cast<bool>(std::getline(lefts, one));
    const bool has_right = static_cast<bool>(std::getline(rights, other));
    if (!has_left || !has_right || one != other) {
      return {has_left ? one : "(its end)", has_right ? other : "(the end)"};
    }
  }
}

}  // namespace

void expect_file(const std::string& path, const std::string& actual) {
  const std::string full = std::string(WHYTLS_SOURCE_DIR) + "/" + path;
  if (std::getenv("WHYTLS_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(full, std::ios::binary) << actual;
    return;
  }
  std::ifstream file(full, std::ios::binary);
  ASSERT_TRUE(file) << full << " is missing: run with WHYTLS_UPDATE_GOLDEN=1";
  std::ostringstream expected;
  expected << file.rdbuf();
  if (actual == expected.str()) return;
  const auto [wanted, found] = first_difference(expected.str(), actual);
  ADD_FAILURE() << "differs from " << path << ", first where it has\n  " << wanted << "\nand now comes\n  "
                << found << "\nIf that is meant, run with WHYTLS_UPDATE_GOLDEN=1";
}

}  // namespace whytls::unit
