// The catalogue of words: languages, plurals, phrases, and which language a client gets.
#include "policy/words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "proxy/record.h"

namespace whytls::policy {
namespace {

const Language& german() {
  return proxy::choose_language("de");
}

TEST(Languages, BeginWithEnglishAndHaveATagEach) {
  EXPECT_EQ(english().tag, "en");
  std::set<std::string_view> tags;
  for (const Language& language : languages()) EXPECT_TRUE(tags.insert(language.tag).second) << language.tag;
  EXPECT_TRUE(tags.contains("de"));
}

TEST(Languages, AreChosenByAcceptLanguage) {
  struct Row {
    const char* what;
    const char* field;
    const char* wanted;
  };
  const Row rows[] = {
      {"nothing said", "", "en"},
      {"a German browser", "de,en-US;q=0.7,en;q=0.3", "de"},
      {"an Austrian one", "de-AT,de;q=0.9,en;q=0.8", "de"},
      {"a region alone", "de-CH", "de"},
      {"script and region", "de-Latn-DE", "de"},
      {"a private part, cut with its letter", "de-x-formal", "de"},
      {"English first", "en-GB,en;q=0.9,de;q=0.8", "en"},
      {"the weight decides, not the order", "en;q=0.5, de;q=0.9", "de"},
      {"the first of equal weights", "de, en", "de"},
      {"a language that is not there", "fr-FR, fr;q=0.9", "en"},
      {"one that is not there, then German", "fr, de;q=0.4, en;q=0.3", "de"},
      {"German forbidden", "de;q=0, fr", "en"},
      {"anything", "*", "en"},
      {"anything, but German gladly", "*;q=0.5, de;q=0.1", "de"},
      {"capital letters", "DE-de", "de"},
      {"blanks", "  fr ;q=0.9 ,\tde ; q=0.8 ", "de"},
      {"a longer tag that begins alike", "den, deu", "en"},
      {"garbage", ";;,,=;q=,-,--x,de-", "de"},
      {"only hyphens", "-,---", "en"},
  };
  for (const Row& row : rows) EXPECT_EQ(proxy::choose_language(row.field).tag, row.wanted) << row.what;
}

TEST(Languages, HaveEnoughFormsForEveryNumber) {
  for (const Language& language : languages()) {
    for (std::uint64_t count = 0; count < 1000; ++count) {
      const std::size_t form = language.form(count);
      ASSERT_LT(form, kMaxForms);
      for (const auto& forms : language.plurals)
        ASSERT_FALSE(forms[form].empty()) << language.tag << " has no form for " << count;
    }
  }
}

TEST(Languages, HaveATermForEveryFactOfTheDocumentation) {
  std::ifstream file(std::string(WHYTLS_SOURCE_DIR) + "/docs/facts.md");
  ASSERT_TRUE(file);
  std::string line;
  int found = 0;
  while (std::getline(file, line)) {
    if (line.starts_with("## ")) break;  // behind it: what rules may ask for beside facts
    if (!line.starts_with("| `")) continue;
    const std::string keys = line.substr(2, line.find('|', 2) - 2);
    for (std::size_t at = keys.find('`'); at != std::string::npos;
         at = keys.find('`', keys.find('`', at + 1) + 1)) {
      const std::string key = keys.substr(at + 1, keys.find('`', at + 1) - at - 1);
      EXPECT_TRUE(std::find(kTermKeys.begin(), kTermKeys.end(), key) != kTermKeys.end()) << key;
      ++found;
    }
  }
  EXPECT_GT(found, 50);
}

TEST(Phrases, AreTranslatedWithTheTextOfOthersInThem) {
  struct Row {
    const char* what;
    const char* english;
    const char* german;
  };
  const Row rows[] = {
      {"a fixed one", "plain HTTP", "unverschlüsseltes HTTP"},
      {"one with a name in it", "port 25", "Port 25"},
      {"two names", "host a.example, path /x, path /y", "Host a.example, Pfad /x, path /y"},
      {"a number", "The header has more than 100 fields.", "Der Header hat mehr als 100 Felder."},
      {"no number where one belongs", "The header has more than no fields.",
       "The header has more than no fields."},
      {"a phrase in a phrase", "The request line has a malformed version: \"GET / HTTP/x\".",
       "Die Anfragezeile hat eine fehlerhafte Version: \"GET / HTTP/x\"."},
      {"three of them",
       "A header field is malformed (HPE_INVALID_HEADER_TOKEN: none). The message begins with \"nothing\".",
       "Ein Headerfeld ist fehlerhaft (HPE_INVALID_HEADER_TOKEN: none). Die Nachricht beginnt mit "
       "\"nothing\"."},
      {"a placeholder in the text of a peer", "host {path}, path {host}", "Host {path}, Pfad {host}"},
      {"one that nobody knows", "A new phrase.", "A new phrase."},
      {"nothing", "", ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(phrase(german(), row.english), row.german) << row.what;
    EXPECT_EQ(phrase(english(), row.english), row.english) << row.what;
  }
}

TEST(Facts, OfAPeerStayAsTheyAre) {
  EXPECT_EQ(fact_text(german(), "subject", "none"), "none");
  EXPECT_EQ(fact_text(german(), "cn", "plain HTTP"), "plain HTTP");
  EXPECT_EQ(fact_text(german(), "presented_names", "none"), "none");
  EXPECT_EQ(fact_text(german(), "presented_names", "a.example, b.example and 7 more"),
            "a.example, b.example und 7 weitere");
  EXPECT_EQ(fact_text(german(), "presented_names", "and many more"), "and many more");
  EXPECT_EQ(fact_text(german(), "presented_usage", "none"), "keine");
  EXPECT_EQ(fact_text(german(), "trust_store", "system store + /etc/x/ca.pem"),
            "Systemspeicher + /etc/x/ca.pem");
}

TEST(Facts, SayHowLongInTheCaseThatTheSentenceNeeds) {
  EXPECT_EQ(fact_text(german(), "distance", "2341 days"), "2341 Tage");
  EXPECT_EQ(span_text(german(), "2341 days", SpanUse::in_time), "2341 Tagen");
  EXPECT_EQ(span_text(german(), "1 second", SpanUse::in_time), "1 Sekunde");
  EXPECT_EQ(span_text(english(), "7 hours", SpanUse::alone), "7 hours");
  EXPECT_EQ(span_text(german(), "soon", SpanUse::alone), "soon");
  EXPECT_EQ(span_text(german(), "99999999999999999999 days", SpanUse::alone), "99999999999999999999 days");
}

TEST(Terms, LoseTheirUnderscoresWhenNobodyKnowsThem) {
  EXPECT_EQ(term(english(), "key_strength"), "key strength");
  EXPECT_EQ(term(german(), "key_strength"), "Schlüssellänge");
  EXPECT_EQ(term(german(), "a_new_fact"), "a new fact");
}

}  // namespace
}  // namespace whytls::policy
