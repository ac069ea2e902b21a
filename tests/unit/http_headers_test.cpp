// What is written for the other side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_events.h"

namespace whytls::proxy::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using What = MessageParser::Step::What;

// Reads one head of these bytes and writes it by the given rewrite.
std::string rewrite_request(const std::string& bytes, const RequestRewrite& rewrite) {
  MessageParser parser(MessageParser::Kind::request, config::Limits());
  std::string_view input = bytes;
  if (parser.step(&input).what != What::head) return "refused: " + parser.error().detail;
  std::string out;
  append_request_head(&out, parser.head(), rewrite);
  return out;
}

RequestRewrite forward_rewrite() {
  RequestRewrite rewrite;
  rewrite.path = "/x";
  rewrite.host = "up.example";
  rewrite.proxy_name = "whytls";
  rewrite.add_forwarded = false;
  return rewrite;
}

RequestRewrite reverse_rewrite() {
  RequestRewrite rewrite = forward_rewrite();
  rewrite.original_host = "pub.example";
  rewrite.client_address = "192.0.2.1";
  rewrite.client_scheme = "https";
  rewrite.add_forwarded = true;
  return rewrite;
}

struct RequestRow {
  std::string_view name;
  std::string_view fields;    // behind the request line and Host
  std::string_view expected;  // behind them too
};
void PrintTo(const RequestRow& row, std::ostream* out) {
  *out << row.name;
}
class RequestHead : public ::testing::TestWithParam<RequestRow> {};

TEST_P(RequestHead, is_written_for_the_next_hop) {
  std::string bytes = "POST http://pub.example/x HTTP/1.1\r\nHost: pub.example\r\n";
  bytes.append(GetParam().fields).append("\r\n");
  std::string expected = "POST /x HTTP/1.1\r\nHost: up.example\r\n";
  expected.append(GetParam().expected).append("\r\n");
  EXPECT_EQ(rewrite_request(bytes, forward_rewrite()), expected);
}

const RequestRow kRequests[] = {
    {"fields_keep_order_and_case", "b: 1\r\nA: 2\r\nb: 3\r\nTrailer: X\r\n",
     "b: 1\r\nA: 2\r\nb: 3\r\nTrailer: X\r\nVia: 1.1 whytls\r\n"},
    {"via_is_kept_before_ours", "Via: 1.0 first\r\nA: 1\r\n",
     "Via: 1.0 first\r\nA: 1\r\nVia: 1.1 whytls\r\n"},
    {"via_stays_though_connection_names_it", "Via: 1.0 first\r\nConnection: Via\r\n",
     "Via: 1.0 first\r\nVia: 1.1 whytls\r\n"},
    {"connection_level_fields_go",
     "Connection: close, X-Hop\r\nKeep-Alive: 5\r\nProxy-Connection: close\r\nProxy-Authorization: Basic "
     "x\r\n"
     "X-Hop: 1\r\nX-End: 2\r\nUpgrade: websocket\r\n",
     "X-End: 2\r\nVia: 1.1 whytls\r\n"},
    {"several_connection_fields", "Connection: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nConnection: close,c\r\n",
     "B: 2\r\nVia: 1.1 whytls\r\n"},
    {"framing_stays_though_connection_names_it", "Content-Length: 3\r\nConnection: Content-Length, Host\r\n",
     "Via: 1.1 whytls\r\nContent-Length: 3\r\n"},
    {"chunked_stays_though_connection_names_it",
     "Connection: Transfer-Encoding\r\nTransfer-Encoding: CHUNKED\r\n",
     "Via: 1.1 whytls\r\nTransfer-Encoding: chunked\r\n"},
    {"length_is_written_anew", "Content-Length: 0007\r\n", "Via: 1.1 whytls\r\nContent-Length: 7\r\n"},
    {"expect_stays_though_connection_names_it",
     "Expect: 100-Continue\r\nConnection: Expect\r\nContent-Length: 1\r\n",
     "Via: 1.1 whytls\r\nExpect: 100-continue\r\nContent-Length: 1\r\n"},
    {"te_trailers_with_connection", "TE: gzip, trailers\r\nConnection: TE\r\n",
     "Via: 1.1 whytls\r\nTE: trailers\r\nConnection: TE\r\n"},
    {"te_without_connection", "TE: trailers\r\n", "Via: 1.1 whytls\r\n"},
    {"upgrade", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n",
     "Sec-WebSocket-Key: x\r\nVia: 1.1 whytls\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"},
    {"upgrade_and_te", "Upgrade: websocket\r\nConnection: Upgrade, TE\r\nTE: trailers\r\n",
     "Via: 1.1 whytls\r\nTE: trailers\r\nUpgrade: websocket\r\nConnection: upgrade, TE\r\n"},
    {"upgrade_to_h2c_goes", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n",
     "Via: 1.1 whytls\r\n"},
    {"forwarded_of_others_stays_in_forward_mode", "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\n",
     "X-Forwarded-For: 1.2.3.4\r\nForwarded: for=1.2.3.4\r\nVia: 1.1 whytls\r\n"},
};
INSTANTIATE_TEST_SUITE_P(Http, RequestHead, ::testing::ValuesIn(kRequests), RowName());

