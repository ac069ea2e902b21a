// The mistakes of one file, as they are found.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace whytls::config {

// A position in the file, both numbers from 1; the column counts characters. Line 0: nowhere.
struct Spot {
  int line = 0;
  int column = 0;
};

// Where each key and value of a file stands, by dotted path ("listener[1].tls.mint").
struct Positions {
  struct Entry {
    Spot key;    // of a table: its header or its key
    Spot value;  // of a table made by a header: the same as `key`
  };
  std::map<std::string, Entry, std::less<>> entries;
};

// "a.b"; the key is quoted when it is not a bare one. An empty path is the top of the file.
[[nodiscard]] std::string join_key(std::string_view path, std::string_view key);
// "a[2]".
[[nodiscard]] std::string join_index(std::string_view path, std::size_t index);

// What is said of one mistake; the sentence is composed of it: "KEY: WHAT; allowed: ...; did you mean ...?".
struct Complaint {
  std::string what;
  std::string found;
  std::string allowed;
  std::string suggestion;
};

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void error(Spot spot, const std::string& key, Complaint complaint);
  void warning(Spot spot, const std::string& key, Complaint complaint);
  [[nodiscard]] Place place(Spot spot) const { return Place{file_, spot.line, spot.column}; }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool has_errors() const;
  // All mistakes in the order of the file.
  [[nodiscard]] std::vector<Mistake> take();

 private:
  void add(Spot spot, const std::string& key, Complaint complaint, bool is_warning);

  std::string file_;
  std::vector<Mistake> mistakes_;
};

// The mistake with its sentence.
[[nodiscard]] Mistake make_mistake(Place place, const std::string& key, Complaint complaint);

}  // namespace whytls::config
