// What the build tools share that turn a TOML file into C++ tables.
#pragma once

#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <toml.hpp>
#include <vector>

namespace whytls::tools {

// A C++ string literal. Bytes outside of ASCII are octal, which cannot run into the next character.
inline std::string literal(std::string_view text) {
  constexpr char kDigits[] = "01234567";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += '\\';
      out += kDigits[byte >> 6U];
      out += kDigits[(byte >> 3U) & 7U];
      out += kDigits[byte & 7U];
    }
  }
  return out + "\"";
}

// The slugs of failures.def, in its order.
inline const std::vector<std::string_view>& slugs() {
  static const std::vector<std::string_view> kSlugs = {
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) #slug,
#include "policy/failures.def"
#undef WHYTLS_FAILURE
  };
  return kSlugs;
}

template <typename List>
bool contains(const List& list, std::string_view word) {
  for (const std::string_view entry : list) {
    if (entry == word) return true;
  }
  return false;
}

// One source file that is being turned into tables: reads its tables and counts what is wrong with them. What
// is wrong goes to standard error, with the file and the table; reading goes on, so that one run reports
// everything.
class Source {
 public:
  // Throws what toml::parse throws.
  explicit Source(const std::string& file) : file_(file), document_(toml::parse(file)) {}

  [[nodiscard]] const toml::value& document() const { return document_; }
  [[nodiscard]] int mistakes() const { return mistakes_; }

  void complain(const std::string& where, const std::string& what) {
    std::cerr << file_ << ": [" << where << "] " << what << "\n";
    ++mistakes_;
  }

  // `row` must be a table with no other keys than these. False: it is none.
  template <typename List>
  bool check_keys(const std::string& where, const toml::value& row, const List& known) {
    if (!row.is_table()) {
      complain(where, "is not a table");
      return false;
    }
    for (const auto& [key, unused] : row.as_table()) {
      (void)unused;
      if (!contains(known, key)) complain(place(where, key), "is a key that nobody reads");
    }
    return true;
  }

  // The text of a key; empty, with a complaint, when it is missing, no text, or empty.
  std::string text(const std::string& where, const toml::value& row, const std::string& key) {
    if (row.contains(key) && row.at(key).is_string() && !row.at(key).as_string().str.empty())
      return row.at(key).as_string().str;
    complain(place(where, key), "must be a text that is not empty");
    return {};
  }

  // As text(), but a missing key is an empty text.
  std::string optional_text(const std::string& where, const toml::value& row, const std::string& key) {
    return row.contains(key) ? text(where, row, key) : std::string();
  }

  // The texts of a list that is not empty.
  std::vector<std::string> texts(const std::string& where, const toml::value& row, const std::string& key) {
    std::vector<std::string> out;
    if (!row.contains(key) || !row.at(key).is_array() || row.at(key).as_array().empty()) {
      complain(place(where, key), "must be a list of texts that is not empty");
      return out;
    }
    for (const toml::value& entry : row.at(key).as_array()) {
      if (entry.is_string() && !entry.as_string().str.empty()) {
        out.push_back(entry.as_string().str);
      } else {
        complain(place(where, key), "must hold texts only, none of them empty");
      }
    }
    return out;
  }

  // As texts(), but a missing key is an empty list.
  std::vector<std::string> optional_texts(const std::string& where, const toml::value& row,
                                          const std::string& key) {
    return row.contains(key) ? texts(where, row, key) : std::vector<std::string>();
  }

  static std::string place(const std::string& where, const std::string& key) {
    return std::string(where).append(".").append(key);
  }

 private:
  std::string file_;
  toml::value document_;
  int mistakes_ = 0;
};

// "{"a", "b"}"
inline std::string literal_list(const std::vector<std::string>& texts) {
  std::string out = "{";
  for (const std::string& one : texts) out.append(literal(one)).append(", ");
  return out.append("}");
}

// The main() of a tool: the last argument is the file that is written, all others, at least `sources`, are
// read, in their order, by `write(sources, out)`. Exit status 0: written; 1: there are mistakes, each on
// standard error.
template <typename Write>
int embed(int argc, char** argv, const char* usage, int sources, Write write) {
  if (argc < sources + 2) {
    std::cerr << "usage: " << usage << "\n";
    return 1;
  }
  const char* file = argv[1];
  try {
    std::vector<Source> read;
    for (int i = 1; i < argc - 1; ++i) {
      file = argv[i];
      read.emplace_back(file);
    }
    std::ofstream out(argv[argc - 1], std::ios::binary | std::ios::trunc);
    write(read, out);
    out.flush();
    int mistakes = 0;
    for (const Source& source : read) mistakes += source.mistakes();
    return mistakes == 0 && out ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << file << ": " << error.what() << "\n";
    return 1;
  }
}

}  // namespace whytls::tools
