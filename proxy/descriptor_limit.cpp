#include "proxy/descriptor_limit.h"

#include <sys/resource.h>

namespace whytls::proxy {
namespace {

constexpr std::uint64_t kPerClient = 2;  // itself and its upstream
constexpr std::uint64_t kOwn = 64;       // listeners, loops, the log, files that are being read

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);  // when it fails, the warning has the number that is left
}

void warn_of_descriptor_limit(EventLog* events, const config::Settings& settings) {
  rlimit limit{};
  const std::uint64_t needed = kPerClient * settings.limits.max_connections + kOwn;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  events->write(config::LogLevel::warning, "descriptors_short",
                {{"limit", static_cast<std::int64_t>(limit.rlim_cur)},
                 {"needed", static_cast<std::int64_t>(needed)},
                 {"hint", std::string("raise the limit of open files (LimitNOFILE, ulimit -Hn) or lower "
                                      "limits.max_connections")}});
}

}  // namespace whytls::proxy
