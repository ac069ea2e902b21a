// A scenario: something goes wrong in exactly one way, and the proxy has to say so everywhere in the same
// words.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/scenarios/stage.h"
#include "tests/support/peer.h"

namespace whytls::scenarios {

// What the record must say. Written out here, so that a change of the catalogue shows.
struct Expected {
  std::string_view slug;
  std::string_view code;
  int number = 0;
  std::string_view leg = "upstream";
  std::string_view phase;
  int status = 502;
};

// Where the failure can be seen by the client.
enum class Seen : std::uint8_t {
  in_answer,    // page, problem document and text line
  in_log_only,  // the response had begun, so only its end tells
};

// An upstream and the policy under which it is used.
struct Case {
  std::optional<support::Behaviour> behaviour;  // a peer, reached as https://device.test
  std::string upstream;                         // or any other origin
  std::string trust;                            // TOML value; empty: the root of the world
  std::string policy;                           // further lines of the policy
  std::string timeouts;                         // lines of [timeouts]
  std::string limits;                           // lines of [limits]
  std::size_t body_size = 0;                    // set: a POST with so many bytes
  Seen seen = Seen::in_answer;
  std::vector<std::string> findings;  // slugs, when more than the primary one has to be there
  std::string must_show;              // has to be in the detail of the problem document
  std::shared_ptr<void> prop;         // kept until the end
};

// Sets the stage of an upstream scenario; the common test does the rest.
using Arrangement = std::function<Case()>;
// A scenario that goes its own way.
using Play = std::function<void(const Expected&)>;

struct Scenario {
  std::string name;  // a sentence with underscores
  Expected expected;
  std::variant<Arrangement, Play> action;
};

// For GoogleTest: what stands in its messages.
void PrintTo(const Scenario& scenario, std::ostream* out);

// One list for each group of failures.
[[nodiscard]] std::vector<Scenario> certificate_scenarios();
[[nodiscard]] std::vector<Scenario> chain_scenarios();
[[nodiscard]] std::vector<Scenario> handshake_scenarios();
[[nodiscard]] std::vector<Scenario> alert_scenarios();
[[nodiscard]] std::vector<Scenario> transport_scenarios();
[[nodiscard]] std::vector<Scenario> http_scenarios();
[[nodiscard]] std::vector<Scenario> client_tls_scenarios();
[[nodiscard]] std::vector<Scenario> client_http_scenarios();
[[nodiscard]] std::vector<Scenario> own_scenarios();
[[nodiscard]] std::vector<Scenario> history_scenarios();
// All of them.
[[nodiscard]] const std::vector<Scenario>& all_scenarios();

// A running proxy for a case, with its peer. Listeners: "door" (reverse, plain) and "forward".
class CaseStage {
 public:
  explicit CaseStage(Case a_case);
  [[nodiscard]] const Case& the_case() const { return case_; }
  [[nodiscard]] Stage& stage() { return *stage_; }
  // "device.test:4433"
  [[nodiscard]] const std::string& upstream_authority() const { return authority_; }
  // The heads of the requests that reached the peer of the case.
  [[nodiscard]] std::vector<std::string> upstream_requests() const { return peer_->requests(); }
  // The URL of the upstream begins with https.
  [[nodiscard]] bool upstream_is_tls() const { return tls_; }
  // Sends the request of the case on this connection and returns the answer.
  support::Response ask(support::Client& client, std::string_view accept) const;

 private:
  Case case_;
  std::unique_ptr<support::Peer> peer_;
  std::string authority_;
  bool tls_ = true;
  std::unique_ptr<Stage> stage_;
};

// The assertions on one failure. `response` must be a problem document; gives the incident.
std::string expect_problem(const support::Response& response, const Expected& expected, Stage& stage);
void expect_page(const support::Response& response, const Expected& expected, Stage& stage);
void expect_text(const support::Response& response, const Expected& expected, Stage& stage);
// The log line of that incident, and that it says what is expected.
Json expect_logged(Stage& stage, std::string_view incident, const Expected& expected);
void expect_log_line(const Json& line, const Expected& expected);

inline constexpr std::string_view kWantsProblem = "application/problem+json";
inline constexpr std::string_view kWantsPage = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
inline constexpr std::string_view kWantsText = "text/plain";

}  // namespace whytls::scenarios
