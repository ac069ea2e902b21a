#include "policy/explain.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace whytls::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The failures of the first rank.
std::vector<std::string> first_of(const Explanation& explanation) {
  std::vector<std::string> out;
  for (const Candidate& one : explanation.candidates) {
    if (one.rank == 1) out.emplace_back(info(one.failure).slug);
  }
  return out;
}

bool names(const Explanation& explanation, const Code& code) {
  return std::find(explanation.codes.begin(), explanation.codes.end(), &code) != explanation.codes.end();
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

TEST(Explain, EveryCodeIsFoundByItsSymbolInAnyCase) {
  ASSERT_GT(all_codes().size(), 600U);
  for (const Code& code : all_codes()) {
    const std::string symbol(code.symbol);
    EXPECT_TRUE(names(explain(symbol), code)) << symbol;
    EXPECT_TRUE(names(explain(lower_case(symbol)), code)) << symbol;
    EXPECT_TRUE(names(explain("Error code: " + symbol + "."), code) || symbol.find('_') == std::string::npos)
        << symbol;
  }
}

TEST(Explain, EveryCodeIsFoundWithoutItsPrefix) {
  for (const Code& code : all_codes()) {
    std::string_view symbol = code.symbol;
    for (const std::string_view prefix :
         {"X509_V_ERR_", "X509_V_", "SEC_ERROR_", "SSL_ERROR_", "MOZILLA_PKIX_ERROR_", "PR_", "ERR_"}) {
      if (!symbol.starts_with(prefix)) continue;
      symbol.remove_prefix(prefix.size());
      break;
    }
    EXPECT_TRUE(names(explain(symbol), code)) << symbol;
  }
}

TEST(Explain, EveryCodeIsFoundByItsNumber) {
  for (const Code& code : all_codes()) {
    const std::string number = std::to_string(code.number);
    EXPECT_TRUE(names(explain(number), code)) << number;
    EXPECT_TRUE(names(explain("(" + number + ")"), code)) << number;
    if (code.family == CodeFamily::tls_alert) {
      EXPECT_TRUE(names(explain("alert " + number), code)) << number;
      EXPECT_TRUE(names(explain("SSL alert number " + number), code)) << number;
      EXPECT_TRUE(names(explain("received a fatal alert [" + number + "] from the peer"), code)) << number;
    } else if (code.family == CodeFamily::openssl_verify) {
      EXPECT_TRUE(names(explain("verify error:num=" + number + ":text"), code)) << number;
      EXPECT_TRUE(names(explain("error " + number + " at 0 depth lookup"), code)) << number;
    } else if (code.number <= -100) {
      EXPECT_TRUE(names(explain("it failed with error " + number + " today"), code)) << number;
    }
  }
}

TEST(Explain, EveryFailureIsFoundByItsName) {
  for (const FailureInfo& row : all_failures()) {
    EXPECT_THAT(first_of(explain(row.slug)), ElementsAre(std::string(row.slug)));
    if (row.failure == Failure::unclassified)
      continue;  // a plain word is a name only when it is all there is
    EXPECT_THAT(first_of(explain("error.type=" + std::string(row.slug) + " leg=upstream")),
                ElementsAre(std::string(row.slug)));
  }
}

// Every failure of a code that is not told apart from the others by the code.
TEST(Explain, ACodeThatMeansSeveralFailuresNamesAllOfThemFirst) {
  for (const Code& code : all_codes()) {
    const bool shared = codes_by_number(code.number).size() > 1;
    if (code.failures.empty() || shared) continue;
    const Explanation explanation = explain(code.symbol);
    std::vector<std::string> expected;
    for (const Failure failure : code.failures) expected.emplace_back(info(failure).slug);
    EXPECT_EQ(first_of(explanation), expected) << code.symbol;
    EXPECT_EQ(explanation.ambiguous(), expected.size() > 1) << code.symbol;
  }
}

struct Row {
  const char* text;
  std::vector<std::string> first;
};

TEST(Explain, SpecificWordsWinOverGeneralOnes) {
  const Row rows[] = {
      {"curl: (60) SSL certificate problem: self-signed certificate", {"cert_self_signed"}},
      {"curl: (60) SSL certificate problem: self signed certificate in certificate chain",
       {"chain_untrusted_root"}},
      {"verify error:num=18:self-signed certificate", {"cert_self_signed"}},
      {"Error: self-signed certificate\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1674:34) {\n  code: "
       "'DEPTH_ZERO_SELF_SIGNED_CERT'\n}",
       {"cert_self_signed"}},
      {"cert_expired SEC_ERROR_UNKNOWN_ISSUER", {"cert_expired"}},
  };
  for (const Row& row : rows) EXPECT_EQ(first_of(explain(row.text)), row.first) << row.text;
}

TEST(Explain, NumbersOfTheErrorQueueAreReadInEachForm) {
  for (const char* text : {"error:0A000458:SSL routines::", "error:14094458:SSL routines:ssl3_read_bytes:",
                           "TLS error: error 10000458"}) {
    EXPECT_THAT(first_of(explain(text)), Contains("tls_sni_unknown")) << text;
  }
}

// Real reports of users: what they saw, and which failures the true cause allows to be named first.
TEST(Explain, NamesTheTrueCauseOfLessonsFromTheField) {
  std::ifstream file(std::string(WHYTLS_SOURCE_DIR) + "/tests/data/explain/field_lessons.tsv");
  ASSERT_TRUE(file);
  int rows = 0;
  for (std::string line; std::getline(file, line); ++rows) {
    std::istringstream fields(line);
    std::string thread;
    std::string message;
    std::string slugs;
    std::getline(fields, thread, '\t');
    std::getline(fields, message, '\t');
    std::getline(fields, slugs);
    const std::vector<std::string> first = first_of(explain(message));
    const bool named = std::any_of(first.begin(), first.end(), [&](const std::string& slug) {
      return ("," + slugs + ",").find("," + slug + ",") != std::string::npos;
    });
    EXPECT_TRUE(named) << thread << ": " << message;
  }
  EXPECT_GE(rows, 79);
}

TEST(Explain, OrdinaryNumbersAndWordsAreNoCodes) {
  for (const char* text : {"it took 18 seconds", "HTTP/1.1 200 OK", "listening on port 443", "pid 112 ended",
                           "my alert is red", "at Alert.java:117", "errno: -104", "2026-11-21 10:20:30",
                           "hello", "", "the timeout was an unknown thing"}) {
    const Explanation explanation = explain(text);
    EXPECT_FALSE(explanation.known()) << text;
    EXPECT_THAT(explanation.clues, IsEmpty()) << text;
  }
}

TEST(Explain, AMisspeltCodeIsNotKnownButItsNeighboursAreNamed) {
  const Explanation explanation = explain("SEC_ERROR_UNKNOWN_ISUER");
  EXPECT_FALSE(explanation.known());
  EXPECT_EQ(explanation.nearest.front(), "SEC_ERROR_UNKNOWN_ISSUER");
  EXPECT_THAT(explain("what is cert_expird please").nearest, ElementsAre("cert_expired"));
  EXPECT_THAT(explain("nothing of the kind").nearest, IsEmpty());
}

TEST(Explain, TakesAnyBytesOfAnyLength) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_FALSE(explain(bytes).known());
  EXPECT_FALSE(explain(std::string(kMaxExplainedBytes * 2, '-')).known());
  EXPECT_FALSE(explain(std::string(2000, '9')).known());
  EXPECT_FALSE(explain("-99999999999999999999").known());
  EXPECT_THAT(first_of(explain(bytes + " cert_expired " + bytes)), ElementsAre("cert_expired"));
}

}  // namespace
}  // namespace whytls::policy
