// Where a request goes: the part of a client connection that reads request targets and CONNECT.
#include <llhttp.h>

#include <algorithm>
#include <utility>

#include "proxy/client_connection.h"
#include "proxy/forward_home.h"
#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;
constexpr unsigned char kTlsHandshakeRecord = 0x16;
// Several proxies in a row may have kept the same name; so many can only be a circle.
constexpr int kMaxVisits = 8;

bool port_allowed(const std::vector<config::PortRange>& ranges, std::uint16_t port) {
  return std::any_of(ranges.begin(), ranges.end(), [port](const config::PortRange& range) {
    return port >= range.first && port <= range.last;
  });
}

// RFC 9112, 3.2.2: the absolute form makes Host void.
std::string_view authority_of(const Head& head, const Target& target) {
  return target.form == Target::Form::absolute ? target.authority : head.value("Host");
}

// Whether bytes begin like a request line: a method that llhttp knows, and a blank.
enum class Likeness : std::uint8_t { alike, different, unclear };
Likeness likeness_to_request(std::string_view bytes) {
  static constexpr std::string_view kMethods[] = {
#define WHYTLS_METHOD(number, name, text) #text,
      HTTP_METHOD_MAP(WHYTLS_METHOD)
#undef WHYTLS_METHOD
  };
  Likeness best = Likeness::different;
  for (const std::string_view method : kMethods) {
    if (method.starts_with(bytes)) best = Likeness::unclear;
    if (bytes.starts_with(method) && bytes.size() > method.size() && bytes[method.size()] == ' ') {
      return Likeness::alike;
    }
  }
  return best;
}

// "a.example", "*.example" (any depth below), "*".
bool host_listed(const std::vector<std::string>& patterns, std::string_view host) {
  return std::any_of(patterns.begin(), patterns.end(), [host](const std::string& pattern) {
    if (pattern == "*") return true;
    if (pattern.starts_with("*.")) return host.ends_with(std::string_view(pattern).substr(1));
    return pattern == host;
  });
}

}  // namespace

void ClientConnection::on_head() {
  const Head& head = parser_.head();
  if (connect_target_) {
    on_tunnelled_request(head);
  } else if (listener_->listener->mode == config::Mode::reverse) {
    on_reverse_request(head);
  } else if (head.method == "CONNECT") {
    on_connect(head);
  } else {
    on_forward_request(head);
  }
}

void ClientConnection::on_connect(const Head& head) {
  const auto target = split_authority(head.target, 0);
  if (!target || target->port == 0) {
    refuse_host(head, "CONNECT needs a target of the form host:port");
    return;
  }
  const config::Listener& rules = *listener_->listener;
  if (!port_allowed(rules.connect_ports, target->port)) {
    refuse_own(head, policy::OwnFault::port_denied, "port " + std::to_string(target->port), *target);
    return;
  }
  if (host_listed(rules.tunnel, target->host)) {
    exchange_.remember_request(head);
    RequestPlan plan;
    plan.runtime = runtime_;
    plan.target = make_target(config::Scheme::https, *target, target->host, listener_->wish);
    plan.url = target->text();
    exchange_.begin_tunnel(plan, Exchange::ConnectReply::owed);
    return;
  }
  exchange_.remember_request(head);
  connect_target_ = *target;
  channel_.out().append("HTTP/1.1 200 Connection established\r\n\r\n");
  channel_.wrote();
  enter(State::sniffing);
}

bool ClientConnection::sniff(std::string_view* input) {
  const auto first = static_cast<unsigned char>(input->front());
  const Likeness http = likeness_to_request(*input);
  if (first != kTlsHandshakeRecord && http == Likeness::unclear) return false;
  parser_ = MessageParser(MessageParser::Kind::request, runtime_->settings().limits);
  if (first == kTlsHandshakeRecord) {
    const std::string early(std::exchange(*input, {}));
    enter(State::tls_handshake);
    if (!accept_tls(early)) close();
    return true;
  }
  if (http == Likeness::alike) {
    enter(State::idle);
    return true;
  }
  RequestPlan plan;
  plan.runtime = runtime_;
  plan.target = make_target(config::Scheme::https, *connect_target_, connect_target_->host, listener_->wish);
  plan.url = connect_target_->text();
  enter(State::exchange);
  exchange_.begin_tunnel(plan, Exchange::ConnectReply::sent);
  return true;
}

