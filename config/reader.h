// Typed reading of one table, key by key. Whatever is wrong is reported at its place, and reading goes on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.h"
#include "config/report.h"
#include "config/settings.h"
#include "config/text.h"
#include "config/units.h"

namespace whytls::config {

// What the readers of all tables share.
struct Reading {
  Report& report;
  const Positions& positions;
  std::string directory;  // of the file; relative paths begin there
  std::vector<ShownValue> shown;

  [[nodiscard]] Spot key_spot(std::string_view path) const;
  [[nodiscard]] Spot value_spot(std::string_view path) const;
};

struct WholeRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

// One table of the file, or of nothing (every key is absent then). Keys are known once they were asked for;
// finish() reports the others, so it comes last.
class Table {
 public:
  // `reading` and `value` must outlive the table; `value` is a table or nullptr.
  Table(Reading& reading, const toml::value* value, std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view key) const { return join_key(path_, key); }
  [[nodiscard]] bool present() const { return value_ != nullptr; }
  [[nodiscard]] bool has(const std::string& key) const;
  // The key, or the table itself where the key is absent.
  [[nodiscard]] Place place(const std::string& key) const;
  [[nodiscard]] Place place() const;
  [[nodiscard]] Reading& reading() const { return reading_; }

  // nullptr: absent.
  const toml::value* take(const std::string& key);
  // A key that is known but has no place in this table: true when it is there. It is never suggested.
  bool has_misplaced(const std::string& key);

  // nullopt: absent, or wrong and reported.
  std::optional<std::string> string(const std::string& key);
  std::optional<bool> boolean(const std::string& key);
  std::optional<std::int64_t> whole(const std::string& key, WholeRange range);
  std::optional<std::chrono::milliseconds> duration(const std::string& key, std::chrono::milliseconds least,
                                                    std::chrono::milliseconds most);
  std::optional<std::uint64_t> size(const std::string& key, std::uint64_t least, std::uint64_t most);
  // A file name, made absolute to the directory of the configuration.
  std::optional<std::string> file(const std::string& key);
  std::optional<std::vector<std::string>> files(const std::string& key);
  // One of the names; the result is its index.
  std::optional<std::size_t> choice(const std::string& key, const std::vector<std::string>& names);
  // A string in a language of its own (units.h); `allowed` describes it.
  template <typename T>
  std::optional<T> parsed(const std::string& key, Parsed<T> (*parse)(std::string_view),
                          const std::string& allowed);
  // Each string of a list in such a language.
  template <typename T>
  std::optional<std::vector<T>> parsed_list(const std::string& key, Parsed<T> (*parse)(std::string_view),
                                            const std::string& allowed);
  // A table of its own; reads as empty when the key is absent or wrong.
  Table table(const std::string& key);
  // The tables of a list of tables ([[...]] or inline).
  std::vector<Table> tables(const std::string& key);
  // Every key of the table, all of them known now.
  std::vector<std::string> all_keys();

  // Reports what was never asked for.
  void finish();

  void error(const std::string& key, Complaint complaint) const;         // at the value
  void error_at_key(const std::string& key, Complaint complaint) const;  // at the key, or the table
  void warning(const std::string& key, Complaint complaint) const;
  // Notes the effective value, as TOML.
  void show(const std::string& key, std::string value) const;

 private:
  // The strings of a list with their indices; what is no string is reported. nullopt: no list.
  std::optional<std::vector<std::pair<std::size_t, std::string>>> elements(const std::string& key);
  void wrong_type(const std::string& path, const toml::value& value, const std::string& wanted) const;
  void out_of_range(const std::string& key, const std::string& found, const std::string& allowed) const;

  Reading& reading_;
  const toml::value* value_;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<std::string> misplaced_;
};

// What stands there, in a few words: `the string "false"`, `the number 3`, `a table`.
[[nodiscard]] std::string describe(const toml::value& value);
// `path` itself when it is absolute, else below `directory`. An empty path stays empty.
[[nodiscard]] std::string resolve(const std::string& directory, const std::string& path);
[[nodiscard]] std::string toml_bool(bool value);
[[nodiscard]] std::string toml_list(const std::vector<std::string>& strings);

template <typename T>
std::optional<T> Table::parsed(const std::string& key, Parsed<T> (*parse)(std::string_view),
                               const std::string& allowed) {
  const std::optional<std::string> text = string(key);
  if (!text) return std::nullopt;
  Parsed<T> result = parse(*text);
  if (result) return std::move(*result);
  error(key, {in_quotes(*text) + ": " + result.error(), *text, allowed, {}});
  return std::nullopt;
}

template <typename T>
std::optional<std::vector<T>> Table::parsed_list(const std::string& key, Parsed<T> (*parse)(std::string_view),
                                                 const std::string& allowed) {
  const auto texts = elements(key);
  if (!texts) return std::nullopt;
  std::vector<T> out;
  for (const auto& [index, text] : *texts) {
    Parsed<T> result = parse(text);
    if (result) {
      out.push_back(std::move(*result));
      continue;
    }
    const std::string element = join_index(path(key), index);
    reading_.report.error(reading_.value_spot(element), element,
                          {in_quotes(text) + ": " + result.error(), text, allowed, {}});
  }
  return out;
}

}  // namespace whytls::config
