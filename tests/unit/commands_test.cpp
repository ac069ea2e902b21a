#include "proxy/commands.h"

#include <gmock/gmock.h>

#include <sstream>

#include "proxy/event_log.h"
#include "proxy/settings_source.h"
#include "proxy/version.h"

namespace whytls::proxy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

TEST(CommandLine, RunWithoutAFileServesTheDefaults) {
  const Invocation invocation = parse_command_line({"run"});
  EXPECT_EQ(invocation.action, Action::run);
  EXPECT_EQ(invocation.config_file, "");
}

TEST(CommandLine, TakesTheConfigurationFileInEachSpelling) {
  for (const Words& words : {Words{"run", "-c", "a.toml"}, Words{"run", "--config", "a.toml"},
                             Words{"run", "--config=a.toml"}, Words{"run", "-ca.toml"}}) {
    const Invocation invocation = parse_command_line(words);
    EXPECT_EQ(invocation.action, Action::run) << words.back();
    EXPECT_EQ(invocation.config_file, "a.toml") << words.back();
  }
}

TEST(CommandLine, KnowsEachCommand) {
  EXPECT_EQ(parse_command_line({"config", "check", "a.toml"}).action, Action::config_check);
  EXPECT_EQ(parse_command_line({"config", "check", "a.toml"}).config_file, "a.toml");
  EXPECT_EQ(parse_command_line({"config", "show"}).action, Action::config_show);
  EXPECT_EQ(parse_command_line({"config", "show", "-c", "a.toml"}).config_file, "a.toml");
  EXPECT_EQ(parse_command_line({"ca", "show", "-c", "a.toml"}).action, Action::ca_show);
  EXPECT_EQ(parse_command_line({"ca", "export"}).action, Action::ca_export);
  EXPECT_EQ(parse_command_line({"ca", "export", "--out", "x.pem"}).out_file, "x.pem");
  EXPECT_EQ(parse_command_line({"page", "--write", "d"}).action, Action::page_write);
  EXPECT_EQ(parse_command_line({"page", "--write", "d"}).out_directory, "d");
}

TEST(CommandLine, TakesWhatIsToBeExplainedAsItWasPasted) {
  EXPECT_EQ(parse_command_line({"explain", "-8054"}).pasted, "-8054");
  EXPECT_EQ(parse_command_line({"explain", "alert", "112"}).pasted, "alert 112");
  EXPECT_EQ(parse_command_line({"explain", "curl: (60) a b"}).pasted, "curl: (60) a b");
  EXPECT_EQ(parse_command_line({"explain"}).action, Action::explain);
  EXPECT_EQ(parse_command_line({"explain", "--json", "18"}).format, Format::json);
  EXPECT_EQ(parse_command_line({"codes", "--html"}).format, Format::html);
  EXPECT_EQ(parse_command_line({"codes"}).format, Format::text);
  EXPECT_EQ(parse_command_line({"codes", "--html", "--json"}).exit_code, ExitCode::usage);
}

TEST(CommandLine, NothingAtAllPrintsTheHelpAndIsAMistake) {
  const Invocation invocation = parse_command_line({});
  EXPECT_EQ(invocation.action, Action::print);
  EXPECT_EQ(invocation.exit_code, ExitCode::usage);
  EXPECT_THAT(invocation.text,
              AllOf(HasSubstr("run"), HasSubstr("config"), HasSubstr("ca"), HasSubstr("Examples:")));
}

TEST(CommandLine, HalfACommandPrintsItsHelpAndIsAMistake) {
  for (const char* word : {"config", "ca"}) {
    const Invocation invocation = parse_command_line({word});
    EXPECT_EQ(invocation.exit_code, ExitCode::usage) << word;
    EXPECT_THAT(invocation.text, HasSubstr("show")) << word;
    EXPECT_THAT(invocation.text, HasSubstr(std::string("whytls ") + word)) << word;
  }
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  for (const Words& words :
       {Words{"run"}, Words{"config", "check"}, Words{"config", "show"}, Words{"ca", "show"},
        Words{"ca", "export"}, Words{"page"}, Words{"ledger", "list"}, Words{"ledger", "show"},
        Words{"ledger", "conflicts"}, Words{"ledger", "expiring"}, Words{"ledger", "accept"},
        Words{"ledger", "forget"}, Words{"ledger", "export"}}) {
    Words with_help = words;
    with_help.emplace_back("--help");
    const Invocation invocation = parse_command_line(with_help);
    std::string path = "whytls";
    for (const std::string& word : words) path += " " + word;
    EXPECT_EQ(invocation.action, Action::print);
    EXPECT_EQ(invocation.exit_code, ExitCode::ok);
    EXPECT_THAT(invocation.text, HasSubstr("Usage: " + path + " [OPTIONS]")) << invocation.text;
    EXPECT_THAT(invocation.text, HasSubstr("Example")) << path;
    EXPECT_THAT(invocation.text, HasSubstr("  " + path)) << path;
  }
}

