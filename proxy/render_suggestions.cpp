// The smallest changes of the configuration that would let a connection pass.
#include <algorithm>

#include "config/units.h"
#include "proxy/escape.h"
#include "proxy/render_advice.h"
#include "proxy/render_parts.h"
#include "proxy/suggestion_toml.h"

namespace whytls::proxy {
namespace {

using policy::Failure;
using policy::Language;
using policy::say;
using policy::Word;

constexpr tls::UnixSeconds kGrace = 30LL * 24 * 60 * 60;  // how long an exception is suggested for
constexpr tls::WireVersion kTls10 = 0x0301;
constexpr tls::WireVersion kTls12 = 0x0303;

bool is_trust_failure(Failure failure) {
  return failure == Failure::cert_self_signed || failure == Failure::chain_untrusted_root ||
         failure == Failure::chain_missing_intermediate || failure == Failure::chain_unknown_issuer;
}

bool is_name_failure(Failure failure) {
  return failure == Failure::cert_name_mismatch || failure == Failure::cert_ip_mismatch ||
         failure == Failure::cert_no_san;
}

// A pinned key is exactly the expected one, whatever else its certificate says.
bool pin_covers(Failure failure) {
  return policy::can_be_forgiven(failure);
}
bool covers_nothing(Failure) {
  return false;
}

struct Change {
  std::vector<TomlKey> keys;                 // of the policy
  bool (*covers)(Failure) = covers_nothing;  // refused findings that need no rule of their own any more
  Scope scope = Scope::this_upstream;
};

// What no rule should be suggested for: the rule would turn verification off.
bool should_not_forgive(Failure failure) {
  return !policy::can_be_forgiven(failure) || policy::info(failure).severity == policy::Severity::fatal;
}

// A rule for each finding that is refused and not covered. nullopt: one of them should not be forgiven.
std::optional<std::vector<TomlKey>> rules_for_the_rest(const Record& record, const Language& language,
                                                       const Change& change) {
  std::vector<TomlKey> rules;
  const std::string until = parts::date(parts::now_of(record) + kGrace);
  for (const policy::JudgedFinding& judged : parts::judged_findings(record)) {
    const Failure failure = judged.finding.failure;
    if (judged.action != policy::Action::refuse || change.covers(failure)) continue;
    if (should_not_forgive(failure)) return std::nullopt;
    const std::string slug(policy::info(failure).slug);
    const bool there =
        std::any_of(rules.begin(), rules.end(), [&](const TomlKey& one) { return one.name == slug; });
    if (there) continue;
    std::string value = "{ action = \"warn\", until = ";
    value.append(until)
        .append(", reason = ")
        .append(toml_quote(language.word(Word::toml_reason)))
        .append(" }");
    rules.push_back({slug, std::move(value)});
  }
  return rules;
}

std::optional<std::string> toml_for(const Record& record, const Language& language, const Change& change) {
  auto rules = rules_for_the_rest(record, language, change);
  if (!rules || (rules->empty() && change.keys.empty())) return std::nullopt;
  return suggestion_toml(record, {change.keys, std::move(*rules), change.scope}, language);
}

// Collects what really applies, in the language of the page.
struct List {
  const Record& record;
  const Language& language;
  std::vector<Suggestion> made;