Result<void> ClientConnection::accept_tls(std::string_view early) {
  const auto identities = [this](const std::string& sni) -> std::shared_ptr<const tls::Identity> {
    if (listener_->identity != nullptr && !connect_target_) return listener_->identity;
    minted_name_ = sni.empty() ? fallback_name() : sni;
    auto leaf = worker_.mint_cache().leaf(minted_name_, worker_.now());
    return leaf ? *leaf : nullptr;
  };
  return channel_.accept_tls(listener_->client_leg, identities, early);
}

// The name for a client that sent no SNI: what it asked for, or the address that it reached.
std::string ClientConnection::fallback_name() const {
  if (connect_target_) return connect_target_->host;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(channel_.socket().descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return "localhost";
  return ip_text(address);
}

// The name that the client takes us for. A resumed session has no leaf minted for it, since OpenSSL does not
// ask for one, in no version of TLS: its name stands in the hello.
std::string ClientConnection::asked_name() const {
  if (!minted_name_.empty()) return minted_name_;
  const std::string& sni = channel_.stream()->evidence().offered.sni;
  return sni.empty() ? fallback_name() : sni;
}

void ClientConnection::start_request(const Head& head, const config::HostPort& host,
                                     std::string_view authority, std::shared_ptr<const UpstreamTarget> target,
                                     std::string_view path, const RouteRuntime* route) {
  const std::string& own_name = worker_.runtime()->settings().proxy_name;
  if (const int before = visits(head, own_name); before >= kMaxVisits) {
    refuse_own(head, policy::OwnFault::loop,
               "Via says that it passed `" + own_name + "` " + std::to_string(before) + " times already",
               host);
    return;
  }
  const bool secure = channel_.is_tls();
  std::string upstream_host(authority);
  if (route == nullptr || upstream_host.empty()) upstream_host = authority_text(host, target->scheme);
  if (route != nullptr && !route->route->preserve_host) {
    upstream_host = authority_text(target->address, target->scheme);
  }
  RequestPlan plan;
  plan.runtime = runtime_;
  plan.target = std::move(target);
  plan.route = route == nullptr ? std::string() : route->label;
  plan.path = path;
  plan.upstream_host = upstream_host;
  plan.client_host = authority;
  plan.client_scheme = secure ? "https" : "http";
  const bool https = route == nullptr ? plan.target->scheme == config::Scheme::https : secure;
  plan.url = (https ? "https://" : "http://") +
             authority_text(host, https ? config::Scheme::https : config::Scheme::http);
  if (path != "*") plan.url += path;
  exchange_.begin(head, plan);
}

void ClientConnection::on_forward_request(const Head& head) {
  const auto target = split_target(head.method, head.target);
  if (!target) {
    refuse_host(head, "the request target is malformed");
    return;
  }
  if (target->form == Target::Form::origin || target->form == Target::Form::asterisk) {
    exchange_.remember_request(head);
    exchange_.answer(forward_home_status(target->path), forward_home(target->path, worker_.authority()));
    return;
  }
  const bool https = target->scheme == "https";
  const auto host = split_authority(target->authority, https ? kHttpsPort : kHttpPort);
  if (!host) {
    refuse_host(head, "the authority of the request target is malformed");
    return;
  }
  if (!https && target->scheme != "http") {
    refuse_own(head, policy::OwnFault::scheme_unsupported, "scheme " + std::string(target->scheme), *host);
    return;
  }
  auto upstream =
      make_target(https ? config::Scheme::https : config::Scheme::http, *host, host->host, listener_->wish);
  start_request(head, *host, target->authority, std::move(upstream), target->path, nullptr);
}

void ClientConnection::on_tunnelled_request(const Head& head) {
  const auto target = split_target(head.method, head.target);
  if (!target || target->form == Target::Form::authority) {
    refuse_host(head, "the request target is malformed");
    return;
  }
  if (inner_target_ == nullptr) {
    const bool secure = channel_.is_tls();
    // The client verifies the name in its SNI, so that is the name that the upstream has to prove.
    const std::string name = secure ? asked_name() : connect_target_->host;
    inner_target_ = make_target(secure ? config::Scheme::https : config::Scheme::http, *connect_target_, name,
                                listener_->wish);
  }
  const std::uint16_t port = channel_.is_tls() ? kHttpsPort : kHttpPort;
  const std::string_view authority = authority_of(head, *target);
  const auto host = split_authority(authority, port);
  start_request(head, host.value_or(*connect_target_), authority, inner_target_, target->path, nullptr);
}

void ClientConnection::on_reverse_request(const Head& head) {
  const auto target = split_target(head.method, head.target);
  if (!target || target->form == Target::Form::authority) {
    refuse_host(head, "the request target is malformed");
    return;
  }
  const std::uint16_t port = channel_.is_tls() ? kHttpsPort : kHttpPort;
  const std::string_view authority = authority_of(head, *target);
  auto host = split_authority(authority, port);
  if (!host && channel_.is_tls()) host = split_authority(asked_name(), port);  // HTTP/1.0 without Host
  if (!host) host = config::HostPort{fallback_name(), port};
  const RouteRuntime* route = listener_->routes.find(host->host, target->path);
  if (route == nullptr) {
    refuse_own(head, policy::OwnFault::no_route, "host " + host->host + ", path " + std::string(target->path),
               *host);
    return;
  }
  start_request(head, *host, authority, route->target, target->path, route);
}

void ClientConnection::refuse_own(const Head& head, policy::OwnFault fault, std::string detail,
                                  const config::HostPort& host) {
  std::unique_ptr<Record> record = worker_.new_record();
  record->policy_name = listener_->policy->policy->name;
  record->attempt.leg = policy::Leg::ourselves;
  record->attempt.phase = policy::Phase::http;
  record->attempt.host = host.host;
  record->attempt.port = host.port;
  record->attempt.own = fault;
  record->attempt.own_detail = std::move(detail);
  record->method = head.method;
  record->url = head.target;
  describe(record.get());
  worker_.complete(record.get(), *listener_->policy->policy);
  exchange_.refuse(head, std::move(record));
}

std::unique_ptr<Record> ClientConnection::client_record(policy::HttpFault fault, std::string detail) const {
  std::unique_ptr<Record> record = worker_.new_record();
  record->policy_name = listener_->policy->policy->name;
  record->attempt.leg = policy::Leg::client;
  record->attempt.phase = policy::Phase::http;
  record->attempt.host = peer_ip_;
  record->attempt.http = fault;
  record->attempt.http_detail = std::move(detail);
  describe(record.get());
  return record;
}

void ClientConnection::refuse_host(const Head& head, std::string detail) {
  auto record = client_record(policy::HttpFault::host_invalid, std::move(detail));
  worker_.complete(record.get(), *listener_->policy->policy);
  exchange_.refuse(head, std::move(record));
}

void ClientConnection::on_parse_error(const MessageError& error) {
  auto record = client_record(error.fault, error.detail);
  record->attempt.http_errno = error.llhttp_errno;
  worker_.complete(record.get(), *listener_->policy->policy);
  if (exchange_.active()) {
    exchange_.on_request_failed(std::move(record));
    return;
  }
  enter(State::exchange);
  exchange_.refuse_unread(std::move(record));
}

}  // namespace whytls::proxy
