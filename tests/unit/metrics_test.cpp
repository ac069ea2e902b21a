#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "proxy/metrics_text.h"

namespace whytls::proxy {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> scrape(const Counters& counters, const ProgramCounters& program = {}) {
  return lines_of(metrics_text(counters, program));
}

TEST(MetricsText, HasASampleForEverySlugBeforeAnythingFailed) {
  const auto lines = scrape({});
  for (const policy::FailureInfo& row : policy::all_failures()) {
    EXPECT_THAT(lines, Contains("whytls_failures_total{slug=\"" + std::string(row.slug) + "\",leg=\"" +
                                std::string(policy::name(row.leg)) + "\"} 0"));
  }
}

TEST(MetricsText, CountsAFailureUnderItsOwnSlugAlone) {
  Counters counters;
  counters.failures.at(static_cast<std::size_t>(policy::Failure::cert_expired)) = 3;
  const auto lines = scrape(counters);
  EXPECT_THAT(lines, Contains("whytls_failures_total{slug=\"cert_expired\",leg=\"upstream\"} 3"));
  EXPECT_THAT(lines, Contains("whytls_failures_total{slug=\"cert_not_yet_valid\",leg=\"upstream\"} 0"));
}

TEST(MetricsText, SplitsHandshakesSoThatTheResultsAddUp) {
  Counters counters;
  counters.handshakes_upstream_ok = 10;
  counters.handshakes_upstream_resumed = 4;
  counters.handshakes_upstream_failed = 2;
  counters.handshakes_client_ok = 7;
  counters.handshakes_client_failed = 1;
  EXPECT_THAT(scrape(counters), IsSupersetOf({"whytls_upstream_handshakes_total{result=\"full\"} 6",
                                              "whytls_upstream_handshakes_total{result=\"resumed\"} 4",
                                              "whytls_upstream_handshakes_total{result=\"failed\"} 2",
                                              "whytls_client_handshakes_total{result=\"ok\"} 7",
                                              "whytls_client_handshakes_total{result=\"failed\"} 1"}));
}

TEST(MetricsText, NeverShowsANegativeCountWhenAWorkerWasReadBetweenTwoCounters) {
  Counters counters;
  counters.handshakes_upstream_ok = 4;
  counters.handshakes_upstream_resumed = 5;
  counters.upstream_connections_open = 1;
  counters.upstream_connections_idle = 2;
  EXPECT_THAT(scrape(counters), IsSupersetOf({"whytls_upstream_handshakes_total{result=\"full\"} 0",
                                              "whytls_connections{leg=\"upstream\",state=\"active\"} 0"}));
}

TEST(MetricsText, ShowsTrafficByClassDirectionAndLeg) {
  Counters counters;
  counters.requests = 12;
  counters.tunnels = 1;
  counters.responses = {{2, 9}, {5, 3}};
  counters.bytes_from_clients = 100;
  counters.bytes_to_clients = 18446744073709551615ULL;
  counters.client_connections_open = 5;
  counters.client_connections_total = 6;
  counters.upstream_connections_open = 3;
  counters.upstream_connections_idle = 2;
  EXPECT_THAT(
      scrape(counters),
      IsSupersetOf(
          {"whytls_requests_total 12", "whytls_tunnels_total 1", "whytls_responses_total{class=\"1xx\"} 0",
           "whytls_responses_total{class=\"2xx\"} 9", "whytls_responses_total{class=\"5xx\"} 3",
           "whytls_bytes_total{direction=\"from_clients\"} 100",
           "whytls_bytes_total{direction=\"to_clients\"} 18446744073709551615",
           "whytls_connections{leg=\"client\",state=\"open\"} 5", "whytls_client_connections_total 6",
           "whytls_connections{leg=\"upstream\",state=\"active\"} 1",
           "whytls_connections{leg=\"upstream\",state=\"idle\"} 2"}));
}

TEST(MetricsText, ShowsTheLedgerAndWhatEndsSoon) {
  ProgramCounters program;
  EXPECT_THAT(metrics_text({}, program), HasSubstr("whytls_ledger_up 0\n"));
  EXPECT_THAT(metrics_text({}, program), Not(HasSubstr("whytls_ledger_writable")));
  program.ledger.emplace();
  program.ledger->certificates = 7;
  program.ledger->lost = 3;
  program.ledger->writable = false;
  program.expiring.within_30_days = 4;
  const std::string text = metrics_text({}, program);
  for (const char* line :
       {"whytls_ledger_up 1\n", "whytls_ledger_writable 0\n", "whytls_ledger_certificates 7\n",
        "whytls_ledger_rows_lost_total 3\n", "whytls_certificates_expiring{days=\"30\"} 4\n",
        "whytls_certificates_expiring{days=\"1\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsText, ShowsTheProgramItself) {
  ProgramCounters program;
  program.version = "1.2.3";
  program.openssl = "OpenSSL \"x\"";
  program.started_at = 1'800'000'000;
  program.log_lines_dropped = 8;
  program.reloads_ok = 2;
  program.reloads_failed = 1;
  program.last_reload_ok = false;
  program.draining = true;
  program.authority_not_after = 1'900'000'000;
  program.cpu_seconds = 1.5;
  program.open_files = 17;
  EXPECT_THAT(scrape({}, program),
              IsSupersetOf({"whytls_build_info{version=\"1.2.3\",openssl=\"OpenSSL \\\"x\\\"\"} 1",
                            "process_start_time_seconds 1800000000", "whytls_log_lines_dropped_total 8",
                            "whytls_config_reloads_total{result=\"ok\"} 2",
                            "whytls_config_reloads_total{result=\"failed\"} 1",
                            "whytls_config_last_reload_successful 0", "whytls_draining 1",
                            "whytls_authority_not_after_seconds 1900000000", "process_cpu_seconds_total 1.5",
                            "process_open_fds 17"}));
}

TEST(MetricsText, LeavesOutWhatTheSystemDoesNotSayRatherThanShowingZero) {
  const std::string text = metrics_text({}, {});
  EXPECT_THAT(text, Not(HasSubstr("process_cpu_seconds_total")));
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes")));
  EXPECT_THAT(text, Not(HasSubstr("whytls_authority_not_after_seconds")));
}

// The grammar of the exposition format: names, labels, one HELP and TYPE before the samples of a family, no
// series twice, a newline at the end.
TEST(MetricsText, IsValidExpositionFormat) {
  ProgramCounters program;
  program.version = "a\\b\"c\nd";
  const std::string text = metrics_text({}, program);
  ASSERT_FALSE(text.empty());
  EXPECT_EQ(text.back(), '\n');
  const std::regex sample(
      R"re(([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\]|\\[\\"n])*")*\})? -?[0-9.e+]+)re");
  const std::regex comment(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
  std::map<std::string, int> announced;
  std::set<std::string> series;
  std::string family;
  for (const std::string& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_match(line, match, comment)) {
      family = match[2];
      EXPECT_LE(++announced[family], 2) << line;
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    EXPECT_EQ(match[1], family) << line;
    EXPECT_EQ(announced[family], 2) << line;
    EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
}

TEST(EscapeLabel, EscapesBackslashQuoteAndNewline) {
  EXPECT_EQ(escape_label("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
}

}  // namespace
}  // namespace whytls::proxy
