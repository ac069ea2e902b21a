#include "proxy/page_check.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "config/text.h"
#include "proxy/page_assets.h"
#include "proxy/page_tags.h"

namespace whytls::proxy {
namespace {

using config::in_quotes;
using Kind = PageTag::Kind;

constexpr std::size_t kMaxMistakes = 100;
constexpr const char* kGetBuiltIn =
    "the names of the built-in page.html, which \"whytls page --write\" writes";

// What stands inline by its hash, each in an element of its name.
bool is_element(std::string_view name) {
  return name == "style" || name == "script";
}

using Sections = std::vector<const PageTag*>;  // those open around a tag, the innermost last

// What a tag shows. "." is an element of the list whose section is the innermost: its own thing in each.
std::string shows(const PageTag& tag, const Sections& open) {
  if (tag.name != "." || open.empty()) return std::string(tag.name);
  return std::string(open.back()->kind == Kind::section ? "#" : "^").append(open.back()->name).append(".");
}

// What the page fills in is what its own template asks for, and what is HTML already is what that one does
// not escape: style, script, and prose that was escaped where it was made. The own template writes a name in
// one way everywhere, for the other would be refused here.
struct Names {
  std::set<std::string, std::less<>> all;
  std::set<std::string, std::less<>> html;
};

Names names_of(std::string_view text) {
  Names names;
  Sections open;
  const std::vector<PageTag> tags = page_tags(text);
  for (const PageTag& tag : tags) {
    if (tag.kind == Kind::unescaped) names.html.insert(shows(tag, open));
    if (tag.kind <= Kind::inverted) names.all.emplace(tag.name);
    if (tag.kind == Kind::section || tag.kind == Kind::inverted) open.push_back(&tag);
    if (tag.kind == Kind::end && !open.empty()) open.pop_back();
  }
  return names;
}

std::string shown(std::string_view text) {
  return config::printable(text, config::kMaxQuoted);
}

std::string braced(std::string_view sign, std::string_view name) {
  return std::string("{{").append(sign).append(shown(name)).append("}}");
}

class HtmlCheck {
 public:
  HtmlCheck(std::string_view text, config::Report* report)
      : text_(text), lower_(config::lower_case(text)), report_(report), tags_(page_tags(text)) {}

  void run() {
    check_elements("style");
    check_elements("script");
    for (const PageTag& tag : tags_) {
      if (is_full()) return;
      check_tag(tag);
    }
    for (const PageTag* section : open_) {
      if (is_full()) return;
      error(*section, {shown(section->text) + " is never closed",
                       {},
                       braced("/", section->name) + " behind what belongs to it",
                       {}});
    }
  }

 private:
  [[nodiscard]] bool is_full() const { return mistakes_ == kMaxMistakes; }

  void error_at(std::size_t offset, config::Complaint complaint) {
    if (is_full()) return;
    ++mistakes_;
    report_->error(spot_at(text_, offset), {}, std::move(complaint));
  }
  void error(const PageTag& tag, config::Complaint complaint) {
    complaint.found = shown(tag.text);
    error_at(tag.begin, std::move(complaint));
  }

  void check_tag(const PageTag& tag) {
    switch (tag.kind) {
      case Kind::comment:
        return;
      case Kind::unclosed:
        error(tag, {"the tag " + in_quotes(tag.text) + " is not closed", {}, "}} behind the name", {}});
        return;
      case Kind::partial:
        error(tag, {shown(tag.text) + ": there are no partials", {}, "their text itself, in this place", {}});
        return;
      case Kind::delimiter:
        error(tag, {shown(tag.text) + ": the braces of tags cannot be changed", {}, "{{name}}", {}});
        return;
      case Kind::end:
        close_section(tag);
        return;
      case Kind::variable:
      case Kind::unescaped:
        check_value(tag);
        return;
      case Kind::section:
      case Kind::inverted:
        (void)is_known(tag);
        open_section(tag);
        return;
    }
  }

  [[nodiscard]] bool is_known(const PageTag& tag) {
    if (tag.name.empty()) {
      error(tag, {shown(tag.text) + " names nothing", {}, kGetBuiltIn, {}});
    } else if (!known_.all.contains(tag.name)) {
      const std::vector<std::string> names(known_.all.begin(), known_.all.end());
      error(tag,
            {"the page has no " + in_quotes(tag.name), {}, kGetBuiltIn, config::nearest(tag.name, names)});
    } else {
      return true;
    }
    return false;
  }

  void check_value(const PageTag& tag) {
    if (!is_known(tag)) return;
    const bool is_html = known_.html.contains(shows(tag, open_));
    if (is_element(tag.name)) {
      if (in_place_.contains(tag.begin)) return;  // right, or said already
      error(tag,
            {shown(tag.text) + " does not stand in an element of its own", {}, element_with(tag.name), {}});
    } else if (!is_html && tag.kind == Kind::unescaped) {
      error(tag, {shown(tag.text) + " is not escaped: what a peer has sent would be markup",
                  {},
                  braced("", tag.name),
                  {}});
    } else if (is_html && tag.kind != Kind::unescaped) {
      error(tag, {shown(tag.text) + " is HTML already: its markup would be shown as text",
                  {},
                  std::string("{").append(braced("", tag.name)).append("}"),
                  {}});
    }
  }

