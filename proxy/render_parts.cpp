#include "proxy/render_parts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "policy/sentence.h"
#include "proxy/render_clock.h"

namespace whytls::proxy::parts {
namespace {

using policy::Language;
using policy::Plural;
using policy::Word;

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
// What std::chrono's calendar can hold, and more than any certificate can say.
constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31T23:59:59Z
constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z

template <typename... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), format, args...);
  return {buffer.data(), static_cast<std::size_t>(std::clamp(length, 0, 63))};
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

std::string clock_of(std::int64_t second_of_day) {
  return print("%02d:%02d:%02d", static_cast<int>(second_of_day / kHour),
               static_cast<int>(second_of_day % kHour / kMinute), static_cast<int>(second_of_day % kMinute));
}

std::string counted(std::int64_t count, Plural unit, const Language& language) {
  return policy::say(language, unit, static_cast<std::uint64_t>(count),
                     {{"count", grouped(count, language)}});
}

// "4.20" with the separator of the language.
std::string decimal(const std::string& number, const Language& language) {
  std::string out = number;
  const std::size_t point = out.find('.');
  return point == std::string::npos ? out : out.replace(point, 1, language.decimal);
}

// True where a path can begin: behind a blank or an opening quote or bracket.
bool begins_word(std::string_view text, std::size_t at) {
  return at == 0 || std::string_view(" \t\"'(=,+").find(text[at - 1]) != std::string_view::npos;
}

}  // namespace

bool was_forwarded(const Record& record) {
  if (record.verdict.decision == policy::Decision::refuse || record.diagnosis.failed_before_verdict)
    return false;
  return record.diagnosis.healthy() || !record.verdict.findings.empty();
}

std::vector<policy::JudgedFinding> judged_findings(const Record& record) {
  if (!record.verdict.findings.empty()) return record.verdict.findings;
  std::vector<policy::JudgedFinding> all;
  for (const policy::Finding& finding : record.diagnosis.findings) {
    all.push_back({finding, policy::Action::refuse});
  }
  return all;
}

const policy::Finding* primary_finding(const Record& record) {
  const auto failure = record.failure();
  if (!failure) return nullptr;
  const auto& findings = record.diagnosis.findings;
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const policy::Finding& finding) {
    return finding.failure == *failure;
  });
  return found == findings.end() ? record.diagnosis.primary() : &*found;
}

policy::NssCode code_of(const Record& record, const policy::FailureInfo& failure) {
  const policy::Finding* finding = primary_finding(record);
  const bool is_its_own = finding != nullptr && finding->failure == failure.failure;
  return is_its_own ? finding->code() : policy::NssCode{failure.code, failure.number};
}

policy::Leg failing_leg(const Record& record) {
  const auto failure = record.failure();
  if (!failure) return record.attempt.leg;
  const policy::Leg leg = policy::info(*failure).leg;
  return leg == policy::Leg::ourselves ? leg : record.attempt.leg;
}

policy::Phase failing_phase(const Record& record) {
  const policy::Finding* finding = primary_finding(record);
  return finding != nullptr ? finding->phase : record.attempt.phase;
}

std::string_view level_name(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return "debug";
    case config::LogLevel::info:
      return "info";
    case config::LogLevel::warning:
      return "warning";
    case config::LogLevel::error:
      return "error";
  }
  return "error";
}

std::string_view verdict_name(const Record& record) {
  return policy::name(was_forwarded(record) ? record.verdict.decision : policy::Decision::refuse);
}

std::string sentence(const Record& record, const Language& language) {
  const auto failure = record.failure();
  const bool may_know = record.audience != config::Audience::public_;
  if (may_know && !record.diagnosis.sentence.empty()) {
    const bool is_english = &language == &policy::english();
    std::string clock = clock_sentence(record, language);
    if (!clock.empty()) clock += ' ';
    return clock.append(
        for_audience(record,
                     is_english ? record.diagnosis.sentence
                                : policy::make_sentence(language, record.attempt, record.diagnosis.findings),
                     language));
  }
  if (failure) return std::string(language.failure(*failure).summary);
  return policy::say(language, Word::nothing_wrong);
}

std::string fact_value(const Record& record, const Language& language, std::string_view key,
                       std::string_view text) {
  return for_audience(record, policy::fact_text(language, key, text), language);
}

bool is_foreign_english(const Language& language, std::string_view key, std::string_view text) {
  if (language.tag == policy::english().tag) return false;
  const bool is_openssl = key == "openssl_text" || key == "parse_error";
  return is_openssl && policy::fact_text(language, key, text) == text;
}

std::string chosen_by(const Record& record) {
  if (!record.policy_choice || record.policy_choice->place.file.empty()) return {};
  std::string out = record.policy_name;
  out.append(": ").append(name(record.policy_choice->by));
  if (record.audience == config::Audience::full) out.append(", ").append(record.policy_choice->place.text());
  return out;
}

