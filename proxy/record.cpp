#include "proxy/record.h"

#include "proxy/escape.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

// How long a client should wait before it asks again, in seconds; 0: nothing to say. Only for failures that
// time heals.
std::int64_t retry_after(const Record& record) {
  constexpr std::int64_t kBusy = 5;
  constexpr std::int64_t kTimedOut = 30;
  constexpr std::int64_t kLongestWait = std::int64_t{24} * 60 * 60;
  const auto failure = record.failure();
  if (!failure) return 0;
  if (policy::info(*failure).status == 503) return kBusy;
  if (policy::info(*failure).status == 504) return kTimedOut;
  const auto& presented = record.attempt.handshake.presented;
  if (*failure == policy::Failure::cert_not_yet_valid && !presented.empty()) {
    const std::int64_t wait = presented.front().not_before - parts::now_of(record);
    return wait > 0 && wait <= kLongestWait ? wait : 0;
  }
  return 0;
}

}  // namespace

std::optional<policy::Failure> Record::failure() const {
  if (verdict.failure) return verdict.failure;
  const policy::Finding* primary = diagnosis.primary();
  if (primary == nullptr) return std::nullopt;
  return primary->failure;
}

int Record::status() const {
  const auto reported = failure();
  if (!reported || parts::was_forwarded(*this)) return 200;
  return policy::info(*reported).status;
}

config::LogLevel log_level(const Record& record) {
  const auto failure = record.failure();
  if (!failure) return config::LogLevel::info;
  const policy::Severity severity = policy::info(*failure).severity;
  if (severity == policy::Severity::notice) return config::LogLevel::debug;
  if (parts::was_forwarded(record)) {
    const bool warned = record.verdict.decision == policy::Decision::forward_with_warning;
    return warned ? config::LogLevel::warning : config::LogLevel::info;
  }
  return severity == policy::Severity::warning ? config::LogLevel::warning : config::LogLevel::error;
}

std::string render_text(const Record& record) {
  std::string line = std::to_string(record.status());
  if (const auto failure = record.failure()) {
    const policy::FailureInfo& row = policy::info(*failure);
    line.append(" ").append(parts::code_of(record, row).symbol).append(" ").append(row.slug).append(":");
  }
  line.append(" ").append(visible(parts::sentence(record), parts::kMaxSentenceBytes));
  if (line.back() == '.') line.pop_back();
  return line + "; id=" + visible(record.incident) + "\n";
}

Rendered render(const Record& record, Representation representation, const policy::Language& language,
                const SharedPage& page) {
  Rendered out;
  out.headers = {{"X-Content-Type-Options", "nosniff"}};
  if (const std::int64_t wait = retry_after(record); wait > 0) {
    out.headers.emplace_back("Retry-After", std::to_string(wait));
  }
  switch (representation) {
    case Representation::html:
      out.content_type = "text/html; charset=utf-8";
      out.body = render_html(record, language, page);
      out.headers.emplace_back("Content-Language", language.tag);
      out.headers.emplace_back("Vary", "Accept-Language");
      out.headers.emplace_back("Content-Security-Policy", page->security_policy);
      out.headers.emplace_back("Referrer-Policy", "no-referrer");
      break;
    case Representation::problem_json:
      out.content_type = "application/problem+json";
      out.body = render_problem_json(record);
      break;
    case Representation::text:
      out.content_type = "text/plain; charset=utf-8";
      out.body = render_text(record);
      break;
  }
  return out;
}

}  // namespace whytls::proxy
