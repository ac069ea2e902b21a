// What the proxy itself refuses.
#include <gtest/gtest.h>

#include <functional>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::Client;

const std::string kForward =
    "[[listener]]\nname = \"forward\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\n";

std::string authority_of(Stage& stage) {
  return "127.0.0.1:" + std::to_string(stage.port("forward"));
}

std::string accepting(std::string_view accept) {
  return "Accept: " + std::string(accept) + "\r\n";
}

// Asks once for each form. `ask` makes a connection of its own.
void expect_each_form(Stage& stage, const Expected& expected,
                      const std::function<support::Response(const std::string& accept)>& ask) {
  expect_problem(ask(accepting(kWantsProblem)), expected, stage);
  expect_page(ask(accepting(kWantsPage)), expected, stage);
  expect_text(ask(accepting(kWantsText)), expected, stage);
  EXPECT_EQ(stage.failures(expected.slug), 3U);
}

// One request to a listener, whose target and host may name the listener's own address as {self}.
Play asking(const char* listener, const std::string& configuration, const std::string& method,
            const std::string& target, const std::string& host) {
  return [=](const Expected& expected) {
    Stage stage(configuration);
    ASSERT_TRUE(stage.running());
    const auto with_self = [&stage](std::string text) {
      const std::size_t at = text.find("{self}");
      return at == std::string::npos ? text : text.replace(at, 6, authority_of(stage));
    };
    expect_each_form(stage, expected, [&](const std::string& accept) {
      Client client(stage.port(listener));
      return client.request(method, with_self(target), with_self(host), accept);
    });
  };
}

void tunnel_to_ourselves(const Expected& expected) {
  Stage stage(kForward);
  ASSERT_TRUE(stage.running());
  expect_each_form(stage, expected, [&](const std::string& accept) -> support::Response {
    Client client(stage.port("forward"));
    EXPECT_EQ(client.open_tunnel(authority_of(stage)).status, 200);
    EXPECT_TRUE(client.start_tls({.name_to_check = "127.0.0.1", .trusted_pem = stage.authority_pem()}));
    return client.request("GET", "/", authority_of(stage), accept);
  });
}

const std::string kDoor =
    "[[listener]]\nname = \"door\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\n"
    "[[listener.route]]\nhost = \"known.test\"\nupstream = \"https://missing.test\"\n";

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
      {"a_request_comes_back_to_the_proxy", loop,
       asking("forward", kForward, "GET", "http://{self}/", "{self}")},
      {"a_tunnel_comes_back_to_the_proxy", loop, Play(tunnel_to_ourselves)},
      {"the_port_of_a_tunnel_is_not_allowed",
       {"proxy_port_denied", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "connect", 403},
       asking("forward", kForward, "CONNECT", "device.test:22", "device.test:22")},
      {"no_route_serves_the_host",
       {"proxy_no_route", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "http", 421},
       asking("door", kDoor, "GET", "/", "unknown.test")},
      {"the_scheme_is_not_served",
       {"proxy_scheme_unsupported", "PR_INVALID_ARGUMENT_ERROR", -5987, "ourselves", "http", 400},
       asking("forward", kForward, "GET", "ftp://device.test/", "device.test")},
      {"there_are_too_many_clients",
       {"proxy_overloaded", "PR_INSUFFICIENT_RESOURCES_ERROR", -5974, "ourselves", "connect", 503},
       Play(one_client_too_many)},
  };
}

}  // namespace whytls::scenarios