  void open_section(const PageTag& tag) {
    const bool is_inside_itself = std::any_of(open_.begin(), open_.end(), [&tag](const PageTag* outer) {
      return outer->name == tag.name && !tag.name.empty();
    });
    // Such a section would repeat itself for each of its own elements, or never be there.
    if (is_inside_itself) {
      error(tag, {shown(tag.text) + " stands inside of a section of that name", {}, "one of the two", {}});
    }
    open_.push_back(&tag);
  }

  // An end in the wrong place is one mistake: what it leaves open is taken to end there too.
  void close_section(const PageTag& tag) {
    if (!open_.empty() && open_.back()->name == tag.name) {
      open_.pop_back();
      return;
    }
    if (open_.empty()) {
      error(tag, {shown(tag.text) + " closes nothing: no section is open here",
                  {},
                  braced("#", tag.name) + " before what belongs to it",
                  {}});
      return;
    }
    const PageTag& due = *open_.back();
    const std::string line = std::to_string(spot_at(text_, due.begin).line);
    error(tag, {shown(tag.text) + " stands where " + shown(due.text) + " of line " + line + " is still open",
                {},
                braced("/", due.name),
                {}});
    const auto begun = std::find_if(open_.rbegin(), open_.rend(),
                                    [&tag](const PageTag* outer) { return outer->name == tag.name; });
    if (begun != open_.rend()) open_.erase(std::prev(begun.base()), open_.end());
  }

  static std::string element_with(std::string_view name) {
    const std::string element(name);
    return std::string("<").append(element).append(">{{{").append(element).append("}}}</").append(element) +
           "> with nothing else between";
  }

  // The Content-Security-Policy has the hash of exactly our style and script; a browser drops silently what
  // differs by one blank. So these elements hold nothing but their tag.
  void check_elements(std::string_view name) {
    const std::string begin = std::string("<").append(name);
    const std::string end = std::string("</").append(name);
    for (std::size_t at = lower_.find(begin); at != std::string::npos && !is_full();
         at = lower_.find(begin, at + 1)) {
      const std::size_t after = at + begin.size();
      if (after < lower_.size() &&
          std::string_view(" \t\n\f/>").find(lower_[after]) == std::string_view::npos)
        continue;
      const std::size_t content = std::min(lower_.find('>', after), lower_.size());
      const std::size_t until = std::min(lower_.find(end, after), lower_.size());
      const auto tag = first_tag_from(content + 1);
      const bool is_ours = tag != tags_.end() && tag->begin == content + 1 && tag->kind == Kind::unescaped &&
                           tag->name == name && std::string_view(lower_).substr(tag->end()).starts_with(end);
      // Of one mistake nothing more is said.
      for (auto inside = first_tag_from(at); inside != tags_.end() && inside->begin < until; ++inside) {
        if (inside->name == name) in_place_.insert(inside->begin);
      }
      if (is_ours) continue;
      error_at(
          at,
          {begin + "> holds something else than the page's own, which the Content-Security-Policy forbids",
           begin,
           element_with(name) + "; your own goes to page." + (name == "style" ? "css" : "js"),
           {}});
    }
  }

  [[nodiscard]] std::vector<PageTag>::const_iterator first_tag_from(std::size_t offset) const {
    return std::lower_bound(tags_.begin(), tags_.end(), offset,
                            [](const PageTag& tag, std::size_t at) { return tag.begin < at; });
  }

  std::string_view text_;
  std::string lower_;
  config::Report* report_;
  const Names known_ = names_of(kPageTemplate);
  std::vector<PageTag> tags_;
  Sections open_;
  std::set<std::size_t> in_place_;  // where the tags of those elements begin that check_elements() has judged
  std::size_t mistakes_ = 0;
};

void refuse_all(std::string_view text, std::string_view word, const config::Complaint& complaint,
                config::Report* report) {
  const std::string lower = config::lower_case(text);
  std::size_t count = 0;
  for (std::size_t at = lower.find(word); at != std::string::npos && count < kMaxMistakes; ++count) {
    report->error(spot_at(text, at), {}, complaint);
    at = lower.find(word, at + word.size());
  }
}

}  // namespace

config::Spot spot_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  config::Spot spot{1, 1};
  spot.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  spot.column += static_cast<int>(
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line_begin), before.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
  return spot;
}

void check_page_html(std::string_view text, config::Report* report) {
  HtmlCheck(text, report).run();
}

void check_page_css(std::string_view text, config::Report* report) {
  refuse_all(
      text, "</style",
      {"\"</style\" ends the element that the style stands in", "</style", "\"<\\/style\" in a string", {}},
      report);
}

// After "<!--" and "<script" an HTML parser no longer takes "</script" for the end (WHATWG HTML,
// "Restrictions for contents of script elements").
void check_page_js(std::string_view text, config::Report* report) {
  refuse_all(text, "</script",
             {"\"</script\" ends the element that the script stands in",
              "</script",
              "\"<\\/script\" in a string",
              {}},
             report);
  refuse_all(text, "<!--",
             {"\"<!--\" keeps the element that the script stands in from ending",
              "<!--",
              "\"<\\!--\" in a string",
              {}},
             report);
}

}  // namespace whytls::proxy
