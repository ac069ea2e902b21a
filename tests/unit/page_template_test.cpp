// A failure page of the owner's: what is taken, what is refused and where, and what reaches the browser.
#include "proxy/page_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "proxy/commands.h"
#include "proxy/page_assets.h"
#include "proxy/page_check.h"
#include "proxy/record.h"
#include "sample_records.h"
#include "tests/support/directory.h"
#include "tls/digest.h"

namespace whytls::proxy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

std::string texts(const std::vector<config::Mistake>& mistakes) {
  std::string out;
  for (const config::Mistake& mistake : mistakes) out.append(mistake.text()).append("\n");
  return out;
}

std::vector<std::string> faults(void (*check)(std::string_view, config::Report*), std::string_view text) {
  config::Report report("f");
  check(text, &report);
  std::vector<std::string> out;
  for (const config::Mistake& mistake : report.take()) out.push_back(mistake.text());
  return out;
}

// A directory with a page, named by line 2 of w.toml.
class OwnPage : public testing::Test {
 protected:
  [[nodiscard]] LoadedPage load(const std::string& directory) const {
    const auto loaded =
        config::parse("[page]\ndirectory = \"" + directory + "\"\n", directory_.path() + "/w.toml");
    return loaded ? load_page(loaded->settings) : LoadedPage{nullptr, loaded.error()};
  }
  [[nodiscard]] LoadedPage load() const { return load("."); }
  // The mistakes, without the directory's name.
  [[nodiscard]] std::string refusal(const std::string& directory = ".") const {
    const LoadedPage loaded = load(directory);
    EXPECT_EQ(loaded.page, nullptr);
    std::string text = texts(loaded.mistakes);
    for (std::size_t at = text.find(directory_.path()); at != std::string::npos;
         at = text.find(directory_.path()))
      text.erase(at, directory_.path().size() + 1);
    return text;
  }

  support::Directory directory_;
};

std::string field(const Rendered& rendered, const std::string& name) {
  for (const auto& [key, value] : rendered.headers) {
    if (key == name) return value;
  }
  return {};
}

Rendered rendered_with(const SharedPage& page) {
  return render(samples::expired_and_misnamed(), Representation::html, policy::english(), page);
}

