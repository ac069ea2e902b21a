// Every failure of the catalogue, over real sockets, in log, page, problem document, text, header and
// counter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "policy/codes.h"
#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

void expect_findings(const support::Response& response, const std::vector<std::string>& wanted) {
  const Json problem = Json::parse(response.body);
  std::vector<std::string> found;
  for (const Json& finding : problem.at("findings")) found.push_back(finding.at("slug"));
  EXPECT_EQ(found, wanted);
}

// The answer in each representation, each from an attempt of its own.
void expect_answers(CaseStage& play, const Expected& expected) {
  Stage& stage = play.stage();
  support::Client client(stage.port("door"));
  const support::Response problem = play.ask(client, kWantsProblem);
  expect_problem(problem, expected, stage);
  if (testing::Test::HasFailure()) return;
  const Case& the_case = play.the_case();
  if (!the_case.findings.empty()) expect_findings(problem, the_case.findings);
  EXPECT_NE(problem.body.find(the_case.must_show), std::string::npos)
      << "nothing says " << the_case.must_show;
  support::Client browser(stage.port("door"));
  expect_page(play.ask(browser, kWantsPage), expected, stage);
  support::Client terminal(stage.port("door"));
  expect_text(play.ask(terminal, kWantsText), expected, stage);
  EXPECT_EQ(stage.failures(expected.slug), 3U);
}

void expect_log_only(CaseStage& play, const Expected& expected) {
  support::Client client(play.stage().port("door"));
  const support::Response response = play.ask(client, kWantsText);
  EXPECT_FALSE(response.complete) << response.head << response.body;
  const auto line = play.stage().log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  expect_log_line(line->json, expected);
  EXPECT_EQ(play.stage().failures(expected.slug), 1U);
}

class EveryFailure : public testing::TestWithParam<Scenario> {};

TEST_P(EveryFailure, IsNamedTheSameEverywhere) {
  const Scenario& scenario = GetParam();
  if (const Play* play = std::get_if<Play>(&scenario.action)) return (*play)(scenario.expected);
  CaseStage play(std::get<Arrangement>(scenario.action)());
  ASSERT_TRUE(play.stage().running());
  if (play.the_case().seen == Seen::in_log_only) {
    expect_log_only(play, scenario.expected);
  } else {
    expect_answers(play, scenario.expected);
  }
}

std::string name_of(const testing::TestParamInfo<Scenario>& row) {
  return row.param.name;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, EveryFailure, testing::ValuesIn(all_scenarios()), name_of);

// Browsers never show the body of a refused CONNECT: the tunnel opens, and the page is inside.
class InsideConnect : public testing::TestWithParam<Scenario> {};

TEST_P(InsideConnect, IsNamedTheSame) {
  const Scenario& scenario = GetParam();
  CaseStage play(std::get<Arrangement>(scenario.action)());
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  ASSERT_TRUE(play.upstream_is_tls());
  support::Client client(stage.port("forward"));
  ASSERT_EQ(client.open_tunnel(play.upstream_authority()).status, 200);
  const std::string host = play.upstream_authority().substr(0, play.upstream_authority().rfind(':'));
  const bool is_name = host.ends_with(".test");
  const std::string bare = host.starts_with("[") ? host.substr(1, host.size() - 2) : host;
  support::ClientTls tls;
  tls.sni = is_name ? host : "";
  tls.name_to_check = bare;
  tls.trusted_pem = stage.authority_pem();
  ASSERT_TRUE(client.start_tls(tls)) << "the minted leaf was refused, OpenSSL's code "
                                     << client.tls()->failure();
  expect_problem(play.ask(client, kWantsProblem), scenario.expected, stage);
}

// Those with an upstream that speaks TLS and an answer that says what happened.
std::vector<Scenario> scenarios_inside_connect() {
  std::vector<Scenario> some;
  for (const Scenario& scenario : all_scenarios()) {
    const Arrangement* arrange = std::get_if<Arrangement>(&scenario.action);
    if (arrange == nullptr) continue;
    const Case made = (*arrange)();
    if (made.seen == Seen::in_answer && !made.upstream.starts_with("http:")) some.push_back(scenario);
  }
  return some;
}

INSTANTIATE_TEST_SUITE_P(Scenarios, InsideConnect, testing::ValuesIn(scenarios_inside_connect()), name_of);