int visits_of(const std::string& fields) {
  MessageParser parser(MessageParser::Kind::request, config::Limits());
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  std::string_view input = bytes;
  if (parser.step(&input).what != What::head) return -1;
  return visits(parser.head(), "whytls");
}

TEST(RequestHead, visits_are_counted_in_every_spelling_of_via) {
  EXPECT_EQ(visits_of(""), 0);
  EXPECT_EQ(visits_of("Via: 1.1 other, HTTP/1.1 whytls2, 1.1 awhytls\r\n"), 0);
  EXPECT_EQ(visits_of("Via: 1.1 whytls\r\n"), 1);
  EXPECT_EQ(
      visits_of("via: HTTP/1.1  \twhytls (comment), 1.0 other,, 1.0 whytls\r\nA: b\r\nVIA: 2 whytls\r\n"), 3);
  EXPECT_EQ(visits_of("Via: whytls\r\nVia:\r\nVia: ,\r\n"), 0) << "no protocol before it";
}

TEST(RequestHead, in_reverse_mode_says_who_asked) {
  EXPECT_EQ(rewrite_request("GET /x HTTP/1.1\r\nHost: pub.example\r\n\r\n", reverse_rewrite()),
            "GET /x HTTP/1.1\r\nHost: up.example\r\nVia: 1.1 whytls\r\n"
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: pub.example\r\n"
            "Forwarded: for=192.0.2.1;proto=https;host=pub.example\r\n\r\n");
}

TEST(RequestHead, in_reverse_mode_joins_what_others_said_and_drops_what_cannot_be_joined) {
  const std::string out = rewrite_request(
      "GET /x HTTP/1.0\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: ftp\r\nX-Forwarded-Host: evil\r\n"
      "x-forwarded-for: 2.2.2.2\r\nForwarded: for=1.1.1.1\r\n\r\n",
      reverse_rewrite());
  EXPECT_EQ(out,
            "GET /x HTTP/1.1\r\nHost: up.example\r\nVia: 1.0 whytls\r\n"
            "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: pub.example\r\n"
            "Forwarded: for=1.1.1.1, for=192.0.2.1;proto=https;host=pub.example\r\n\r\n");
}

TEST(RequestHead, a_client_cannot_have_our_forwarding_fields_removed) {
  const std::string out = rewrite_request(
      "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\n"
      "Connection: X-Forwarded-For, Forwarded, X-Forwarded-Host\r\n\r\n",
      reverse_rewrite());
  EXPECT_THAT(out, HasSubstr("X-Forwarded-For: 192.0.2.1\r\n"));
  EXPECT_THAT(out, HasSubstr("X-Forwarded-Host: pub.example\r\n"));
  EXPECT_THAT(out, HasSubstr("Forwarded: for=192.0.2.1;"));
}

TEST(RequestHead, values_of_forwarded_are_quoted_where_they_must_be) {
  RequestRewrite rewrite = reverse_rewrite();
  rewrite.client_address = "2001:db8::1";
  rewrite.original_host = "pub.example:8443";
  const std::string out = rewrite_request("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", rewrite);
  EXPECT_THAT(out, HasSubstr("X-Forwarded-For: 2001:db8::1\r\n"));
  EXPECT_THAT(out, HasSubstr("Forwarded: for=\"[2001:db8::1]\";proto=https;host=\"pub.example:8443\"\r\n"));
}

TEST(RequestHead, without_a_host_of_the_client_none_is_told) {
  RequestRewrite rewrite = reverse_rewrite();
  rewrite.original_host = "";
  const std::string out = rewrite_request("GET /x HTTP/1.0\r\n\r\n", rewrite);
  EXPECT_THAT(out, Not(HasSubstr("X-Forwarded-Host")));
  EXPECT_THAT(out, HasSubstr("Forwarded: for=192.0.2.1;proto=https\r\n"));
}

TEST(RequestHead, a_query_without_a_path_gets_its_slash) {
  RequestRewrite rewrite = forward_rewrite();
  rewrite.path = "?a=b";
  EXPECT_THAT(rewrite_request("GET http://a?a=b HTTP/1.1\r\nHost: a\r\n\r\n", rewrite),
              ::testing::StartsWith("GET /?a=b HTTP/1.1\r\n"));
}

TEST(RequestHead, of_http_1_0_loses_its_expectation) {
  EXPECT_THAT(rewrite_request("PUT /x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n",
                              forward_rewrite()),
              Not(HasSubstr("Expect")));
}

struct ResponseRow {
  std::string_view name;
  std::string_view answers;
  std::string_view bytes;
  ResponseRewrite rewrite;
  std::string_view expected;
};
void PrintTo(const ResponseRow& row, std::ostream* out) {
  *out << row.name;
}
class ResponseHead : public ::testing::TestWithParam<ResponseRow> {};

