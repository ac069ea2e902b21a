// What the ledger holds, as text, JSON and CSV. Pure. Texts of peers come out escaped: for a terminal and in
// CSV as visible() does it, in JSON as valid UTF-8 in ASCII.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ledger/store.h"

namespace whytls::proxy::ledger_text {

using ledger::Digest;
using ledger::Listed;
using ledger::ListedPlace;
using ledger::ListedUpstream;
using tls::UnixSeconds;

// What is known of hosts, by the certificate that it is about.
struct Upstreams {
  std::map<Digest, std::vector<ListedUpstream>> remembered;
  std::map<Digest, std::vector<ListedUpstream>> newest;  // where no place of the certificate tells it

  // In the order of Store::upstreams: by host and port.
  void add(const ListedUpstream& upstream);
};

// Certificates with one issuer and serial number, at least two.
using Group = std::vector<Listed>;

// A certificate with its neighbours: what `show` prints.
struct Shown {
  ledger::Details details;
  std::vector<Listed> conflicts;  // those of details.conflicts that are still there
};

// Columns of text, each as wide as its longest cell, with two blanks between them. The first row is the
// heading. Wide characters of East Asia count two columns.
struct Column {
  enum class Side : std::uint8_t { left, right };
  std::string heading;
  std::size_t most = 0;  // columns that a cell may take; what is longer ends with an ellipsis
  Side side = Side::left;
};
[[nodiscard]] std::string table(std::span<const Column> columns,
                                const std::vector<std::vector<std::string>>& rows);

// For people. Each ends with a newline.
[[nodiscard]] std::string list_text(std::span<const Listed> certificates);
[[nodiscard]] std::string expiring_text(std::span<const Listed> certificates, UnixSeconds now);
[[nodiscard]] std::string group_text(const Group& group);
[[nodiscard]] std::string shown_text(const Shown& shown, const Upstreams& upstreams, UnixSeconds now);
// "a.test:443  3f9a...", with who remembered it and since when.
[[nodiscard]] std::string remembered_text(const ListedUpstream& upstream);

// JSON on one line, without a newline.
[[nodiscard]] std::string list_json(const Listed& certificate);
[[nodiscard]] std::string group_json(const Group& group);
[[nodiscard]] std::string shown_json(const Shown& shown, const Upstreams& upstreams);
[[nodiscard]] std::string export_json(const Listed& certificate, const Upstreams& upstreams);

// RFC 4180, with CRLF at the end of every row. No field begins with a character for which spreadsheets take
// it for a formula: a ' is put in front of it.
[[nodiscard]] std::string csv_row(std::span<const std::string> fields);
[[nodiscard]] std::string list_csv_heading();
[[nodiscard]] std::string list_csv(const Listed& certificate);
// One row for each place, then one for each host of which no place tells; at least one.
[[nodiscard]] std::string export_csv_heading();
[[nodiscard]] std::string export_csv(const Listed& certificate, const Upstreams& upstreams);

}  // namespace whytls::proxy::ledger_text
