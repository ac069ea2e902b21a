// No document can crash the program: invalid forms are refused before toml11 sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/scan.h"

namespace whytls::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::filesystem::path kDocuments = std::filesystem::path(WHYTLS_SOURCE_DIR) / "tests/data/toml";

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> documents() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(kDocuments)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

class NastyDocument : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(NastyDocument, is_refused_with_a_place_and_without_a_crash) {
  const std::string text = content(GetParam());
  Report report("w.toml");
  Positions positions;
  EXPECT_FALSE(scan(text, report, positions)) << "toml11 would have seen this";
  const auto loaded = parse(text, "w.toml");
  ASSERT_FALSE(loaded);
  for (const Mistake& mistake : loaded.error()) {
    EXPECT_GT(mistake.place.line, 0);
    EXPECT_GT(mistake.place.column, 0);
    EXPECT_FALSE(mistake.message.empty());
    EXPECT_LT(mistake.text().size(), 2000U);
  }
}

INSTANTIATE_TEST_SUITE_P(Folder, NastyDocument, testing::ValuesIn(documents()),
                         [](const auto& row) { return row.param.stem().string(); });

TEST(Document, the_folder_of_nasty_documents_is_there) {
  EXPECT_GT(documents().size(), 50U);
}

// Valid TOML has to get through; the configuration then knows none of the keys.
TEST(Document, every_kind_of_value_of_toml_is_read) {
  const std::string text =
      "a = [1, +2, -3, 0, 1_000, 0xDEAD_beef, 0o17, 0b101]\n"
      "b = [1.5, -0.5e-3, 1e10, inf, -inf, nan]\n"
      "c = [\"x\\n\\u00e9\\U0001F600\", 'c:\\x', \"\"\"\nlong \\\n   \"quoted\" \"\"\"\"\", '''\nit's''''']\n"
      "d = [2027-06-30, 2027-06-30T12:00:00Z, 2027-06-30 12:00:00.5+01:00, 2027-06-30T12:00:00, "
      "12:00:00.123]\n"
      "e = { x.y = 1, \"z z\" = [ {}, { w = true } ] } # end\n"
      "f . \"g h\" . 'i' = [\n  1, # one\n\n  2,\n]\n"
      "[j.k]\n[j]\nl.m = 1\nl.n = 2\n[[o]]\n[o.p]\n[[o]]\n[o.p]\n[[o.q]]\n";
  Report report("w.toml");
  Positions positions;
  EXPECT_TRUE(scan(text, report, positions));
  EXPECT_EQ(positions.entries.at("o[1].q[0]").key.line, 22);
  EXPECT_EQ(positions.entries.at("e.\"z z\"[1].w").value.column, 36);
  EXPECT_EQ(positions.entries.at("f.\"g h\".i[1]").value.line, 12);
  const auto loaded = parse(text, "w.toml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error(), SizeIs(8));
  for (const Mistake& mistake : loaded.error()) EXPECT_THAT(mistake.message, HasSubstr("unknown key"));
}

TEST(Document, mistakes_of_the_grammar_on_several_lines_are_all_reported) {
  const auto loaded = parse("workers = yes\n[log\nlevel = \"info\nproxy_name = \"ok\"\n= 3\n", "w.toml");
  ASSERT_FALSE(loaded);
  std::vector<int> lines;
  for (const Mistake& mistake : loaded.error()) lines.push_back(mistake.place.line);
  EXPECT_THAT(lines, ElementsAre(1, 2, 3, 5));
}

TEST(Document, mistakes_of_definition_do_not_hide_each_other) {
  const auto loaded = parse("[log]\nlevel = 1\nlevel = 2\n[log]\nlevel = 3\n", "w.toml");
  ASSERT_FALSE(loaded);
  ASSERT_THAT(loaded.error(), SizeIs(2));
  EXPECT_EQ(loaded.error()[0].text(),
            "w.toml:3:1: error: log.level: the key is defined twice, the first time in line 2");
  EXPECT_EQ(loaded.error()[1].text(),
            "w.toml:4:1: error: log: the table is defined twice, the first time in line 1");
}

TEST(Document, a_file_over_the_limit_is_refused) {
  const auto loaded = parse(std::string(kMaxFileBytes + 1, '#'), "w.toml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().at(0).text(), HasSubstr("w.toml: error: the file is too large"));
}

TEST(Document, a_file_at_the_limits_is_read_in_a_moment) {
  std::string text;
  for (std::size_t i = 0; i < kMaxValues - 10; ++i) text += "k" + std::to_string(i) + " = 1\n";
  text += '#' + std::string(kMaxFileBytes - text.size() - 1, 'x');
  const auto begin = std::chrono::steady_clock::now();
  const auto loaded = parse(text, "w.toml");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_FALSE(loaded);
}

TEST(Document, too_many_values_are_refused) {
  std::string text = "a = [";
  for (std::size_t i = 0; i < kMaxValues; ++i) text += "1,";
  const auto loaded = parse(text + "]\n", "w.toml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().at(0).message, HasSubstr("too many values"));
}

// Small documents from pieces that TOML parsers stumble over, then damaged at random. The seed is fixed.
class Mutator {
 public:
  explicit Mutator(std::vector<std::string> corpus) : corpus_(std::move(corpus)) {}

  std::string next() {
    std::string text = below(3) == 0 ? corpus_.at(below(corpus_.size())) : composed();
    for (std::size_t n = below(4); n > 0 && !text.empty(); --n) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string one_of(const std::vector<std::string>& words) { return words.at(below(words.size())); }

  std::string key() {
    static const std::vector<std::string> kKeys = {
        "a",    "b",           "\"a\"",        "'b'", "log", "policy", "listener",
        "\"\"", "\"\\u0061\"", "\"\xc3\xa9\"", "1.2", "on",  "tls"};
    std::string out = one_of(kKeys);
    while (below(3) == 0) out += '.' + one_of(kKeys);
    return out;
  }

  std::string value(int depth) {
    static const std::vector<std::string> kValues = {"1",
                                                     "-0",
                                                     "0x1F",
                                                     "9223372036854775807",
                                                     "1e999",
                                                     "-nan",
                                                     "true",
                                                     "\"x\"",
                                                     "'x'",
                                                     "\"\\u00e9\"",
                                                     "\"\"\"a\nb\"\"\"\"\"",
                                                     "''''a'''''",
                                                     "\"\"\"\\\n  x\"\"\"",
                                                     "2027-06-30",
                                                     "2027-06-30 12:00:00.123456789-07:00",
                                                     "12:00:00",
                                                     "0000-01-01",
                                                     "[]",
                                                     "{}",
                                                     "\"\xff\"",
                                                     "'\xc3'",
                                                     "\"\\ud800\"",
                                                     "[",
                                                     "{",
                                                     "\"\\"};
    const std::size_t kind = below(10);
    if (depth < 4 && kind == 0) return '[' + value(depth + 1) + ", " + value(depth + 1) + ",\n]";
    if (depth < 4 && kind == 1)
      return '{' + key() + " = " + value(depth + 1) + ", " + key() + " = " + value(depth + 1) + '}';
    return one_of(kValues);
  }

  std::string composed() {
    std::string out;
    for (std::size_t n = 1 + below(7); n > 0; --n) {
      const std::size_t kind = below(10);
      if (kind < 5) out += key() + " = " + value(0);
      if (kind >= 5 && kind < 8) out += '[' + key() + ']';
      if (kind >= 8) out += "[[" + key() + "]]";
      out += below(20) == 0 ? "\r\n" : "\n";
    }
    return out;
  }

  void damage(std::string& text) {
    constexpr std::string_view kDamage = "\"'[]{}=.,#\\\n\r\t 0x_T:-";
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, 1 + below(4));
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.insert(at, 1, kDamage[below(kDamage.size())]);
        break;
      default:
        text.insert(at, text.substr(below(text.size()), 1 + below(12)));
        break;
    }
  }

  std::mt19937_64 random_{20270115};
  std::vector<std::string> corpus_;
};

TEST(Document, thousands_of_damaged_documents_crash_nothing) {
  std::vector<std::string> corpus;
  for (const auto& path : documents()) corpus.push_back(content(path));
  for (const char* name : {"legacy-devices.toml", "developer.toml", "operator.toml"}) {
    corpus.push_back(content(std::filesystem::path(WHYTLS_SOURCE_DIR) / "deploy/config" / name));
  }
  Mutator mutator(std::move(corpus));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  while (accepted + refused < 6000 && std::chrono::steady_clock::now() < deadline) {
    const std::string text = mutator.next();
    const auto loaded = parse(text, "w.toml");
    ++(loaded ? accepted : refused);
    if (loaded) continue;
    ASSERT_FALSE(loaded.error().empty()) << text;
    for (const Mistake& mistake : loaded.error()) {
      ASSERT_EQ(mistake.text().find_first_of(std::string("\0\x1b\n\r", 4)), std::string::npos) << text;
    }
  }
  EXPECT_GT(accepted, 0U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace whytls::config
