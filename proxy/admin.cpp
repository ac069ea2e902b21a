#include "proxy/admin.h"

#include <netdb.h>

#include <array>
#include <cstring>
#include <list>
#include <utility>

#include "proxy/uv_handle.h"

namespace whytls::proxy {
namespace {

constexpr int kBacklog = 64;
// Once answered, a client may send this much more before it is cut off.
constexpr std::size_t kMaxIgnoredBytes = 64UL * 1024;

config::Limits admin_limits() {
  config::Limits limits;
  limits.max_head_bytes = 8UL * 1024;
  limits.max_uri_bytes = 2UL * 1024;
  limits.max_header_fields = 64;
  return limits;
}

// A write under way, with the bytes that it sends. Freed in the callback, which may come after the connection
// is gone: the stream's `data` is null then.
struct WriteRequest {
  uv_write_t request{};
  std::string bytes;
};

AdminAnswer refusal(const MessageError& error) {
  AdminAnswer answer;
  switch (error.fault) {
    case policy::HttpFault::uri_too_long:
      answer.status = 414;
      break;
    case policy::HttpFault::head_too_large:
      answer.status = 431;
      break;
    default:  // whatever else the parser refuses is a bad request for this small listener
      answer.status = 400;
      break;
  }
  answer.body = error.detail + "\n";
  return answer;
}

}  // namespace

// One client: reads a request, answers it, waits for the client to close.
class AdminConnection {
 public:
  explicit AdminConnection(Admin::Impl& owner)
      : owner_(owner), parser_(MessageParser::Kind::request, admin_limits()) {}

  // False: the connection can't be taken.
  [[nodiscard]] bool accept(uv_loop_t* loop, uv_stream_t* listener);
  [[nodiscard]] bool finished() const { return state_ == State::finished; }

 private:
  enum class State : std::uint8_t {
    reading,
    writing,
    writing_last,  // the client has ended its side and only waits for the answer
    lingering,     // answered, our side ended: waits for the client's end
    finished,
  };

  static void on_allocate(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer) noexcept;
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept;
  static void on_written(uv_write_t* request, int status) noexcept;
  static void on_deadline(uv_timer_t* timer) noexcept;

  void take(std::string_view bytes);
  void read_request(std::string_view bytes);
  void answer(const AdminAnswer& answer, AdminBody body);
  // The last thing a callback does: the object may be gone afterwards.
  void end_callback();

  Admin::Impl& owner_;
  MessageParser parser_;
  UvHandle<uv_tcp_t> socket_;
  UvHandle<uv_timer_t> deadline_;
  State state_ = State::reading;
  std::size_t ignored_bytes_ = 0;
  std::array<char, 4096> buffer_{};
};

struct Admin::Impl {
  AdminPages pages;
  config::HostPort address;  // as bound
  std::string listen_host;   // as configured
  bool loopback = false;
  UvHandle<uv_tcp_t> listener;
  std::list<std::unique_ptr<AdminConnection>> connections;

  static void on_connection(uv_stream_t* stream, int status) noexcept {
    auto* self = static_cast<Impl*>(stream->data);
    if (self != nullptr && status == 0) self->take_connection(stream);
  }

  void take_connection(uv_stream_t* stream) {
    auto connection = std::make_unique<AdminConnection>(*this);
    const bool taken = connection->accept(stream->loop, stream);
    // Too many: accepted all the same, or the listener would report it again and again, and closed here.
    if (taken && connections.size() < kMaxConnections) connections.push_back(std::move(connection));
  }

  void remove(const AdminConnection* gone) {
    connections.remove_if([gone](const auto& connection) { return connection.get() == gone; });
  }
};

bool AdminConnection::accept(uv_loop_t* loop, uv_stream_t* listener) {
  if (socket_.init(uv_tcp_init, loop) != 0 || deadline_.init(uv_timer_init, loop) != 0) return false;
  if (uv_accept(listener, socket_.stream()) != 0) return false;
  socket_->data = this;
  deadline_->data = this;
  constexpr std::uint64_t kOnce = 0;
  return uv_timer_start(deadline_.get(), on_deadline, static_cast<std::uint64_t>(Admin::kDeadline.count()),
                        kOnce) == 0 &&
         uv_read_start(socket_.stream(), on_allocate, on_read) == 0;
}

void AdminConnection::on_allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
  auto* self = static_cast<AdminConnection*>(handle->data);
  *buffer = uv_buf_init(self->buffer_.data(), static_cast<unsigned>(self->buffer_.size()));
}

void AdminConnection::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) noexcept {
  auto* self = static_cast<AdminConnection*>(stream->data);
  if (self == nullptr || count == 0) return;
  if (count > 0) {
    self->take({buffer->base, static_cast<std::size_t>(count)});
  } else if (count == UV_EOF && self->state_ == State::writing) {
    self->state_ = State::writing_last;
  } else {
    self->state_ = State::finished;
  }
  self->end_callback();
}

