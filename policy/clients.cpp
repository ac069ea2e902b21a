#include "policy/clients.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace whytls::policy {

namespace {

#include "policy/clients.inc"

constexpr std::string_view kAnything = "\u2026";

// CONDITIONS: what a condition may look at besides the facts of the finding.
//   depth             of the certificate concerned, 0 is the leaf
//   host_is_ip        "yes" when the server was addressed by an IP address
//   cn_matches        "yes" when the common name of the leaf is the name asked for
//   answered_version  as the fact, also where the finding does not carry it
//   leaf_version, leaf_key_type    of the certificate as presented: 1, 2 or 3; "RSA", "EC" ...
//   record_length     of the first record, as the bytes of a server that speaks no TLS are taken for one
//   openssl_code, openssl_words, openssl_symbol   of an error of ours: 0A00009F, length mismatch,
//   LENGTH_MISMATCH malformed_names   "yes" when a dNSName of the leaf holds other than printable ASCII (RFC
//   5280, 4.2.1.6)
bool has_malformed_names(const Attempt& attempt) {
  if (attempt.handshake.presented.empty()) return false;
  const auto& names = attempt.handshake.presented.front().names;
  return std::any_of(names.begin(), names.end(), [](const tls::AltName& name) {
    return name.kind == tls::AltName::Kind::dns &&
           std::any_of(name.value.begin(), name.value.end(), [](char c) { return c <= ' ' || c > '~'; });
  });
}

std::string leaf_version(const Attempt& attempt) {
  const auto& presented = attempt.handshake.presented;
  return presented.empty() ? "" : std::to_string(presented.front().version);
}

std::string leaf_key_type(const Attempt& attempt) {
  const auto& presented = attempt.handshake.presented;
  return presented.empty() ? "" : presented.front().key_type;
}

// What a TLS client takes for the length of the first record, whoever sent the bytes (RFC 8446, 5.1).
std::string record_length(std::string_view first_bytes) {
  constexpr std::size_t kAt = 3;
  if (first_bytes.size() < kAt + 2) return {};
  const auto high = static_cast<unsigned char>(first_bytes[kAt]);
  const auto low = static_cast<unsigned char>(first_bytes[kAt + 1]);
  return std::to_string((unsigned{high} << 8U) | low);
}

std::string openssl_value(const tls::HandshakeEvidence& handshake, std::string_view key) {
  if (handshake.openssl_error == 0) return {};
  if (key == "openssl_code") {
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "%08X", handshake.openssl_error);
    return hex.data();
  }
  const std::size_t at = handshake.openssl_text.rfind(':');
  std::string words = at == std::string::npos ? "" : handshake.openssl_text.substr(at + 1);
  if (key == "openssl_words") return words;
  if (key != "openssl_symbol") return {};
  std::transform(words.begin(), words.end(), words.begin(), [](char c) {
    if (c == ' ') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return words;
}

std::string yes_if(bool holds) {
  return holds ? "yes" : "";
}

std::string value_of(std::string_view key, const Finding& finding, const Attempt& attempt) {
  if (const std::string_view fact = finding.fact(key); !fact.empty()) return std::string(fact);
  if (key == "depth") return finding.depth >= 0 ? std::to_string(finding.depth) : "";
  if (key == "host") return attempt.host;
  if (key == "port") return attempt.port != 0 ? std::to_string(attempt.port) : "";
  if (key == "sni") return attempt.handshake.offered.sni;
  if (key == "expected_name") return attempt.expected_name.empty() ? attempt.host : attempt.expected_name;
  if (key == "host_is_ip") return yes_if(attempt.host_is_ip);
  if (key == "cn_matches") return yes_if(matches_dns_name(finding.fact("cn"), finding.fact("expected_name")));
  if (key == "leaf_version") return leaf_version(attempt);
  if (key == "leaf_key_type") return leaf_key_type(attempt);
  if (key == "record_length") return record_length(attempt.handshake.first_bytes);
  if (key.starts_with("openssl_")) return openssl_value(attempt.handshake, key);
  if (key == "malformed_names") return yes_if(has_malformed_names(attempt));
  if (key == "answered_version") return tls::version_name(attempt.handshake.answered.version);
  return {};
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// Less than 0, 0 or more than 0. Numbers as numbers, all else (versions) by its bytes.
int order(std::string_view left, std::string_view right) {
  const auto a = number_of(left);
  const auto b = number_of(right);
  if (a && b) return *a < *b ? -1 : static_cast<int>(*a > *b);
  return left.compare(right);
}

// A value that is not known holds for `absent` and `differs` only.
bool holds(const ClientCondition& condition, std::string_view value) {
  using Test = ClientCondition::Test;
  if (value.empty()) return condition.test == Test::absent || condition.test == Test::differs;
  switch (condition.test) {
    case Test::present:
      return true;
    case Test::absent:
      return false;
    case Test::equal:
      return value == condition.value;
    case Test::differs:
      return value != condition.value;
    case Test::less:
      return order(value, condition.value) < 0;
    case Test::at_most:
      return order(value, condition.value) <= 0;
    case Test::more:
      return order(value, condition.value) > 0;
    case Test::at_least:
      return order(value, condition.value) >= 0;
    case Test::contains:
      return value.find(condition.value) != std::string_view::npos;
  }
  return false;
}

// The placeholders of a client's words, filled in; one that is not known may be anything.
std::string filled(std::string_view words, const Finding& finding, const Attempt& attempt) {
  std::string out;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t close = words[at] == '{' ? words.find('}', at) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out += words[at++];
      continue;
    }
    const std::string value = value_of(words.substr(at + 1, close - at - 1), finding, attempt);
    out.append(value.empty() ? kAnything : std::string_view(value));
    at = close + 1;
  }
  return out;
}

struct Reaction {
  const ClientRule* rule;  // never nullptr
  const Finding* finding;
};

const ClientRule* first_fitting(const Client& client, const Finding& finding, const Attempt& attempt) {
  const auto fits = [&](const ClientRule& rule) {
    return rule.failure == finding.failure &&
           std::all_of(rule.when.begin(), rule.when.end(), [&](const ClientCondition& condition) {
             return holds(condition, value_of(condition.fact, finding, attempt));
           });
  };
  const auto found = std::find_if(client.rules.begin(), client.rules.end(), fits);
  return found == client.rules.end() ? nullptr : &*found;
}

// What the client says of several faults at once: each statement once.
std::string all_words(const std::vector<Reaction>& reactions, const Attempt& attempt) {
  std::string out;
  for (const Reaction& reaction : reactions) {
    const std::string words = filled(reaction.rule->words, *reaction.finding, attempt);
    if (words.empty() || out.find(words) != std::string::npos) continue;
    if (!out.empty()) out.append(" ");
    out.append(words);
  }
  return out;
}

void say(ClientView& view, std::vector<Reaction> refusals, bool lists_all, const Attempt& attempt) {
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const Reaction& a, const Reaction& b) { return a.rule->position < b.rule->position; });
  if (!lists_all) refusals.resize(1, refusals.front());
  const ClientRule& first = *refusals.front().rule;
  view.outcome = first.outcome;
  view.code = filled(first.code, *refusals.front().finding, attempt);
  view.words = all_words(refusals, attempt);
  view.measured = first.measured;
  view.source = first.source;
}

