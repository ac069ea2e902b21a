// What other clients do and say about the same fault: computed from clients.toml, rules for each client that
// the build embeds. The page's table, the JSON member `clients` and docs/failures.md are made from it, and
// `explain` reads it backwards, from a client's words to the failure.
//
// MEANING. The reaction of a client to one finding is its first rule that fits: the failure is the finding's
// and all conditions hold. Without such a rule the reaction is unknown, never "connects". Over all findings:
//  1. Of the reactions that refuse, the one whose rule stands first in the file is what the client says: the
//     order of its rules is its order of checks. A client that lists every fault says all of them, in that
//     order.
//  2. Nothing refused and something unknown: unknown.
//  3. Every reaction is "connects": it connects.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnosis.h"

namespace whytls::policy {

enum class ClientOutcome : std::uint8_t {
  connects,
  asks,     // refuses, and its user may go on all the same
  refuses,  // no way past it
  unknown,
};
[[nodiscard]] std::string_view name(ClientOutcome outcome);  // "connects" ...

// One condition of `when`: FACT OP VALUE, or FACT alone.
struct ClientCondition {
  enum class Test : std::uint8_t { present, absent, equal, differs, less, at_most, more, at_least, contains };
  std::string_view fact;  // a key of docs/facts.md, or one of those that CONDITIONS in clients.cpp adds
  Test test;
  std::string_view value;  // empty for present and absent
};

// As it is written in the file: "depth > 0", "not host_is_ip".
[[nodiscard]] std::string condition_text(const ClientCondition& condition);

// One rule for one failure; a row of clients.toml with several failures is as many of them.
struct ClientRule {
  std::string_view client;   // "Firefox", "curl" ...
  std::string_view version;  // "ESR 153.7.0": with which it was measured, or which the source speaks of
  int position;              // of its row among the rows of its client
  Failure failure;
  std::span<const ClientCondition> when;  // all must hold
  ClientOutcome outcome;                  // never unknown
  std::string_view code;    // its own code or exit status, as it prints it, with {placeholders}; may be empty
  std::string_view words;   // its own message, with {placeholders}, U+2026 for anything; may be empty
  bool measured;            // false: documented, in `source`
  std::string_view source;  // empty when measured
};

struct Client {
  std::string_view name;
  std::string_view version;
  bool lists_all;                     // names every fault that it refuses, not only the first
  std::span<const ClientRule> rules;  // in the order of the file
};

// In the order of the file. Static data.
[[nodiscard]] std::span<const Client> clients();
[[nodiscard]] std::span<const ClientRule> client_rules();

struct ClientView {
  std::string_view client;
  std::string_view version;
  ClientOutcome outcome = ClientOutcome::unknown;
  std::string code;   // empty where it connects, is unknown or has none
  std::string words;  // placeholders filled in; peer text is raw
  bool measured = false;
  std::string_view source;
};

// One for each client, in the order of the file; empty when nothing is wrong, or when the fault is not one of
// the upstream leg, which other clients would meet as well.
[[nodiscard]] std::vector<ClientView> client_views(const Attempt& attempt, const Diagnosis& diagnosis);
// The same for these clients, one for each.
[[nodiscard]] std::vector<ClientView> client_views(const Attempt& attempt, const Diagnosis& diagnosis,
                                                   std::span<const Client> of);

}  // namespace whytls::policy