void AdminConnection::on_written(uv_write_t* request, int status) noexcept {
  const std::unique_ptr<WriteRequest> written(reinterpret_cast<WriteRequest*>(request));
  auto* self = static_cast<AdminConnection*>(request->handle->data);
  if (self == nullptr) return;
  // With our side closed the client ends its own; closing at once could reset the answer under way when
  // unread bytes of the client are still in the socket.
  static constexpr auto kNothingToDo = [](uv_shutdown_t* done, int) noexcept { delete done; };
  auto shutdown = std::make_unique<uv_shutdown_t>();
  const bool shut = status == 0 && self->state_ == State::writing &&
                    uv_shutdown(shutdown.get(), request->handle, kNothingToDo) == 0;
  if (shut) {
    shutdown.release();  // NOLINT(bugprone-unused-return-value): the callback deletes it
    self->state_ = State::lingering;
  } else {
    self->state_ = State::finished;
  }
  self->end_callback();
}

void AdminConnection::on_deadline(uv_timer_t* timer) noexcept {
  auto* self = static_cast<AdminConnection*>(timer->data);
  if (self == nullptr) return;
  self->state_ = State::finished;
  self->end_callback();
}

void AdminConnection::take(std::string_view bytes) {
  switch (state_) {
    case State::reading:
      read_request(bytes);
      return;
    case State::writing:
    case State::writing_last:
    case State::lingering:
      ignored_bytes_ += bytes.size();
      if (ignored_bytes_ > kMaxIgnoredBytes) state_ = State::finished;
      return;
    case State::finished:
      return;
  }
}

void AdminConnection::read_request(std::string_view bytes) {
  using What = MessageParser::Step::What;
  const MessageParser::Step step = parser_.step(&bytes);
  switch (step.what) {
    case What::need_more:
      return;
    case What::error:
      answer(refusal(parser_.error()), AdminBody::sent);
      return;
    case What::head: {
      const Head& head = parser_.head();
      answer(admin_answer(head, owner_.listen_host, owner_.pages),
             head.method == "HEAD" ? AdminBody::left_out : AdminBody::sent);
      return;
    }
    case What::body:
    case What::complete:
    case What::raw:
      state_ = State::finished;  // can't come before a head
      return;
  }
}

void AdminConnection::answer(const AdminAnswer& answer, AdminBody body) {
  auto write = std::make_unique<WriteRequest>();
  write->bytes = admin_response(answer, body);
  const uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  if (uv_write(&write->request, socket_.stream(), &buffer, 1, on_written) != 0) {
    state_ = State::finished;
    return;
  }
  write.release();  // NOLINT(bugprone-unused-return-value): on_written takes it
  state_ = State::writing;
}

void AdminConnection::end_callback() {
  if (state_ == State::finished) owner_.remove(this);
}

namespace {

Result<sockaddr_storage> resolve(uv_loop_t* loop, const config::HostPort& listen) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  uv_getaddrinfo_t request{};
  const std::string port = std::to_string(listen.port);
  // Without a callback this waits for the answer. An IP literal, the usual value, needs no resolver.
  const int status = uv_getaddrinfo(loop, &request, nullptr, listen.host.c_str(), port.c_str(), &hints);
  if (status != 0)
    return fail(std::string("the admin address is not known: ") + uv_strerror(status), listen.text());
  sockaddr_storage address{};
  std::memcpy(&address, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
  uv_freeaddrinfo(request.addrinfo);
  return address;
}

bool is_loopback_address(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

std::uint16_t bound_port(const uv_tcp_t* listener) {
  sockaddr_storage address{};
  int length = sizeof(address);
  if (uv_tcp_getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  // Both families have the port at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

Result<std::unique_ptr<Admin>> Admin::start(uv_loop_t* loop, const config::HostPort& listen,
                                            AdminPages pages) {
  auto address = resolve(loop, listen);
  if (!address) return tl::make_unexpected(address.error());
  auto impl = std::make_unique<Impl>();
  impl->pages = std::move(pages);
  impl->listen_host = listen.host;
  impl->loopback = is_loopback_address(*address);
  int status = impl->listener.init(uv_tcp_init, loop);
  if (status == 0) status = uv_tcp_bind(impl->listener.get(), reinterpret_cast<sockaddr*>(&*address), 0);
  if (status == 0) {
    impl->listener->data = impl.get();
    status = uv_listen(impl->listener.stream(), kBacklog, Impl::on_connection);
  }
  if (status != 0) {
    return fail(std::string("the admin listener can't be opened: ") + uv_strerror(status), listen.text(),
                "set admin.listen to a free address, or admin.enabled to false");
  }
  impl->address = {listen.host, bound_port(impl->listener.get())};
  return std::unique_ptr<Admin>(new Admin(std::move(impl)));
}

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

const config::HostPort& Admin::address() const {
  return impl_->address;
}
bool Admin::is_loopback() const {
  return impl_->loopback;
}

}  // namespace whytls::proxy