TEST(Digest, IsTheOneOfTheStandard) {
  // FIPS 180-2, B.1
  EXPECT_EQ(tls::sha256_base64("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST(PageCheck, TakesTheBuiltInPage) {
  EXPECT_THAT(faults(check_page_html, kPageTemplate), IsEmpty());
  EXPECT_THAT(faults(check_page_css, kPageStyle), IsEmpty());
  EXPECT_THAT(faults(check_page_css, kPageStyleSource), IsEmpty());
  EXPECT_THAT(faults(check_page_js, kPageScript), IsEmpty());
}

struct Row {
  const char* text;
  const char* place_and_what;
  const char* remedy;
};

TEST(PageCheck, RefusesEachMistakeAtItsPlaceWithARemedy) {
  const Row rows[] = {
      {"a\n  {{title", "f:2:3: error: the tag \"{{title\" is not closed", "}} behind the name"},
      {"{{title}\n{{code}}", "f:1:1: error: the tag \"{{title}\" is not closed", "}} behind the name"},
      {"{{{style}}\n</style>", "f:1:1: error: the tag", "is not closed"},
      {"\n{{#code}}\nx", "f:2:1: error: {{#code}} is never closed", "allowed: {{/code}}"},
      {"\n{{^code}}\nx", "f:2:1: error: {{^code}} is never closed", "allowed: {{/code}}"},
      {"x\n {{/code}}", "f:2:2: error: {{/code}} closes nothing", "allowed: {{#code}} before"},
      {"{{#code}}\n{{/note}}{{/code}}",
       "f:2:1: error: {{/note}} stands where {{#code}} of line 1 is still open", "allowed: {{/code}}"},
      {"{{#code}}\n{{#note}}\n{{/code}}", "f:3:1: error: {{/code}} stands where {{#note}} of line 2",
       "allowed: {{/note}}"},
      {"\xc3\xa4\xc3\xb6 {{titel}}", "f:1:4: error: the page has no \"titel\"", "did you mean \"title\"?"},
      {"{{say.skipp}}", "f:1:1: error: the page has no \"say.skipp\"", "did you mean \"say.skip\"?"},
      {"{{#findngs}}{{/findngs}}", "f:1:1: error: the page has no \"findngs\"", "did you mean \"findings\"?"},
      {"{{ }}", "f:1:1: error: {{ }} names nothing", "whytls page --write"},
      {"<p>{{{kicker}}}", "f:1:4: error: {{{kicker}}} is not escaped", "allowed: {{kicker}}"},
      {"<p>{{& kicker }}", "f:1:4: error: {{& kicker }} is not escaped", "allowed: {{kicker}}"},
      {"{{{.}}}", "f:1:1: error: {{{.}}} is not escaped", "allowed: {{.}}"},
      {"{{>head}}", "f:1:1: error: {{>head}}: there are no partials", "allowed: their text"},
      {"{{=<% %>=}}", "f:1:1: error: {{=<% %>=}}: the braces of tags cannot be changed", "allowed: {{name}}"},
      {"{{{=<% %>=}}}", "f:1:1: error: {{{=<% %>=}}}: the braces of tags cannot be changed", "{{name}}"},
      {"{{#code}}{{#code}}{{/code}}{{/code}}",
       "f:1:10: error: {{#code}} stands inside of a section of that name", "one of the two"},
      {"{{{style}}}", "f:1:1: error: {{{style}}} does not stand in an element of its own",
       "allowed: <style>{{{style}}}</style>"},
      {"{{#commands}}{{{.}}}{{/commands}}", "f:1:14: error: {{{.}}} is not escaped", "allowed: {{.}}"},
      {"{{#commands}}{{^path}}{{{.}}}{{/path}}{{/commands}}", "{{{.}}} is not escaped", "allowed: {{.}}"},
      {"{{#causes}}{{#commands}}{{{.}}}{{/commands}}{{/causes}}", "{{{.}}} is not escaped", "{{.}}"},
      {"{{#causes}}{{.}}{{/causes}}", "f:1:12: error: {{.}} is HTML already", "allowed: {{{.}}}"},
      {"{{meaning}}", "f:1:1: error: {{meaning}} is HTML already", "allowed: {{{meaning}}}"},
      {"<style> {{{style}}}</style>", "f:1:1: error: <style> holds something else",
       "<style>{{{style}}}</style>"},
      {"<style>{{{style}}}\n</style>", "f:1:1: error: <style> holds something else", "page.css"},
      {"<style>{{style}}</style>", "f:1:1: error: <style> holds something else",
       "<style>{{{style}}}</style>"},
      {"<STYLE>p {}</STYLE>", "f:1:1: error: <style> holds something else", "page.css"},
      {"<style>{{{script}}}</style>", "error: {{{script}}} does not stand in",
       "<script>{{{script}}}</script>"},
      {"\n<script>x('{{kicker}}')</script>", "f:2:1: error: <script> holds something else", "page.js"},
      {"<script", "f:1:1: error: <script> holds something else", "page.js"},
  };
  for (const Row& row : rows) {
    const std::vector<std::string> found = faults(check_page_html, row.text);
    EXPECT_THAT(found, testing::Contains(AllOf(HasSubstr(row.place_and_what), HasSubstr(row.remedy))))
        << row.text;
  }
}

TEST(PageCheck, SaysEachMistakeOnceAndAllOfThemInOrder) {
  EXPECT_THAT(
      faults(check_page_html,
             "{{#code}}\n{{titel}}\n{{{kicker}}}\n{{/note}}\n{{/code}}\n<style>\n{{{style}}}</style>"),
      ElementsAre(StartsWith("f:2:1: "), StartsWith("f:3:1: "), StartsWith("f:4:1: "),
                  StartsWith("f:6:1: ")));
}

TEST(PageCheck, TakesWhatMustacheAllows) {
  for (const char* text :
       {"", "no tag at all {", "{{! anything {{at all }}", "{{ title }}{{# code }}{{code}}{{/ code }}",
        "{{^code}}none{{/code}}", "<style media=\"screen\">{{{ style }}}</style>",
        "<Script>{{{script}}}</sCript><styled>", "{{#commands}}{{.}}{{/commands}}",
        "{{#causes}}{{{.}}}{{/causes}}", "{{#meaning}}{{{meaning}}}{{/meaning}}"}) {
    EXPECT_THAT(faults(check_page_html, text), IsEmpty()) << text;
  }
}

TEST(PageCheck, RefusesWhatEndsTheElementOfAStyleOrAScript) {
  EXPECT_THAT(faults(check_page_css, "p {}\n/* </STYLE> */"),
              ElementsAre(StartsWith("f:2:4: error: \"</style\" ends")));
  EXPECT_THAT(faults(check_page_js, "x;\n'</Script>'"),
              ElementsAre(StartsWith("f:2:2: error: \"</script\" ends")));
  EXPECT_THAT(faults(check_page_js, "'<!--<script>'"),
              ElementsAre(StartsWith("f:1:2: error: \"<!--\" keeps")));
  EXPECT_THAT(faults(check_page_css, "</script> <!-- -->"), IsEmpty());
}

TEST(PageCheck, IsBoundedAndSafeOnATerminal) {
  std::string many;
  for (int i = 0; i < 40'000; ++i) many.append("{{x}}\n");
  EXPECT_THAT(faults(check_page_html, many), SizeIs(100));
  many.clear();
  for (int i = 0; i < 30'000; ++i) many.append("<style>");
  EXPECT_THAT(faults(check_page_html, many), SizeIs(100));
  const std::vector<std::string> long_name =
      faults(check_page_html, "{{\x1b[31m" + std::string(100'000, 'y') + "}}");
  ASSERT_THAT(long_name, SizeIs(1));
  EXPECT_LT(long_name[0].size(), 400U);
  EXPECT_EQ(long_name[0].find('\x1b'), std::string::npos);
}

// What the check lets through, the library that renders has to take: it says nothing of a mistake, and the
// page would be empty.
TEST(PageCheck, LetsNothingThroughThatCannotBeRendered) {
  const std::string good = kPageTemplate;
  std::mt19937 random(20260);  // NOLINT: the same damage each time
  const Record record = samples::expired_and_misnamed();
  int taken = 0;
  for (int round = 0; round < 200; ++round) {
    std::string text = good;
    const std::size_t at = random() % text.size();
    const std::size_t length = random() % 12;
    switch (random() % 3) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, good, random() % good.size(), length);
        break;
      default:
        text.insert(text.find("{{", at) == std::string::npos ? at : text.find("{{", at), "{");
    }
    if (!faults(check_page_html, text).empty()) continue;
    ++taken;
    const auto page = std::make_shared<const PageTemplate>(PageTemplate{text, "", "", ""});
    EXPECT_GT(render_html(record, policy::english(), page).size(), 10'000U) << "round " << round;
  }
  EXPECT_GT(taken, 20);
}

TEST_F(OwnPage, WithoutADirectoryIsTheBuiltInOne) {
  const LoadedPage loaded = load_page(config::defaults());
  EXPECT_EQ(loaded.page, built_in_page());
  EXPECT_THAT(loaded.mistakes, IsEmpty());
}

TEST_F(OwnPage, TakesEachFileByItself) {
  (void)directory_.write("page.html",
                         "<h1>{{kicker}}</h1><style>{{{style}}}</style><script>{{{script}}}</script>");
  (void)directory_.write("page.css", "h1 { color: red }");
  const LoadedPage loaded = load();
  ASSERT_NE(loaded.page, nullptr) << texts(loaded.mistakes);
  EXPECT_THAT(loaded.mistakes, IsEmpty());
  const Rendered page = rendered_with(loaded.page);
  EXPECT_THAT(page.body, StartsWith("<h1>"));
  EXPECT_THAT(page.body, HasSubstr("<style>h1 { color: red }</style><script>" + std::string(kPageScript)));
  EXPECT_EQ(field(page, "Content-Security-Policy"),
            "default-src 'none'; style-src 'sha256-" + tls::sha256_base64("h1 { color: red }") +
                "'; script-src 'sha256-" + tls::sha256_base64(kPageScript) +
                "'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
}

TEST_F(OwnPage, EscapesWhatAPeerHasSent) {
  (void)directory_.write(
      "page.html",
      "{{#findings}}{{#f_facts}}{{fact_value}}{{/f_facts}}{{/findings}}{{#pems}}{{pem_text}}{{/"
      "pems}}{{openssl}}{{#handshake}}{{bytes}}{{/handshake}}");
  const LoadedPage loaded = load();
  ASSERT_NE(loaded.page, nullptr) << texts(loaded.mistakes);
  const std::string page = render_html(samples::hostile_plain_http(), policy::english(), loaded.page);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_EQ(page.find("<script"), std::string::npos);
}

TEST_F(OwnPage, HashesWhatABrowserReads) {
  (void)directory_.write("page.css", "\xef\xbb\xbfp {}\r\nh1 {}\rh2 {}\n");
  const LoadedPage loaded = load();
  ASSERT_NE(loaded.page, nullptr) << texts(loaded.mistakes);
  EXPECT_EQ(loaded.page->style, "p {}\nh1 {}\nh2 {}\n");
  EXPECT_THAT(loaded.page->security_policy, HasSubstr(tls::sha256_base64("p {}\nh1 {}\nh2 {}\n")));
}

TEST_F(OwnPage, AllMistakesOfAllFilesAreNamed) {
  (void)directory_.write("page.html", "\n{{titel}}\n{{#code}}");
  (void)directory_.write("page.css", "\xef\xbb\xbf\r\n\r\n</style");
  (void)directory_.write("page.js", "a\n\xff");
  const std::string text = refusal();
  for (const char* line :
       {"./page.html:2:1: error: the page has no \"titel\"",
        "./page.html:3:1: error: {{#code}} is never closed", "./page.css:3:1: error: \"</style\" ends",
        "./page.js:2:1: error: bytes that are not UTF-8"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
}

TEST_F(OwnPage, FilesThatCannotBeUsedAreRefused) {
  (void)directory_.write("page.html", std::string(kMaxPageFileBytes + 1, ' '));
  (void)directory_.write("page.css", std::string_view("a\0b", 3));
  std::filesystem::create_symlink("nowhere", directory_.path() + "/page.js");
  const std::string text = refusal();
  EXPECT_THAT(text, HasSubstr("./page.html: error: is too large; allowed: at most 256KiB"));
  EXPECT_THAT(text, HasSubstr("./page.css:1:2: error: a NUL character"));
  EXPECT_THAT(text, HasSubstr("./page.js: error: cannot be opened: No such file"));
  std::filesystem::remove(directory_.path() + "/page.js");
  std::filesystem::create_directory(directory_.path() + "/page.js");
  EXPECT_THAT(refusal(), HasSubstr("./page.js: error: is no regular file"));
}

TEST_F(OwnPage, AFileOfTheLargestSizeIsTaken) {
  (void)directory_.write("page.html", std::string(kMaxPageFileBytes, 'x'));
  EXPECT_NE(load().page, nullptr);
}

TEST_F(OwnPage, ADirectoryThatCannotBeUsedIsAMistakeOfItsKey) {
  EXPECT_THAT(refusal("gone"),
              AllOf(StartsWith("w.toml:2:13: error: page.directory: \"gone\" cannot be read: No such"),
                    HasSubstr("whytls page --write DIR")));
  EXPECT_THAT(refusal(directory_.write("file", "x")), HasSubstr("is no directory"));
}

TEST_F(OwnPage, ADirectoryWithoutAPageIsAWarning) {
  const LoadedPage loaded = load();
  ASSERT_NE(loaded.page, nullptr);
  EXPECT_EQ(rendered_with(loaded.page).body, rendered_with(built_in_page()).body);
  EXPECT_THAT(texts(loaded.mistakes), HasSubstr("w.toml:2:13: warning: page.directory: "));
}

TEST_F(OwnPage, EachIsRenderedAsItselfWhileBothAreInUse) {
  const auto make = [](const char* html) {
    return std::make_shared<const PageTemplate>(PageTemplate{html, "", "", ""});
  };
  const Record record = samples::expired_and_misnamed();
  SharedPage one = make("one {{status}}");
  const SharedPage two = make("two {{status}}");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(render_html(record, policy::english(), one), "one 502");
    EXPECT_EQ(render_html(record, policy::english(), two), "two 502");
  }
  std::string elsewhere;
  std::thread([&] { elsewhere = render_html(record, policy::english(), one); }).join();
  EXPECT_EQ(elsewhere, "one 502");
  // Later pages may lie where earlier ones did.
  for (int i = 0; i < 20; ++i) {
    const std::string text = "page " + std::to_string(i);
    one = make(text.c_str());
    EXPECT_EQ(render_html(record, policy::english(), one), text);
  }
}

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};
Ran run(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  const Console console{in, out, err, [] { return std::int64_t{0}; }};
  const ExitCode code = execute(parse_command_line(arguments), console);
  return {code, out.str(), err.str()};
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_F(OwnPage, TheCommandWritesTheBuiltInPageToBeginWith) {
  const std::string directory = directory_.path() + "/new/page";
  const Ran ran = run({"page", "--write", directory});
  EXPECT_EQ(ran.code, ExitCode::ok) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("[page]\ndirectory = \"" + directory + "\"\n"));
  for (const char* name : {"page.html", "page.css", "page.js"}) {
    EXPECT_EQ(content_of(directory + "/" + name),
              content_of(std::string(WHYTLS_SOURCE_DIR "/proxy/page/") + name));
  }
  // The built-in style has fewer blanks.
  std::filesystem::remove(directory + "/page.css");
  const LoadedPage loaded = load(directory);
  ASSERT_NE(loaded.page, nullptr) << texts(loaded.mistakes);
  EXPECT_EQ(rendered_with(loaded.page).body, rendered_with(built_in_page()).body);
  EXPECT_EQ(loaded.page->security_policy, built_in_page()->security_policy);
}

TEST_F(OwnPage, TheCommandOverwritesNothing) {
  (void)directory_.write("page.css", "mine");
  const Ran ran = run({"page", "--write", directory_.path()});
  EXPECT_EQ(ran.code, ExitCode::failed);
  EXPECT_THAT(ran.err, HasSubstr("page.css: is there already"));
  EXPECT_EQ(content_of(directory_.path() + "/page.css"), "mine");
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/page.html"));
  EXPECT_EQ(run({"page"}).code, ExitCode::usage);
}

}  // namespace
}  // namespace whytls::proxy
