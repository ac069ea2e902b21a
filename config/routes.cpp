// The routes of a reverse listener.
#include <map>

#include "config/listeners.h"

namespace whytls::config {

namespace {

const char* const kOriginExamples =
    "\"https://10.0.7.12\", \"https://a.example:8443\", \"http://[::1]:8080\"";

// The keys that a route shares with a policy, for the places where they have no meaning.
std::vector<std::string> peer_keys(const Table& table) {
  std::vector<std::string> out;
  for (const char* key : {"trust", "pins", "sni", "expected_name"}) {
    if (table.has(key)) out.emplace_back(key);
  }
  return out;
}

std::string without_last_slash(std::string path) {
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Whose TLS options a route has: those of its policy, or of one made for it alone.
enum class TlsKey : std::uint8_t { of_the_upstream, of_the_client_leg };

class RouteReader {
 public:
  RouteReader(Table& table, const Listener& listener, Policies& policies)
      : table_(table), listener_(listener), policies_(policies) {}

  // `tls` says what the key of that name means in this table.
  Route read(TlsKey tls) {
    Route route;
    route.policy = listener_.policy;
    route.place = table_.place();
    // A listener with one upstream says of that one what it says.
    if (tls == TlsKey::of_the_client_leg && !listener_.policy_place.file.empty())
      route.choice = policy::Choice{policy::Chooser::listener, listener_.policy_place};
    if (tls == TlsKey::of_the_upstream) read_match(route);
    read_upstream(route);
    route.preserve_host = table_.boolean("preserve_host").value_or(false);
    if (tls == TlsKey::of_the_upstream) read_policy(route);
    read_own_options(route, tls);
    show(route, tls);
    return route;
  }

 private:
  void read_match(Route& route) {
    const auto pattern = [](std::string_view text) -> Parsed<std::string> {
      return text.empty() ? Parsed<std::string>(std::string()) : parse_host_pattern(text);
    };
    route.host = table_.parsed<std::string>("host", pattern, "\"a.example\", \"*.a.example\", \"\" for any")
                     .value_or("");
    route.path = table_.parsed<std::string>("path", parse_path, "\"/\", \"/ui\"").value_or("/");
  }

  void read_upstream(Route& route) {
    const auto origin = table_.parsed<Origin>("upstream", parse_origin, kOriginExamples);
    if (origin) route.upstream = *origin;
    has_upstream_ = origin.has_value();
    if (!table_.has("upstream"))
      table_.error_at_key("upstream", {"the upstream is missing", {}, kOriginExamples, {}});
  }

  void read_policy(Route& route) {
    const auto name = table_.string("policy");
    if (!name) return;
    policies_.use(table_, "policy", *name);
    route.policy = *name;
    route.choice = policy::Choice{policy::Chooser::route, table_.place("policy")};
  }

  void read_own_options(Route& route, TlsKey tls) {
    PolicyLayer layer;
    layer.extends = route.policy;
    // No [policy.NAME] has a blank in its name, and no two routes of a listener the same host and path.
    layer.name = "listener " + listener_.name;
    if (tls == TlsKey::of_the_upstream) layer.name += ", route " + route.host + route.path;
    layer.home = tls == TlsKey::of_the_upstream ? policy::PolicyHome::route : policy::PolicyHome::listener;
    layer.path = table_.path();
    layer.place = route.place;
    note_tables(table_, layer);
    read_peer_keys(table_, layer);
    if (tls == TlsKey::of_the_upstream) read_upstream_tls(table_.table("tls"), layer);
    std::vector<std::string> written = peer_keys(table_);
    if (tls == TlsKey::of_the_upstream && table_.has("tls")) written.emplace_back("tls");
    if (has_upstream_ && route.upstream.scheme == Scheme::http) {
      for (const std::string& key : written) {
        table_.error_at_key(key, {"the upstream is plain http, this would not be applied",
                                  key,
                                  "an https:// upstream, or no such key",
                                  {}});
      }
      return;
    }
    if (layer.assignments.empty()) return;
    route.policy = layer.name;
    // What was named before says only what this one extends.
    const bool is_route = tls == TlsKey::of_the_upstream;
    route.choice = policy::Choice{is_route ? policy::Chooser::route : policy::Chooser::listener, route.place};
    policies_.add(std::move(layer));
  }

  void show(const Route& route, TlsKey tls) const {
    if (tls == TlsKey::of_the_upstream) {
      table_.show("host", toml_string(route.host));
      table_.show("path", toml_string(route.path));
    }
    table_.show("upstream", toml_string(route.upstream.text()));
    if (tls == TlsKey::of_the_upstream) table_.show("policy", toml_string(route.policy));
    table_.show("preserve_host", toml_bool(route.preserve_host));
  }

  Table& table_;
  const Listener& listener_;
  Policies& policies_;
  bool has_upstream_ = false;
};

}  // namespace

std::vector<Route> read_routes(Table& table, const Listener& listener, Policies& policies) {
  std::vector<Route> routes;
  std::vector<Table> tables = table.tables("route");
  if (table.has("route")) {
    if (table.has("upstream")) {
      table.error_at_key("upstream", {"upstream and route exclude each other",
                                      {},
                                      "one upstream, or [[listener.route]]s, not both",
                                      {}});
    }
    (void)table.has_misplaced("upstream");
    for (const char* key : {"preserve_host", "trust", "pins", "sni", "expected_name"}) {
      if (!table.has_misplaced(key)) continue;
      table.error_at_key(key,
                         {"this belongs to a route here", key, "the same key in [[listener.route]]", {}});
    }
  } else {
    routes.push_back(RouteReader(table, listener, policies).read(TlsKey::of_the_client_leg));
    return routes;
  }
  if (tables.empty())
    table.error_at_key("route", {"a reverse listener needs at least one route", {}, {}, {}});
  std::map<std::pair<std::string, std::string>, int> lines;
  for (Table& element : tables) {
    routes.push_back(RouteReader(element, listener, policies).read(TlsKey::of_the_upstream));
    element.finish();
    const Route& route = routes.back();
    const auto [earlier, added] =
        lines.try_emplace({route.host, without_last_slash(route.path)}, route.place.line);
    if (added) continue;
    const std::string match = (route.host.empty() ? "any host" : route.host) + ' ' + route.path;
    element.error_at_key(
        element.has("host") ? "host" : "path",
        {"a second route for " + match + ", the first one is in line " + std::to_string(earlier->second),
         match,
         {},
         {}});
  }
  return routes;
}

}  // namespace whytls::config