// Failures without a scenario, and why there can be none.
const std::map<std::string_view, std::string_view>& excused() {
  static const std::map<std::string_view, std::string_view> list = {
      {"unclassified",
       "it means that a classification is missing; a test that provokes it would be one more"},
      {"proxy_internal", "a fault of our own that is known would be repaired, not tested for"},
      {"tcp_reset",
       "over loopback a connection is there before the proxy asks for it; ConnectTest makes a reset that "
       "comes first"},
      {"proxy_draining", "requests under way are finished, and nobody listens for further ones"},
      {"cert_validity_too_long",
       "binds the CAs that the distribution ships, whose keys nobody has here; profile_test judges it"},
      {"proxy_own_cert_expired", "found when the configuration is checked; no connection fails by it"},
  };
  return list;
}

// What goes wrong on a connection after its handshake is no second handshake.
TEST(AHandshake, HasOneLineWhateverComesAfterIt) {
  Case made;
  made.behaviour = support::serve_https({.chain = {world().leaf, world().intermediate}},
                                        {.response = "220 mail.test ESMTP ready\r\n\r\n"});
  CaseStage play(std::move(made));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("door"));
  EXPECT_EQ(play.ask(client, kWantsText).status, 502);
  ASSERT_TRUE(play.stage().log().wait_for_failure("http_response_invalid"));
  std::map<std::string, int> events;
  for (const CapturedLog::Line& line : play.stage().log().lines()) ++events[line.json.value("event", "")];
  EXPECT_EQ(events["upstream_handshake"], 1);
  EXPECT_EQ(events["failure"], 1);
}

// Who reads of a response that broke off wants to know how much of it is missing.
TEST(AnIncompleteResponse, SaysHowMuchWasMissing) {
  Case made;
  made.behaviour = support::serve_https(
      {.chain = {world().leaf, world().intermediate}},
      {.response = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfour", .ending = support::Ending::close});
  CaseStage play(std::move(made));
  ASSERT_TRUE(play.stage().running());
  support::Client client(play.stage().port("door"));
  play.ask(client, kWantsText);
  ASSERT_TRUE(play.stage().log().wait_for_failure("http_response_incomplete"));
  std::string detail;
  for (const CapturedLog::Line& line : play.stage().log().lines()) {
    if (line.json.contains("http.detail")) detail = line.json.value("http.detail", "");
  }
  EXPECT_EQ(detail, "The connection ended when 6 of 10 bytes of the body were still to come.");
}

TEST(TheScenarios, CoverEveryFailureOfTheCatalogue) {
  std::set<std::string_view> covered;
  for (const Scenario& scenario : all_scenarios()) covered.insert(scenario.expected.slug);
  for (const policy::FailureInfo& row : policy::all_failures()) {
    const bool is_excused = excused().contains(row.slug);
    EXPECT_NE(covered.contains(row.slug), is_excused)
        << row.slug << (is_excused ? " has a scenario, so it needs no excuse" : " has no scenario");
  }
}

TEST(TheScenarios, ExpectOnlyWhatTheCatalogueKnows) {
  std::set<std::string> names;
  const auto codes = policy::all_codes();
  for (const Scenario& scenario : all_scenarios()) {
    const auto failure = policy::failure_by_slug(scenario.expected.slug);
    ASSERT_TRUE(failure) << scenario.name;
    // Where it is not the failure's own, `whytls explain` has to name the failure for it.
    const bool is_own = policy::info(*failure).code == scenario.expected.code;
    const auto code = std::find_if(codes.begin(), codes.end(), [&scenario](const policy::Code& one) {
      return one.symbol == scenario.expected.code;
    });
    ASSERT_NE(code, codes.end()) << scenario.name;
    EXPECT_EQ(code->number, scenario.expected.number) << scenario.name;
    if (!is_own) {
      EXPECT_THAT(code->failures, testing::Contains(*failure)) << scenario.name;
    }
    EXPECT_EQ(policy::name(policy::info(*failure).leg), scenario.expected.leg) << scenario.name;
    EXPECT_TRUE(names.insert(scenario.name).second) << scenario.name << " is there twice";
  }
  for (const auto& [slug, reason] : excused()) {
    EXPECT_TRUE(policy::failure_by_slug(slug)) << slug;
    EXPECT_FALSE(reason.empty());
  }
}

}  // namespace
}  // namespace whytls::scenarios
