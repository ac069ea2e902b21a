// What is read of responses, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_events.h"
#include "proxy/record.h"

namespace whytls::proxy::testing {
namespace {

using policy::HttpFault;
using ::testing::HasSubstr;
using namespace std::string_view_literals;

struct Row {
  std::string_view name;
  std::string_view answers;
  Ending ending;
  std::string_view bytes;
  std::string_view events;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

Reading reading_of(const Row& row) {
  Reading reading;
  reading.kind = MessageParser::Kind::response;
  reading.answers = row.answers;
  reading.ending = row.ending;
  return reading;
}

class ResponseAccepted : public ::testing::TestWithParam<Row> {};

TEST_P(ResponseAccepted, is_read_as_written) {
  EXPECT_EQ(report(reading_of(GetParam()), GetParam().bytes).events, GetParam().events);
}

TEST_P(ResponseAccepted, is_read_the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits(reading_of(GetParam()), GetParam().bytes), "");
}

constexpr Ending kStays = Ending::stays_open;
constexpr Ending kCloses = Ending::closes;

const Row kAccepted[] = {
    {"by_length", "GET", kStays, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "response 200 OK 1.1 content_length 2 keep_alive\n  Content-Length=2\nbody hi\ncomplete\n"},
    {"by_length_then_closed", "GET", kCloses, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "response 200 OK 1.1 content_length 2 keep_alive\n  Content-Length=2\nbody hi\ncomplete\n"},
    {"two_after_each_other", "GET", kStays,
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
     "response 200 OK 1.1 content_length 2 keep_alive\n  Content-Length=2\nbody hi\ncomplete\n"
     "response 404 Not Found 1.1 content_length 0 keep_alive\n  Content-Length=0\ncomplete\n"},
    {"chunked_with_trailer", "GET", kStays,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n",
     "response 200 OK 1.1 chunked keep_alive\n  Transfer-Encoding=chunked\nbody hi\n  trailer "
     "X=y\ncomplete\n"},
    {"until_close", "GET", kCloses, "HTTP/1.1 200 OK\r\n\r\nhi\r\n0\r\n\r\n",
     "response 200 OK 1.1 until_close\nbody hi\r\n0\r\n\r\n\ncomplete\n"},
    {"until_close_and_empty", "GET", kCloses, "HTTP/1.0 200 OK\r\n\r\n",
     "response 200 OK 1.0 until_close\ncomplete\n"},
    {"http_1_0_that_keeps_alive", "GET", kStays,
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
     "response 200 OK 1.0 content_length 0 keep_alive\n  Connection=keep-alive\n  "
     "Content-Length=0\ncomplete\n"},
    {"without_a_reason", "GET", kStays, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
     "response 200  1.1 content_length 0 keep_alive\n  Content-Length=0\ncomplete\n"},
    {"without_the_space_of_a_reason", "GET", kStays, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
     "response 200  1.1 content_length 0 keep_alive\n  Content-Length=0\ncomplete\n"},
    {"interim_then_final", "POST", kStays,
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 1\r\n\r\na",
     "response 100 Continue 1.1 none keep_alive\nresponse 103 Early Hints 1.1 none keep_alive\n  Link=x\n"
     "response 200 OK 1.1 content_length 1 keep_alive\n  Content-Length=1\nbody a\ncomplete\n"},
    {"to_head", "HEAD", kStays,
     "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "response 200 OK 1.1 none keep_alive\n  Content-Length=99\ncomplete\n"
     "response 200 OK 1.1 none keep_alive\n  Transfer-Encoding=chunked\ncomplete\n"},
    {"no_content", "GET", kStays,
     "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
     "response 204 No Content 1.1 none keep_alive\n  Content-Length=4\ncomplete\n"
     "response 204 x 1.1 none keep_alive\ncomplete\n"},
    {"not_modified", "GET", kStays, "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
     "response 304 Not Modified 1.1 none keep_alive\n  Content-Length=4\ncomplete\n"},
    {"switching_protocols", "GET", kStays,
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x01x",
     "response 101 Switching Protocols 1.1 none keep_alive upgrade\n  Upgrade=websocket\n  "
     "Connection=Upgrade\n"
     "raw \x81\x01x"},
    {"connect_established", "CONNECT", kStays, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbytes",
     "response 200 OK 1.1 none keep_alive\n  Content-Length=5\nraw bytes"},
    {"connect_refused", "CONNECT", kStays, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
     "response 403 No 1.1 content_length 2 keep_alive\n  Content-Length=2\nbody no\ncomplete\n"},
    {"upgrade_header_without_101", "GET", kStays,
     "HTTP/1.1 200 OK\r\nUpgrade: h2\r\nConnection: Upgrade\r\nContent-Length: 1\r\n\r\na",
     "response 200 OK 1.1 content_length 1 keep_alive upgrade\n  Upgrade=h2\n  Connection=Upgrade\n"
     "  Content-Length=1\nbody a\ncomplete\n"},
    {"nothing_at_all", "GET", kCloses, "", ""},
};
INSTANTIATE_TEST_SUITE_P(Http, ResponseAccepted, ::testing::ValuesIn(kAccepted), RowName());

struct Refused {
  std::string_view name;
  Ending ending;
  std::string_view bytes;
  HttpFault fault;
  std::string_view detail;
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class ResponseRefused : public ::testing::TestWithParam<Refused> {
 protected:
  static Reading reading() {
    Reading out;
    out.kind = MessageParser::Kind::response;
    out.ending = GetParam().ending;
    return out;
  }
};

TEST_P(ResponseRefused, with_the_fault_and_the_reason) {
  const Report got = report(reading(), GetParam().bytes);
  EXPECT_EQ(got.fault, GetParam().fault) << got.events << got.detail;
  EXPECT_THAT(got.detail, HasSubstr(std::string(GetParam().detail)));
  EXPECT_NE(policy::phrase(choose_language("de"), got.detail), got.detail) << "words/en.toml lacks it";
}

TEST_P(ResponseRefused, the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits(reading(), GetParam().bytes), "");
}

constexpr HttpFault kInvalid = HttpFault::invalid_message;
constexpr HttpFault kAmbiguous = HttpFault::framing_ambiguous;
constexpr HttpFault kClosed = HttpFault::closed_in_message;

const Refused kRefused[] = {
    {"ssh_banner", kStays, "SSH-2.0-OpenSSH_9.2p1\r\n", kInvalid, "\"SSH-2.0-OpenSSH_9.2p1\\r\\n\""},
    {"smtp_banner", kStays, "220 mail.example ESMTP\r\n", kInvalid, "\"220 mail.example ESMTP\\r\\n\""},
    {"html_without_a_head", kStays, "<html>", kInvalid, "does not begin with HTTP/1.1"},
    {"empty_line_first", kStays, "\r\nHTTP/1.1 200 OK\r\n", kInvalid, "does not begin with HTTP/1.1"},
    {"icy", kStays, "ICY 200 OK\r\n", kInvalid, "does not begin with HTTP/1.1"},
    {"http_2", kStays, "HTTP/2 200\r\n", HttpFault::version_unsupported, "other than 1.0 and 1.1"},
    {"http_2_frames", kStays, "\0\0\x12\x04"sv, kInvalid, "\"\\x00\\x00\\x12\\x04\""},
    {"two_digits", kStays, "HTTP/1.1 20\r\n", kInvalid, "three digits"},
    {"four_digits", kStays, "HTTP/1.1 2000 OK\r\n", kInvalid, "three digits"},
    {"below_100", kStays, "HTTP/1.1 099 OK\r\n", kInvalid, "below 100"},
    {"negative", kStays, "HTTP/1.1 -20 OK\r\n", kInvalid, "three digits"},
    {"escape_in_reason", kStays, "HTTP/1.1 200 \x1b[2J\r\n", kInvalid, "control byte in its reason"},
    {"bare_lf", kStays, "HTTP/1.1 200 OK\nContent-Length: 0\n\n", kInvalid, "control byte in its reason"},
    {"cl_te", kStays, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n",
     kAmbiguous, "both Content-Length (\"6\")"},
    {"cl_cl", kStays, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\n", kAmbiguous,
     "2 times"},
    {"gzip", kStays, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     HttpFault::transfer_coding_unknown, "\"gzip, chunked\""},
    {"te_in_http_1_0", kStays, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kAmbiguous,
     "HTTP/1.0"},
    {"folded", kStays, "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", kInvalid, "folded"},
    {"closed_in_head", kCloses, "HTTP/1.1 200 OK\r\nX: ", kClosed, "in the header, after 20 bytes"},
    {"closed_in_body", kCloses, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", kClosed, "7 of 10 bytes"},
    {"closed_before_body", kCloses, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", kClosed,
     "10 of 10 bytes"},
    {"closed_in_chunk", kCloses, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", kClosed,
     "before its last chunk"},
    {"closed_between_chunks", kCloses, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
     kClosed, "before its last chunk"},
    {"closed_in_trailer", kCloses, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", kClosed,
     "trailer"},
    {"closed_after_interim", kCloses, "HTTP/1.1 100 Continue\r\n\r\n", HttpFault::closed_before_message,
     "interim"},
};
INSTANTIATE_TEST_SUITE_P(Http, ResponseRefused, ::testing::ValuesIn(kRefused), RowName());

// Broken chunked bodies; `body` follows a head with Transfer-Encoding: chunked.
struct BadChunks {
  std::string_view name;
  std::string_view body;
  HttpFault fault;
};

void PrintTo(const BadChunks& row, std::ostream* out) {
  *out << row.name;
}

class BadChunkedBody : public ::testing::TestWithParam<BadChunks> {
 protected:
  static std::string bytes() {
    return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").append(GetParam().body);
  }
  static Reading reading() {
    Reading out;
    out.kind = MessageParser::Kind::response;
    return out;
  }
};

TEST_P(BadChunkedBody, is_refused) {
  const Report got = report(reading(), bytes());
  EXPECT_EQ(got.fault, GetParam().fault) << got.events;
  EXPECT_FALSE(got.detail.empty());
  EXPECT_THAT(got.events, ::testing::Not(HasSubstr("complete")));
}

TEST_P(BadChunkedBody, is_refused_the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits(reading(), bytes()), "");
}

const BadChunks kBadChunks[] = {
    {"no_size", "\r\nab\r\n0\r\n\r\n", kInvalid},
    {"letters", "xy\r\nab\r\n0\r\n\r\n", kInvalid},
    {"hexadecimal_prefix", "0x2\r\nab\r\n0\r\n\r\n", kInvalid},
    {"plus", "+2\r\nab\r\n0\r\n\r\n", kInvalid},
    {"minus", "-2\r\nab\r\n0\r\n\r\n", kInvalid},
    {"space_before", " 2\r\nab\r\n0\r\n\r\n", kInvalid},
    {"space_behind", "2 \r\nab\r\n0\r\n\r\n", kInvalid},
    {"overflow", "10000000000000002\r\nab\r\n0\r\n\r\n", kInvalid},
    {"more_than_63_bits", "ffffffffffffffff\r\nab", kInvalid},
    {"bare_lf_after_size", "2\nab\r\n0\r\n\r\n", kInvalid},
    {"bare_cr_after_size", "2\rab\r\n0\r\n\r\n", kInvalid},
    {"bare_lf_in_extension", "2;a\nab\r\n0\r\n\r\n", kInvalid},
    {"control_byte_in_extension", "2;a=\x01\r\nab\r\n0\r\n\r\n", kInvalid},
    {"bare_lf_after_data", "2\r\nab\n0\r\n\r\n", kInvalid},
    {"longer_than_its_size", "2\r\nabc\r\n0\r\n\r\n", kInvalid},
    {"bare_lf_at_the_end", "2\r\nab\r\n0\r\n\n", kInvalid},
    {"bare_lf_in_trailer", "0\r\nX: y\n\r\n", kInvalid},
    {"folded_trailer", "0\r\nX: y\r\n z\r\n\r\n", kInvalid},
    {"control_byte_in_trailer", "0\r\nX: y\x01\r\n\r\n", kInvalid},
    {"bare_cr_in_trailer", "0\r\nX: y\rZ: a\r\n\r\n", kInvalid},
    {"space_before_colon_in_trailer", "0\r\nX : y\r\n\r\n", kInvalid},
    {"content_length_in_trailer", "0\r\nContent-Length: 5\r\n\r\n", kAmbiguous},
    {"transfer_encoding_in_trailer", "0\r\nTransfer-Encoding: gzip\r\n\r\n", kAmbiguous},
};
INSTANTIATE_TEST_SUITE_P(Http, BadChunkedBody, ::testing::ValuesIn(kBadChunks), RowName());

TEST(Response, chunk_extensions_are_bounded) {
  Reading reading;
  reading.kind = MessageParser::Kind::response;
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a";
  const std::string tail = "\r\nab\r\n0\r\n\r\n";
  EXPECT_EQ(report(reading, head + std::string(4000, 'a') + tail).fault, HttpFault::none);
  const std::string long_one = head + std::string(5000, 'a') + tail;
  EXPECT_THAT(report(reading, long_one).detail, HasSubstr("too long extensions"));
  EXPECT_EQ(difference_between_splits(reading, long_one), "");
}

TEST(Response, a_refused_parser_stays_refused_until_it_is_reset) {
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  std::string_view input = "SSH-2.0";
  EXPECT_EQ(parser.step(&input).what, MessageParser::Step::What::error);
  input = "HTTP/1.1 200 OK\r\n\r\n";
  EXPECT_EQ(parser.step(&input).what, MessageParser::Step::What::error);
  EXPECT_EQ(parser.end_of_input().what, MessageParser::Step::What::error);
}

TEST(Response, fields_are_found_without_regard_to_case) {
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  std::string_view input = "HTTP/1.1 200 OK\r\nServer: one\r\nSERVER: two\r\nContent-Length: 0\r\n\r\n";
  ASSERT_EQ(parser.step(&input).what, MessageParser::Step::What::head);
  EXPECT_EQ(parser.head().value("server"), "one");
  EXPECT_EQ(parser.head().find("date"), nullptr);
  EXPECT_EQ(parser.head().value("date"), "");
}

TEST(Response, the_parser_tells_where_it_is) {
  using What = MessageParser::Step::What;
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  EXPECT_FALSE(parser.in_message());
  std::string_view input = "HTTP/1.1 200";
  EXPECT_EQ(parser.step(&input).what, What::need_more);
  EXPECT_TRUE(parser.in_message());
  input = " OK\r\nContent-Length: 2\r\n\r\nhiHTTP";
  EXPECT_EQ(parser.step(&input).what, What::head);
  EXPECT_TRUE(parser.in_message());
  EXPECT_EQ(parser.step(&input).what, What::body);
  EXPECT_EQ(parser.step(&input).what, What::complete);
  EXPECT_FALSE(parser.in_message());
  EXPECT_EQ(input, "HTTP");
  EXPECT_EQ(parser.step(&input).what, What::need_more);
  EXPECT_TRUE(parser.in_message());
}

TEST(Response, a_head_without_body_is_complete_when_the_connection_ends) {
  using What = MessageParser::Step::What;
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  std::string_view input = "HTTP/1.1 204 No Content\r\n\r\n";
  EXPECT_EQ(parser.step(&input).what, What::head);
  EXPECT_EQ(parser.end_of_input().what, What::complete);
  EXPECT_EQ(parser.end_of_input().what, What::need_more);
}

TEST(Response, a_reset_brings_a_dead_parser_back_to_life) {
  using What = MessageParser::Step::What;
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  for (const std::string_view bad :
       {"HTTP/1.1 200 OK\nX: y\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nX: y"}) {
    std::string_view input = bad;
    What what = parser.step(&input).what;
    while (what == What::head) what = parser.step(&input).what;
    if (what == What::need_more) what = parser.end_of_input().what;
    ASSERT_EQ(what, What::error) << bad;
    parser.reset();
    EXPECT_EQ(parser.error().detail, "");
    EXPECT_FALSE(parser.in_message());
    input = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    EXPECT_EQ(parser.step(&input).what, What::head) << parser.error().detail;
    EXPECT_EQ(parser.head().fields.size(), 1U);
    EXPECT_EQ(parser.step(&input).body, "hi");
    EXPECT_EQ(parser.step(&input).what, What::complete);
    parser.reset();
  }
}

TEST(Response, a_moved_parser_goes_on) {
  using What = MessageParser::Step::What;
  MessageParser first(MessageParser::Kind::response, config::Limits());
  std::string_view input = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na";
  EXPECT_EQ(first.step(&input).what, What::head);
  MessageParser second = std::move(first);
  EXPECT_EQ(second.step(&input).body, "a");
  input = "b\r\n0\r\n\r\n";
  EXPECT_EQ(second.step(&input).body, "b");
  EXPECT_EQ(second.step(&input).what, What::complete);
}

}  // namespace
}  // namespace whytls::proxy::testing
