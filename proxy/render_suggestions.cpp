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
std::optional<std::vector<TomlKey>> rules_for_the_rest(const Record& record, const Change& change) {
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
    rules.push_back(
        {slug, "{ action = \"warn\", until = " + until + ", reason = \"known, to be repaired\" }"});
  }
  return rules;
}

std::optional<std::string> toml_for(const Record& record, const Change& change) {
  auto rules = rules_for_the_rest(record, change);
  if (!rules || (rules->empty() && change.keys.empty())) return std::nullopt;
  return suggestion_toml(record, {change.keys, std::move(*rules), change.scope});
}

void add(std::vector<Suggestion>* list, const Record& record, const Change& change, std::string title,
         std::string gives_up) {
  if (auto toml = toml_for(record, change)) {
    list->push_back({std::move(title), std::move(*toml), std::move(gives_up)});
  }
}

void add_pin(std::vector<Suggestion>* list, const Record& record, const tls::Certificate& leaf) {
  if (leaf.spki_sha256_base64.empty()) return;
  const std::string pins =
      std::string("[").append(toml_quote("sha256/" + leaf.spki_sha256_base64)).append("]");
  const TomlKey pin{"pins", pins};
  if (record.failure() == Failure::pin_mismatch) {
    add(list, record, {{pin}, pin_covers}, "Pin the new key, if its owner confirms that it was changed",
        "If nobody changed the key on purpose, this trusts whoever stands in the way. Ask first.");
    return;
  }
  add(list, record, {{pin}, pin_covers}, "Pin this key",
      "Nothing but this key is trusted any more; when the server gets a new key, the pin has to follow. "
      "Compare the "
      "fingerprint with the one that its owner sees before you trust it.");
}

// The file beside those that the policy has: a list replaces the one that was inherited.
TomlKey with_ca_file(const Record& record, const std::string& file) {
  const std::vector<std::string>& known = record.verdict.policy.ca_files;
  const bool may_see_files = record.audience == config::Audience::full;
  std::string list;
  if (may_see_files) {
    for (const std::string& one : known) list += toml_quote(one) + ", ";
  }
  TomlKey key{"trust", "{ ca_files = [" + list + toml_quote(file) + "] }"};
  if (!may_see_files && !known.empty()) key.note = "and the files that the list has already";
  return key;
}

void add_ca(std::vector<Suggestion>* list, const Record& record, Failure failure) {
  const std::string file = "/etc/whytls/" + name_for_upstream(record) + ".pem";
  const Change change{{with_ca_file(record, file)}, is_trust_failure, Scope::whole_policy};
  switch (failure) {
    case Failure::cert_self_signed:
      add(list, record, change, "Trust this certificate (save its PEM from below as " + file + ")",
          "The certificate is believed for every name that it holds, until it is replaced.");
      break;
    case Failure::chain_untrusted_root:
      add(list, record, change, "Trust its root (save the root's PEM as " + file + ")",
          "Everything that this CA issues is believed under this policy. Get the root from its owner, not "
          "from the "
          "connection that failed.");
      break;
    case Failure::chain_missing_intermediate:
      add(list, record, change, "Supply the missing intermediate (save its PEM as " + file + ")",
          "Nothing, as long as its root is trusted already; it has to be kept up to date by hand.");
      break;
    default:
      add(list, record, change, "Add the CA (save its root certificate as " + file + ")",
          "Everything that this CA issues is believed under this policy.");
  }
}

void add_name(std::vector<Suggestion>* list, const Record& record, const tls::Certificate& leaf) {
  for (const tls::AltName& name : leaf.names) {
    // What the loader would take as expected_name; a peer may write anything into its certificate.
    const auto host = config::parse_host(name.value);
    if (name.kind != tls::AltName::Kind::dns || !host || host->is_ip) continue;
    add(list, record, {{{"expected_name", toml_quote(name.value)}}, is_name_failure},
        "Check the certificate for the name that it has",
        "Whoever holds a valid certificate for that name is taken for this upstream.");
    return;
  }
}

