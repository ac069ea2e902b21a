// What the proxy keeps of sessions towards upstreams, in number and in size.
#include "proxy/upstream_pool.h"
#include "tests/engine/memory_peer.h"

namespace whytls::engine {
namespace {

using proxy::SessionCache;
using tls::StreamStatus;

class SessionCacheTest : public EngineTest {
 protected:
  SessionCache::Entry entry() {
    connect(script());
    EXPECT_EQ(talk(), StreamStatus::ok);
    std::string plaintext;
    EXPECT_EQ(read_all(&plaintext), StreamStatus::want_input);
    auto judgement = std::make_shared<proxy::Judgement>();
    judgement->usable_until = now_ + 1;
    SessionCache::Entry made{stream_->take_session(), std::move(judgement)};
    EXPECT_NE(made.session, nullptr);
    return made;
  }
  bool has(SessionCache& cache, const std::string& key) { return cache.take(key, now_).session != nullptr; }
};
WITH_BOTH_QUEUES(SessionCacheTest);

TEST_P(SessionCacheTest, GivesEachSessionOnceAndNoneThatIsTooOld) {
  SessionCache cache;
  cache.put("a", entry());
  EXPECT_TRUE(has(cache, "a"));
  EXPECT_FALSE(has(cache, "a"));
  cache.put("a", entry());
  EXPECT_EQ(cache.take("a", now_ + 1).session, nullptr);
}

TEST_P(SessionCacheTest, ForgetsWhenTheChainsTakeTooMuchMemory) {
  SessionCache::Entry first = entry();
  const std::size_t one = first.session->bytes() + SessionCache::kEntryBytes + 1;
  SessionCache cache(2 * one + 1);
  cache.put("a", std::move(first));
  cache.put("b", entry());
  cache.put("c", entry());
  EXPECT_FALSE(has(cache, "a"));
  EXPECT_FALSE(has(cache, "b"));
  EXPECT_TRUE(has(cache, "c"));
  // What was taken makes room again.
  for (int i = 0; i < 20; ++i) {
    cache.put("d", entry());
    cache.put("e", entry());
    EXPECT_TRUE(has(cache, "d"));
    EXPECT_TRUE(has(cache, "e"));
  }
}

TEST_P(SessionCacheTest, AChainThatIsLargerThanTheWholeBudgetIsNotKept) {
  SessionCache::Entry large = entry();
  SessionCache cache(large.session->bytes());
  cache.put("a", std::move(large));
  EXPECT_FALSE(has(cache, "a"));
}

TEST_P(SessionCacheTest, KeepsAFewOfEachTarget) {
  SessionCache cache;
  for (std::size_t i = 0; i < SessionCache::kPerTarget + 2; ++i) cache.put("a", entry());
  for (std::size_t i = 0; i < SessionCache::kPerTarget; ++i) EXPECT_TRUE(has(cache, "a"));
  EXPECT_FALSE(has(cache, "a"));
}

}  // namespace
}  // namespace whytls::engine
