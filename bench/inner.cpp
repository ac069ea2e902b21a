// The inner parts, measured alone: what one failure costs when somebody looks at it. bench/inner builds and
// runs it.
#include <benchmark/benchmark.h>

#include "policy/explain.h"
#include "proxy/record.h"
#include "tests/support/certificates.h"
#include "tests/unit/sample_records.h"

namespace whytls::proxy {
namespace {

// Three certificates that are real, with keys of the usual kind, for the page prints them as text too.
Record sample() {
  const support::Key key = support::Key::rsa(2048);
  const auto made = [&key](support::CertificateSpec spec) {
    spec.key = key;
    return spec;
  };
  const support::Credential root = support::self_sign(made(support::root_spec("Example Root")));
  const support::Credential issuer =
      support::issue(made(support::intermediate_spec("Example Issuing CA 3")), root);
  const support::Credential leaf = support::issue(made(support::leaf_spec("www.example.com")), issuer);
  Record record = samples::missing_intermediate();
  auto& presented = record.attempt.handshake.presented;
  presented.clear();
  for (const support::Credential& one : {leaf, issuer, root})
    presented.push_back(tls::read_certificate(one.der()));
  return record;
}

void page(benchmark::State& state, const policy::Language& language) {
  const Record record = sample();
  std::size_t bytes = 0;
  for (auto unused : state) {
    (void)unused;
    bytes = render_html(record, language).size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

void render_page_english(benchmark::State& state) {
  page(state, policy::english());
}
void render_page_last_language(benchmark::State& state) {
  page(state, policy::languages().back());
}

void render_document(benchmark::State& state) {
  const Record record = sample();
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(render_problem_json(record));
  }
}

void render_line_of_the_log(benchmark::State& state) {
  const Record record = sample();
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(render_log_line(record));
  }
}

void explain_a_line(benchmark::State& state) {
  for (auto unused : state) {
    (void)unused;
    benchmark::DoNotOptimize(
        policy::explain("curl: (60) SSL certificate problem: unable to get local issuer certificate"));
  }
}

BENCHMARK(render_page_english)->Unit(benchmark::kMicrosecond);
BENCHMARK(render_page_last_language)->Unit(benchmark::kMicrosecond);
BENCHMARK(render_document)->Unit(benchmark::kMicrosecond);
BENCHMARK(render_line_of_the_log)->Unit(benchmark::kMicrosecond);
BENCHMARK(explain_a_line)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace whytls::proxy

BENCHMARK_MAIN();
