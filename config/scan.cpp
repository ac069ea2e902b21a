#include "config/scan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "config/cursor.h"
#include "config/definitions.h"
#include "config/scalars.h"
#include "config/text.h"

namespace whytls::config {

namespace {

constexpr std::size_t kMaxByteMistakes = 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Bytes that may stand nowhere in TOML: not UTF-8, control characters, a carriage return that ends no line.
bool check_bytes(std::string_view text, Report& report) {
  Cursor cursor(text);
  std::size_t mistakes = 0;
  while (!cursor.at_end() && mistakes < kMaxByteMistakes) {
    const CodePoint c = decode_utf8(cursor.rest());
    std::string what;
    if (c.length == 0) {
      what = "this is not UTF-8";
    } else if (c.value == '\r' && !cursor.starts_with("\r\n")) {
      what = "a carriage return without a line feed";
    } else if ((c.value < 0x20 && c.value != '\t' && c.value != '\n' && c.value != '\r') || c.value == 0x7f) {
      what = "a control character; in a string it is written as an escape";
    }
    if (!what.empty()) {
      const std::string found = printable(cursor.rest().substr(0, 1), 1);
      report.error(cursor.spot(), {}, {what.append(": ").append(found), found, {}, {}});
      ++mistakes;
    }
    cursor.advance(std::max<std::size_t>(c.length, 1));
  }
  return mistakes == 0;
}

class Scanner {
 public:
  Scanner(std::string_view text, Report& report, Positions& positions)
      : cursor_(text), report_(report), definitions_(report, positions), table_(&definitions_.root()) {}

  // True: no mistake of the grammar. Mistakes of definition are only in the report.
  bool run();

 private:
  bool statement();
  bool header();
  bool key_value(Definitions::Node& table);
  bool end_of_line();
  bool keys(std::vector<KeyPart>* out);
  bool key_part(KeyPart* out);
  bool value(Definitions::Node& node);
  bool array(Definitions::Node& node);
  bool inline_table(Definitions::Node& node);
  bool scalar();
  bool string(std::string* out);
  bool basic_string(std::string_view quote, std::string* out);
  bool literal_string(std::string_view quote, std::string* out);
  bool escape(std::string_view quote, std::string* out);
  bool close_string(std::string_view quote, std::string* out);
  void skip_blank_lines();
  bool fail(Spot spot, Complaint complaint);
  bool fail_here(const std::string& what, const std::string& allowed);
  [[nodiscard]] std::string here() const;

