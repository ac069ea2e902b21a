#include "proxy/admin.h"

#include <gmock/gmock.h>

namespace whytls::proxy {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Request {
  std::string method = "GET";
  std::string target = "/healthz";
  std::string host = "127.0.0.1:8079";
  std::string listen_host = "127.0.0.1";
  bool draining = false;
};

AdminAnswer ask(const Request& request) {
  Head head;
  head.method = request.method;
  head.target = request.target;
  head.fields = {{"Host", request.host}};
  AdminPages pages;
  pages.metrics = [] { return std::string("a_total 1\n"); };
  pages.draining = [draining = request.draining] { return draining; };
  return admin_answer(head, request.listen_host, pages);
}

TEST(AdminAnswer, SaysOkOrDraining) {
  EXPECT_EQ(ask({}).status, 200);
  EXPECT_EQ(ask({}).body, "ok\n");
  Request draining;
  draining.draining = true;
  EXPECT_EQ(ask(draining).status, 503);
  EXPECT_EQ(ask(draining).body, "draining\n");
}

TEST(AdminAnswer, GivesTheMetricsWithTheTypeThatPrometheusWants) {
  Request request;
  request.target = "/metrics?x=1";
  const AdminAnswer answer = ask(request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "a_total 1\n");
}

TEST(AdminAnswer, ListsThePagesForAnyOtherPath) {
  for (const char* path : {"/", "/metrics/", "/healthzz", "//metrics", "/%6detrics"}) {
    Request request;
    request.target = path;
    EXPECT_EQ(ask(request).status, 404) << path;
    EXPECT_THAT(ask(request).body, HasSubstr("/metrics"));
    EXPECT_THAT(ask(request).body, HasSubstr("/healthz"));
  }
}

TEST(AdminAnswer, RefusesOtherMethodsAndNamesTheAllowedOnes) {
  for (const char* method : {"POST", "DELETE", "OPTIONS", "TRACE", "get"}) {
    Request request;
    request.method = method;
    EXPECT_EQ(ask(request).status, 405) << method;
    EXPECT_EQ(ask(request).allow, "GET, HEAD");
  }
}

TEST(AdminAnswer, RefusesABody) {
  Head head;
  head.method = "GET";
  head.target = "/healthz";
  const std::string host = "127.0.0.1";
  head.fields = {{"Host", host}};
  head.framing = Framing::chunked;
  EXPECT_EQ(admin_answer(head, "127.0.0.1", {}).status, 413);
}

TEST(AdminAnswer, AnswersForIpLiteralsLoopbackNamesAndItsOwnName) {
  for (const char* host : {"127.0.0.1", "127.0.0.1:8079", "10.1.2.3:8079", "[::1]:8079", "[2001:db8::1]",
                           "localhost", "LOCALHOST:8079", "proxy.localhost"}) {
    Request request;
    request.host = host;
    EXPECT_EQ(ask(request).status, 200) << host;
  }
  Request own;
  own.listen_host = "metrics.lab.example";
  own.host = "metrics.lab.example:8079";
  EXPECT_EQ(ask(own).status, 200);
}

TEST(AdminAnswer, RefusesAnyOtherNameSoThatDnsRebindingReadsNothing) {
  for (const char* host : {"evil.example", "evil.example:8079", "localhost.evil.example", "notlocalhost",
                           "127.0.0.1.evil.example", "", "user@localhost"}) {
    Request request;
    request.host = host;
    EXPECT_EQ(ask(request).status, 421) << host;
  }
}

TEST(AdminAnswer, NeedsAHostUnlessTheRequestIsHttp10) {
  Head head;
  head.method = "GET";
  head.target = "/healthz";
  AdminPages pages;
  pages.draining = [] { return false; };
  EXPECT_EQ(admin_answer(head, "127.0.0.1", pages).status, 421);
  head.minor = 0;
  EXPECT_EQ(admin_answer(head, "127.0.0.1", pages).status, 200);
}

TEST(AdminResponse, IsAWholeMessageThatEndsTheConnection) {
  AdminAnswer answer;
  answer.status = 405;
  answer.body = "no\n";
  answer.allow = "GET, HEAD";
  const std::string text = admin_response(answer, AdminBody::sent);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\nno\n"));
}

TEST(AdminResponse, LeavesOutTheBodyForHeadButKeepsItsLength) {
  AdminAnswer answer;
  answer.body = "ok\n";
  const std::string text = admin_response(answer, AdminBody::left_out);
  EXPECT_THAT(text, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace whytls::proxy