ClientView view_of(const Client& client, const Attempt& attempt, const Diagnosis& diagnosis) {
  ClientView view;
  view.client = client.name;
  view.version = client.version;
  std::vector<Reaction> refusals;
  const ClientRule* accepting = nullptr;
  bool known = true;
  for (const Finding& finding : diagnosis.findings) {
    const ClientRule* rule = first_fitting(client, finding, attempt);
    if (rule == nullptr) {
      known = false;
    } else if (rule->outcome == ClientOutcome::connects) {
      // The weakest evidence counts.
      if (accepting == nullptr || accepting->measured) accepting = rule;
    } else {
      refusals.push_back({rule, &finding});
    }
  }
  if (!refusals.empty()) {
    say(view, std::move(refusals), client.lists_all, attempt);
  } else if (known && accepting != nullptr) {
    view.outcome = ClientOutcome::connects;
    view.measured = accepting->measured;
    view.source = accepting->source;
  }
  return view;
}

}  // namespace

std::string_view name(ClientOutcome outcome) {
  switch (outcome) {
    case ClientOutcome::connects:
      return "connects";
    case ClientOutcome::asks:
      return "asks";
    case ClientOutcome::refuses:
      return "refuses";
    case ClientOutcome::unknown:
      return "unknown";
  }
  return "";
}

std::span<const Client> clients() {
  return kClients;
}

std::span<const ClientRule> client_rules() {
  return kRules;
}

std::string condition_text(const ClientCondition& condition) {
  constexpr std::array<std::string_view, 9> kSigns = {"", "", "=", "!=", "<", "<=", ">", ">=", "contains"};
  std::string out;
  if (condition.test == ClientCondition::Test::absent) out.append("not ");
  out.append(condition.fact);
  if (condition.value.empty()) return out;
  out.append(" ").append(kSigns[static_cast<std::size_t>(condition.test)]);
  return out.append(" ").append(condition.value);
}

std::vector<ClientView> client_views(const Attempt& attempt, const Diagnosis& diagnosis) {
  return client_views(attempt, diagnosis, clients());
}

std::vector<ClientView> client_views(const Attempt& attempt, const Diagnosis& diagnosis,
                                     std::span<const Client> of) {
  const Finding* primary = diagnosis.primary();
  if (attempt.leg != Leg::upstream || primary == nullptr || info(primary->failure).leg != Leg::upstream) {
    return {};
  }
  std::vector<ClientView> out;
  out.reserve(of.size());
  for (const Client& client : of) out.push_back(view_of(client, attempt, diagnosis));
  return out;
}

}  // namespace whytls::policy
