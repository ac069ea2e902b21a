// Upstreams with which TLS is fine and HTTP is not.
#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::Ending;
using support::HttpScript;

constexpr const char* kShortFirstByte = "first_byte = \"300ms\"";

Arrangement answering(const HttpScript& http, const std::string& timeouts = {}) {
  return [http, timeouts] {
    Case made;
    made.behaviour = support::serve_https({.chain = {world().leaf, world().intermediate}}, http);
    made.timeouts = timeouts;
    return made;
  };
}

// The response has begun when it fails: nothing but its end can tell the client.
Arrangement breaking_off(Ending ending, const std::string& timeouts = {}) {
  return [ending, timeouts] {
    Case made = answering(
        {.response = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly the beginning", .ending = ending},
        timeouts)();
    made.seen = Seen::in_log_only;
    return made;
  };
}

Case plain_upstream_closes() {
  Case made;
  made.upstream = "http://device.test:{port}";
  made.behaviour = support::serve_http({.response = "", .ending = Ending::close});
  return made;
}

Case unread_request() {
  constexpr std::size_t kMoreThanSocketsHold = 32 << 20;
  Case made = answering({.reading = HttpScript::Reading::nothing}, "upstream_write = \"300ms\"")();
  made.body_size = kMoreThanSocketsHold;
  return made;
}

}  // namespace

std::vector<Scenario> http_scenarios() {
  const std::string huge =
      "HTTP/1.1 200 OK\r\nX-Huge: " + std::string(81920, 'x') + "\r\nContent-Length: 0\r\n\r\n";
  return {
      {"the_answer_is_no_http",
       {"http_response_invalid", "PR_IO_ERROR", -5991, "upstream", "http", 502},
       answering({.response = "220 mail.test ESMTP ready\r\n\r\n"})},
      {"the_answer_gives_two_lengths",
       {"http_response_invalid", "PR_IO_ERROR", -5991, "upstream", "http", 502},
       answering({.response = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"})},
      {"the_header_of_the_answer_is_too_large",
       {"http_response_head_too_large", "PR_IO_ERROR", -5991, "upstream", "http", 502},
       answering({.response = huge})},
      {"the_server_closes_before_the_answer",
       {"http_closed_before_response", "PR_END_OF_FILE_ERROR", -5938, "upstream", "http", 502},
       answering({.response = "", .ending = Ending::close})},
      {"a_plain_server_closes_before_the_answer",
       {"http_closed_before_response", "PR_END_OF_FILE_ERROR", -5938, "upstream", "http", 502},
       plain_upstream_closes},
      {"the_server_resets_before_the_answer",
       {"http_reset_before_response", "PR_CONNECT_RESET_ERROR", -5961, "upstream", "http", 502},
       answering({.response = "", .ending = Ending::reset})},
      {"the_server_never_answers_the_request",
       {"http_response_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "http", 504},
       answering({.response = "", .ending = Ending::hold}, kShortFirstByte)},
      {"the_server_closes_in_the_middle_of_the_answer",
       {"http_response_incomplete", "PR_END_OF_FILE_ERROR", -5938, "upstream", "http", 502},
       breaking_off(Ending::close)},
      {"the_server_stops_in_the_middle_of_the_answer",
       {"http_response_stalled", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "http", 504},
       breaking_off(Ending::hold, "upstream_body = \"300ms\"")},
      {"the_server_does_not_read_the_request",
       {"http_upstream_write_timeout", "PR_IO_TIMEOUT_ERROR", -5990, "upstream", "http", 504},
       unread_request},
  };
}

}  // namespace whytls::scenarios