  Cursor cursor_;
  Report& report_;
  Definitions definitions_;
  Definitions::Node* table_;  // where keys go now
  std::size_t depth_ = 0;     // of lists and inline tables
  std::size_t values_ = 0;
  bool in_long_string_ = false;
};

bool Scanner::fail(Spot spot, Complaint complaint) {
  report_.error(spot, {}, std::move(complaint));
  return false;
}

// What stands at the cursor, for a message.
std::string Scanner::here() const {
  if (cursor_.at_end()) return "the end of the file";
  if (cursor_.at_newline()) return "the end of the line";
  return in_quotes(cursor_.rest().substr(0, decode_utf8(cursor_.rest()).length));
}

bool Scanner::fail_here(const std::string& what, const std::string& allowed) {
  return fail(cursor_.spot(), {what + ", found " + here(), here(), allowed, {}});
}

bool Scanner::run() {
  if (cursor_.starts_with(kByteOrderMark)) cursor_.skip_byte_order_mark();
  bool valid = true;
  for (skip_blank_lines(); !cursor_.at_end(); skip_blank_lines()) {
    if (statement()) continue;
    valid = false;
    // After a mistake inside of brackets or a long string nobody knows where the next statement begins.
    if (depth_ > 0 || in_long_string_ || values_ > kMaxValues) return false;
    cursor_.skip_line();
  }
  return valid;
}

void Scanner::skip_blank_lines() {
  while (!cursor_.at_end()) {
    cursor_.skip_spaces();
    if (!cursor_.at_end() && cursor_.peek() == '#') cursor_.skip_line();
    if (cursor_.at_end() || !cursor_.at_newline()) return;
    cursor_.advance_newline();
  }
}

bool Scanner::statement() {
  return (cursor_.peek() == '[' ? header() : key_value(*table_)) && end_of_line();
}

bool Scanner::end_of_line() {
  cursor_.skip_spaces();
  if (!cursor_.at_end() && cursor_.peek() == '#') cursor_.skip_line();
  if (cursor_.at_end() || cursor_.at_newline()) return true;
  return fail_here("the line should end here", "a comment or a new line");
}

bool Scanner::header() {
  const bool is_array = cursor_.starts_with("[[");
  const Spot begin = cursor_.spot();
  const std::string_view close = is_array ? "]]" : "]";
  // Whatever follows a broken header belongs to no table that was written before.
  table_ = &definitions_.loose({}, begin);
  cursor_.advance(close.size());
  std::vector<KeyPart> parts;
  if (!keys(&parts)) return false;
  if (!cursor_.starts_with(close)) return fail_here("a table header ends with " + std::string(close), {});
  cursor_.advance(close.size());
  if (++values_ > kMaxValues) {
    return fail(begin, {"too many keys and tables in one file", {}, std::to_string(kMaxValues), {}});
  }
  // The place of a table is its header, bracket included.
  for (KeyPart& part : parts) part.spot = begin;
  table_ = is_array ? &definitions_.open_array_element(parts) : &definitions_.open_table(parts);
  return true;
}

bool Scanner::key_value(Definitions::Node& table) {
  std::vector<KeyPart> parts;
  if (!keys(&parts)) return false;
  if (cursor_.at_end() || cursor_.peek() != '=') return fail_here("a key is followed by \"=\"", {});
  cursor_.advance();
  cursor_.skip_spaces();
  return value(definitions_.define_key(table, parts));
}

// key = part ( "." part )*, with spaces around.
bool Scanner::keys(std::vector<KeyPart>* out) {
  while (true) {
    cursor_.skip_spaces();
    KeyPart part;
    if (!key_part(&part)) return false;
    if (part.text.size() > kMaxKeyBytes) {
      return fail(part.spot,
                  {"the key is too long", in_quotes(part.text), std::to_string(kMaxKeyBytes) + " bytes", {}});
    }
    out->push_back(std::move(part));
    if (out->size() > kMaxKeyParts) {
      return fail_here("the key has too many parts", std::to_string(kMaxKeyParts) + " parts");
    }
    cursor_.skip_spaces();
    if (cursor_.at_end() || cursor_.peek() != '.') return true;
    cursor_.advance();
  }
}

bool Scanner::key_part(KeyPart* out) {
  out->spot = cursor_.spot();
  if (cursor_.starts_with("\"\"\"") || cursor_.starts_with("'''")) {
    return fail_here("a key cannot be a string of several lines", {});
  }
  if (!cursor_.at_end() && (cursor_.peek() == '"' || cursor_.peek() == '\'')) return string(&out->text);
  while (!cursor_.at_end() && Cursor::is_bare_key(cursor_.peek())) {
    out->text += cursor_.peek();
    cursor_.advance();
  }
  if (!out->text.empty()) return true;
  return fail_here("a key was expected", "letters, digits, \"_\", \"-\"; other keys stand in quotes");
}

bool Scanner::value(Definitions::Node& node) {
  if (cursor_.at_end() || cursor_.at_newline() || cursor_.peek() == '#') {
    return fail_here("a value was expected",
                     "a string in quotes, a number, true, false, a date, [...] or {...}");
  }
  if (++values_ > kMaxValues) return fail_here("too many values in one file", std::to_string(kMaxValues));
  definitions_.note_value(node, cursor_.spot());
  switch (cursor_.peek()) {
    case '"':
    case '\'':
      return string(nullptr);
    case '[':
      return array(node);
    case '{':
      return inline_table(node);
    default:
      return scalar();
  }
}

bool Scanner::array(Definitions::Node& node) {
  const Spot begin = cursor_.spot();
  if (++depth_ > kMaxDepth) return fail_here("nested too deeply", std::to_string(kMaxDepth) + " levels");
  cursor_.advance();
  for (std::size_t index = 0;; ++index) {
    skip_blank_lines();
    if (!cursor_.at_end() && cursor_.peek() == ']') break;
    if (cursor_.at_end()) return fail(begin, {"the list is not closed by \"]\"", {}, {}, {}});
    if (!value(definitions_.loose(join_index(node.path, index), cursor_.spot()))) return false;
    skip_blank_lines();
    if (cursor_.at_end()) return fail(begin, {"the list is not closed by \"]\"", {}, {}, {}});
    if (cursor_.peek() == ']') break;
    if (cursor_.peek() != ',') return fail_here("a list goes on with \",\" or ends with \"]\"", {});
    cursor_.advance();
  }
  cursor_.advance();
  --depth_;
  return true;
}

bool Scanner::inline_table(Definitions::Node& node) {
  if (++depth_ > kMaxDepth) return fail_here("nested too deeply", std::to_string(kMaxDepth) + " levels");
  cursor_.advance();
  cursor_.skip_spaces();
  if (!cursor_.at_end() && cursor_.peek() != '}') {
    while (true) {
      if (!key_value(node)) return false;
      cursor_.skip_spaces();
      if (!cursor_.at_end() && cursor_.peek() == '}') break;
      if (cursor_.at_end() || cursor_.peek() != ',') {
        return fail_here("an inline table goes on with \",\" or ends with \"}\" on the same line", {});
      }
      cursor_.advance();
    }
  }
  if (cursor_.at_end()) return fail_here("the inline table is not closed by \"}\"", {});
  cursor_.advance();
  --depth_;
  return true;
}

bool Scanner::scalar() {
  const Spot begin = cursor_.spot();
  std::string token;
  while (!cursor_.at_end() && token.size() <= kMaxTokenBytes) {
    const bool space_in_date = cursor_.peek() == ' ' && token.size() == 10 && looks_like_date(token) &&
                               cursor_.rest().size() > 3 && cursor_.rest()[3] == ':';
    if (!space_in_date && !Cursor::is_scalar(cursor_.peek())) break;
    token += cursor_.peek();
    cursor_.advance();
  }
  if (token.empty()) {
    return fail_here("a value was expected",
                     "a string in quotes, a number, true, false, a date, [...] or {...}");
  }
  const std::string fault = token.size() > kMaxTokenBytes ? "the value is too long" : scalar_fault(token);
  if (fault.empty()) return true;
  return fail(begin, {fault + ": " + in_quotes(token), token, {}, nearest(token, {"true", "false"})});
}

bool Scanner::string(std::string* out) {
  std::string ignored;
  if (out == nullptr) out = &ignored;
  if (cursor_.starts_with("\"\"\"")) return basic_string("\"\"\"", out);
  if (cursor_.starts_with("'''")) return literal_string("'''", out);
  return cursor_.peek() == '"' ? basic_string("\"", out) : literal_string("'", out);
}

// The cursor is at the closing quotes. Up to two more quotes before them belong to a long string.
bool Scanner::close_string(std::string_view quote, std::string* out) {
  cursor_.advance(quote.size());
  for (int more = 0; quote.size() == 3 && more < 2 && !cursor_.at_end() && cursor_.peek() == quote[0];
       ++more) {
    *out += quote[0];
    cursor_.advance();
  }
  in_long_string_ = false;
  return true;
}

bool Scanner::basic_string(std::string_view quote, std::string* out) {
  const Spot begin = cursor_.spot();
  in_long_string_ = quote.size() == 3;
  cursor_.advance(quote.size());
  while (!cursor_.at_end() && (in_long_string_ || !cursor_.at_newline())) {
    if (cursor_.starts_with(quote)) return close_string(quote, out);
    if (cursor_.peek() == '\\') {
      if (!escape(quote, out)) return false;
      continue;
    }
    *out += cursor_.peek();
    cursor_.advance();
  }
  return fail(begin, {"the string is not closed by " + std::string(quote), {}, {}, {}});
}

bool Scanner::literal_string(std::string_view quote, std::string* out) {
  const Spot begin = cursor_.spot();
  in_long_string_ = quote.size() == 3;
  cursor_.advance(quote.size());
  while (!cursor_.at_end() && (in_long_string_ || !cursor_.at_newline())) {
    if (cursor_.starts_with(quote)) return close_string(quote, out);
    *out += cursor_.peek();
    cursor_.advance();
  }
  return fail(begin, {"the string is not closed by " + std::string(quote), {}, {}, {}});
}

// The cursor is at a backslash.
bool Scanner::escape(std::string_view quote, std::string* out) {
  const Spot begin = cursor_.spot();
  cursor_.advance();
  if (quote.size() == 3 && cursor_.skip_line_continuation()) return true;
  const std::optional<std::string> character = cursor_.take_escape();
  if (!character) {
    return fail(begin, {"unknown escape in a string",
                        {},
                        R"(\b \t \n \f \r \" \\ \uXXXX \UXXXXXXXX; or a string in '...')",
                        {}});
  }
  *out += *character;
  return true;
}

}  // namespace

bool scan(std::string_view text, Report& report, Positions& positions) {
  if (text.size() > kMaxFileBytes) {
    report.error({}, {},
                 {"the file is too large",
                  std::to_string(text.size()) + " bytes",
                  "at most " + std::to_string(kMaxFileBytes) + " bytes",
                  {}});
    return false;
  }
  if (!check_bytes(text, report)) return false;
  return Scanner(text, report, positions).run() && !report.has_errors();
}

}  // namespace whytls::config
