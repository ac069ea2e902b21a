// What is read of requests, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_events.h"
#include "proxy/record.h"

namespace whytls::proxy::testing {
namespace {

using policy::HttpFault;
using namespace std::string_view_literals;

struct Accepted {
  std::string_view name;
  std::string_view bytes;
  std::string_view events;
};

void PrintTo(const Accepted& row, std::ostream* out) {
  *out << row.name;
}

class RequestAccepted : public ::testing::TestWithParam<Accepted> {};

TEST_P(RequestAccepted, is_read_as_written) {
  EXPECT_EQ(report({}, GetParam().bytes).events, GetParam().events);
}

TEST_P(RequestAccepted, is_read_the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits({}, GetParam().bytes), "");
}

const Accepted kAccepted[] = {
    {"plain_get", "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\n\r\n",
     "request GET /a?b=c 1.1 none keep_alive\n  Host=a.example\ncomplete\n"},
    {"http_1_0_without_host", "GET / HTTP/1.0\r\n\r\n", "request GET / 1.0 none\ncomplete\n"},
    {"http_1_0_that_keeps_alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
     "request GET / 1.0 none keep_alive\n  Connection=Keep-Alive\ncomplete\n"},
    {"connection_close_wins", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n",
     "request GET / 1.1 none\n  Host=a\n  Connection=keep-alive, Close\ncomplete\n"},
    {"absolute_form", "GET http://a.example:81/x HTTP/1.1\r\nHost: a.example:81\r\n\r\n",
     "request GET http://a.example:81/x 1.1 none keep_alive\n  Host=a.example:81\ncomplete\n"},
    {"asterisk_form", "OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
     "request OPTIONS * 1.1 none keep_alive\n  Host=[::1]:8080\ncomplete\n"},
    {"whitespace_around_a_value", "GET / HTTP/1.1\r\nHost:\t a \t\r\nX:\r\nY: a\tb\r\nZ: \xc3\xa4\r\n\r\n",
     "request GET / 1.1 none keep_alive\n  Host=a\n  X=\n  Y=a\tb\n  Z=\xc3\xa4\ncomplete\n"},
    {"empty_lines_before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "request GET / 1.1 none keep_alive\n  Host=a\ncomplete\n"},
    {"body_by_length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
     "request POST / 1.1 content_length 5 keep_alive\n  Host=a\n  Content-Length=5\nbody hello\ncomplete\n"},
    {"body_of_length_zero", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
     "request POST / 1.1 content_length 0 keep_alive\n  Host=a\n  Content-Length=0\ncomplete\n"},
    {"chunked_body",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00a\r\n, "
     "chunked!\r\n0\r\n\r\n",
     "request POST / 1.1 chunked keep_alive\n  Host=a\n  Transfer-Encoding=Chunked\nbody hello, "
     "chunked!\ncomplete\n"},
    {"chunk_extensions_are_dropped",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3;sig=ab12\r\nabc\r\n1;d=\"e f\"\r\nd\r\n0;z\r\n\r\n",
     "request POST / 1.1 chunked keep_alive\n  Host=a\n  Transfer-Encoding=chunked\nbody abcd\ncomplete\n"},
    {"trailers",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nDigest: abc\r\nX-Sum:  "
     "1 \r\n\r\n",
     "request POST / 1.1 chunked keep_alive\n  Host=a\n  Transfer-Encoding=chunked\nbody x\n"
     "  trailer Digest=abc\n  trailer X-Sum=1\ncomplete\n"},
    {"pipelined",
     "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nhi\r\n"
     "GET /3 HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\nGET /4 HTTP/1.1\r\nHost: d\r\n\r\n",
     "request GET /1 1.1 none keep_alive\n  Host=a\ncomplete\n"
     "request POST /2 1.1 content_length 2 keep_alive\n  Host=b\n  Content-Length=2\nbody hi\ncomplete\n"
     "request GET /3 1.1 none\n  Host=c\n  Connection=close\ncomplete\n"
     "request GET /4 1.1 none keep_alive\n  Host=d\ncomplete\n"},
    {"connect", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n\x16\x03\x01",
     "request CONNECT a.example:443 1.1 none keep_alive\n  Host=a.example:443\nraw \x16\x03\x01"},
    {"upgrade",
     "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
     "request GET /ws 1.1 none keep_alive upgrade\n  Host=a\n  Upgrade=websocket\n"
     "  Connection=keep-alive, Upgrade\ncomplete\n"},
    {"upgrade_without_the_option", "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
     "request GET /ws 1.1 none keep_alive\n  Host=a\n  Upgrade=websocket\ncomplete\n"},
    {"upgrade_to_h2c_is_no_upgrade",
     "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
     "request GET / 1.1 none keep_alive\n  Host=a\n  Upgrade=h2c\n  Connection=Upgrade\ncomplete\n"},
    {"expects_continue", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
     "request PUT / 1.1 content_length 1 keep_alive expects_continue\n  Host=a\n  Expect=100-Continue\n"
     "  Content-Length=1\nbody x\ncomplete\n"},
    {"expectation_of_http_1_0_is_ignored",
     "PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
     "request PUT / 1.0 content_length 1\n  Expect=100-continue\n  Content-Length=1\nbody x\ncomplete\n"},
};
INSTANTIATE_TEST_SUITE_P(Http, RequestAccepted, ::testing::ValuesIn(kAccepted), RowName());

struct Refused {
  std::string_view name;
  std::string_view bytes;
  HttpFault fault;
  std::string_view detail;  // part of the sentence
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class RequestRefused : public ::testing::TestWithParam<Refused> {};

TEST_P(RequestRefused, with_the_fault_and_the_reason) {
  const Report got = report({}, GetParam().bytes);
  EXPECT_EQ(got.fault, GetParam().fault) << got.events << got.detail;
  EXPECT_THAT(got.detail, ::testing::HasSubstr(std::string(GetParam().detail)));
  EXPECT_NE(policy::phrase(choose_language("de"), got.detail), got.detail) << "words/en.toml lacks it";
  EXPECT_THAT(got.events, ::testing::Not(::testing::HasSubstr("complete")));
}

TEST_P(RequestRefused, the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits({}, GetParam().bytes), "");
}

constexpr std::string_view kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n";

const Refused kRefusedLines[] = {
    {"space_first", " GET / HTTP/1.1\r\n", HttpFault::invalid_message, "does not begin with a method"},
    {"tls_hello", "\x16\x03\x01\x02"sv, HttpFault::invalid_message, "\"\\x16\\x03\\x01\\x02\""},
    {"nul_first", "\0GET"sv, HttpFault::invalid_message, "does not begin with a method"},
    {"endless_method", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", HttpFault::invalid_message, "too long"},
    {"unknown_method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::invalid_message,
     "The method is not one that is known here (HPE_INVALID_METHOD"},
    {"lower_case_method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::invalid_message, "method"},
    {"two_spaces", "GET  / HTTP/1.1\r\n", HttpFault::invalid_message, "has no target"},
    {"tab_for_space", "GET\t/ HTTP/1.1\r\n", HttpFault::invalid_message, "does not begin with a method"},
    {"space_in_target", "GET /a b HTTP/1.1\r\n", HttpFault::invalid_message, "after its target"},
    {"fragment", "GET /a#b HTTP/1.1\r\n", HttpFault::invalid_message, "fragment"},
    {"umlaut_in_target", "GET /\xc3\xa4 HTTP/1.1\r\n", HttpFault::invalid_message, "no printable ASCII"},
    {"nul_in_target", "GET /\0 HTTP/1.1\r\n"sv, HttpFault::invalid_message, "no printable ASCII"},
    {"http_0_9", "GET /\r\n", HttpFault::version_unsupported, "HTTP/0.9"},
    {"http_1_2", "GET / HTTP/1.2\r\n", HttpFault::version_unsupported, "other than 1.0 and 1.1"},
    {"http_3", "GET / HTTP/3\r\n", HttpFault::version_unsupported, "other than 1.0 and 1.1"},
    {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HttpFault::version_unsupported, "other than 1.0"},
    {"lower_case_version", "GET / http/1.1\r\n", HttpFault::invalid_message, "after its target"},
    {"long_minor", "GET / HTTP/1.10\r\n", HttpFault::invalid_message, "after its version"},
    {"space_at_the_end", "GET / HTTP/1.1 \r\n", HttpFault::invalid_message, "after its version"},
    {"bare_lf_first_line", "GET / HTTP/1.1\nHost: a\n\n", HttpFault::invalid_message, "after its version"},
    {"bare_cr_first_line", "GET / HTTP/1.1\rHost: a\r\n", HttpFault::invalid_message,
     "CR that no LF follows"},
    {"many_empty_lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", HttpFault::invalid_message, "empty lines"},
    {"empty_line_without_cr", "\nGET / HTTP/1.1\r\n", HttpFault::invalid_message, "empty lines"},
    {"target_is_no_path", "GET foo HTTP/1.1\r\nHost: a\r\n\r\n", HttpFault::invalid_message,
     "target is malformed"},
};
INSTANTIATE_TEST_SUITE_P(FirstLine, RequestRefused, ::testing::ValuesIn(kRefusedLines), RowName());

const Refused kRefusedFields[] = {
    {"obs_fold", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", HttpFault::invalid_message, "folded"},
    {"fold_with_tab", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc\r\n\r\n", HttpFault::invalid_message,
     "folded"},
    {"fold_first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", HttpFault::invalid_message, "folded"},
    {"bare_lf", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", HttpFault::invalid_message, "LF without CR"},
    {"bare_lf_at_the_end", "GET / HTTP/1.1\r\nHost: a\r\n\n", HttpFault::invalid_message, "LF without CR"},
    {"bare_cr", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", HttpFault::invalid_message,
     "\"X\" has a CR that no LF follows"},
    {"cr_cr_lf", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", HttpFault::invalid_message, "CR that no LF follows"},
    {"nul_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv, HttpFault::invalid_message, "NUL"},
    {"escape_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: some value\x1b[2J\r\n\r\n",
     HttpFault::invalid_message, "the control byte 0x1b"},
    {"delete_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: some value\x7f\r\n\r\n", HttpFault::invalid_message,
     "the control byte 0x7f"},
    {"space_before_colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", HttpFault::invalid_message,
     "between its name and the colon"},
    {"no_name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", HttpFault::invalid_message, "has no name"},
    {"no_colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", HttpFault::invalid_message, "no colon"},
    {"umlaut_in_name", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3: b\r\n\r\n", HttpFault::invalid_message, "0xc3"},
    {"no_host", "GET / HTTP/1.1\r\n\r\n", HttpFault::host_invalid, "no Host"},
    {"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", HttpFault::host_invalid, "2 times"},
    {"two_hosts_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", HttpFault::host_invalid, "2 times"},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HttpFault::host_invalid, "\"\""},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", HttpFault::host_invalid, "\"a/b\""},
    {"host_with_userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", HttpFault::host_invalid, "\"u@a\""},
    {"host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", HttpFault::host_invalid, "\"a, b\""},
    {"expectation", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n", HttpFault::expectation_unknown,
     "wonders"},
    {"two_expectations", "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n\r\n",
     HttpFault::expectation_unknown, "100-continue"},
};
INSTANTIATE_TEST_SUITE_P(Fields, RequestRefused, ::testing::ValuesIn(kRefusedFields), RowName());

// Heads that two readers could give two lengths: `framing` stands where the fields go.
struct Smuggling {
  std::string_view name;
  std::string_view framing;
  HttpFault fault;
};

void PrintTo(const Smuggling& row, std::ostream* out) {
  *out << row.name;
}

class RequestSmuggling : public ::testing::TestWithParam<Smuggling> {
 protected:
  static std::string bytes() {
    std::string out = "POST / HTTP/1.1\r\nHost: a\r\n";
    return out.append(GetParam().framing).append("\r\n\r\n0\r\n\r\n").append(kSmuggled);
  }
};

TEST_P(RequestSmuggling, is_refused_before_any_body) {
  const Report got = report({}, bytes());
  EXPECT_EQ(got.fault, GetParam().fault) << got.events << got.detail;
  EXPECT_EQ(got.events, "error\n");
}

TEST_P(RequestSmuggling, is_refused_the_same_however_it_is_cut) {
  EXPECT_EQ(difference_between_splits({}, bytes()), "");
}

constexpr HttpFault kAmbiguous = HttpFault::framing_ambiguous;
constexpr HttpFault kInvalid = HttpFault::invalid_message;
constexpr HttpFault kUnknown = HttpFault::transfer_coding_unknown;

const Smuggling kSmuggling[] = {
    {"cl_te", "Content-Length: 6\r\nTransfer-Encoding: chunked", kAmbiguous},
    {"te_cl", "Transfer-Encoding: chunked\r\nContent-Length: 6", kAmbiguous},
    {"te_cl_zero", "Transfer-Encoding: chunked\r\nContent-Length: 0", kAmbiguous},
    {"te_identity_cl", "Transfer-Encoding: identity\r\nContent-Length: 6", kAmbiguous},
    {"cl_cl", "Content-Length: 6\r\nContent-Length: 5", kAmbiguous},
    {"cl_cl_equal", "Content-Length: 5\r\ncontent-length: 5", kAmbiguous},
    {"cl_list", "Content-Length: 5, 5", kAmbiguous},
    {"cl_list_differing", "Content-Length: 5,6", kAmbiguous},
    {"te_te", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", kAmbiguous},
    {"te_te_identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", kAmbiguous},
    {"te_twice_in_one", "Transfer-Encoding: chunked, chunked", kAmbiguous},
    {"te_chunked_not_last", "Transfer-Encoding: chunked, gzip", kAmbiguous},
    {"te_empty", "Transfer-Encoding:", kAmbiguous},
    {"te_comma", "Transfer-Encoding: ,", kAmbiguous},
    {"te_trailing_comma", "Transfer-Encoding: chunked,", kUnknown},
    {"te_leading_comma", "Transfer-Encoding: , chunked", kUnknown},
    {"te_gzip_chunked", "Transfer-Encoding: gzip, chunked", kUnknown},
    {"te_gzip", "Transfer-Encoding: gzip", kUnknown},
    {"te_identity", "Transfer-Encoding: identity", kUnknown},
    {"te_xchunked", "Transfer-Encoding: xchunked", kUnknown},
    {"te_chunkedx", "Transfer-Encoding: chunkedx", kUnknown},
    {"te_quoted", "Transfer-Encoding: \"chunked\"", kUnknown},
    {"te_parameter", "Transfer-Encoding: chunked;q=1", kUnknown},
    {"te_two_words", "Transfer-Encoding: chunked x", kUnknown},
    {"te_space_before_colon", "Transfer-Encoding : chunked", kInvalid},
    {"te_tab_before_colon", "Transfer-Encoding\t: chunked", kInvalid},
    {"te_vertical_tab",
     "Transfer-Encoding:\x0b"
     "chunked",
     kInvalid},
    {"te_form_feed", "Transfer-Encoding: chunked\x0c", kInvalid},
    {"te_nul", "Transfer-Encoding: chunked\x01", kInvalid},
    {"te_no_break_space",
     "Transfer-Encoding: \xa0"
     "chunked",
     kUnknown},
    {"te_folded", "Transfer-Encoding:\r\n chunked", kInvalid},
    {"te_after_bare_lf", "X: y\nTransfer-Encoding: chunked", kInvalid},
    {"te_after_bare_cr", "X: y\rTransfer-Encoding: chunked", kInvalid},
    {"te_leading_space", " Transfer-Encoding: chunked", kInvalid},
    {"cl_plus", "Content-Length: +5", kInvalid},
    {"cl_minus", "Content-Length: -5", kInvalid},
    {"cl_hexadecimal", "Content-Length: 0x5", kInvalid},
    {"cl_inner_space", "Content-Length: 5 5", kInvalid},
    {"cl_fraction", "Content-Length: 5.0", kInvalid},
    {"cl_empty", "Content-Length:", kInvalid},
    {"cl_letters", "Content-Length: five", kInvalid},
    {"cl_overflow", "Content-Length: 18446744073709551621", kInvalid},
    {"cl_space_before_colon", "Content-Length : 5", kInvalid},
    {"cl_folded", "Content-Length: 5\r\n 5", kInvalid},
};
INSTANTIATE_TEST_SUITE_P(Http, RequestSmuggling, ::testing::ValuesIn(kSmuggling), RowName());

TEST(Request, transfer_encoding_in_http_1_0_is_refused) {
  const Report got = report({}, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(got.fault, kAmbiguous);
}

TEST(Request, connect_with_content_is_refused) {
  EXPECT_EQ(report({}, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 1\r\n\r\nx").fault,
            kAmbiguous);
  EXPECT_EQ(report({}, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 0\r\n\r\n").fault,
            HttpFault::none);
}

}  // namespace
}  // namespace whytls::proxy::testing
