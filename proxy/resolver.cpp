#include "proxy/resolver.h"

#include <netdb.h>

#include <array>
#include <cstring>
#include <utility>

namespace whytls::proxy {

namespace {

int system_lookup(const std::string& host, std::vector<std::string>* addresses) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (status != 0) {
    switch (status) {
      case EAI_NONAME:
#ifdef EAI_NODATA
      case EAI_NODATA:
#endif
        return UV_EAI_NONAME;
      case EAI_AGAIN:
        return UV_EAI_AGAIN;
      case EAI_MEMORY:
        return UV_EAI_MEMORY;
      default:
        return UV_EAI_FAIL;
    }
  }
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    sockaddr_storage address{};
    std::memcpy(&address, entry->ai_addr, entry->ai_addrlen);
    addresses->push_back(ip_text(address));
  }
  freeaddrinfo(found);
  return 0;
}

// RFC 6761, 6.3: these names are loopback, whatever a resolver says.
bool is_localhost(const std::string& host) {
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

std::string ip_text(const sockaddr_storage& address) {
  std::array<char, 64> text{};
  if (address.ss_family == AF_INET6) {
    uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(&address), text.data(), text.size());
  } else {
    uv_ip4_name(reinterpret_cast<const sockaddr_in*>(&address), text.data(), text.size());
  }
  return text.data();
}

std::uint16_t port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                                             : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

std::string address_text(const sockaddr_storage& address) {
  return config::HostPort{ip_text(address), port_of(address)}.text();
}

bool parse_ip(const std::string& literal, std::uint16_t port, sockaddr_storage* address) {
  *address = {};
  return uv_ip4_addr(literal.c_str(), port, reinterpret_cast<sockaddr_in*>(address)) == 0 ||
         uv_ip6_addr(literal.c_str(), port, reinterpret_cast<sockaddr_in6*>(address)) == 0;
}

namespace {

// The address that the kernel really connects to.
std::string reached_ip(const sockaddr_storage& address) {
  constexpr std::string_view kMapped = "::ffff:";
  std::string text = ip_text(address);
  if (text.starts_with(kMapped) && text.find('.') != std::string::npos) text.erase(0, kMapped.size());
  if (text == "0.0.0.0") return "127.0.0.1";
  if (text == "::") return "::1";
  return text;
}

bool is_own_interface(const std::string& ip) {
  uv_interface_address_t* list = nullptr;
  int count = 0;
  if (uv_interface_addresses(&list, &count) != 0) return false;
  bool found = false;
  for (int i = 0; i < count && !found; ++i) {
    sockaddr_storage address{};
    std::memcpy(&address, &list[i].address, sizeof list[i].address);
    found = ip_text(address) == ip;
  }
  uv_free_interface_addresses(list, count);
  return found;
}

}  // namespace

bool reaches(const sockaddr_storage& target, const sockaddr_storage& own) {
  if (port_of(target) != port_of(own)) return false;
  const std::string to = reached_ip(target);
  const std::string listening = ip_text(own);
  if (listening != "0.0.0.0" && listening != "::") return to == listening;
  return to == "::1" || to.starts_with("127.") || is_own_interface(to);
}

// A name that the thread pool looks up, for all who wait for it. Lives until the pool is done with it, also
// when nobody waits any more.
struct Resolver::Job {
  uv_work_t work{};
  Resolver* resolver = nullptr;
  NameLookup lookup;
  std::string host;
  std::vector<Ticket*> waiting;
  int status = 0;
  std::vector<std::string> literals;
};

struct Resolver::Ticket final : Resolver::Request {
  Ticket(Job* owned_by_pool, std::uint16_t to_port, Done to_call)
      : job(owned_by_pool), port(to_port), done(std::move(to_call)) {
    job->waiting.push_back(this);
  }
  ~Ticket() override {
    if (job == nullptr) return;
    std::erase(job->waiting, this);
    if (job->waiting.empty()) job->resolver->cancel(*job);
  }
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  Job* job;  // nullptr: it has been answered
  std::uint16_t port;
  Done done;
};

Resolver::Resolver(Loop& loop, NameLookup lookup)
    : loop_(loop), lookup_(lookup ? std::move(lookup) : NameLookup(system_lookup)) {}

namespace {

Addresses with_port(const std::vector<std::string>& literals, std::uint16_t port) {
  Addresses out;
  for (const std::string& literal : literals) {
    sockaddr_storage address{};
    if (out.list.size() < Resolver::kMaxAddresses && parse_ip(literal, port, &address))
      out.list.push_back(address);
  }
  if (out.list.empty()) out.status = UV_EAI_NONAME;
  return out;
}

}  // namespace

std::unique_ptr<Resolver::Request> Resolver::lookup(const std::string& host, std::uint16_t port, Done done) {
  sockaddr_storage literal{};
  if (parse_ip(host, port, &literal)) {
    done(Addresses{0, {literal}});
    return nullptr;
  }
  if (is_localhost(host)) {
    done(with_port({"127.0.0.1", "::1"}, port));
    return nullptr;
  }
  if (const auto cached = cache_.find(host); cached != cache_.end()) {
    if (loop_.now_us() < cached->second.until_us) {
      done(with_port(cached->second.literals, port));
      return nullptr;
    }
    cache_.erase(cached);
  }
  Job*& job = under_way_[host];
  if (job == nullptr) job = start(host);
  return std::make_unique<Ticket>(job, port, std::move(done));
}

Resolver::Job* Resolver::start(const std::string& host) {
  auto* job = new Job;
  job->resolver = this;
  job->lookup = lookup_;
  job->host = host;
  job->work.data = job;
  uv_queue_work(
      loop_.uv(), &job->work,
      [](uv_work_t* work) {
        auto* running = static_cast<Job*>(work->data);
        running->status = running->lookup(running->host, &running->literals);
      },
      [](uv_work_t* work, int status) {
        const std::unique_ptr<Job> owned(static_cast<Job*>(work->data));
        if (status == UV_ECANCELED) return;
        const Loop::Turn turn(owned->resolver->loop_);
        owned->resolver->finish(*owned);
      });
  return job;
}

// Nobody waits for it. One that runs already can't be stopped: who asks for the same name next will join it.
void Resolver::cancel(Job& job) {
  if (uv_cancel(reinterpret_cast<uv_req_t*>(&job.work)) == 0) under_way_.erase(job.host);
}

void Resolver::finish(Job& job) {
  under_way_.erase(job.host);
  if (cache_.size() >= kMaxCached) cache_.clear();
  if (job.status == 0) cache_[job.host] = Cached{job.literals, loop_.now_us() + kCacheMicroseconds};
  while (!job.waiting.empty()) {  // an answer may end others that wait
    Ticket* ticket = job.waiting.back();
    job.waiting.pop_back();
    ticket->job = nullptr;
    const std::uint16_t port = ticket->port;
    const Done done = std::move(ticket->done);
    done(job.status == 0 ? with_port(job.literals, port) : Addresses{job.status, {}});
  }
}

}  // namespace whytls::proxy
