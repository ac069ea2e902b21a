#include "policy/failure.h"

#include <unordered_map>

namespace whytls::policy {

namespace {

constexpr std::array<FailureInfo, kFailureCount> kTable = {{
#define WHYTLS_FAILURE(slug, symbol, number, leg, phase, severity, status, token, summary) \
  {Failure::slug, #slug, symbol, number, Leg::leg, Phase::phase, Severity::severity, status, token, summary},
#include "policy/failures.def"
#undef WHYTLS_FAILURE
}};

// Error types of RFC 9209, 2.3. Proxy-Status carries no other.
constexpr std::string_view kProxyStatusTypes[] = {
    "dns_timeout",
    "dns_error",
    "destination_not_found",
    "destination_unavailable",
    "destination_ip_prohibited",
    "destination_ip_unroutable",
    "connection_refused",
    "connection_terminated",
    "connection_timeout",
    "connection_read_timeout",
    "connection_write_timeout",
    "connection_limit_reached",
    "tls_protocol_error",
    "tls_certificate_error",
    "tls_alert_received",
    "http_request_error",
    "http_request_denied",
    "http_response_incomplete",
    "http_response_header_section_size",
    "http_response_header_size",
    "http_response_body_size",
    "http_response_trailer_section_size",
    "http_response_trailer_size",
    "http_response_transfer_coding",
    "http_response_content_coding",
    "http_response_timeout",
    "http_upgrade_failed",
    "http_protocol_error",
    "proxy_internal_response",
    "proxy_internal_error",
    "proxy_configuration_error",
    "proxy_loop_detected",
};

constexpr bool is_proxy_status_type(std::string_view token) {
  for (std::string_view known : kProxyStatusTypes) {
    if (known == token) return true;
  }
  return false;
}

constexpr bool nothing_is_blank() {
  for (const FailureInfo& row : kTable) {
    if (row.slug.empty() || row.code.empty() || row.number == 0 || row.summary.empty()) return false;
    if (row.summary.back() != '.') return false;
  }
  return true;
}

constexpr bool no_slug_is_repeated() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    for (std::size_t j = i + 1; j < kTable.size(); ++j) {
      if (kTable[i].slug == kTable[j].slug) return false;
    }
  }
  return true;
}

// One symbol is one number, in every row that uses it.
constexpr bool codes_agree_with_numbers() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    for (std::size_t j = i + 1; j < kTable.size(); ++j) {
      if ((kTable[i].code == kTable[j].code) != (kTable[i].number == kTable[j].number)) return false;
    }
  }
  return true;
}

constexpr bool answers_are_valid() {
  for (const FailureInfo& row : kTable) {
    if (row.status < 400 || row.status > 599 || !is_proxy_status_type(row.proxy_status)) return false;
  }
  return true;
}

static_assert(kFailureCount <= 256, "Failure is one byte");
static_assert(nothing_is_blank());
static_assert(no_slug_is_repeated());
static_assert(codes_agree_with_numbers());
static_assert(answers_are_valid());

}  // namespace

const FailureInfo& info(Failure failure) {
  return kTable[static_cast<std::size_t>(failure)];
}

const std::array<FailureInfo, kFailureCount>& all_failures() {
  return kTable;
}

std::optional<Failure> failure_by_slug(std::string_view slug) {
  static const auto kBySlug = [] {
    std::unordered_map<std::string_view, Failure> map;
    for (const FailureInfo& row : kTable) map.emplace(row.slug, row.failure);
    return map;
  }();
  const auto found = kBySlug.find(slug);
  if (found == kBySlug.end()) return std::nullopt;
  return found->second;
}

std::string_view name(Leg leg) {
  switch (leg) {
    case Leg::client:
      return "client";
    case Leg::upstream:
      return "upstream";
    case Leg::ourselves:
      return "ourselves";
  }
  return "";
}

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::dns:
      return "dns";
    case Phase::connect:
      return "connect";
    case Phase::hello:
      return "hello";
    case Phase::negotiation:
      return "negotiation";
    case Phase::certificate:
      return "certificate";
    case Phase::key_exchange:
      return "key_exchange";
    case Phase::finished:
      return "finished";
    case Phase::after_handshake:
      return "after_handshake";
    case Phase::http:
      return "http";
  }
  return "";
}

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
    case Severity::fatal:
      return "fatal";
  }
  return "";
}

}  // namespace whytls::policy
