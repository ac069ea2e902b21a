// What a connection attempt says that the peer reset. No peer can be slow enough for that over loopback, so
// the loop is made to look only after the reset.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

#include "proxy/socket.h"

namespace whytls::proxy {
namespace {

// Listens on a free port of loopback, with the accepting done by hand.
class ByHand {
 public:
  ByHand() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    good_ = ::bind(listening_, generic(), size) == 0 && ::listen(listening_, 1) == 0 &&
            ::getsockname(listening_, generic(), &size) == 0;
  }
  ~ByHand() { ::close(listening_); }
  ByHand(const ByHand&) = delete;
  ByHand& operator=(const ByHand&) = delete;

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }
  // Takes the connection that waits and ends it with RST.
  bool accept_and_reset() const {
    const int accepted = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) return false;
    const linger at_once{1, 0};
    const bool set = ::setsockopt(accepted, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0;
    return ::close(accepted) == 0 && set;
  }

 private:
  int listening_;
  sockaddr_in address_{};
  bool good_ = false;
};

TEST(ConnectTest, AResetBeforeTheConnectionIsSeenIsAResetAndNoConnection) {
  ByHand peer;
  ASSERT_TRUE(peer.good());
  Loop loop;
  ASSERT_EQ(loop.open(), 0);
  std::optional<int> result;
  {
    Socket socket(loop, nullptr);
    const auto done = [](void* context, int status) { *static_cast<std::optional<int>*>(context) = status; };
    ASSERT_EQ(socket.connect(peer.generic(), done, &result), 0);
    ASSERT_TRUE(peer.accept_and_reset());
    while (!result && uv_run(loop.uv(), UV_RUN_ONCE) != 0) {
    }
  }
  EXPECT_EQ(result, UV_ECONNRESET);
  EXPECT_EQ(loop.close(), 0) << "something was left on the loop";
}

}  // namespace
}  // namespace whytls::proxy