void add_transport(std::vector<Suggestion>* list, const Record& record, Failure failure) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const char* const weaker =
      "The traffic to this one upstream is protected by old algorithms. Which certificate is trusted stays "
      "as strict "
      "as before.";
  const char* const title = "Speak the older protocol to this upstream only";
  if (failure == Failure::tls_version_refused_by_us && seen.answered.version >= kTls10) {
    add(list, record,
        {{{"tls", "{ min_version = " + toml_quote(tls::version_name(seen.answered.version)) +
                      ", security_level = 0 }"}},
         [](Failure f) { return f == Failure::tls_version_refused_by_us; }},
        title, weaker);
  } else if (failure == Failure::tls_version_refused_by_peer && seen.offered.min_version >= kTls12) {
    add(list, record,
        {{{"tls", "{ min_version = \"TLSv1.0\", security_level = 0 }"}},
         [](Failure f) { return f == Failure::tls_version_refused_by_peer; }},
        title, weaker);
  } else if (failure == Failure::tls_no_common_cipher && seen.offered.min_version >= kTls12) {
    add(list, record,
        {{{"tls", "{ min_version = \"TLSv1.0\", security_level = 0, ciphers = \"ALL:!aNULL:!eNULL\" }"}},
         [](Failure f) { return f == Failure::tls_no_common_cipher; }},
        "Offer older versions and ciphers to this upstream only", weaker);
  } else if (failure == Failure::tls_no_renegotiation_info) {
    add(list, record,
        {{{"tls", "{ legacy_server_connect = true }"}},
         [](Failure f) { return f == Failure::tls_no_renegotiation_info; }},
        "Allow this upstream to lack RFC 5746",
        "Someone in the way could put own bytes in front of a renegotiated connection; whytls itself never "
        "renegotiates.");
  } else if (failure == Failure::tls_dh_too_small || failure == Failure::tls_legacy_signature_refused) {
    add(list, record,
        {{{"tls", "{ security_level = 0 }"}},
         [](Failure f) {
           return f == Failure::tls_dh_too_small || f == Failure::tls_legacy_signature_refused;
         }},
        "Lower the security level for this upstream only", weaker);
  }
}

}  // namespace

std::vector<Suggestion> suggestions(const Record& record) {
  std::vector<Suggestion> list;
  const auto failure = record.failure();
  if (!failure || policy::info(*failure).leg != policy::Leg::upstream || parts::was_forwarded(record))
    return list;
  add_transport(&list, record, *failure);
  const auto& presented = record.attempt.handshake.presented;
  const bool refused_certificate = policy::can_be_forgiven(*failure) || *failure == Failure::pin_mismatch;
  if (presented.empty() || !refused_certificate) return list;
  const auto judged = parts::judged_findings(record);
  const bool changed_key = *failure == Failure::pin_mismatch;
  // A missing intermediate costs nothing to supply; a pin would give up the server's own CA.
  const bool intermediate_first = *failure == Failure::chain_missing_intermediate;
  if (!intermediate_first) add_pin(&list, record, presented.front());
  if (changed_key) return list;
  const auto at_fault = std::find_if(judged.begin(), judged.end(), [](const policy::JudgedFinding& one) {
    return one.action == policy::Action::refuse && is_trust_failure(one.finding.failure);
  });
  if (at_fault != judged.end()) add_ca(&list, record, at_fault->finding.failure);
  if (intermediate_first) add_pin(&list, record, presented.front());
  const bool other_name = std::any_of(judged.begin(), judged.end(), [](const policy::JudgedFinding& one) {
    return one.action == policy::Action::refuse && is_name_failure(one.finding.failure);
  });
  if (other_name) add_name(&list, record, presented.front());
  add(&list, record, {{}, covers_nothing, Scope::whole_policy}, "Allow exactly this until a date",
      record.mode == config::Mode::forward ? "Until then every host behind this listener may have the same "
                                             "fault, with a warning in place of a refusal."
                                           : "Until then the fault is a warning; who presents a certificate "
                                             "with the same fault gets through as well.");
  return list;
}

}  // namespace whytls::proxy
