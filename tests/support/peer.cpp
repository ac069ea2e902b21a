#include "tests/support/peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace whytls::support {
namespace {

constexpr std::chrono::seconds kConnectionBudget{60};
constexpr int kBacklog = 128;
constexpr std::size_t kRecordHeader = 5;

// Reads one whole record: the ClientHello of any client that sends it in one piece of the record layer.
bool read_hello(Wire& wire) {
  std::string bytes;
  for (;;) {
    if (bytes.size() >= kRecordHeader) {
      const auto high = static_cast<unsigned char>(bytes[3]);
      const auto low = static_cast<unsigned char>(bytes[4]);
      if (bytes.size() >= kRecordHeader + static_cast<std::size_t>(high << 8 | low)) return true;
    }
    if (wire.receive(&bytes) != Arrival::data) return false;
  }
}

void end(Wire& wire, Ending ending) {
  switch (ending) {
    case Ending::close:
      wire.close_politely();
      return;
    case Ending::reset:
      wire.reset();
      return;
    case Ending::hold:
      wire.hold();
      return;
  }
}

}  // namespace

Behaviour serve_https(TlsScript tls, HttpScript http) {
  Behaviour behaviour;
  behaviour.protocol = Behaviour::Protocol::https;
  behaviour.tls = std::move(tls);
  behaviour.http = std::move(http);
  return behaviour;
}

Behaviour serve_http(HttpScript http) {
  Behaviour behaviour;
  behaviour.protocol = Behaviour::Protocol::http;
  behaviour.http = std::move(http);
  return behaviour;
}

Behaviour answer_hello(std::string bytes, Ending ending) {
  Behaviour behaviour = greet(std::move(bytes), ending);
  behaviour.listens_first = Behaviour::Listens::to_hello;
  return behaviour;
}

Behaviour greet(std::string bytes, Ending ending) {
  Behaviour behaviour;
  behaviour.opening = std::move(bytes);
  behaviour.ending = ending;
  return behaviour;
}

Behaviour close_before_hello() {
  return greet("", Ending::close);
}

Behaviour never_answer() {
  return greet("", Ending::hold);
}

Behaviour drip(std::string bytes, std::chrono::milliseconds pause) {
  Behaviour behaviour = answer_hello(std::move(bytes), Ending::hold);
  behaviour.drip = pause;
  return behaviour;
}

Behaviour break_off_after(std::size_t count, TlsScript tls, Ending ending) {
  tls.editor = [count, ending](Flight& flight) {
    if (flight.number != 0) return;
    flight.bytes.resize(std::min(count, flight.bytes.size()));
    flight.ending = ending;
  };
  return serve_https(std::move(tls));
}

Peer::Peer(Behaviour behaviour) : Peer(std::move(behaviour), listen_on_loopback(kBacklog)) {}

Peer::Peer(Behaviour behaviour, std::uint16_t port)
    : Peer(std::move(behaviour), listen_on_loopback_port(port, kBacklog)) {}

Peer::Peer(Behaviour behaviour, Descriptor listener)
    : behaviour_(std::move(behaviour)), listener_(std::move(listener)), port_(port_of(listener_)) {
  if (behaviour_.protocol == Behaviour::Protocol::https) context_ = make_server_context(behaviour_.tls);
  acceptor_ = std::thread([this] { accept_all(); });
}

Peer::~Peer() {
  stop_.raise();
  acceptor_.join();
  for (Connection& connection : threads_) connection.thread.join();
}

std::vector<std::string> Peer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void Peer::accept_all() {
  for (;;) {
    std::array<pollfd, 2> watched{pollfd{listener_.get(), POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[1].revents != 0) return;
    Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.get() < 0) continue;
    ++connections_;
    join_finished();
    Connection& connection = threads_.emplace_back();
    connection.thread = std::thread([this, &connection, fd = socket.release()] {
      converse(Descriptor(fd));
      connection.over = true;
    });
  }
}

void Peer::join_finished() {
  threads_.remove_if([](Connection& connection) {
    if (!connection.over) return false;
    connection.thread.join();
    return true;
  });
}

void Peer::pause(std::chrono::milliseconds time) const {
  pollfd stop{stop_.fd(), POLLIN, 0};
  ::poll(&stop, 1, static_cast<int>(time.count()));
}

void Peer::converse(Descriptor socket) {
  Wire wire(std::move(socket), &stop_, kConnectionBudget);
  if (behaviour_.listens_first == Behaviour::Listens::to_hello && !read_hello(wire)) return;
  if (behaviour_.drip.count() == 0) {
    if (!wire.send(behaviour_.opening)) return;
  } else {
    for (const char byte : behaviour_.opening) {
      if (!wire.send(std::string_view(&byte, 1))) return;
      pause(behaviour_.drip);
    }
  }
  switch (behaviour_.protocol) {
    case Behaviour::Protocol::raw:
      end(wire, behaviour_.ending);
      return;
    case Behaviour::Protocol::http:
      answer_requests(wire, nullptr);
      return;
    case Behaviour::Protocol::https:
      break;
  }
  SSL* ssl = SSL_new(context_.get());
  if (ssl == nullptr) return;
  SSL_set_accept_state(ssl);
  TlsEnd tls(ssl, &wire, behaviour_.tls.editor);
  if (tls.handshake()) {
    answer_requests(wire, &tls);
  } else {
    end(wire, tls.ended().value_or(Ending::close));
  }
}

void Peer::answer_requests(Wire& wire, TlsEnd* tls) {
  if (behaviour_.http.reading == HttpScript::Reading::nothing) {
    pause(kConnectionBudget);
    return;
  }
  std::string input;
  for (;;) {
    const std::size_t head_end = input.find("\r\n\r\n");
    if (head_end == std::string::npos) {
      const Arrival arrival = tls != nullptr ? tls->receive(&input) : wire.receive(&input);
      if (arrival == Arrival::data) continue;
      return tls != nullptr ? tls->close_politely() : wire.close_politely();
    }
    const std::string head = input.substr(0, head_end + 4);
    input.erase(0, head_end + 4);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(head);
    }
    const std::string response =
        behaviour_.http.answer ? behaviour_.http.answer(head) : behaviour_.http.response;
    if (!(tls != nullptr ? tls->send(response) : wire.send(response))) return;
    if (!behaviour_.http.ending) continue;
    if (*behaviour_.http.ending == Ending::close && tls != nullptr) return tls->close_politely();
    return end(wire, *behaviour_.http.ending);
  }
}

}  // namespace whytls::support