std::string for_audience(const Record& record, std::string_view text, const Language& language) {
  if (record.audience == config::Audience::full) return std::string(text);
  const std::string_view in_place = language.word(Word::a_file);
  std::string out;
  const std::string& file = record.verdict.rule.place.file;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    if (!file.empty() && text.substr(at, file.size()) == file) {
      length = file.size();
    } else if (text[at] == '/' && begins_word(text, at)) {
      length = std::min(text.find_first_of(" \t\"'),+", at), text.size()) - at;
    }
    if (length == 0) {
      out += text[at++];
    } else {
      out += in_place;
      at += length;
    }
  }
  return out;
}

std::string date(tls::UnixSeconds when) {
  const auto days = std::chrono::days(floor_div(std::clamp(when, kFirstSecond, kLastSecond), kDay));
  const std::chrono::year_month_day day{std::chrono::sys_days(days)};
  return print("%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
               static_cast<unsigned>(day.day()));
}

std::string rfc3339(tls::UnixSeconds when) {
  const std::int64_t second = std::clamp(when, kFirstSecond, kLastSecond);
  return date(second) + "T" + clock_of(second - floor_div(second, kDay) * kDay) + "Z";
}

std::string rfc3339_ms(std::int64_t unix_ms) {
  const std::int64_t second = floor_div(unix_ms, 1000);
  std::string text = rfc3339(second);
  text.pop_back();
  return text + print(".%03dZ", static_cast<int>(unix_ms - second * 1000));
}

std::string distance(tls::UnixSeconds when, tls::UnixSeconds now, const Language& language) {
  const std::int64_t apart = when > now ? when - now : now - when;
  std::string amount;
  if (apart >= 2 * kDay) {
    amount = counted(apart / kDay, Plural::time_days, language);
  } else if (apart >= 2 * kHour) {
    amount = counted(apart / kHour, Plural::time_hours, language);
  } else if (apart >= 2 * kMinute) {
    amount = counted(apart / kMinute, Plural::time_minutes, language);
  } else {
    amount = counted(apart, Plural::time_seconds, language);
  }
  return policy::say(language, when > now ? Word::ahead : Word::ago, {{"time", amount}});
}

std::string duration(std::int64_t us, const Language& language) {
  constexpr std::int64_t kMillisecond = 1000;
  constexpr std::int64_t kSecond = 1000 * kMillisecond;
  if (us < kMillisecond) return policy::say(language, Word::micro, {{"count", std::to_string(us)}});
  const auto value = static_cast<double>(us);
  if (us < kSecond) {
    const std::string count = print("%.1f", value / static_cast<double>(kMillisecond));
    return policy::say(language, Word::milli, {{"count", decimal(count, language)}});
  }
  const std::string count = print("%.2f", value / static_cast<double>(kSecond));
  return policy::say(language, Word::second, {{"count", decimal(count, language)}});
}

std::string grouped(std::int64_t number, const Language& language) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, language.thousands);
  }
  return digits;
}

std::string authority(std::string_view host, std::uint16_t port) {
  const bool ipv6 = host.find(':') != std::string_view::npos;
  std::string text;
  if (ipv6) text.append("[");
  text.append(host);
  if (ipv6) text.append("]");
  if (port != 0) text.append(":").append(std::to_string(port));
  return text;
}

std::string hex_number(std::uint16_t number) {
  return print("0x%04x", static_cast<unsigned>(number));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string colon_hex(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i != 0 && i % 2 == 0) out += ':';
    out += hex[i];
  }
  return upper(out);
}

std::string key_text(const tls::Certificate& certificate, const Language& language) {
  if (certificate.key_type.empty()) return {};
  if (!certificate.key_curve.empty()) return certificate.key_type + " " + certificate.key_curve;
  if (certificate.key_type.starts_with("Ed") || certificate.key_bits == 0) return certificate.key_type;
  const std::string bits = std::to_string(certificate.key_bits);
  return policy::say(language, Plural::key_bits, static_cast<std::uint64_t>(certificate.key_bits),
                     {{"type", certificate.key_type}, {"count", bits}});
}

std::vector<std::string> shown_names(const tls::Certificate& certificate) {
  std::vector<std::string> names;
  for (const tls::AltName& name : certificate.names) {
    if (names.size() == kMaxShownNames) break;
    switch (name.kind) {
      case tls::AltName::Kind::dns:
        names.push_back("DNS:" + name.value);
        break;
      case tls::AltName::Kind::ip:
        names.push_back("IP:" + name.value);
        break;
      case tls::AltName::Kind::email:
        names.push_back("email:" + name.value);
        break;
      case tls::AltName::Kind::uri:
        names.push_back("URI:" + name.value);
        break;
      case tls::AltName::Kind::other:
        names.push_back("other:" + name.value);
        break;
    }
  }
  return names;
}

std::size_t omitted_names(const tls::Certificate& certificate) {
  const std::size_t shown = std::min(certificate.names.size(), kMaxShownNames);
  return certificate.names.size() - shown + certificate.names_omitted;
}

std::string PemBudget::pem(const tls::Certificate& certificate) {
  const std::size_t size = certificate.der.size();
  if (size == 0 || size > kMaxPemSource || size > left_) return {};
  left_ -= size;
  return tls::to_pem(certificate.der);
}

}  // namespace whytls::proxy::parts
