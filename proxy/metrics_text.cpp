#include "proxy/metrics_text.h"

#include <charconv>
#include <initializer_list>
#include <utility>

namespace whytls::proxy {
namespace {

using Label = std::pair<std::string_view, std::string_view>;

// Appends families and their samples.
class Exposition {
 public:
  void counter(std::string_view name, std::string_view help) { family(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { family(name, "gauge", help); }

  // One sample of the family that was begun last.
  template <class Number>
  void sample(std::initializer_list<Label> labels, Number value) {
    text_ += family_;
    char separator = '{';
    for (const auto& [name, label] : labels) {
      text_.append(1, separator).append(name).append("=\"").append(escape_label(label)).append("\"");
      separator = ',';
    }
    if (labels.size() != 0) text_ += '}';
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(1, ' ').append(digits.data(), end).append(1, '\n');
  }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    family_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }

  std::string text_;
  std::string_view family_;
};

void add_failures(Exposition* out, const Counters& counters) {
  out->counter("whytls_failures_total", "Failures by slug, and the leg on which each happens.");
  for (const policy::FailureInfo& row : policy::all_failures()) {
    out->sample({{"slug", row.slug}, {"leg", policy::name(row.leg)}},
                counters.failures.at(static_cast<std::size_t>(row.failure)));
  }
}

void add_handshakes(Exposition* out, const Counters& counters) {
  // Workers are read one after the other, so a sum may be behind its part for a moment.
  const std::uint64_t resumed = counters.handshakes_upstream_resumed;
  const std::uint64_t ok = counters.handshakes_upstream_ok;
  out->counter(
      "whytls_upstream_handshakes_total",
      "TLS handshakes with upstreams: full, resumed, or failed (not done, or refused by the policy).");
  out->sample({{"result", "full"}}, ok > resumed ? ok - resumed : 0);
  out->sample({{"result", "resumed"}}, resumed);
  out->sample({{"result", "failed"}}, counters.handshakes_upstream_failed);
  out->counter("whytls_client_handshakes_total", "TLS handshakes with clients.");
  out->sample({{"result", "ok"}}, counters.handshakes_client_ok);
  out->sample({{"result", "failed"}}, counters.handshakes_client_failed);
}

void add_traffic(Exposition* out, const Counters& counters) {
  out->counter("whytls_requests_total", "Requests read from clients.");
  out->sample({}, counters.requests);
  out->counter("whytls_responses_total", "Responses sent to clients by class of status.");
  static constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t index = 0; index < kClasses.size(); ++index) {
    const auto found = counters.responses.find(static_cast<int>(index) + 1);
    out->sample({{"class", kClasses.at(index)}}, found == counters.responses.end() ? 0 : found->second);
  }
  out->counter("whytls_tunnels_total", "CONNECT requests relayed untouched.");
  out->sample({}, counters.tunnels);
  out->counter("whytls_bytes_total", "Bytes on client connections.");
  out->sample({{"direction", "from_clients"}}, counters.bytes_from_clients);
  out->sample({{"direction", "to_clients"}}, counters.bytes_to_clients);
  out->counter("whytls_client_connections_total", "Connections accepted from clients.");
  out->sample({}, counters.client_connections_total);
  out->gauge("whytls_connections", "Connections now; upstream ones are active or wait idle in the pool.");
  const std::uint64_t idle = counters.upstream_connections_idle;
  const std::uint64_t open = counters.upstream_connections_open;
  out->sample({{"leg", "client"}, {"state", "open"}}, counters.client_connections_open);
  out->sample({{"leg", "upstream"}, {"state", "active"}}, open > idle ? open - idle : 0);
  out->sample({{"leg", "upstream"}, {"state", "idle"}}, idle);
}

void add_program(Exposition* out, const ProgramCounters& program) {
  out->gauge("whytls_build_info", "Always 1; the versions are in the labels.");
  out->sample({{"version", program.version}, {"openssl", program.openssl}}, 1);
  out->counter("whytls_log_lines_dropped_total", "Log lines given up because nobody took them in time.");
  out->sample({}, program.log_lines_dropped);
  out->counter("whytls_config_reloads_total", "Rereads of the configuration; failed: the old one was kept.");
  out->sample({{"result", "ok"}}, program.reloads_ok);
  out->sample({{"result", "failed"}}, program.reloads_failed);
  out->gauge("whytls_config_last_reload_successful", "1 unless the last reread of the configuration failed.");
  out->sample({}, program.last_reload_ok ? 1 : 0);
  out->gauge("whytls_draining", "1 while no new connection is accepted because the program ends.");
  out->sample({}, program.draining ? 1 : 0);
  if (program.authority_not_after) {
    out->gauge("whytls_authority_not_after_seconds", "End of the local authority's validity, Unix time.");
    out->sample({}, *program.authority_not_after);
  }
}

void add_ledger(Exposition* out, const ProgramCounters& program) {
  out->gauge("whytls_ledger_up", "1 while certificates are remembered.");
  out->sample({}, program.ledger ? 1 : 0);
  if (!program.ledger) return;
  const ledger::Statistics& ledger = *program.ledger;
  out->gauge("whytls_ledger_writable", "1 unless the last write to the ledger's file failed.");
  out->sample({}, ledger.writable ? 1 : 0);
  out->gauge("whytls_ledger_certificates", "Certificates that are remembered.");
  out->sample({}, ledger.certificates);
  out->gauge("whytls_ledger_backlog_rows", "Rows that wait to be written.");
  out->sample({}, ledger.backlog);
  out->counter("whytls_ledger_rows_stored_total", "Rows written since the start.");
  out->sample({}, ledger.stored);
  out->counter("whytls_ledger_rows_lost_total", "Rows that did not fit while the file could not be written.");
  out->sample({}, ledger.lost);
  out->counter("whytls_ledger_omitted_total", "Certificates for which there was no room in memory.");
  out->sample({}, ledger.omitted);
  out->gauge("whytls_certificates_expiring",
             "Server certificates of the last seven days that end within so many days.");
  out->sample({{"days", "30"}}, program.expiring.within_30_days);
  out->sample({{"days", "14"}}, program.expiring.within_14_days);
  out->sample({{"days", "7"}}, program.expiring.within_7_days);
  out->sample({{"days", "1"}}, program.expiring.within_1_day);
}

// The names that Prometheus' own client libraries use.
void add_process(Exposition* out, const ProgramCounters& program) {
  out->gauge("process_start_time_seconds", "Start of the process, Unix time.");
  out->sample({}, program.started_at);
  if (program.cpu_seconds) {
    out->counter("process_cpu_seconds_total", "User and system time of the process in seconds.");
    out->sample({}, *program.cpu_seconds);
  }
  if (program.resident_bytes) {
    out->gauge("process_resident_memory_bytes", "Resident memory in bytes.");
    out->sample({}, *program.resident_bytes);
  }
  if (program.open_files) {
    out->gauge("process_open_fds", "Open file descriptors.");
    out->sample({}, *program.open_files);
  }
  if (program.max_files) {
    out->gauge("process_max_fds", "Highest number of open file descriptors that is allowed.");
    out->sample({}, *program.max_files);
  }
}

}  // namespace

std::string escape_label(std::string_view value) {
  std::string out;
  for (const char byte : value) {
    if (byte == '\n') {
      out += "\\n";
      continue;
    }
    if (byte == '\\' || byte == '"') out += '\\';
    out += byte;
  }
  return out;
}

std::string metrics_text(const Counters& counters, const ProgramCounters& program) {
  Exposition out;
  add_failures(&out, counters);
  add_handshakes(&out, counters);
  add_traffic(&out, counters);
  add_program(&out, program);
  add_ledger(&out, program);
  add_process(&out, program);
  return out.take();
}

}  // namespace whytls::proxy
