// Requests that are refused, and clients that don't keep up.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/scenarios/scenario.h"

namespace whytls::scenarios {
namespace {

using support::Client;
using support::HttpScript;

support::TlsScript good_script() {
  return {.chain = {world().leaf, world().intermediate}};
}

// A healthy upstream behind "door".
Case healthy(HttpScript http = {}) {
  Case made;
  made.behaviour = support::serve_https(good_script(), std::move(http));
  return made;
}

// How far a request got before it was refused: only a header that was read says what the client wants to
// read.
enum class Header : std::uint8_t { unread, read };

std::string wanting(const std::string& request, std::string_view accept) {
  const std::size_t end = request.find("\r\n");
  return request.substr(0, end) + "\r\nAccept: " + std::string(accept) +
         request.substr(std::min(end, request.size()));
}

// The answer is in the form that was asked for, as far as that is known.
void expect_answer(const support::Response& response, std::string_view accept, Header header,
                   const Expected& expected, Stage& stage) {
  if (header == Header::unread || accept == kWantsText) {
    expect_text(response, expected, stage);
  } else if (accept == kWantsPage) {
    expect_page(response, expected, stage);
  } else {
    expect_problem(response, expected, stage);
  }
}

constexpr std::array<std::string_view, 3> kEachForm = {kWantsProblem, kWantsPage, kWantsText};

// The upstream must never see what is refused.
Play refusing(const std::string& request, Header header = Header::unread, const std::string& limits = {}) {
  return [request, header, limits](const Expected& expected) {
    Case made = healthy();
    made.limits = limits;
    CaseStage play(std::move(made));
    Stage& stage = play.stage();
    ASSERT_TRUE(stage.running());
    for (const std::string_view accept : kEachForm) {
      Client client(stage.port("door"));
      ASSERT_TRUE(client.send_until_answered(wanting(request, accept)));
      expect_answer(client.receive(), accept, header, expected, stage);
      EXPECT_EQ(client.wait_for_end(), support::Arrival::end)
          << "a connection that broke the rules is not used again";
    }
    EXPECT_EQ(stage.failures(expected.slug), kEachForm.size());
    EXPECT_TRUE(play.upstream_requests().empty());
  };
}

std::string with_fields(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: door.test\r\n" + fields + "\r\n";
}

// The client sends so much of a request, and what comes then is wrong, or nothing comes any more.
Play breaking_off(const std::string& bytes, Header header, const std::string& timeouts = {}) {
  return [bytes, header, timeouts](const Expected& expected) {
    // An upstream that has nothing to say before the request is complete.
    Case made = healthy({.response = "", .ending = support::Ending::hold});
    made.timeouts = timeouts;
    CaseStage play(std::move(made));
    Stage& stage = play.stage();
    ASSERT_TRUE(stage.running());
    for (const std::string_view accept : kEachForm) {
      Client client(stage.port("door"));
      ASSERT_TRUE(client.send_until_answered(wanting(bytes, accept)));
      expect_answer(client.receive(), accept, header, expected, stage);
    }
    EXPECT_EQ(stage.failures(expected.slug), kEachForm.size());
  };
}

// Keeping an idle connection too long is nobody's failure: it ends without a word.
void idle_too_long(const Expected& expected) {
  Case made = healthy();
  made.timeouts = "client_idle = \"200ms\"";
  CaseStage play(std::move(made));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  EXPECT_EQ(play.ask(client, kWantsText).status, 200);
  EXPECT_EQ(client.receive_all(), "");
  const auto line = stage.log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  expect_log_line(line->json, expected);
  EXPECT_EQ(line->level, config::LogLevel::debug);
}

HttpScript endless_answer() {
  constexpr std::size_t kMoreThanSocketsHold = 64 << 20;
  return {.response = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kMoreThanSocketsHold) +
                      "\r\n\r\n" + std::string(kMoreThanSocketsHold, 'x')};
}

void reading_nothing(const Expected& expected) {
  Case made = healthy(endless_answer());
  made.timeouts = "client_write = \"300ms\"";
  CaseStage play(std::move(made));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  ASSERT_TRUE(client.send(with_fields("")));
  const auto line = stage.log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  expect_log_line(line->json, expected);
  EXPECT_EQ(stage.failures(expected.slug), 1U);
}

void gone_in_the_answer(const Expected& expected) {
  CaseStage play(healthy(endless_answer()));
  Stage& stage = play.stage();
  ASSERT_TRUE(stage.running());
  Client client(stage.port("door"));
  ASSERT_TRUE(client.send(with_fields("")));
  std::string beginning;
  ASSERT_EQ(client.wire().receive(&beginning), support::Arrival::data);
  client.wire().reset();
  const auto line = stage.log().wait_for_failure(expected.slug);
  ASSERT_TRUE(line);
  expect_log_line(line->json, expected);
  EXPECT_EQ(line->level, config::LogLevel::debug);
}

Expected refused(std::string_view slug, int status) {
  return {slug, "PR_IO_ERROR", -5991, "client", "http", status};
}
Expected late(std::string_view slug) {
  return {slug, "PR_IO_TIMEOUT_ERROR", -5990, "client", "http", 408};
}

std::vector<Scenario> refused_scenarios() {
  return {
      {"the_request_is_no_http", refused("client_request_invalid", 400), refusing("what is this\r\n\r\n")},
      {"a_header_field_has_a_nul", refused("client_request_invalid", 400),
       refusing(with_fields(std::string("X-A: a\0b\r\n", 10)))},
      {"a_header_field_has_a_control_byte", refused("client_request_invalid", 400),
       refusing(with_fields("X-A: a\x01z\r\n"))},
      {"a_line_of_the_header_ends_with_a_bare_cr", refused("client_request_invalid", 400),
       refusing(with_fields("X-A: a\rX-B: b\r\n"))},
      {"a_header_field_is_folded", refused("client_request_invalid", 400),
       refusing(with_fields("X-A: a\r\n b\r\n"))},
      {"the_request_has_length_and_coding", refused("client_framing_ambiguous", 400),
       refusing(with_fields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"))},
      {"the_request_has_two_lengths", refused("client_framing_ambiguous", 400),
       refusing(with_fields("Content-Length: 3\r\nContent-Length: 4\r\n"))},
      {"the_request_has_no_host", refused("client_host_invalid", 400), refusing("GET / HTTP/1.1\r\n\r\n")},
      {"the_request_has_two_hosts", refused("client_host_invalid", 400),
       refusing(with_fields("Host: other.test\r\n"))},
      {"the_target_is_too_long", refused("client_uri_too_long", 414),
       refusing("GET /" + std::string(2000, 'a') + " HTTP/1.1\r\nHost: door.test\r\n\r\n", Header::unread,
                "max_uri_bytes = 1024")},
      {"the_header_is_too_large", refused("client_head_too_large", 431),
       refusing(with_fields("X-A: " + std::string(5000, 'a') + "\r\n"), Header::unread,
                "max_head_bytes = 4096\nmax_uri_bytes = 1024")},
      {"the_header_has_too_many_fields", refused("client_head_too_large", 431),
       refusing(with_fields("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1\r\nI: 1\r\n"),
                Header::unread, "max_header_fields = 8")},
      {"the_transfer_coding_is_unknown", refused("client_transfer_coding_unknown", 501),
       refusing(with_fields("Transfer-Encoding: gzip, chunked\r\n"))},
      {"the_expectation_is_unknown", refused("client_expectation_unknown", 417),
       refusing(with_fields("Expect: miracle\r\n"))},
      {"the_version_is_unknown", refused("client_version_unsupported", 505),
       refusing("GET / HTTP/3.7\r\nHost: door.test\r\n\r\n")},
  };
}

}  // namespace

std::vector<Scenario> client_http_scenarios() {
  std::vector<Scenario> all = refused_scenarios();
  const std::vector<Scenario> others = {
      {"the_client_does_not_finish_its_header", late("client_header_timeout"),
       breaking_off("GET / HTTP/1.1\r\nHost: do", Header::unread, "client_header = \"200ms\"")},
      {"the_client_does_not_finish_its_body", late("client_body_timeout"),
       breaking_off("POST / HTTP/1.1\r\nHost: door.test\r\nContent-Length: 10\r\n\r\nhalf", Header::read,
                    "client_body = \"200ms\"")},
      {"the_size_of_a_chunk_is_no_number", refused("client_request_invalid", 400),
       breaking_off("POST / HTTP/1.1\r\nHost: door.test\r\nTransfer-Encoding: chunked\r\n\r\nnine\r\n",
                    Header::read)},
      {"the_client_keeps_an_idle_connection", late("client_idle_timeout"), Play(idle_too_long)},
      {"the_client_does_not_read_the_answer", late("client_write_timeout"), Play(reading_nothing)},
      {"the_client_goes_away_in_the_answer",
       {"client_gone", "PR_END_OF_FILE_ERROR", -5938, "client", "http", 499},
       Play(gone_in_the_answer)},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

}  // namespace whytls::scenarios