TEST_P(ResponseHead, is_written_for_the_client) {
  MessageParser parser(MessageParser::Kind::response, config::Limits());
  parser.expect_response_to(GetParam().answers);
  std::string_view input = GetParam().bytes;
  ASSERT_EQ(parser.step(&input).what, What::head) << parser.error().detail;
  std::string out;
  append_response_head(&out, parser.head(), GetParam().rewrite);
  EXPECT_EQ(out, GetParam().expected);
}

constexpr Framing kNone = Framing::none;
constexpr Framing kLength = Framing::content_length;
constexpr Framing kChunked = Framing::chunked;
constexpr Framing kUntilClose = Framing::until_close;

const ResponseRow kResponses[] = {
    {"by_length",
     "GET",
     "HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 07\r\nb: 1\r\n\r\n",
     {"whytls", true, 1, kLength, ""},
     "HTTP/1.1 200 Fine\r\nServer: x\r\nb: 1\r\nVia: 1.1 whytls\r\nContent-Length: 7\r\n\r\n"},
    {"connection_level_fields_go",
     "GET",
     "HTTP/1.0 200 OK\r\nConnection: close, X-Hop\r\nKeep-Alive: 1\r\nProxy-Authenticate: Basic\r\nX-Hop: "
     "1\r\n"
     "Upgrade: h2\r\nTrailer: T\r\nContent-Length: 0\r\n\r\n",
     {"whytls", true, 1, kLength, ""},
     "HTTP/1.1 200 OK\r\nTrailer: T\r\nVia: 1.0 whytls\r\nContent-Length: 0\r\n\r\n"},
    {"chunked",
     "GET",
     "HTTP/1.1 200 OK\r\n\r\n",
     {"whytls", true, 1, kChunked, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"chunked_for_http_1_0",
     "GET",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     {"whytls", true, 0, kChunked, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\nConnection: close\r\n\r\n"},
    {"until_close",
     "GET",
     "HTTP/1.1 200 OK\r\n\r\n",
     {"whytls", true, 1, kUntilClose, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\nConnection: close\r\n\r\n"},
    {"client_that_closes",
     "GET",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     {"whytls", false, 1, kLength, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
    {"http_1_0_client_that_keeps_alive",
     "GET",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     {"whytls", true, 0, kLength, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"},
    {"head_keeps_the_length",
     "HEAD",
     "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n",
     {"whytls", true, 1, kNone, ""},
     "HTTP/1.1 200 OK\r\nVia: 1.1 whytls\r\ncontent-length: 7\r\n\r\n"},
    {"not_modified_keeps_the_length",
     "GET",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
     {"whytls", true, 1, kNone, ""},
     "HTTP/1.1 304 Not Modified\r\nVia: 1.1 whytls\r\nContent-Length: 7\r\n\r\n"},
    {"no_content_has_no_length",
     "GET",
     "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n",
     {"whytls", true, 1, kNone, ""},
     "HTTP/1.1 204 No Content\r\nVia: 1.1 whytls\r\n\r\n"},
    {"interim",
     "GET",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n",
     {"whytls", false, 1, kNone, ""},
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\nVia: 1.1 whytls\r\n\r\n"},
    {"switching_protocols",
     "GET",
     "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
     "x\r\n\r\n",
     {"whytls", true, 1, kNone, ""},
     "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nVia: 1.1 whytls\r\nUpgrade: "
     "websocket\r\n"
     "Connection: upgrade\r\n\r\n"},
    {"extra_lines",
     "GET",
     "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
     {"whytls", true, 1, kLength, "X-Extra: 1\r\n"},
     "HTTP/1.1 200 \r\nVia: 1.1 whytls\r\nContent-Length: 0\r\nX-Extra: 1\r\n\r\n"},
};
INSTANTIATE_TEST_SUITE_P(Http, ResponseHead, ::testing::ValuesIn(kResponses), RowName());

TEST(Chunks, are_written_with_their_size) {
  std::string out;
  append_chunk(&out, "hello");
  append_chunk(&out, "");  // would end the body
  append_chunk(&out, std::string(26, 'x'));
  append_last_chunk(&out, {});
  EXPECT_EQ(out, "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
}

TEST(Chunks, end_with_the_trailers_that_may_be_there) {
  std::string out;
  append_last_chunk(
      &out, {{"Digest", "a"}, {"CONTENT-LENGTH", "5"}, {"Set-Cookie", "x"}, {"X", ""}, {"Host", "h"}});
  EXPECT_EQ(out, "0\r\nDigest: a\r\nX: \r\n\r\n");
}

TEST(Chunks, are_read_back_as_written) {
  std::string bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  append_chunk(&bytes, "one");
  append_chunk(&bytes, "two");
  append_last_chunk(&bytes, {{"T", "u"}});
  Reading reading;
  reading.kind = MessageParser::Kind::response;
  EXPECT_THAT(report(reading, bytes).events, HasSubstr("body onetwo\n  trailer T=u\ncomplete\n"));
}

}  // namespace
}  // namespace whytls::proxy::testing
