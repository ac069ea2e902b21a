#include "toml_merge.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

namespace whytls::unit {
namespace {

constexpr std::string_view kInto = "is there already: put these keys into it";
constexpr std::string_view kInPlace = "in place of the";

struct Line {
  std::string key;
  std::string value;
  std::string comment;
};

struct Section {
  std::string header;  // "[policy.lab]"; empty: the top of the file
  std::string comment;
  int line = 0;
  std::vector<Line> lines;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Line line_of(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t comment = text.find(" # ");
  const bool has_comment = comment != std::string::npos;
  return {trimmed(text.substr(0, equals)),
          trimmed(text.substr(equals + 1, has_comment ? comment - equals - 1 : std::string::npos)),
          has_comment ? text.substr(comment + 3) : ""};
}

// A comment "# policy = ..." is kept as a key of a section of its own, whose header is the line above.
std::vector<Section> sections_of(const std::string& toml) {
  std::vector<Section> out(1);
  std::istringstream stream(toml);
  std::string text;
  for (int number = 1; std::getline(stream, text); ++number) {
    if (text.empty()) continue;
    if (text.front() == '[') {
      const std::size_t comment = text.find(" # ");
      const bool has_comment = comment != std::string::npos;
      out.push_back(
          {trimmed(text.substr(0, comment)), has_comment ? text.substr(comment + 3) : "", number, {}});
    } else if (text.starts_with("# then, in ")) {
      out.push_back({text, {}, number, {}});
    } else {
      out.back().lines.push_back(line_of(text.front() == '#' ? text.substr(2) : text));
    }
  }
  return out;
}

std::string written(const std::vector<Section>& sections) {
  std::string out;
  for (const Section& section : sections) {
    if (!section.header.empty()) out += section.header + "\n";
    for (const Line& line : section.lines) out += line.key + " = " + line.value + "\n";
  }
  return out;
}

Line* find(std::vector<Line>* lines, const std::string& key) {
  const auto found = std::find_if(lines->begin(), lines->end(), [&](const Line& l) { return l.key == key; });
  return found == lines->end() ? nullptr : &*found;
}

// "{ a = 1, b = [2] }" as lines; commas inside of brackets and strings belong to a value.
std::vector<Line> inline_lines(const std::string& table) {
  std::vector<Line> out;
  std::string item;
  int depth = 0;
  bool quoted = false;
  for (const char c : table.substr(1, table.size() - 2) + ",") {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
    if (c != ',' || depth > 0 || quoted) {
      item += c;
      continue;
    }
    if (!trimmed(item).empty()) out.push_back(line_of(item));
    item.clear();
  }
  return out;
}

void put(std::vector<Line>* lines, const Line& line) {
  if (Line* there = find(lines, line.key); there != nullptr) {
    there->value = line.value;
  } else {
    lines->push_back(line);
  }
}

void put_inline(Line* table, const std::vector<Line>& added) {
  std::vector<Line> lines = inline_lines(table->value);
  for (const Line& line : added) put(&lines, line);
  std::string out;
  for (const Line& line : lines) out += (out.empty() ? "" : ", ") + line.key + " = " + line.value;
  table->value = "{ " + out + " }";
}

class Merge {
 public:
  explicit Merge(const std::string& config) : sections_(sections_of(config)) {}

  std::string add(const Section& section) {
    if (section.header.starts_with("# then, in ")) return add_use(section);
    const bool there = section.comment.starts_with("add to the ");
    if (!there) {
      if (section.header != "[[listener]]" && find_section(section.header) != nullptr)
        return section.header + " is there twice";
      sections_.push_back(section);
      return {};
    }
    Section* target = target_of(section);
    if (target == nullptr) return add_to_inline(section);
    for (const Line& line : section.lines) {
      if (std::string fault = add_line(target, line); !fault.empty()) return fault;
    }
    return {};
  }

  [[nodiscard]] std::string text() const { return written(sections_); }

 private:
  Section* find_section(const std::string& header) {
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const Section& s) { return s.header == header; });
    return found == sections_.end() ? nullptr : &*found;
  }

  // By the line that the comment names; without one, the last of its kind.
  Section* target_of(const Section& section) {
    if (section.header.front() == '[' && section.header[1] != '[') return find_section(section.header);
    const std::size_t at = section.comment.find("(line ");
    Section* last = nullptr;
    for (Section& one : sections_) {
      if (one.header != section.header) continue;
      if (at == std::string::npos || one.line == std::stoi(section.comment.substr(at + 6))) last = &one;
    }
    return last;
  }

  // [policy.lab.on], where the file says on = { ... } in [policy.lab].
  std::string add_to_inline(const Section& section) {
    const std::size_t dot = section.header.rfind('.');
    if (dot == std::string::npos) return section.header + " is not there";
    Section* parent = find_section(section.header.substr(0, dot) + "]");
    const std::string key = section.header.substr(dot + 1, section.header.size() - dot - 2);
    Line* table = parent == nullptr ? nullptr : find(&parent->lines, key);
    if (table == nullptr) return section.header + " is not there";
    put_inline(table, section.lines);
    return {};
  }

  std::string add_line(Section* target, const Line& line) {
    Line* there = find(&target->lines, line.key);
    const std::size_t length = target->header.find_last_not_of(']') + 1;
    const bool is_list = target->header.starts_with("[[");
    const std::string sub =
        target->header.substr(is_list ? 1 : 0, length - (is_list ? 1 : 0)) + "." + line.key + "]";
    Section* table = find_section(sub);
    if (line.comment.starts_with(kInto)) {
      if (there != nullptr) {
        put_inline(there, inline_lines(line.value));
      } else if (table != nullptr) {
        for (const Line& one : inline_lines(line.value)) put(&table->lines, one);
      } else {
        return line.key + " is not there";
      }
      return {};
    }
    if (there != nullptr && !line.comment.starts_with(kInPlace)) return line.key + " is there twice";
    if (table != nullptr) return sub + " is there twice";
    put(&target->lines, line);
    return {};
  }

  // "# then, in ...": into the last route, else the listener.
  std::string add_use(const Section& section) {
    Section* target = find_section("[[listener.route]]");
    for (Section& one : sections_) {
      if (one.header == "[[listener.route]]") target = &one;
    }
    if (target == nullptr) target = find_section("[[listener]]");
    if (target == nullptr) return "no listener is there";
    for (const Line& line : section.lines) put(&target->lines, line);
    return {};
  }

  std::vector<Section> sections_;
};

}  // namespace

tl::expected<std::string, std::string> merge_toml(const std::string& config, const std::string& suggestion) {
  Merge merge(config);
  for (const Section& section : sections_of(suggestion)) {
    if (section.header.empty()) {
      if (!section.lines.empty()) return tl::make_unexpected("a key that stands nowhere");
      continue;
    }
    if (std::string fault = merge.add(section); !fault.empty()) return tl::make_unexpected(fault);
  }
  return merge.text();
}

}  // namespace whytls::unit