TEST(CommandLine, NamesTheNearestOption) {
  const Invocation invocation = parse_command_line({"run", "--confg", "a.toml"});
  EXPECT_EQ(invocation.exit_code, ExitCode::usage);
  EXPECT_THAT(invocation.text, AllOf(HasSubstr("\"--confg\""), HasSubstr("did you mean \"--config\"?"),
                                     HasSubstr("whytls run --help")));
}

TEST(CommandLine, NamesTheNearestOptionAlsoWhenAValueIsJoinedToIt) {
  EXPECT_THAT(parse_command_line({"ca", "export", "--oud=x"}).text, HasSubstr("did you mean \"--out\"?"));
}

TEST(CommandLine, NamesTheNearestCommand) {
  EXPECT_THAT(parse_command_line({"rnu"}).text, HasSubstr("did you mean \"run\"?"));
  EXPECT_THAT(parse_command_line({"config", "chekc", "f"}).text, HasSubstr("did you mean \"check\"?"));
  EXPECT_THAT(parse_command_line({"rnu"}).text, HasSubstr("unknown command \"rnu\""));
  EXPECT_EQ(parse_command_line({"rnu"}).exit_code, ExitCode::usage);
}

TEST(CommandLine, SuggestsNothingWhenNothingIsNear) {
  const Invocation invocation = parse_command_line({"run", "--frobnicate"});
  EXPECT_EQ(invocation.exit_code, ExitCode::usage);
  EXPECT_THAT(invocation.text, AllOf(HasSubstr("--frobnicate"), Not(HasSubstr("did you mean"))));
}

TEST(CommandLine, RefusesWhatIsMissingTwiceOrTooMuch) {
  for (const Words& words : {Words{"config", "check"}, Words{"run", "-c"}, Words{"run", "extra"},
                             Words{"run", "-c", "a", "-c", "b"}, Words{"config", "check", "a", "b"},
                             Words{"run", "--out", "x"}, Words{"--nonsense"}}) {
    const Invocation invocation = parse_command_line(words);
    EXPECT_EQ(invocation.action, Action::print) << words.back();
    EXPECT_EQ(invocation.exit_code, ExitCode::usage) << words.back();
  }
}

TEST(CommandLine, ShowsHostileArgumentsEscaped) {
  const Invocation invocation = parse_command_line({"run", "--\x1b[31mred"});
  EXPECT_EQ(invocation.exit_code, ExitCode::usage);
  EXPECT_THAT(invocation.text, Not(HasSubstr("\x1b")));
}

TEST(CommandLine, PrintsTheVersionsOfEverything) {
  const Invocation invocation = parse_command_line({"--version"});
  EXPECT_EQ(invocation.exit_code, ExitCode::ok);
  EXPECT_THAT(invocation.text, StartsWith("whytls " + std::string(version()) + "\n"));
  for (const char* name : {"OpenSSL 3", "libuv ", "llhttp ", "toml11 3", "spdlog ", "nlohmann-json 3",
                           "CLI11 2", "tl-expected 1", "mustache ", "this OpenSSL", "SSLv2: not built in"}) {
    EXPECT_THAT(invocation.text, HasSubstr(name));
  }
  if (invocation.text.find("libsystemd") == std::string::npos) return;  // built without it
  EXPECT_THAT(invocation.text, testing::ContainsRegex("libsystemd [0-9]+"));
}

TEST(Execute, WritesMistakesToStandardErrorAndHelpToStandardOutput) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  const Console console{in, out, err, [] { return std::int64_t{0}; }};
  EXPECT_EQ(execute(parse_command_line({"nonsense"}), console), ExitCode::usage);
  EXPECT_EQ(out.str(), "");
  EXPECT_NE(err.str(), "");
  err.str("");
  EXPECT_EQ(execute(parse_command_line({"--help"}), console), ExitCode::ok);
  EXPECT_NE(out.str(), "");
  EXPECT_EQ(err.str(), "");
}

TEST(Report, PrintsEveryMistakeAndChoosesTheExitCodeByItsCause) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  const Console console{in, out, err, [] { return std::int64_t{0}; }};
  RefusedSettings refused;
  config::Mistake mistake;
  mistake.place = {"a.toml", 3, 7};
  mistake.message = "first";
  refused.errors.push_back(mistake);
  mistake.place = {"", 0, 0};
  mistake.message = "second";
  refused.errors.push_back(mistake);
  EXPECT_EQ(report(refused, console), ExitCode::usage);
  EXPECT_EQ(err.str(), "a.toml:3:7: error: first\nbuilt-in configuration: error: second\n");
  refused.cause = RefusedSettings::Cause::environment;
  EXPECT_EQ(report(refused, console), ExitCode::failed);
}

