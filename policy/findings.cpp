#include "policy/findings.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "policy/names.h"

namespace whytls::policy {

namespace {

// Certificates may carry any year; std::chrono has room for four digits and more, the texts for four.
constexpr UnixSeconds kEarliest = -62'135'596'800;  // 0001-01-01
constexpr UnixSeconds kLatest = 253'402'300'799;    // 9999-12-31T23:59:59

UnixSeconds clamp_time(UnixSeconds time) {
  if (time < kEarliest) return kEarliest;
  return time > kLatest ? kLatest : time;
}

// True for a byte that continues a UTF-8 sequence.
bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

std::string_view Finding::fact(std::string_view key) const {
  for (const Fact& entry : facts) {
    if (entry.key == key) return entry.value;
  }
  return {};
}

NssCode Finding::code() const {
  const FailureInfo& row = info(failure);
  return exact_code.value_or(NssCode{row.code, row.number});
}

Finding make_finding(Failure failure, int depth, std::initializer_list<Fact> facts) {
  Finding finding;
  finding.failure = failure;
  finding.phase = info(failure).phase;
  finding.depth = depth;
  for (const Fact& entry : facts) add_fact(finding, entry.key, entry.value);
  return finding;
}

void add_fact(Finding& finding, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  finding.facts.push_back({std::string(key), bounded(value, kMaxFactBytes)});
}

std::string bounded(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit;
  // Peer text need not be UTF-8: never walk back further than a sequence can be long.
  for (int step = 0; step < 3 && end > 0 && is_continuation(text[end]); ++step) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string bounded_list(const std::vector<std::string>& items) {
  std::string out;
  std::size_t listed = 0;
  for (const std::string& item : items) {
    if (listed == kMaxListedNames) break;
    if (listed > 0) out += ", ";
    out += bounded(item, kMaxPieceBytes);
    ++listed;
  }
  if (items.size() > listed) out += " and " + std::to_string(items.size() - listed) + " more";
  return out;
}

std::string date_text(UnixSeconds time) {
  return time_text(time).substr(0, 10);
}

std::string time_text(UnixSeconds time) {
  const std::chrono::sys_seconds moment{std::chrono::seconds{clamp_time(time)}};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{moment - day};
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::string duration_text(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{kSecondsPerDay, " days"}, {3600, " hours"}, {60, " minutes"}, {1, " seconds"}}};
  if (seconds < 0) seconds = -seconds;
  for (const Unit& unit : kUnits) {
    if (seconds >= 2 * unit.seconds) return std::to_string(seconds / unit.seconds) + unit.name;
  }
  return std::to_string(seconds) + (seconds == 1 ? " second" : " seconds");
}

std::string version_text(tls::WireVersion version) {
  std::string text = tls::version_name(version);
  return text.empty() ? "unknown" : text;
}

std::string peer_text(const Attempt& attempt) {
  if (attempt.host.empty()) return attempt.leg == Leg::client ? "the client" : "the server";
  const std::string host = bounded(attempt.host, kMaxPieceBytes);
  const bool brackets = host.find(':') != std::string::npos;
  std::string out;
  if (brackets) out.append("[");
  out.append(host);
  if (brackets) out.append("]");
  if (attempt.port != 0) out.append(":").append(std::to_string(attempt.port));
  return out;
}

bool has_certificates(const Attempt& attempt) {
  return attempt.leg == Leg::upstream && !attempt.handshake.presented.empty();
}

const tls::Certificate* certificate_at(const tls::HandshakeEvidence& handshake, int depth) {
  if (depth < 0) return nullptr;
  const auto index = static_cast<std::size_t>(depth);
  if (index < handshake.chain.built.size()) return &handshake.chain.built[index];
  if (index == 0 && !handshake.presented.empty()) return &handshake.presented.front();
  return nullptr;
}

std::string expected_name(const Attempt& attempt, const Policy& policy) {
  if (!policy.expected_name.empty()) return normalized_host(policy.expected_name);
  return normalized_host(attempt.expected_name.empty() ? attempt.host : attempt.expected_name);
}

}  // namespace whytls::policy
