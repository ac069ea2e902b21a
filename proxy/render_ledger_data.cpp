// The ledger for programs: JSON and CSV.
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "proxy/escape.h"
#include "proxy/render_ledger.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::ledger_text {
namespace {

using Json = nlohmann::ordered_json;

// The ledger has cut its texts already: none is cut again.
constexpr std::size_t kWhole = ledger::kMaxText + ledger::kMaxNames;

std::string word_of(ledger::RememberedBy by) {
  switch (by) {
    case ledger::RememberedBy::first_use:
      return "first_use";
    case ledger::RememberedBy::accepted:
      return "accepted";
  }
  return "first_use";
}

std::string dumped(const Json& json) {
  constexpr int kOneLine = -1;
  constexpr bool kAsciiOnly = true;
  return json.dump(kOneLine, ' ', kAsciiOnly, Json::error_handler_t::replace);
}

std::string utf8(std::string_view bytes) {
  return valid_utf8(bytes, kWhole);
}

void add_times(Json* json, const ledger::Times& times) {
  (*json)["first_seen"] = parts::rfc3339(times.first_seen);
  (*json)["last_seen"] = parts::rfc3339(times.last_seen);
  (*json)["count"] = times.count;
}

Json certificate_json(const ledger::Seen& seen, const ledger::Times& times) {
  Json json;
  json["sha256"] = ledger::hex_of(seen.sha256);
  json["spki_sha256"] = ledger::hex_of(seen.spki_sha256);
  json["subject"] = utf8(seen.subject);
  json["issuer"] = utf8(seen.issuer);
  json["serial"] = utf8(seen.serial_hex);
  json["names"] = utf8(seen.names);
  json["ca"] = seen.is_ca;
  json["not_before"] = parts::rfc3339(seen.not_before);
  json["not_after"] = parts::rfc3339(seen.not_after);
  add_times(&json, times);
  return json;
}

Json listed_json(const Listed& one) {
  Json json = certificate_json(one.seen, one.times);
  json["host"] = one.places == 0 ? Json() : Json(utf8(one.host));
  json["port"] = one.places == 0 ? Json() : Json(one.port);
  json["place_count"] = one.places;
  return json;
}

Json places_json(std::span<const ListedPlace> places) {
  Json out = Json::array();
  for (const ListedPlace& one : places) {
    Json json;
    json["host"] = utf8(one.place.host);
    json["port"] = one.place.port;
    json["address"] = utf8(one.place.address);
    json["listener"] = utf8(one.place.listener);
    json["depth"] = one.depth;
    add_times(&json, one.times);
    out.push_back(std::move(json));
  }
  return out;
}

void add_upstreams(Json* json, const Digest& sha256, const Upstreams& upstreams) {
  Json remembered = Json::array();
  if (const auto found = upstreams.remembered.find(sha256); found != upstreams.remembered.end()) {
    for (const ListedUpstream& one : found->second) {
      remembered.push_back(Json{{"host", utf8(one.host)},
                                {"port", one.port},
                                {"since", parts::rfc3339(one.remembered_at)},
                                {"by", word_of(one.remembered_by)}});
    }
  }
  (*json)["remembered_for"] = std::move(remembered);
  Json newest = Json::array();
  if (const auto found = upstreams.newest.find(sha256); found != upstreams.newest.end()) {
    for (const ListedUpstream& one : found->second) {
      newest.push_back(
          Json{{"host", utf8(one.host)}, {"port", one.port}, {"since", parts::rfc3339(one.newest_since)}});
    }
  }
  (*json)["newest_without_place"] = std::move(newest);
}

std::string csv_field(const std::string& text) {
  constexpr std::string_view kFormula = "=+-@\t\r";
  std::string field = text;
  if (!field.empty() && kFormula.find(field.front()) != std::string_view::npos) field.insert(0, 1, '\'');
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::string cell(std::string_view peer) {
  return visible(peer, kWhole);
}

std::vector<std::string> certificate_fields(const Listed& one) {
  const ledger::Seen& seen = one.seen;
  return {ledger::hex_of(seen.sha256),
          ledger::hex_of(seen.spki_sha256),
          cell(seen.subject),
          cell(seen.issuer),
          cell(seen.serial_hex),
          cell(seen.names),
          seen.is_ca ? "true" : "false",
          parts::rfc3339(seen.not_before),
          parts::rfc3339(seen.not_after),
          parts::rfc3339(one.times.first_seen),
          parts::rfc3339(one.times.last_seen),
          std::to_string(one.times.count)};
}

const std::vector<std::string>& certificate_headings() {
  static const std::vector<std::string> kHeadings = {"sha256",    "spki_sha256", "subject",   "issuer",
                                                     "serial",    "names",       "ca",        "not_before",
                                                     "not_after", "first_seen",  "last_seen", "count"};
  return kHeadings;
}

std::string joined_row(std::vector<std::string> first, std::vector<std::string> rest) {
  first.insert(first.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  return csv_row(first);
}

bool is_same(const ListedUpstream& upstream, std::string_view host, std::uint16_t port) {
  return upstream.host == host && upstream.port == port;
}

// Upstreams come ordered by host and port; one certificate may be the newest of very many.
const ListedUpstream* find_upstream(const std::map<Digest, std::vector<ListedUpstream>>& map,
                                    const Digest& sha256, std::string_view host, std::uint16_t port) {
  const auto of = map.find(sha256);
  if (of == map.end()) return nullptr;
  const auto wanted = std::pair(host, port);
  const auto at = std::lower_bound(of->second.begin(), of->second.end(), wanted,
                                   [](const ListedUpstream& one, const auto& key) {
                                     return std::pair(std::string_view(one.host), one.port) < key;
                                   });
  return at != of->second.end() && is_same(*at, host, port) ? &*at : nullptr;
}

// The three columns about a host and port for which something is remembered, or which has no place.
std::vector<std::string> upstream_fields(const Digest& sha256, const Upstreams& upstreams,
                                         std::string_view host, std::uint16_t port) {
  std::vector<std::string> out(3);
  if (const auto* one = find_upstream(upstreams.remembered, sha256, host, port)) {
    out[0] = word_of(one->remembered_by);
    out[1] = parts::rfc3339(one->remembered_at);
  }
  if (const auto* one = find_upstream(upstreams.newest, sha256, host, port))
    out[2] = parts::rfc3339(one->newest_since);
  return out;
}

// Hosts and ports about which upstreams know something, and no place does.
std::vector<std::pair<std::string, std::uint16_t>> hosts_without_place(const Listed& certificate,
                                                                       const Upstreams& upstreams) {
  std::vector<std::pair<std::string, std::uint16_t>> out;
  for (const auto* map : {&upstreams.remembered, &upstreams.newest}) {
    const auto found = map->find(certificate.seen.sha256);
    if (found == map->end()) continue;
    for (const ListedUpstream& one : found->second) {
      const auto& places = certificate.all_places;
      const bool has_place = std::any_of(places.begin(), places.end(), [&one](const ListedPlace& place) {
        return is_same(one, place.place.host, place.place.port);
      });
      if (!has_place) out.emplace_back(one.host, one.port);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

std::string list_json(const Listed& certificate) {
  return dumped(listed_json(certificate));
}

std::string group_json(const Group& group) {
  Json json;
  json["issuer"] = utf8(group.front().seen.issuer);
  json["serial"] = utf8(group.front().seen.serial_hex);
  json["certificates"] = Json::array();
  for (const Listed& one : group) json["certificates"].push_back(listed_json(one));
  return dumped(json);
}

std::string shown_json(const Shown& shown, const Upstreams& upstreams) {
  Json json = certificate_json(shown.details.seen, shown.details.times);
  json["places"] = places_json(shown.details.places);
  add_upstreams(&json, shown.details.seen.sha256, upstreams);
  json["conflicts"] = Json::array();
  for (const Digest& other : shown.details.conflicts) json["conflicts"].push_back(ledger::hex_of(other));
  return dumped(json);
}

std::string export_json(const Listed& certificate, const Upstreams& upstreams) {
  Json json = certificate_json(certificate.seen, certificate.times);
  json["places"] = places_json(certificate.all_places);
  add_upstreams(&json, certificate.seen.sha256, upstreams);
  return dumped(json);
}

std::string csv_row(std::span<const std::string> fields) {
  std::string out;
  for (const std::string& field : fields) {
    if (&field != fields.data()) out += ',';
    out += csv_field(field);
  }
  return out + "\r\n";
}

std::string list_csv_heading() {
  return joined_row(certificate_headings(), {"host", "port", "place_count"});
}

std::string list_csv(const Listed& certificate) {
  const bool has_place = certificate.places != 0;
  return joined_row(certificate_fields(certificate),
                    {cell(certificate.host), has_place ? std::to_string(certificate.port) : std::string(),
                     std::to_string(certificate.places)});
}

std::string export_csv_heading() {
  return joined_row(certificate_headings(),
                    {"host", "port", "address", "listener", "depth", "place_first_seen", "place_last_seen",
                     "place_count", "remembered_by", "remembered_at", "newest_since"});
}

std::string export_csv(const Listed& certificate, const Upstreams& upstreams) {
  constexpr std::size_t kPlaceFields = 8;
  const Digest& sha256 = certificate.seen.sha256;
  const std::vector<std::string> first = certificate_fields(certificate);
  std::string out;
  const auto add = [&](std::vector<std::string> place, const std::vector<std::string>& upstream) {
    place.resize(kPlaceFields);
    place.insert(place.end(), upstream.begin(), upstream.end());
    out += joined_row(first, std::move(place));
  };
  for (const ListedPlace& one : certificate.all_places) {
    add({cell(one.place.host), std::to_string(one.place.port), cell(one.place.address),
         cell(one.place.listener), std::to_string(one.depth), parts::rfc3339(one.times.first_seen),
         parts::rfc3339(one.times.last_seen), std::to_string(one.times.count)},
        upstream_fields(sha256, upstreams, one.place.host, one.place.port));
  }
  for (const auto& [host, port] : hosts_without_place(certificate, upstreams))
    add({cell(host), std::to_string(port)}, upstream_fields(sha256, upstreams, host, port));
  if (out.empty()) add({}, std::vector<std::string>(3));
  return out;
}

}  // namespace whytls::proxy::ledger_text
