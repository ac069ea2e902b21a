// The ledger for people.
#include <algorithm>
#include <array>

#include "proxy/escape.h"
#include "proxy/render_ledger.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::ledger_text {
namespace {

constexpr std::size_t kShortDigits = 12;  // of a SHA-256 in a table
constexpr std::size_t kHostColumns = 40;
constexpr std::size_t kNameColumns = 36;
constexpr std::size_t kSerialColumns = 20;
constexpr std::size_t kAnyWidth = 80;  // for cells of known length
constexpr std::string_view kEllipsis = "\u2026";

struct Wide {
  char32_t first;
  char32_t last;
};
// East Asian Wide and Fullwidth (Unicode, UAX 11), in blocks.
constexpr std::array kWide = {
    Wide{0x1100, 0x115e}, Wide{0x2e80, 0xa4cf}, Wide{0xac00, 0xd7a3},   Wide{0xf900, 0xfaff},
    Wide{0xfe30, 0xfe6f}, Wide{0xff00, 0xff60}, Wide{0x1f300, 0x1faff}, Wide{0x20000, 0x3fffd},
};

std::size_t columns_of(char32_t point) {
  if (point >= 0x0300 && point <= 0x036f) return 0;  // combining marks
  const bool is_wide = std::any_of(kWide.begin(), kWide.end(), [point](const Wide& range) {
    return point >= range.first && point <= range.last;
  });
  return is_wide ? 2 : 1;
}

// The first character of valid UTF-8: visible() makes nothing else.
struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  char32_t point = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes && i < text.size(); ++i)
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  return {std::min(bytes, text.size()), columns_of(point)};
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = first_of(text);
    width += next.columns;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string shorten(const std::string& text, std::size_t most) {
  if (width_of(text) <= most) return text;
  std::size_t width = 0;
  std::size_t used = 0;
  for (Character next = first_of(text); width + next.columns < most;
       next = first_of(std::string_view(text).substr(used))) {
    width += next.columns;
    used += next.bytes;
  }
  return text.substr(0, used).append(kEllipsis);
}

std::string short_sha256(const Digest& sha256) {
  return ledger::hex_of(sha256).substr(0, kShortDigits);
}

// "a.test:443 +2"
std::string host_cell(const Listed& one) {
  if (one.places == 0) return "-";
  const std::string host = shorten(visible(parts::authority(one.host, one.port)), kHostColumns);
  return one.places == 1 ? host : host + " +" + std::to_string(one.places - 1);
}

std::string line(std::string_view name, const std::string& value) {
  constexpr std::size_t kNameWidth = 16;
  std::string out = std::string(name) + ":";
  out.append(kNameWidth - std::min(kNameWidth - 1, out.size()), ' ');
  return out + value + "\n";
}

std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    out.append("  ").append(text, at, end - at + 1);
    at = end + 1;
  }
  return out;
}

std::string places_text(std::span<const ListedPlace> places) {
  const std::array columns = {Column{"HOST", kHostColumns, Column::Side::left},
                              Column{"ADDRESS", kHostColumns, Column::Side::left},
                              Column{"LISTENER", kNameColumns, Column::Side::left},
                              Column{"DEPTH", kAnyWidth, Column::Side::right},
                              Column{"FIRST SEEN", kAnyWidth, Column::Side::left},
                              Column{"LAST SEEN", kAnyWidth, Column::Side::left},
                              Column{"COUNT", kAnyWidth, Column::Side::right}};
  std::vector<std::vector<std::string>> rows;
  rows.reserve(places.size());
  for (const ListedPlace& one : places) {
    rows.push_back({visible(parts::authority(one.place.host, one.place.port)), visible(one.place.address),
                    visible(one.place.listener), std::to_string(one.depth),
                    parts::rfc3339(one.times.first_seen), parts::rfc3339(one.times.last_seen),
                    std::to_string(one.times.count)});
  }
  return indented(table(columns, rows));
}

std::string facts_text(const ledger::Details& details, UnixSeconds now) {
  const ledger::Seen& seen = details.seen;
  return line("SHA-256", ledger::hex_of(seen.sha256)) + line("Subject", visible(seen.subject)) +
         line("Issuer", visible(seen.issuer)) + line("Serial number", visible(seen.serial_hex)) +
         line("Names", visible(seen.names, ledger::kMaxNames)) +
         line("Valid from", parts::rfc3339(seen.not_before)) +
         line("Valid until",
              parts::rfc3339(seen.not_after) + " (" + parts::distance(seen.not_after, now) + ")") +
         line("Key, SHA-256", ledger::hex_of(seen.spki_sha256)) + line("CA", seen.is_ca ? "yes" : "no") +
         line("First seen", parts::rfc3339(details.times.first_seen)) +
         line("Last seen", parts::rfc3339(details.times.last_seen)) +
         line("Handshakes", std::to_string(details.times.count));
}

}  // namespace

