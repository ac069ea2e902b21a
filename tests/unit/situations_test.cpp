// Advice by situation on a record: which of it applies, and how the case is filled in.
#include "policy/situations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/render_situations.h"
#include "sample_builders.h"

namespace whytls::proxy {
namespace {

template <typename Row>
std::vector<std::string_view> ids(const std::vector<const Row*>& rows) {
  std::vector<std::string_view> out;
  out.reserve(rows.size());
  for (const Row* one : rows) out.push_back(one->id);
  return out;
}

Record refused(policy::Failure failure, policy::Phase phase = policy::Phase::certificate) {
  Record record = samples::base();
  samples::reach(&record, "10.0.3.7", "10.0.3.7");
  policy::Finding finding;
  finding.failure = failure;
  finding.phase = phase;
  samples::judge(&record, {finding});
  return record;
}

Record expired_controller() {
  Record record = refused(policy::Failure::cert_expired);
  record.attempt.handshake.presented = {
      samples::certificate("idrac-07", "iDRAC Default CA", 0, samples::kDay)};
  return record;
}

TEST(CaseAdvice, FindsTheDeviceByItsCertificate) {
  EXPECT_EQ(ids(case_advice(expired_controller()).families), std::vector<std::string_view>{"idrac"});
  Record unnamed = expired_controller();
  unnamed.attempt.handshake.presented = {samples::certificate("a.example", "Example CA", 0, samples::kDay)};
  EXPECT_EQ(ids(case_advice(unnamed).families), std::vector<std::string_view>{});
  unnamed.attempt.host = "idrac-07.lab";
  EXPECT_EQ(ids(case_advice(unnamed).families), std::vector<std::string_view>{"idrac"});
}

TEST(CaseAdvice, HasADeviceOnlyWhereOneWasReached) {
  Record record = refused(policy::Failure::dns_not_found, policy::Phase::dns);
  record.attempt.host = "idrac-07.lab";
  EXPECT_TRUE(case_advice(record).families.empty());
  EXPECT_FALSE(case_advice(record).situations.empty());
  EXPECT_TRUE(case_advice(samples::healthy()).situations.empty());
}

TEST(CaseAdvice, GivesTheWayOfADeviceOnlyWithTheDevice) {
  const auto has_way_of_devices = [](const Record& record) {
    const auto systems = case_advice(record).systems;
    EXPECT_FALSE(systems.empty());
    return std::any_of(systems.begin(), systems.end(),
                       [](const policy::SystemSteps* one) { return !one->families.empty(); });
  };
  EXPECT_TRUE(has_way_of_devices(expired_controller()));
  EXPECT_FALSE(has_way_of_devices(refused(policy::Failure::cert_expired)));
}

TEST(CaseAdvice, NamesTheStoresOfClientsOnlyToClients) {
  const auto count = [](const Record& record, bool client_side) {
    const auto systems = case_advice(record).systems;
    return std::count_if(systems.begin(), systems.end(), [client_side](const policy::SystemSteps* one) {
      return one->client_side == client_side;
    });
  };
  const Record upstream = refused(policy::Failure::cert_self_signed);
  EXPECT_EQ(count(upstream, true), 0);
  EXPECT_GT(count(upstream, false), 0);
  EXPECT_GT(count(samples::client_rejects_ca(), true), 0);
  EXPECT_GT(count(samples::client_rejects_ca(), false), 0);
}

TEST(CaseAdvice, BuriesNothing) {
  std::size_t most = 0;
  for (const policy::FailureInfo& row : policy::all_failures()) {
    const std::size_t count = case_advice(refused(row.failure)).situations.size();
    EXPECT_EQ(count, std::min<std::size_t>(policy::situations_of(row.slug).size(), 4)) << row.slug;
    most = std::max(most, count);
  }
  EXPECT_EQ(most, 4U);
}

TEST(CaseAdvice, FillsCommandsAsAShellWantsThem) {
  Record record = expired_controller();
  record.attempt.host = "a;reboot";
  record.attempt.port = 8443;
  record.sni = "";
  EXPECT_EQ(fill_advice(record, "Ask {host}: `s_client -connect {host}:{port} -servername {sni}` of {host}"),
            "Ask a;reboot: `s_client -connect 'a;reboot':8443 -noservername` of a;reboot");
  record.sni = "b.example";
  EXPECT_EQ(fill_advice(record, "`-servername {sni}`"), "`-servername b.example`");
  EXPECT_EQ(fill_advice(record, "no {placeholder} of ours"), "no {placeholder} of ours");
}

TEST(CaseAdvice, IsOnThePageAndInTheDocument) {
  const Record record = expired_controller();
  const CaseAdvice advice = case_advice(record);
  const auto json = nlohmann::json::parse(render_problem_json(record));
  EXPECT_EQ(json["families"][0]["id"], "idrac");
  ASSERT_EQ(json["situations"].size(), advice.situations.size());
  EXPECT_EQ(json["systems"].size(), advice.systems.size());
  EXPECT_EQ(json["situations"][0]["title"], policy::words_of(*advice.situations[0]).title);
  EXPECT_EQ(json.dump().find("{host}"), std::string::npos);
  for (const policy::Language& language : policy::languages()) {
    const std::string page = render_html(record, language);
    const auto& family = policy::words_of(*advice.families[0], language);
    EXPECT_NE(page.find(std::string("<h3>").append(family.name)), std::string::npos) << language.tag;
    std::size_t cases = 0;
    for (std::size_t at = page.find("<details class=\"case\">"); at != std::string::npos;
         at = page.find("<details class=\"case\">", at + 1))
      ++cases;
    EXPECT_EQ(cases, advice.situations.size() + 1) << "and the clock, " << language.tag;
    EXPECT_EQ(page.find("{host}"), std::string::npos) << language.tag;
  }
}

TEST(CaseAdvice, IsNotForThePublic) {
  Record record = expired_controller();
  record.audience = config::Audience::public_;
  EXPECT_EQ(render_html(record).find("class=\"case\""), std::string::npos);
  EXPECT_FALSE(nlohmann::json::parse(render_problem_json(record)).contains("families"));
}

}  // namespace
}  // namespace whytls::proxy
