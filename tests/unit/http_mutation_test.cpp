// A short, repeatable walk around valid messages: whatever is done to the bytes, the parser must not depend
// on how they are cut, and what it accepts and we write again must be read the same by the next reader.
#include <gtest/gtest.h>

#include <random>

#include "http_events.h"
#include "http_properties.h"

namespace whytls::proxy::testing {
namespace {

constexpr int kRounds = 4000;

const std::vector<std::string_view> kSeeds = {
    "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\n\r\n",
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloGET / "
     "HTTP/1.1\r\nHost: b\r\n\r\n"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\nConnection: TE\r\n\r\n"
     "5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n"),
    "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03",
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade, X\r\nX: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nraw",
};
const std::vector<std::string_view> kTokens = {
    "\r\n",
    "\n",
    "\r",
    "\t",
    " ",
    ":",
    ",",
    ";",
    std::string_view("\0", 1),
    "\x0b",
    "\x7f",
    "\xff",
    "0",
    "chunked",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n",
    "Host: b\r\n",
    "Connection: close\r\n",
    "HTTP/1.1",
    "GET ",
    "gzip, ",
    "+",
    "-",
    "0x",
};

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string next() {
    std::string bytes(kSeeds[below(kSeeds.size())]);
    for (std::size_t left = below(4); left > 0; --left) mutate(&bytes);
    return bytes;
  }
  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  void mutate(std::string* bytes) {
    if (bytes->empty()) return;
    const std::size_t at = below(bytes->size());
    switch (below(5)) {
      case 0:
        (*bytes)[at] = static_cast<char>(below(256));
        return;
      case 1:
        bytes->erase(at, 1 + below(4));
        return;
      case 2:
        bytes->insert(at, bytes->substr(below(bytes->size()), below(20)));
        return;
      case 3:
        bytes->resize(at);
        return;
      default:
        bytes->insert(at, kTokens[below(kTokens.size())]);
        return;
    }
  }

  std::mt19937 random_;
};

TEST(Mutation, changes_nothing_about_what_must_always_hold) {
  Mutator mutator(20240229);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string bytes = mutator.next();
    for (const auto kind : {MessageParser::Kind::request, MessageParser::Kind::response}) {
      Reading reading;
      reading.kind = kind;
      reading.ending = mutator.below(2) == 0 ? Ending::closes : Ending::stays_open;
      const std::vector<std::size_t> cuts = {mutator.below(bytes.size() + 1),
                                             mutator.below(bytes.size() + 1)};
      const Properties properties = check_properties(reading, bytes, cuts);
      ASSERT_EQ(properties.violation, "") << "round " << round << ": " << escape_for_text(bytes, 1000);
      if (properties.complete) ++accepted;
    }
  }
  // A walk that only meets refusals would prove nothing.
  EXPECT_GT(accepted, kRounds / 10);
}

}  // namespace
}  // namespace whytls::proxy::testing
