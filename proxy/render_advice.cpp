#include "proxy/render_advice.h"

#include <algorithm>

#include "proxy/escape.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

// The value of a placeholder; nullopt: no such name.
std::optional<std::string> value_of(const Record& record, std::string_view name) {
  const policy::Attempt& attempt = record.attempt;
  if (name == "host") return attempt.host;
  if (name == "port") return std::to_string(attempt.port);
  if (name == "address") return attempt.address.empty() ? attempt.host : attempt.address;
  if (name == "sni") return record.sni;
  if (name == "expected_name") return record.expected_name;
  if (name == "url") return record.url;
  if (name == "policy") return record.policy_name;
  if (name == "listener") return record.listener;
  if (name == "aia") {
    const auto& presented = attempt.handshake.presented;
    const bool has_one = !presented.empty() && !presented.front().aia_issuers.empty();
    return has_one ? std::optional(presented.front().aia_issuers.front()) : std::nullopt;
  }
  if (name == "slug" && record.failure()) return std::string(policy::info(*record.failure()).slug);
  const policy::Finding* finding = parts::primary_finding(record);
  if (finding == nullptr) return std::nullopt;
  for (const policy::Fact& fact : finding->facts) {
    if (fact.key == name) return fact.value;
  }
  return std::nullopt;
}

std::string written(std::string value, Filling filling, bool before_port) {
  if (before_port && value.find(':') != std::string::npos) value = "[" + value + "]";
  return filling == Filling::shell ? shell_quote(value) : value;
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || c == '_' || (c >= '0' && c <= '9');
}

// "{name}" at the start of `text`; empty: it does not begin with a placeholder.
std::string_view placeholder(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && is_name_char(text[end])) ++end;
  return end > 1 && end < text.size() && text[end] == '}' ? text.substr(1, end - 1) : std::string_view{};
}

void replace_all(std::string* text, std::string_view from, std::string_view to) {
  for (std::size_t at = text->find(from); at != std::string::npos; at = text->find(from, at + to.size())) {
    text->replace(at, from.size(), to);
  }
}

// The versions and the level of our own hello as options of s_client, whose defaults are those of the machine
// that it runs on. A command that is about other ones stays as it is.
std::string as_offered(const Record& record, std::string command) {
  constexpr std::string_view kProgram = "openssl s_client ";
  constexpr tls::WireVersion kTls10 = 0x0301;
  constexpr tls::WireVersion kTls13 = 0x0304;
  const tls::Offered& offered = record.attempt.handshake.offered;
  const bool is_ours = record.attempt.leg == policy::Leg::upstream && offered.security_level >= 0;
  if (!is_ours || !command.starts_with(kProgram)) return command;
  for (const char* own : {" -tls1", " -cipher ", " -min_protocol "}) {
    if (command.find(own) != std::string::npos) return command;
  }
  const auto name = [](tls::WireVersion version) {
    return version == kTls10 ? std::string("TLSv1") : tls::version_name(version);
  };
  std::string options = "-min_protocol ";
  options.append(name(offered.min_version)).append(" -max_protocol ").append(name(offered.max_version));
  if (offered.min_version < kTls13)
    options.append(" -cipher DEFAULT@SECLEVEL=").append(std::to_string(offered.security_level));
  return command.insert(kProgram.size(), options.append(" "));
}

}  // namespace

std::string fill(const Record& record, std::string_view text, Filling filling) {
  std::string source(text);
  if (filling == Filling::shell && record.sni.empty()) {
    replace_all(&source, "-servername {sni}", "-noservername");
  }
  std::string out;
  for (std::size_t at = 0; at < source.size();) {
    const std::string_view rest = std::string_view(source).substr(at);
    const std::string_view name = rest.front() == '{' ? placeholder(rest) : std::string_view{};
    const auto value = name.empty() ? std::nullopt : value_of(record, name);
    if (!value) {
      out += source[at++];
      continue;
    }
    at += name.size() + 2;
    const std::string_view behind = std::string_view(source).substr(at);
    out += written(*value, filling, behind.starts_with(":{port}") || behind.starts_with(":443"));
  }
  return out;
}

Advice advice(const Record& record, const policy::Language& language) {
  Advice out;
  const auto failure = record.failure();
  if (!failure) return out;
  const policy::FailureText& text = policy::text(*failure);
  const policy::FailureWords& words = language.failure(*failure);
  const auto prose = [&](std::string_view from) { return fill(record, from, Filling::prose); };
  out.meaning = prose(words.meaning);
  for (const std::string_view cause : words.causes) out.causes.push_back(prose(cause));
  out.visitor = prose(words.visitor);
  out.owner = prose(words.owner);
  out.device = prose(words.device);
  for (const std::string_view command : text.commands) {
    std::string filled = fill(record, command, Filling::shell);
    const bool has_gap = filled.find("{aia}") != std::string::npos;  // the certificate names no such address
    if (!has_gap) out.commands.push_back(as_offered(record, std::move(filled)));
  }
  out.reference = text.reference;
  return out;
}

}  // namespace whytls::proxy