void Upstreams::add(const ListedUpstream& upstream) {
  if (upstream.remembered) remembered[*upstream.remembered].push_back(upstream);
  if (upstream.newest) newest[*upstream.newest].push_back(upstream);
}

std::string table(std::span<const Column> columns, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> cells(1);
  for (const Column& column : columns) cells.front().push_back(column.heading);
  cells.insert(cells.end(), rows.begin(), rows.end());
  std::vector<std::size_t> widths(columns.size(), 0);
  for (auto& row : cells) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      row[i] = shorten(row[i], columns[i].most);
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string out;
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string blanks(widths[i] - width_of(row[i]), ' ');
      const bool is_right = columns[i].side == Column::Side::right;
      out += is_right ? blanks + row[i] : i + 1 == columns.size() ? row[i] : row[i] + blanks;
      out += i + 1 == columns.size() ? "\n" : "  ";
    }
  }
  return out;
}

std::string list_text(std::span<const Listed> certificates) {
  const std::array columns = {Column{"HOST", kAnyWidth, Column::Side::left},
                              Column{"SUBJECT", kNameColumns, Column::Side::left},
                              Column{"ISSUER", kNameColumns, Column::Side::left},
                              Column{"SERIAL", kSerialColumns, Column::Side::left},
                              Column{"ENDS", kAnyWidth, Column::Side::left},
                              Column{"FIRST SEEN", kAnyWidth, Column::Side::left},
                              Column{"LAST SEEN", kAnyWidth, Column::Side::left},
                              Column{"COUNT", kAnyWidth, Column::Side::right},
                              Column{"SHA-256", kAnyWidth, Column::Side::left}};
  std::vector<std::vector<std::string>> rows;
  rows.reserve(certificates.size());
  for (const Listed& one : certificates) {
    rows.push_back({host_cell(one), visible(one.seen.subject), visible(one.seen.issuer),
                    visible(one.seen.serial_hex), parts::date(one.seen.not_after),
                    parts::date(one.times.first_seen), parts::date(one.times.last_seen),
                    std::to_string(one.times.count), short_sha256(one.seen.sha256)});
  }
  return table(columns, rows);
}

std::string expiring_text(std::span<const Listed> certificates, UnixSeconds now) {
  const std::array columns = {
      Column{"ENDS", kAnyWidth, Column::Side::left},      Column{"", kAnyWidth, Column::Side::left},
      Column{"HOST", kAnyWidth, Column::Side::left},      Column{"SUBJECT", kNameColumns, Column::Side::left},
      Column{"ISSUER", kNameColumns, Column::Side::left}, Column{"LAST SEEN", kAnyWidth, Column::Side::left},
      Column{"COUNT", kAnyWidth, Column::Side::right},    Column{"SHA-256", kAnyWidth, Column::Side::left}};
  std::vector<std::vector<std::string>> rows;
  rows.reserve(certificates.size());
  for (const Listed& one : certificates) {
    rows.push_back({parts::date(one.seen.not_after), parts::distance(one.seen.not_after, now), host_cell(one),
                    visible(one.seen.subject), visible(one.seen.issuer), parts::date(one.times.last_seen),
                    std::to_string(one.times.count), short_sha256(one.seen.sha256)});
  }
  return table(columns, rows);
}

std::string group_text(const Group& group) {
  return line("Issuer", visible(group.front().seen.issuer)) +
         line("Serial number", visible(group.front().seen.serial_hex)) + indented(list_text(group));
}

std::string shown_text(const Shown& shown, const Upstreams& upstreams, UnixSeconds now) {
  const ledger::Details& details = shown.details;
  std::string out = facts_text(details, now);
  out += details.places.empty() ? "Places: none are kept\n" : "Places:\n" + places_text(details.places);
  if (const auto found = upstreams.newest.find(details.seen.sha256); found != upstreams.newest.end()) {
    out += "The newest of these hosts too, which have no place of their own here:\n";
    for (const ListedUpstream& one : found->second) {
      out += "  " + visible(parts::authority(one.host, one.port)) + "  since " +
             parts::rfc3339(one.newest_since) + "\n";
    }
  }
  if (const auto found = upstreams.remembered.find(details.seen.sha256);
      found != upstreams.remembered.end()) {
    out += "Remembered for:\n";
    for (const ListedUpstream& one : found->second) out += "  " + remembered_text(one) + "\n";
  }
  if (shown.conflicts.empty()) return out;
  return out + "Other certificates with this issuer and serial number:\n" +
         indented(list_text(shown.conflicts));
}

std::string remembered_text(const ListedUpstream& upstream) {
  const bool accepted = upstream.remembered_by == ledger::RememberedBy::accepted;
  return visible(parts::authority(upstream.host, upstream.port)) + "  " +
         (upstream.remembered ? ledger::hex_of(*upstream.remembered) : "nothing") + "  " +
         (accepted ? "accepted " : "first use ") + parts::rfc3339(upstream.remembered_at);
}

}  // namespace whytls::proxy::ledger_text
