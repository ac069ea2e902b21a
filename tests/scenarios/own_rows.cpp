// What the proxy itself refuses.
#include <gtest/gtest.h>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::Client;

const std::string kForward =
    "[[listener]]\nname = \"forward\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\n";

std::string authority_of(Stage& stage) {
  return "127.0.0.1:" + std::to_string(stage.port("forward"));
}

const std::string kWantsProblemField = "Accept: " + std::string(kWantsProblem) + "\r\n";

void request_to_ourselves(const Expected& expected) {
  Stage stage(kForward);
  ASSERT_TRUE(stage.running());
  Client client(stage.port("forward"));
  const std::string self = authority_of(stage);
  expect_problem(client.request("GET", "http://" + self + "/", self, kWantsProblemField), expected, stage);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
}

void tunnel_to_ourselves(const Expected& expected) {
  Stage stage(kForward);
  ASSERT_TRUE(stage.running());
  Client client(stage.port("forward"));
  ASSERT_EQ(client.open_tunnel(authority_of(stage)).status, 200);
  ASSERT_TRUE(client.start_tls({.name_to_check = "127.0.0.1", .trusted_pem = stage.authority_pem()}));
  expect_problem(client.request("GET", "/", authority_of(stage), kWantsProblemField), expected, stage);
}

void tunnel_to_a_denied_port(const Expected& expected) {
  Stage stage(kForward);
  ASSERT_TRUE(stage.running());
  Client client(stage.port("forward"));
  expect_problem(client.request("CONNECT", "device.test:22", "device.test:22", kWantsProblemField), expected,
                 stage);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
}

void unknown_host(const Expected& expected) {
  Stage stage(
      "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\n"
      "[[listener.route]]\nhost = \"known.test\"\nupstream = \"https://missing.test\"\n");
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  expect_problem(client.request("GET", "/", "unknown.test", kWantsProblemField), expected, stage);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
}

void unknown_scheme(const Expected& expected) {
  Stage stage(kForward);
  ASSERT_TRUE(stage.running());
  Client client(stage.port("forward"));
  expect_problem(client.request("GET", "ftp://device.test/", "device.test", kWantsProblemField), expected,
                 stage);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
}

// Nobody is answered who comes when there is no room: an answer would need the room.
void one_client_too_many(const Expected& expected) {
  Stage stage("[limits]\nmax_connections = 1\n\n" + kForward);
  ASSERT_TRUE(stage.running());
  Client first(stage.port("forward"));
  EXPECT_EQ(first.request("GET", "ftp://device.test/", "device.test").status, 400);
  Client second(stage.port("forward"));
  EXPECT_NE(second.wait_for_end(), support::Arrival::timeout);
  const auto line = stage.log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  expect_log_line(line->json, expected);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
  EXPECT_EQ(first.request("GET", "ftp://device.test/", "device.test").status, 400) << "who is in stays in";
}

}  // namespace

std::vector<Scenario> own_scenarios() {
  const Expected loop = {"proxy_loop", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "connect", 508};
  return {
      {"a_request_comes_back_to_the_proxy", loop, Play(request_to_ourselves)},
      {"a_tunnel_comes_back_to_the_proxy", loop, Play(tunnel_to_ourselves)},
      {"the_port_of_a_tunnel_is_not_allowed",
       {"proxy_port_denied", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "connect", 403},
       Play(tunnel_to_a_denied_port)},
      {"no_route_serves_the_host",
       {"proxy_no_route", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "http", 421},
       Play(unknown_host)},
      {"the_scheme_is_not_served",
       {"proxy_scheme_unsupported", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "http", 400},
       Play(unknown_scheme)},
      {"there_are_too_many_clients",
       {"proxy_overloaded", "PR_INSUFFICIENT_RESOURCES_ERROR", -5974, "ourselves", "connect", 503},
       Play(one_client_too_many)},
  };
}

}  // namespace whytls::scenarios
