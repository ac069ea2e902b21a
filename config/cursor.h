// A reading position in a text that knows its line and column.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "config/report.h"

namespace whytls::config {

// Works on any bytes; columns count characters, so the bytes 10xxxxxx of UTF-8 do not count.
class Cursor {
 public:
  // `text` must outlive the cursor.
  explicit Cursor(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return offset_ >= text_.size(); }
  // Only while not at_end().
  [[nodiscard]] char peek() const { return text_[offset_]; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }
  [[nodiscard]] bool starts_with(std::string_view what) const {
    return rest().substr(0, what.size()) == what;
  }
  [[nodiscard]] bool at_newline() const { return starts_with("\n") || starts_with("\r\n"); }
  [[nodiscard]] Spot spot() const { return {line_, column_}; }

  // One byte; `count` bytes. Stops at the end.
  void advance();
  void advance(std::size_t count);
  void advance_newline();
  void skip_spaces();
  // To the end of the line, not beyond it.
  void skip_line();
  // The mark has no width.
  void skip_byte_order_mark() { offset_ += 3; }
  // After a backslash: spaces, a new line and all blanks that follow. False, unmoved: something else is here.
  bool skip_line_continuation();
  // After a backslash: the character that the escape stands for; nullopt: there is no such escape.
  [[nodiscard]] std::optional<std::string> take_escape();

  [[nodiscard]] static bool is_bare_key(char c);
  // A character of a number, date or word.
  [[nodiscard]] static bool is_scalar(char c);

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  int line_ = 1;
  int column_ = 1;
};

}  // namespace whytls::config
