// That the build refuses a language which is not what English is: the tool is run over a changed German.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "policy/words.h"
#include "tests/support/directory.h"

namespace whytls::policy {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(WHYTLS_SOURCE_DIR) + "/policy/" + path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Outcome {
  int status = -1;
  std::string said;
};

// Runs a tool over its English source, the catalogue of English, and this other language.
Outcome run(const std::string& tool, const std::string& english, const std::string& other) {
  const support::Directory directory;
  const std::string file = directory.write("other.toml", other);
  const std::string policy = std::string(WHYTLS_SOURCE_DIR) + "/policy/";
  const std::string command = tool + " " + policy + english + " " + policy + "words/en.toml " + file + " " +
                              directory.path() + "/words.inc 2>&1";
  Outcome outcome;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
    outcome.said += buffer.data();
  outcome.status = pclose(pipe);
  return outcome;
}

Outcome embed(const std::string& other) {
  return run(WHYTLS_EMBED_WORDS, "failure_text.toml", other);
}
Outcome embed_advice(const std::string& other) {
  return run(WHYTLS_EMBED_ADVICE_WORDS, "situations.toml", other);
}

TEST(EmbedWords, TakesTheLanguagesThatAreThere) {
  for (const Outcome& outcome : {embed(read("words/de.toml")), embed_advice(read("words/de.toml"))})
    EXPECT_EQ(outcome.status, 0) << outcome.said;
}

struct Row {
  const char* what;
  const char* from;
  const char* to;
  const char* complaint;
};

// Every change is made to German; one run has to find all of them.
template <std::size_t n>
void expect_complaints(Outcome (*embed_tool)(const std::string&), const Row (&rows)[n]) {
  std::string changed = read("words/de.toml");
  for (const Row& row : rows) {
    const std::size_t at = changed.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.what << ": " << row.from;
    changed.replace(at, std::string(row.from).size(), row.to);
  }
  const Outcome outcome = embed_tool(changed);
  EXPECT_NE(outcome.status, 0);
  for (const Row& row : rows)
    EXPECT_NE(outcome.said.find(row.complaint), std::string::npos) << row.what << ": " << outcome.said;
}

TEST(EmbedWords, RefusesALanguageThatIsNotWhatEnglishIs) {
  const Row rows[] = {
      {"a word is missing", "skip             = \"Zur Erklärung springen\"\n", "",
       "[page.skip] must be a text"},
      {"a word is empty", "\"Wo es gescheitert ist\"", "\"\"",
       "[page.where] must be a text that is not empty"},
      {"a word too many", "[page]\n", "[page]\nsurplus = \"zu viel\"\n",
       "[page.surplus] is unknown to en.toml"},
      {"a term is missing", "now                           = \"jetzt\"\n", "", "[terms.now]"},
      {"a table too many", "[page]\n", "[pages]\nx = \"y\"\n[page]\n",
       "[pages] is a table that nobody reads"},
      {"another placeholder", "\"vor {time}\"", "\"vor {zeit}\"",
       "[words.ago] fills in other {placeholders}"},
      {"a placeholder twice", "\"in {time}\"", "\"in {time} {time}\"", "[words.ahead] fills in other"},
      {"a placeholder lost in a plural", "[\"{count} Tag\", \"{count} Tage\"]", "[\"{count} Tag\", \"Tage\"]",
       "[plurals.span_days] fills in other"},
      {"a form is missing", "[\"{count} Stunde\", \"{count} Stunden\"]", "[\"{count} Stunden\"]",
       "[plurals.span_hours] must have as many forms"},
      {"a formula that is code", "\"n != 1\"", "\"exit(1)\"", "[language.plural] must be a formula"},
      {"a phrase is missing", "\"plain HTTP\"       = \"unverschlüsseltes HTTP\"\n", "",
       "[phrases.plain HTTP]"},
      {"a phrase with another hole", "\"Port {number}\"", "\"Port {nummer}\"",
       "[phrases.port {number}] fills in other"},
      {"a failure is missing", "[failure.cert_expired]", "[failure.cert_gone_off]",
       "[failure.cert_expired] is missing"},
      {"a failure too many", "[failure.cert_gone_off]", "[failure.cert_gone_off]",
       "[failure.cert_gone_off] is unknown"},
      {"an optional part is lost", "[ ({parse_error})]", " ({parse_error})",
       "[failure.cert_unparsable.sentence] leaves out other [parts]"},
      {"other code", "unter `pins` in", "unter `Pins` in", "[failure.pin_mismatch.owner] has other `code`"},
      {"a cause is lost", "  \"jemand fängt die Verbindung ab\",\n", "",
       "[failure.pin_mismatch.causes] has more or fewer"},
  };
  expect_complaints(embed, rows);
}

TEST(EmbedWords, RefusesAdviceThatIsNotWhatEnglishGives) {
  const Row rows[] = {
      {"a case is missing", "[situation.reused_serial_factory]", "[situation.reused_serial_plant]",
       "[situation.reused_serial_factory] is missing"},
      {"a case too many", "[situation.reused_serial_plant]", "[situation.reused_serial_plant]",
       "[situation.reused_serial_plant] is unknown"},
      {"other code", "`-CAcreateserial`", "`-CAserial`",
       "[situation.reused_serial_ca_not_counting.steps] has other `code`"},
      {"a key that nobody reads", "[situation.reused_serial_ca_rebuilt]\n",
       "[situation.reused_serial_ca_rebuilt]\nnote = \"x\"\n", "reused_serial_ca_rebuilt.note] is a key"},
      {"a placeholder is lost", "Lässt sich {host} in", "Lässt es sich in",
       "reused_serial_regenerated.settle] fills in other {placeholders}"},
      {"another order", "system = \"Dell iDRAC\"", "system = \"iDRAC\"",
       "[steps clock.Dell iDRAC] is not in the order"},
      {"a sign is lost",
       "  \"Es geschieht bei öffentlichen Websites, deren eigene CAs nie eine Seriennummer wiederholen.\",\n",
       "", "reused_serial_minting_proxy.signs] has more or fewer"},
  };
  expect_complaints(embed_advice, rows);
}

// What a third one needs: no line of C++.
TEST(EmbedWords, TakesALanguageWithOtherPlurals) {
  std::string polish = read("words/de.toml");
  const auto replace = [&polish](const std::string& from, const std::string& to) {
    const std::size_t at = polish.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    polish.replace(at, from.size(), to);
  };
  replace("\"n != 1\"",
          "\"n == 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 10 || n % 100 >= 20) ? 1 : 2\"");
  replace("forms     = 2", "forms     = 3");
  const std::size_t begin = polish.find("[plurals]");
  const std::size_t end = polish.find("[words]");
  std::string plurals;
  for (std::size_t at = begin; at < end; ++at) {
    plurals += polish[at];
    if (polish[at] == '[' && polish[at + 1] == '"')  // the first form once more
      plurals += polish.substr(at + 1, polish.find("\",", at) + 1 - at);
  }
  polish.replace(begin, end - begin, plurals);
  const Outcome outcome = embed(polish);
  EXPECT_EQ(outcome.status, 0) << outcome.said;
}

}  // namespace
}  // namespace whytls::policy
