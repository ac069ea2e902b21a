// The smallest changes of the configuration that would let a connection pass.
#include <algorithm>

#include "proxy/escape.h"
#include "proxy/render_advice.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using policy::Failure;

constexpr tls::UnixSeconds kGrace = 30LL * 24 * 60 * 60;  // how long an exception is suggested for
constexpr std::uint16_t kHttpsPort = 443;
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

// Whether a change concerns this one upstream, or is harmless for all hosts of a policy.
enum class Scope : std::uint8_t { this_upstream, whole_policy };

struct Change {
  std::vector<std::string> lines;            // keys of the policy's table
  bool (*covers)(Failure) = covers_nothing;  // refused findings that need no rule of their own any more
  Scope scope = Scope::this_upstream;
};

// A name for a table of TOML, made from the host.
std::string table_name(const Record& record) {
  std::string name;
  for (const char c : record.attempt.host.substr(0, 40)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    name += plain ? c : '-';
  }
  return name.empty() ? "device" : name;
}

bool is_new_policy(const Record& record, Scope scope) {
  const bool shared = record.mode == config::Mode::forward && scope == Scope::this_upstream;
  return shared || record.policy_name.empty() || record.policy_name == "browser";
}

// What no rule should be suggested for: the rule would turn verification off.
bool should_not_forgive(Failure failure) {
  return !policy::can_be_forgiven(failure) || policy::info(failure).severity == policy::Severity::fatal;
}

// A rule for each finding that is refused and not covered. nullopt: one of them should not be forgiven.
std::optional<std::vector<std::string>> rules_for_the_rest(const Record& record, const Change& change) {
  std::vector<std::string> lines;
  const std::string until = parts::date(parts::now_of(record) + kGrace);
  for (const policy::JudgedFinding& judged : parts::judged_findings(record)) {
    const Failure failure = judged.finding.failure;
    if (judged.action != policy::Action::refuse || change.covers(failure)) continue;
    if (should_not_forgive(failure)) return std::nullopt;
    std::string line = std::string(policy::info(failure).slug) + " = { action = \"warn\", until = " + until +
                       ", reason = \"known, to be repaired\" }";
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(std::move(line));
  }
  return lines;
}

std::string listener_for(const Record& record, const std::string& name) {
  const std::string origin =
      "https://" + parts::authority(record.attempt.host, record.attempt.port == kHttpsPort
                                                             ? std::uint16_t{0}
                                                             : record.attempt.port);
  return "\n[[listener]]            # a listener of its own, so that other hosts keep the strict policy\n"
         "name     = " +
         toml_quote(name) +
         "\n"
         "mode     = \"reverse\"\n"
         "listen   = \"127.0.0.1:8443\"\n"
         "tls      = { mint = true }\n"
         "upstream = " +
         toml_quote(origin) +
         "\n"
         "policy   = " +
         toml_quote(name) + "\n";
}

std::optional<std::string> toml_for(const Record& record, const Change& change) {
  const auto rules = rules_for_the_rest(record, change);
  if (!rules || (rules->empty() && change.lines.empty())) return std::nullopt;
  const bool fresh = is_new_policy(record, change.scope);
  const std::string name = fresh ? table_name(record) : record.policy_name;
  const std::string base = record.policy_name.empty() ? "browser" : record.policy_name;
  std::string toml = "[policy." + name + "]" + (fresh ? "" : "   # add to the table that is there") + "\n";
  if (fresh) toml += "extends = " + toml_quote(base) + "\n";
  for (const std::string& line : change.lines) toml += line + "\n";
  if (!rules->empty()) toml += "\n[policy." + name + ".on]\n";
  for (const std::string& rule : *rules) toml += rule + "\n";
  if (!fresh) return toml;
  if (record.mode == config::Mode::forward && change.scope == Scope::this_upstream) {
    return toml + listener_for(record, name);
  }
  return toml + "\n# then, in the listener or route " + toml_quote(record.listener) +
         ":\n# policy = " + toml_quote(name) + "\n";
}

void add(std::vector<Suggestion>* list, const Record& record, const Change& change, std::string title,
         std::string gives_up) {
  if (auto toml = toml_for(record, change)) {
    list->push_back({std::move(title), std::move(*toml), std::move(gives_up)});
  }
}

void add_pin(std::vector<Suggestion>* list, const Record& record, const tls::Certificate& leaf) {
  if (leaf.spki_sha256_base64.empty()) return;
  const std::string pin = "pins = [" + toml_quote("sha256/" + leaf.spki_sha256_base64) + "]";
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

void add_ca(std::vector<Suggestion>* list, const Record& record, Failure failure) {
  const std::string file = "/etc/whytls/" + table_name(record) + ".pem";
  const Change change{{"trust = { system = true, ca_files = [" + toml_quote(file) + "] }"},
                      is_trust_failure,
                      Scope::whole_policy};
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
    const bool plain = name.kind == tls::AltName::Kind::dns && !name.value.empty() &&
                       visible_ascii(name.value) == name.value && name.value.find('*') == std::string::npos;
    if (!plain) continue;
    add(list, record, {{"expected_name = " + toml_quote(name.value)}, is_name_failure},
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
        {{"tls = { min_version = " + toml_quote(tls::version_name(seen.answered.version)) +
          ", security_level = 0 }"},
         [](Failure f) { return f == Failure::tls_version_refused_by_us; }},
        title, weaker);
  } else if (failure == Failure::tls_version_refused_by_peer && seen.offered.min_version >= kTls12) {
    add(list, record,
        {{"tls = { min_version = \"TLSv1.0\", security_level = 0 }"},
         [](Failure f) { return f == Failure::tls_version_refused_by_peer; }},
        title, weaker);
  } else if (failure == Failure::tls_no_common_cipher && seen.offered.min_version >= kTls12) {
    add(list, record,
        {{"tls = { min_version = \"TLSv1.0\", security_level = 0, ciphers = \"ALL:!aNULL:!eNULL\" }"},
         [](Failure f) { return f == Failure::tls_no_common_cipher; }},
        "Offer older versions and ciphers to this upstream only", weaker);
  } else if (failure == Failure::tls_no_renegotiation_info) {
    add(list, record,
        {{"tls = { legacy_server_connect = true }"},
         [](Failure f) { return f == Failure::tls_no_renegotiation_info; }},
        "Allow this upstream to lack RFC 5746",
        "Someone in the way could put own bytes in front of a renegotiated connection; whytls itself never "
        "renegotiates.");
  } else if (failure == Failure::tls_dh_too_small || failure == Failure::tls_legacy_signature_refused) {
    add(list, record,
        {{"tls = { security_level = 0 }"},
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
