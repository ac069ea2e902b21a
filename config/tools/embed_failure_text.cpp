// Build tool: turns policy/failure_text.toml into C++ tables.
//
//   embed_failure_text FAILURE_TEXT_TOML OUTPUT_INC
//
// Refuses a file in which a failure of the catalogue has no complete text, in which a text has no failure, or
// which has a key that nobody reads. Exit 0: written; 1: the file has mistakes, each on standard error.
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <toml.hpp>
#include <vector>

namespace {

constexpr std::string_view kSlugs[] = {
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) #slug,
#include "policy/failures.def"
#undef WHYTLS_FAILURE
};

constexpr std::string_view kTextKeys[] = {"meaning", "visitor", "owner", "device", "reference"};
constexpr std::string_view kListKeys[] = {"causes", "commands"};
constexpr std::string_view kClients[] = {"Firefox", "Chrome", "curl",   "OpenSSL", "Go",
                                         "Java",    "Node",   "Python", ".NET",    "GnuTLS"};

// A C++ string literal. Bytes outside of ASCII are octal, which cannot run into the next character.
std::string literal(const std::string& text) {
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

class Embedder {
 public:
  explicit Embedder(const std::string& file) : file_(file), document_(toml::parse(file)) {}

  // Every mistake goes to standard error. True: there was none.
  bool write(std::ostream& out) {
    for (const auto& [slug, unused] : document_.as_table()) {
      (void)unused;
      if (!is_known(slug)) complain(slug, "is no failure of failures.def");
    }
    for (const std::string_view slug : kSlugs) write_failure(std::string(slug), out);
    return mistakes_ == 0;
  }

 private:
  static bool is_known(const std::string& slug) { return contains(kSlugs, slug); }

  template <std::size_t Size>
  static bool contains(const std::string_view (&list)[Size], const std::string& word) {
    for (const std::string_view entry : list) {
      if (entry == word) return true;
    }
    return false;
  }

  static std::string place(const std::string& slug, const std::string& key) {
    return std::string(slug).append(".").append(key);
  }

  void complain(const std::string& where, const std::string& what) {
    std::cerr << file_ << ": [" << where << "] " << what << "\n";
    ++mistakes_;
  }

  void write_failure(const std::string& slug, std::ostream& out) {
    if (!document_.contains(slug)) return complain(slug, "is missing: every failure needs a text");
    const toml::value& row = document_.at(slug);
    if (!row.is_table()) return complain(slug, "is not a table");
    for (const auto& [key, unused] : row.as_table()) {
      (void)unused;
      if (!contains(kTextKeys, key) && !contains(kListKeys, key) && key != "equivalents") {
        complain(place(slug, key), "is no key of a failure text");
      }
    }
    out << "{" << text(slug, row, "meaning") << ",\n " << list(slug, row, "causes") << ",\n "
        << text(slug, row, "visitor") << ",\n " << text(slug, row, "owner") << ",\n "
        << text(slug, row, "device") << ",\n " << list(slug, row, "commands") << ",\n "
        << equivalents(slug, row) << ",\n " << text(slug, row, "reference") << "},\n";
  }

  std::string text(const std::string& slug, const toml::value& row, const std::string& key) {
    if (!row.contains(key) || !row.at(key).is_string() || row.at(key).as_string().str.empty()) {
      complain(place(slug, key), "must be a text that is not empty");
      return "\"\"";
    }
    return literal(row.at(key).as_string().str);
  }

  std::string list(const std::string& slug, const toml::value& row, const std::string& key) {
    std::string out = "{";
    if (!row.contains(key) || !row.at(key).is_array() || row.at(key).as_array().empty()) {
      complain(place(slug, key), "must be a list of texts that is not empty");
      return "{}";
    }
    for (const toml::value& entry : row.at(key).as_array()) {
      if (!entry.is_string() || entry.as_string().str.empty()) {
        complain(place(slug, key), "must hold texts only, none of them empty");
        continue;
      }
      out.append(literal(entry.as_string().str)).append(", ");
    }
    return out.append("}");
  }

  // Optional: what is not verified is left out. In the order of kClients.
  std::string equivalents(const std::string& slug, const toml::value& row) {
    if (!row.contains("equivalents")) return "{}";
    const toml::value& table = row.at("equivalents");
    if (!table.is_table()) {
      complain(place(slug, "equivalents"), "is not a table");
      return "{}";
    }
    for (const auto& [client, unused] : table.as_table()) {
      (void)unused;
      if (!contains(kClients, client))
        complain(place(slug, "equivalents." + client), "is no client that is known here");
    }
    std::string out = "{";
    for (const std::string_view client : kClients) {
      const std::string key(client);
      if (!table.contains(key)) continue;
      out.append("{").append(literal(key)).append(", ").append(text(slug, table, key)).append("}, ");
    }
    return out.append("}");
  }

  std::string file_;
  toml::value document_;
  int mistakes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed_failure_text FAILURE_TEXT_TOML OUTPUT_INC\n";
    return 1;
  }
  try {
    std::ofstream out(argv[2], std::ios::binary | std::ios::trunc);
    Embedder embedder(argv[1]);
    const bool good = embedder.write(out);
    out.flush();
    if (!good || !out) return 1;
  } catch (const std::exception& error) {
    std::cerr << argv[1] << ": " << error.what() << "\n";
    return 1;
  }
  return 0;
}
