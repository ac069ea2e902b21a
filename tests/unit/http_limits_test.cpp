// Limits: the last size that passes, and the first that does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http_events.h"

namespace whytls::proxy::testing {
namespace {

using policy::HttpFault;
using What = MessageParser::Step::What;

Reading reading_with(std::size_t head, std::size_t uri, std::size_t fields) {
  Reading reading;
  reading.limits.max_head_bytes = head;
  reading.limits.max_uri_bytes = uri;
  reading.limits.max_header_fields = fields;
  return reading;
}

TEST(Limits, a_target_may_be_as_long_as_the_limit) {
  const Reading reading = reading_with(1000, 20, 10);
  const std::string rest = " HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string fits = "GET /" + std::string(19, 'x') + rest;
  const std::string too_long = "GET /" + std::string(20, 'x') + rest;
  EXPECT_EQ(report(reading, fits).fault, HttpFault::none);
  EXPECT_EQ(difference_between_splits(reading, fits), "");
  EXPECT_EQ(report(reading, too_long).fault, HttpFault::uri_too_long);
  EXPECT_EQ(difference_between_splits(reading, too_long), "");
}

TEST(Limits, an_endless_target_is_refused_before_its_line_ends) {
  EXPECT_EQ(report(reading_with(1000, 20, 10), "GET /" + std::string(20, 'x')).fault,
            HttpFault::uri_too_long);
}

TEST(Limits, a_head_may_be_as_long_as_the_limit) {
  const std::string fits = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(40, 'x') + "\r\n\r\n";
  const Reading just = reading_with(fits.size(), 20, 10);
  const Reading less = reading_with(fits.size() - 1, 20, 10);
  EXPECT_EQ(report(just, fits).fault, HttpFault::none);
  EXPECT_EQ(difference_between_splits(just, fits), "");
  EXPECT_EQ(report(less, fits).fault, HttpFault::head_too_large);
  EXPECT_EQ(difference_between_splits(less, fits), "");
}

TEST(Limits, a_head_of_many_lines_is_bounded_too) {
  std::string bytes = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) bytes += "X: y\r\n";
  EXPECT_EQ(report(reading_with(200, 20, 1000), bytes).fault, HttpFault::head_too_large);
  EXPECT_EQ(difference_between_splits(reading_with(200, 20, 1000), bytes), "");
}

TEST(Limits, an_endless_reason_is_refused) {
  Reading reading = reading_with(100, 20, 10);
  reading.kind = MessageParser::Kind::response;
  EXPECT_EQ(report(reading, "HTTP/1.1 200 " + std::string(100, 'x')).fault, HttpFault::head_too_large);
}

TEST(Limits, there_may_be_as_many_fields_as_the_limit) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string nine = "1: x\r\n2: x\r\n3: x\r\n4: x\r\n5: x\r\n6: x\r\n7: x\r\n8: x\r\n9: x\r\n";
  const Reading reading = reading_with(1000, 20, 10);
  EXPECT_EQ(report(reading, start + nine + "\r\n").fault, HttpFault::none);
  const Report got = report(reading, start + nine + "10: x\r\n\r\n");
  EXPECT_EQ(got.fault, HttpFault::head_too_large);
  EXPECT_THAT(got.detail, ::testing::HasSubstr("more than 10 fields"));
}

TEST(Limits, trailers_are_bounded_like_heads) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  const Reading reading = reading_with(100, 20, 4);
  EXPECT_EQ(report(reading, start + "X: " + std::string(100, 'x') + "\r\n\r\n").fault,
            HttpFault::head_too_large);
  EXPECT_EQ(report(reading, start + "1: x\r\n2: x\r\n3: x\r\n4: x\r\n5: x\r\n\r\n").fault,
            HttpFault::head_too_large);
  EXPECT_EQ(report(reading, start + "1: x\r\n2: x\r\n3: x\r\n4: x\r\n\r\n").fault, HttpFault::none);
}

TEST(Limits, a_detail_quotes_little_of_what_came) {
  const Report got = report({}, "GET / HTTP/1.1\r\nHost: " + std::string(5000, '\x80') + "\r\n\r\n");
  EXPECT_EQ(got.fault, HttpFault::host_invalid);
  EXPECT_LT(got.detail.size(), 500U);
  EXPECT_THAT(got.detail, ::testing::HasSubstr("\\x80..."));
}

TEST(Limits, a_refused_start_line_quotes_little_of_what_came) {
  const Report got = report({}, "\x16" + std::string(5000, '\n'));
  EXPECT_EQ(got.fault, HttpFault::invalid_message);
  EXPECT_LT(got.detail.size(), 500U);
}

TEST(Limits, a_body_may_be_longer_than_a_head) {
  const std::string body(200'000, 'b');
  MessageParser parser(MessageParser::Kind::request, reading_with(100, 20, 4).limits);
  const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n";
  std::string_view input = head;
  ASSERT_EQ(parser.step(&input).what, What::head);
  input = body;
  const MessageParser::Step step = parser.step(&input);
  EXPECT_EQ(step.what, What::body);
  EXPECT_EQ(step.body.data(), body.data());  // not copied
  EXPECT_EQ(step.body.size(), body.size());
  EXPECT_EQ(parser.step(&input).what, What::complete);
}

}  // namespace
}  // namespace whytls::proxy::testing
