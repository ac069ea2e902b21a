#include "proxy/process_counters.h"

#include <sys/resource.h>
#include <uv.h>

#include <filesystem>
#include <iterator>
#include <system_error>

namespace whytls::proxy {
namespace {

double seconds(const uv_timeval_t& time) {
  constexpr double kMicroseconds = 1e-6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicroseconds;
}

std::optional<std::uint64_t> open_files() {
  std::error_code error;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // without the one that reads the directory
}

}  // namespace

void add_process_counters(ProgramCounters* counters) {
  uv_rusage_t usage{};
  if (uv_getrusage(&usage) == 0) counters->cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  std::size_t resident = 0;
  if (uv_resident_set_memory(&resident) == 0) counters->resident_bytes = resident;
  counters->open_files = open_files();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) counters->max_files = limit.rlim_cur;
}

}  // namespace whytls::proxy