  void add(const Change& change, std::string title, Word gives_up) {
    if (auto toml = toml_for(record, language, change)) {
      made.push_back({std::move(title), std::move(*toml), say(language, gives_up)});
    }
  }
  void add(const Change& change, Word title, Word gives_up) { add(change, say(language, title), gives_up); }
};

void add_pin(List* list, const tls::Certificate& leaf) {
  if (leaf.spki_sha256_base64.empty()) return;
  const std::string pins =
      std::string("[").append(toml_quote("sha256/" + leaf.spki_sha256_base64)).append("]");
  const TomlKey pin{"pins", pins};
  if (list->record.failure() == Failure::pin_mismatch) {
    list->add({{pin}, pin_covers}, Word::change_new_pin, Word::change_new_pin_cost);
    return;
  }
  list->add({{pin}, pin_covers}, Word::change_pin, Word::change_pin_cost);
}

// The file beside those that the policy has: a list replaces the one that was inherited.
TomlKey with_ca_file(const Record& record, const Language& language, const std::string& file) {
  const std::vector<std::string>& known = record.verdict.policy.ca_files;
  const bool may_see_files = record.audience == config::Audience::full;
  std::string list;
  if (may_see_files) {
    for (const std::string& one : known) list += toml_quote(one) + ", ";
  }
  TomlKey key{"trust", "{ ca_files = [" + list + toml_quote(file) + "] }"};
  if (!may_see_files && !known.empty()) key.note = say(language, Word::toml_more_files);
  return key;
}

void add_ca(List* list, Failure failure) {
  const std::string file = "/etc/whytls/" + name_for_upstream(list->record) + ".pem";
  const Change change{
      {with_ca_file(list->record, list->language, file)}, is_trust_failure, Scope::whole_policy};
  const auto add = [&](Word title, Word gives_up) {
    list->add(change, say(list->language, title, {{"file", file}}), gives_up);
  };
  switch (failure) {
    case Failure::cert_self_signed:
      add(Word::change_trust, Word::change_trust_cost);
      break;
    case Failure::chain_untrusted_root:
      add(Word::change_root, Word::change_root_cost);
      break;
    case Failure::chain_missing_intermediate:
      add(Word::change_intermediate, Word::change_intermediate_cost);
      break;
    default:
      add(Word::change_ca, Word::change_ca_cost);
  }
}

void add_name(List* list, const tls::Certificate& leaf) {
  for (const tls::AltName& name : leaf.names) {
    // What the loader would take as expected_name; a peer may write anything into its certificate.
    const auto host = config::parse_host(name.value);
    if (name.kind != tls::AltName::Kind::dns || !host || host->is_ip) continue;
    list->add({{{"expected_name", toml_quote(name.value)}}, is_name_failure}, Word::change_name,
              Word::change_name_cost);
    return;
  }
}

void add_transport(List* list, Failure failure) {
  const tls::HandshakeEvidence& seen = list->record.attempt.handshake;
  if (failure == Failure::tls_version_refused_by_us && seen.answered.version >= kTls10) {
    list->add({{{"tls", "{ min_version = " + toml_quote(tls::version_name(seen.answered.version)) +
                            ", security_level = 0 }"}},
               [](Failure f) { return f == Failure::tls_version_refused_by_us; }},
              Word::change_protocol, Word::change_weaker_cost);
  } else if (failure == Failure::tls_version_refused_by_peer && seen.offered.min_version >= kTls12) {
    list->add({{{"tls", "{ min_version = \"TLSv1.0\", security_level = 0 }"}},
               [](Failure f) { return f == Failure::tls_version_refused_by_peer; }},
              Word::change_protocol, Word::change_weaker_cost);
  } else if (failure == Failure::tls_no_common_cipher && seen.offered.min_version >= kTls12) {
    list->add(
        {{{"tls", "{ min_version = \"TLSv1.0\", security_level = 0, ciphers = \"ALL:!aNULL:!eNULL\" }"}},
         [](Failure f) { return f == Failure::tls_no_common_cipher; }},
        Word::change_ciphers, Word::change_weaker_cost);
  } else if (failure == Failure::tls_no_renegotiation_info) {
    list->add({{{"tls", "{ legacy_server_connect = true }"}},
               [](Failure f) { return f == Failure::tls_no_renegotiation_info; }},
              Word::change_renegotiation, Word::change_renegotiation_cost);
  } else if (failure == Failure::tls_dh_too_small || failure == Failure::tls_legacy_signature_refused) {
    list->add({{{"tls", "{ security_level = 0 }"}},
               [](Failure f) {
                 return f == Failure::tls_dh_too_small || f == Failure::tls_legacy_signature_refused;
               }},
              Word::change_level, Word::change_weaker_cost);
  }
}

}  // namespace

std::vector<Suggestion> suggestions(const Record& record, const Language& language) {
  List list{record, language, {}};
  const auto failure = record.failure();
  if (!failure || policy::info(*failure).leg != policy::Leg::upstream || parts::was_forwarded(record))
    return {};
  add_transport(&list, *failure);
  const auto& presented = record.attempt.handshake.presented;
  const bool refused_certificate = policy::can_be_forgiven(*failure) || *failure == Failure::pin_mismatch;
  if (presented.empty() || !refused_certificate) return std::move(list.made);
  const auto judged = parts::judged_findings(record);
  const bool changed_key = *failure == Failure::pin_mismatch;
  // A missing intermediate costs nothing to supply; a pin would give up the server's own CA.
  const bool intermediate_first = *failure == Failure::chain_missing_intermediate;
  if (!intermediate_first) add_pin(&list, presented.front());
  if (changed_key) return std::move(list.made);
  const auto at_fault = std::find_if(judged.begin(), judged.end(), [](const policy::JudgedFinding& one) {
    return one.action == policy::Action::refuse && is_trust_failure(one.finding.failure);
  });
  if (at_fault != judged.end()) add_ca(&list, at_fault->finding.failure);
  if (intermediate_first) add_pin(&list, presented.front());
  const bool other_name = std::any_of(judged.begin(), judged.end(), [](const policy::JudgedFinding& one) {
    return one.action == policy::Action::refuse && is_name_failure(one.finding.failure);
  });
  if (other_name) add_name(&list, presented.front());
  list.add({{}, covers_nothing, Scope::whole_policy}, Word::change_date,
           record.mode == config::Mode::forward ? Word::change_date_forward : Word::change_date_reverse);
  return std::move(list.made);
}

}  // namespace whytls::proxy
