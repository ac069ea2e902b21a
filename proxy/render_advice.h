// What to do about a failure: the prose of the catalogue with the values of the case filled in, and the
// smallest changes of the configuration that would let the connection pass. Pure. Texts may hold a peer's
// bytes, raw.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/failure_text.h"
#include "policy/words.h"
#include "proxy/record.h"

namespace whytls::proxy {

// How values are written into a text.
enum class Filling : std::uint8_t { prose, shell };

// `text` with {host}, {port}, {address}, {sni}, {expected_name}, {url}, {aia}, {policy}, {listener} and every
// fact of the primary finding filled in. Unknown placeholders stay. For a shell, values are quoted, IPv6
// addresses get brackets in front of a port, and "-servername {sni}" turns into "-noservername" when no SNI
// was sent.
[[nodiscard]] std::string fill(const Record& record, std::string_view text, Filling filling);

// A change of the configuration file.
struct Suggestion {
  std::string title;
  std::string toml;
  std::string gives_up;  // what is lost by it, one sentence
};

// Those that really apply, the one that gives up least first: pin the key, add a CA, fix the name, allow this
// one error until a date. Never verification off. Empty when no setting helps or the upstream was not the
// problem.
[[nodiscard]] std::vector<Suggestion> suggestions(const Record& record,
                                                  const policy::Language& language = policy::english());

// All advice on the failure of a record, filled in. Empty for a healthy record.
struct Advice {
  std::string meaning;
  std::vector<std::string> causes;
  std::string visitor;
  std::string owner;
  std::string device;
  std::vector<std::string> commands;
  std::string reference;
};
[[nodiscard]] Advice advice(const Record& record, const policy::Language& language = policy::english());

}  // namespace whytls::proxy