TEST(NeedsAuthority, OnlyWhenSomethingMints) {
  config::Settings settings;
  EXPECT_FALSE(needs_authority(settings));
  config::Listener reverse;
  reverse.mode = config::Mode::reverse;
  settings.listeners = {reverse};
  EXPECT_FALSE(needs_authority(settings));
  settings.listeners.front().tls.emplace();
  EXPECT_FALSE(needs_authority(settings));
  settings.listeners.front().tls->mint = true;
  EXPECT_TRUE(needs_authority(settings));
  settings.listeners = {reverse, config::Listener{}};
  EXPECT_TRUE(needs_authority(settings));
}

TEST(EventLine, BeginsLikeEveryLogLineAndKeepsTheOrderOfItsFields) {
  EXPECT_EQ(
      event_line(1'795'000'000'123, config::LogLevel::info, "listening",
                 {{"listener", std::string("a")}, {"port", std::int64_t{8080}}}),
      R"({"time":"2026-11-18T11:06:40.123Z","level":"info","event":"listening","listener":"a","port":8080})");
}

TEST(EventLine, KeepsHostileTextOnOneLine) {
  const std::string line =
      event_line(0, config::LogLevel::error, "x", {{"file", std::string("a\n\x1b\xff\"b")}});
  EXPECT_THAT(line,
              AllOf(Not(HasSubstr("\n")), Not(HasSubstr("\x1b")), Not(HasSubstr("\xff")), HasSubstr("\\n")));
}

class Lines : public LogSink {
 public:
  void line(config::LogLevel, std::string_view json) override { seen.emplace_back(json); }
  std::vector<std::string> seen;
};

TEST(EventLog, LeavesOutWhatIsBelowTheThreshold) {
  Lines lines;
  EventLog events(
      lines, [] { return std::int64_t{0}; }, config::LogLevel::warning);
  events.write(config::LogLevel::info, "quiet");
  events.write(config::LogLevel::warning, "loud");
  events.set_threshold(config::LogLevel::info);
  events.write(config::LogLevel::info, "now");
  ASSERT_EQ(lines.seen.size(), 2U);
  EXPECT_THAT(lines.seen[0], HasSubstr("\"loud\""));
  EXPECT_THAT(lines.seen[1], HasSubstr("\"now\""));
}

// What a shell would see.
struct Said {
  ExitCode code;
  std::string out;
  std::string err;
};
Said say(const Words& words, const std::string& input = {}) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = execute(parse_command_line(words), {in, out, err, [] { return std::int64_t{0}; }});
  return {code, out.str(), err.str()};
}

TEST(Commands, ExplainNamesTheFailureWithItsRemedies) {
  const Said said = say({"explain", "18"});
  EXPECT_EQ(said.code, ExitCode::ok);
  EXPECT_THAT(said.out, AllOf(StartsWith("cert_self_signed: "), HasSubstr("Likely causes"),
                              HasSubstr("openssl s_client -connect HOST:PORT"), Not(HasSubstr("{"))));
}

TEST(Commands, ExplainReadsStandardInput) {
  EXPECT_THAT(say({"explain"}, "2026/11/21 upstream SSL certificate does not match\n").out,
              HasSubstr("cert_name_mismatch"));
}

TEST(Commands, ExplainSaysWhatItDoesNotKnow) {
  const Said unknown = say({"explain", "SEC_ERROR_UNKNOWN_ISUER"});
  EXPECT_EQ(unknown.code, ExitCode::failed);
  EXPECT_THAT(unknown.out, AllOf(StartsWith("Not known"), HasSubstr("SEC_ERROR_UNKNOWN_ISSUER")));
  const Said nothing = say({"explain"}, " \n");
  EXPECT_EQ(nothing.code, ExitCode::usage);
  EXPECT_THAT(nothing.err, HasSubstr("nothing to explain"));
}

TEST(Commands, ExplainTellsApartWhatItCanNotName) {
  const Said said = say({"explain", "SEC_ERROR_UNKNOWN_ISSUER"});
  EXPECT_THAT(said.out, AllOf(HasSubstr("does not tell these apart"), HasSubstr("chain_missing_intermediate"),
                              HasSubstr("chain_untrusted_root"), HasSubstr("-showcerts")));
}

TEST(Commands, ExplainMakesWhatWasPastedVisible) {
  const Said said = say({"explain", "\x1b[31m cert_expired \xe2\x80\xae"});
  EXPECT_THAT(said.out, AllOf(HasSubstr("cert_expired"), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace whytls::proxy
