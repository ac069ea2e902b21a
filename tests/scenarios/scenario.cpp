#include "tests/scenarios/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>

namespace whytls::scenarios {
namespace {

std::string configuration(const Case& a_case, const std::string& upstream) {
  std::string toml;
  if (!a_case.timeouts.empty()) toml += "[timeouts]\n" + a_case.timeouts + "\n\n";
  if (!a_case.limits.empty()) toml += "[limits]\n" + a_case.limits + "\n\n";
  toml += "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\npolicy = \"case\"\n";
  toml += "upstream = \"" + upstream + "\"\n\n";
  toml +=
      "[[listener]]\nname = \"forward\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\npolicy = \"case\"\n\n";
  toml += "[policy.case]\nextends = \"browser\"\n" + a_case.policy + "\n";
  const std::string trust =
      a_case.trust.empty() ? "{ system = false, ca_files = [\"" + world().root_file + "\"] }" : a_case.trust;
  return toml + "trust = " + trust + "\n";
}

// "error=" and "details=" of Proxy-Status: the catalogue's type, except that a cause which is usually told by
// an alert may have been found without one (RFC 9209, 2.3.16).
void expect_proxy_status(const support::Response& response, const Json& line, const Expected& expected) {
  const auto failure = policy::failure_by_slug(expected.slug);
  ASSERT_TRUE(failure);
  std::string type(policy::info(*failure).proxy_status);
  if (type == "tls_alert_received" && !line.contains("alert.received")) type = "tls_protocol_error";
  const std::string status = response.field("Proxy-Status");
  EXPECT_TRUE(status.starts_with("whytls; error=" + type + ";")) << status;
  const std::string details = "; details=\"" + std::string(expected.slug);
  EXPECT_TRUE(status.find(details + "\"") != std::string::npos ||
              status.find(details + ",") != std::string::npos)
      << status;
}

void expect_answer_head(const support::Response& response, const Expected& expected) {
  EXPECT_EQ(response.status, expected.status) << response.head;
  EXPECT_EQ(response.field("Cache-Control"), "no-store") << response.head;
  EXPECT_TRUE(response.complete);
}

// An upstream_handshake for each handshake: what comes before or after it is a failure.
std::string_view event_of(const Json& line, const Expected& expected) {
  const bool of_client_leg = expected.leg == "client" || expected.slug == "proxy_mint_failed";
  if (of_client_leg) return "client_connection";
  const bool was_over = expected.phase == "after_handshake" && line.value("tls.established", false);
  const bool is_handshake = expected.leg == "upstream" && !was_over && expected.phase != "dns" &&
                            expected.phase != "connect" && expected.phase != "http";
  return is_handshake ? "upstream_handshake" : "failure";
}

// Where it failed, as the path on the page shows it: the leg, and the phase on it.
void expect_place(const std::string& page, const Expected& expected) {
  static const std::map<std::string_view, std::string_view> titles = {
      {"dns", "name lookup"},
      {"key_exchange", "key exchange"},
      {"after_handshake", "after the handshake"},
      {"http", "HTTP"}};
  if (expected.leg == "ourselves") {
    EXPECT_NE(page.find("<li class=\"node bad\"><span class=\"who\">whytls</span>"), std::string::npos)
        << "the page does not say that it was this proxy";
    return;  // a path of one node has no phases
  }
  EXPECT_NE(page.find(">Stages of the " + std::string(expected.leg) + " leg<"), std::string::npos)
      << "the page does not have the leg " << expected.leg;
  const auto found = titles.find(expected.phase);
  const std::string title(found == titles.end() ? expected.phase : found->second);
  EXPECT_NE(page.find(">failed: " + title + "<"), std::string::npos)
      << "the page does not have the phase " << title;
  EXPECT_NE(page.find("<span class=\"name\">" + title + "</span> <span class=\"state\">failed here<"),
            std::string::npos)
      << "the stage " << title << " is not the one that failed";
}

constexpr std::string_view kIncidentPrefix = "urn:whytls:incident:";

}  // namespace

const std::vector<Scenario>& all_scenarios() {
  static const std::vector<Scenario> all = [] {
    std::vector<Scenario> list;
    for (const auto& group :
         {certificate_scenarios, chain_scenarios, handshake_scenarios, alert_scenarios, transport_scenarios,
          http_scenarios, client_tls_scenarios, client_http_scenarios, own_scenarios, history_scenarios}) {
      std::vector<Scenario> some = group();
      std::move(some.begin(), some.end(), std::back_inserter(list));
    }
    return list;
  }();
  return all;
}

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

CaseStage::CaseStage(Case a_case) : case_(std::move(a_case)) {
  std::string upstream = case_.upstream;
  if (case_.behaviour) {
    peer_ = std::make_unique<support::Peer>(*case_.behaviour);
    const std::size_t port = upstream.find("{port}");
    if (upstream.empty()) {
      upstream = "https://" + std::string(kDevice) + ":" + std::to_string(peer_->port());
    } else if (port != std::string::npos) {
      upstream.replace(port, std::string_view("{port}").size(), std::to_string(peer_->port()));
    }
  }
  tls_ = upstream.starts_with("https:");
  authority_ = upstream.substr(upstream.find("//") + 2);
  const bool has_port = authority_.find(':') != std::string::npos && !authority_.ends_with(']');
  if (!has_port) authority_ += tls_ ? ":443" : ":80";
  stage_ = std::make_unique<Stage>(configuration(case_, upstream));
}

support::Response CaseStage::ask(support::Client& client, std::string_view accept) const {
  std::string head = case_.body_size == 0 ? "GET" : "POST";
  head += " / HTTP/1.1\r\nHost: door.test\r\nAccept: " + std::string(accept) + "\r\n";
  if (case_.body_size != 0) head += "Content-Length: " + std::to_string(case_.body_size) + "\r\n";
  if (!client.send(head + "\r\n")) return {};
  if (case_.body_size != 0 && !client.send_until_answered(std::string(case_.body_size, 'x'))) return {};
  return client.receive();
}

void expect_log_line(const Json& line, const Expected& expected) {
  EXPECT_EQ(line.value("error.type", ""), expected.slug) << line;
  EXPECT_EQ(line.value("error.code", ""), expected.code) << line;
  EXPECT_EQ(line.value("error.number", 0), expected.number) << line;
  EXPECT_EQ(line.value("failure.leg", ""), expected.leg) << line;
  EXPECT_EQ(line.value("failure.phase", ""), expected.phase) << line;
  EXPECT_EQ(line.value("incident", "").size(), 16U) << line;
  EXPECT_EQ(line.value("event", ""), event_of(line, expected)) << line;
}

Json expect_logged(Stage& stage, std::string_view incident, const Expected& expected) {
  const auto line = stage.log().wait_for_incident(incident);
  if (!line) {
    ADD_FAILURE() << "no log line has the incident " << incident;
    return Json::object();
  }
  expect_log_line(line->json, expected);
  return line->json;
}

std::string expect_problem(const support::Response& response, const Expected& expected, Stage& stage) {
  expect_answer_head(response, expected);
  EXPECT_TRUE(response.field("Content-Type").starts_with("application/problem+json")) << response.head;
  constexpr bool kNoExceptions = false;
  const Json problem = Json::parse(response.body, nullptr, kNoExceptions);
  if (!problem.is_object()) {
    ADD_FAILURE() << "no problem document: " << response.head << response.body;
    return {};
  }
  EXPECT_EQ(problem.value("type", ""), "urn:whytls:failure:" + std::string(expected.slug));
  EXPECT_EQ(problem.value("slug", ""), expected.slug) << problem.value("detail", "");
  EXPECT_EQ(problem.value("code", ""), expected.code);
  EXPECT_EQ(problem.value("number", 0), expected.number);
  EXPECT_EQ(problem.value("leg", ""), expected.leg);
  EXPECT_EQ(problem.value("phase", ""), expected.phase);
  EXPECT_EQ(problem.value("status", 0), expected.status);
  EXPECT_FALSE(problem.value("title", "").empty());
  EXPECT_FALSE(problem.value("detail", "").empty());
  const std::string instance = problem.value("instance", "");
  EXPECT_TRUE(instance.starts_with(kIncidentPrefix)) << instance;
  std::string incident = instance.substr(std::min(kIncidentPrefix.size(), instance.size()));
  const Json line = expect_logged(stage, incident, expected);
  expect_proxy_status(response, line, expected);
  return incident;
}

void expect_page(const support::Response& response, const Expected& expected, Stage& stage) {
  expect_answer_head(response, expected);
  EXPECT_TRUE(response.field("Content-Type").starts_with("text/html")) << response.head;
  EXPECT_NE(response.body.find(expected.code), std::string::npos) << "the page does not have the code";
  EXPECT_NE(response.body.find(expected.slug), std::string::npos) << "the page does not have the slug";
  expect_place(response.body, expected);
  const auto line = stage.log().wait_for([&response](const CapturedLog::Line& candidate) {
    const std::string incident = candidate.json.value("incident", "");
    return candidate.json.contains("error.type") && !incident.empty() &&
           response.body.find(incident) != std::string::npos;
  });
  ASSERT_TRUE(line) << "no log line has the incident of the page";
  expect_log_line(line->json, expected);
  expect_proxy_status(response, line->json, expected);
}

void expect_text(const support::Response& response, const Expected& expected, Stage& stage) {
  expect_answer_head(response, expected);
  EXPECT_TRUE(response.field("Content-Type").starts_with("text/plain")) << response.head;
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 1) << response.body;
  EXPECT_TRUE(response.body.ends_with("\n"));
  EXPECT_NE(response.body.find(expected.slug), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(expected.code), std::string::npos) << response.body;
  const std::size_t id = response.body.find("id=");
  ASSERT_NE(id, std::string::npos) << response.body;
  expect_logged(stage, response.body.substr(id + 3, 16), expected);
}

}  // namespace whytls::scenarios
