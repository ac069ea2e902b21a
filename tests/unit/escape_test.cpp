#include "proxy/escape.h"

#include <gtest/gtest.h>

namespace whytls::proxy {
namespace {

struct Row {
  const char* what;
  std::string input;
  std::string shown;
};

TEST(Visible, ShowsWhatCouldNotBeSeenAndKeepsTheRest) {
  const Row rows[] = {
      {"plain text", "idrac-07.example", "idrac-07.example"},
      {"letters of other scripts", "b\u00fccher \u65e5\u672c", "b\u00fccher \u65e5\u672c"},
      {"ANSI escape", "\x1b[31mred", "\\x1b[31mred"},
      {"NUL, bell, newline, tab, DEL", std::string("a\0b\x07\n\t\x7f", 7), "a\\x00b\\x07\\x0a\\x09\\x7f"},
      {"C1 control (CSI)",
       "\xc2\x9b"
       "31m",
       "\u2039U+009B\u203a31m"},
      {"right-to-left override", "\u202egnp.exe", "\u2039U+202E\u203agnp.exe"},
      {"bidi isolates", "\u2066a\u2069", "\u2039U+2066\u203aa\u2039U+2069\u203a"},
      {"marks of direction", "\u200e\u200f\u061c", "\u2039U+200E\u203a\u2039U+200F\u203a\u2039U+061C\u203a"},
      {"zero width and BOM", "a\u200bb\ufeff", "a\u2039U+200B\u203ab\u2039U+FEFF\u203a"},
      {"line separator", "a\u2028b", "a\u2039U+2028\u203ab"},
      {"tag character", "\U000e0041", "\u2039U+E0041\u203a"},
      {"a byte that is no UTF-8", "a\xff", "a\\xff"},
      {"cut character", "a\xe2\x80", "a\\xe2\\x80"},
      {"overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
      {"surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"above Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
  };
  for (const Row& row : rows) EXPECT_EQ(visible(row.input), row.shown) << row.what;
}

TEST(Visible, IsBoundedAndCountsTheRest) {
  EXPECT_EQ(visible("abcdef", 4), "abcd\u2026 (2 more bytes)");
  EXPECT_EQ(visible("abc\u20ac", 4), "abc\u2026 (3 more bytes)") << "no character is cut in two";
  EXPECT_LT(visible(std::string(65536, '\xff')).size(), 1100U);
}

TEST(Visible, KeepsNewlinesOnlyWhereAskedTo) {
  EXPECT_EQ(visible_lines("a\nb\r\x1b", 100), "a\nb\\x0d\\x1b");
}

TEST(VisibleAscii, LeavesNothingOutsidePrintableAscii) {
  EXPECT_EQ(visible_ascii("\u00fc\x1b\"a"), "\\xc3\\xbc\\x1b\"a");
  EXPECT_EQ(visible_ascii("abcd", 2), "ab... (2 more bytes)");
}

TEST(ValidUtf8, ReplacesOnlyBytesOfNoCharacter) {
  EXPECT_EQ(valid_utf8("\u202e\x1b\xff"), "\u202e\x1b\\xff");
}

TEST(HtmlEscape, LeavesNoCharacterWithAMeaning) {
  EXPECT_EQ(html_escape("<a href=\"x\" b='&'>"), "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt;");
}

TEST(ShellQuote, MakesOneWordThatStandsForItself) {
  EXPECT_EQ(shell_quote("a.example:443"), "a.example:443");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("[::1]"), "'[::1]'");
  EXPECT_EQ(shell_quote("$(reboot)`x`;|&"), "'$(reboot)`x`;|&'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote("~root *"), "'~root *'");
  EXPECT_EQ(shell_quote("a\n\x1b"
                        "b"),
            "ab")
      << "control characters are not for terminals";
}

TEST(TomlQuote, IsABasicString) {
  EXPECT_EQ(toml_quote("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000A\\u007F\"");
}

}  // namespace
}  // namespace whytls::proxy
