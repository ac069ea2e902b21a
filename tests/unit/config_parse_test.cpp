// The configuration file: what it means, and what is said about every mistake of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "config/load.h"

namespace whytls::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kReverse = "[[listener]]\nname = \"r\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:0\"\n";
const std::string kForward = "[[listener]]\nname = \"f\"\nmode = \"forward\"\nlisten = \"127.0.0.1:0\"\n";
const std::string kPin = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

Loaded good(const std::string& toml) {
  auto loaded = parse(toml, "w.toml");
  if (loaded) return *loaded;
  for (const Mistake& mistake : loaded.error()) ADD_FAILURE() << mistake.text();
  return {};
}

std::vector<std::string> texts(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> out;
  out.reserve(mistakes.size());
  for (const Mistake& mistake : mistakes) out.push_back(mistake.text());
  return out;
}

std::vector<std::string> mistakes_of(const std::string& toml) {
  const auto loaded = parse(toml, "w.toml");
  return loaded ? std::vector<std::string>() : texts(loaded.error());
}

std::string shown(const Settings& settings, const std::string& key) {
  for (const ShownValue& value : settings.shown) {
    if (value.key == key)
      return value.value + " " + std::to_string(value.place.line) + ":" + std::to_string(value.place.column);
  }
  return "(not shown)";
}

TEST(Config, the_defaults_are_one_forward_listener_on_loopback) {
  const Settings settings = defaults();
  ASSERT_THAT(settings.listeners, SizeIs(1));
  const Listener& listener = settings.listeners[0];
  EXPECT_EQ(listener.mode, Mode::forward);
  EXPECT_EQ(listener.listen.text(), "127.0.0.1:8080");
  EXPECT_EQ(listener.policy, "browser");
  EXPECT_EQ(listener.audience, Audience::full);
  ASSERT_THAT(listener.connect_ports, SizeIs(2));
  EXPECT_EQ(listener.connect_ports[1].first, 1024);
  EXPECT_EQ(settings.policies.count("browser"), 1U);
  EXPECT_EQ(shown(settings, "listener[0].listen"), "\"127.0.0.1:8080\" 0:0");
  EXPECT_EQ(shown(settings, "timeouts.dns"), "\"5s\" 0:0");
}

TEST(Config, an_empty_file_is_the_defaults) {
  EXPECT_EQ(show(good("").settings), show(defaults()));
}

TEST(Config, three_mistakes_give_three_messages_with_line_and_column) {
  const std::string toml =
      "wrokers = 2\n"
      "[log]\n"
      "  access = \"false\"\n" +
      kForward + "[policy.x.on]\ncert_expird = \"warn\"\n";
  EXPECT_THAT(
      mistakes_of(toml),
      ElementsAre(
          AllOf(HasSubstr("w.toml:1:1: error: wrokers: unknown key"), HasSubstr("did you mean \"workers\"?")),
          AllOf(HasSubstr("w.toml:3:12: error: log.access: found the string \"false\""),
                HasSubstr("allowed: true, false")),
          HasSubstr("w.toml:8:1: warning: policy.x"),
          "w.toml:9:1: error: policy.x.on.cert_expird: unknown failure \"cert_expird\"; did you mean "
          "\"cert_expired\"?"));
}

TEST(Config, a_mistake_carries_its_parts) {
  const auto loaded = parse("[log]\nlevel = \"wraning\"\n", "w.toml");
  ASSERT_FALSE(loaded);
  ASSERT_THAT(loaded.error(), SizeIs(1));
  const Mistake& mistake = loaded.error()[0];
  EXPECT_EQ(mistake.place.line, 2);
  EXPECT_EQ(mistake.place.column, 9);
  EXPECT_EQ(mistake.key, "log.level");
  EXPECT_EQ(mistake.found, "wraning");
  EXPECT_EQ(mistake.allowed, "\"debug\", \"info\", \"warning\", \"error\"");
  EXPECT_EQ(mistake.suggestion, "warning");
}

TEST(Config, columns_count_characters_and_not_bytes) {
  EXPECT_THAT(mistakes_of("log = { \"\xc3\xa4\xe2\x82\xac\" = 1, levle = 1 }\n"),
              testing::Contains(HasSubstr("w.toml:1:19: error: log.levle")));
}

TEST(Config, places_are_right_after_windows_line_ends_and_a_byte_order_mark) {
  EXPECT_THAT(mistakes_of("\xef\xbb\xbfworkers = 1\r\n\r\n[log]\r\n\taccess = 1\r\n"),
              ElementsAre(HasSubstr("w.toml:4:11: error: log.access: found the number 1")));
}

struct MistakeRow {
  const char* name;
  std::string toml;
  std::string expected;  // part of one of the messages
};

class ConfigMistake : public testing::TestWithParam<MistakeRow> {};

TEST_P(ConfigMistake, is_named_with_its_place) {
  EXPECT_THAT(mistakes_of(GetParam().toml), testing::Contains(HasSubstr(GetParam().expected)));
}

const MistakeRow kMistakes[] = {
    {"a_string_is_no_number", "workers = \"4\"",
     "1:11: error: workers: found the string \"4\"; allowed: a whole number from 0 to 1024"},
    {"a_number_out_of_range", "workers = 1025", "1:11: error: workers: found 1025, out of range"},
    {"a_number_is_no_string", "proxy_name = 1",
     "1:14: error: proxy_name: found the number 1; allowed: a string"},
    {"a_name_that_breaks_a_header", "proxy_name = \"a b\"", "cannot stand in Via"},
    {"a_table_expected", "log = 3", "1:7: error: log: found the number 3; allowed: a table"},
    {"a_list_of_tables_expected", "[listener]\nname = \"x\"",
     "listener: found a table; allowed: a list of tables"},
    {"an_unknown_table", "[lgo]\n", "1:1: error: lgo: unknown key"},
    {"an_unknown_key_in_an_inline_table",
     kReverse + "upstream = \"https://a\"\ntls = { mint = true, minversion = 1 }",
     "6:22: error: listener[0].tls.minversion: unknown key"},
    {"a_duration_without_unit", "timeouts.dns = \"5\"", "\"5\": this is no duration"},
    {"a_duration_of_nothing", "timeouts.dns = 0", "found the number 0, out of range"},
    {"a_duration_that_overflows", "timeouts.dns = 9223372036854775807", "out of range"},
    {"a_size_with_a_wrong_unit", "limits.max_head_bytes = \"64KB\"", "this is no size"},
    {"an_uri_larger_than_the_head", "limits.max_uri_bytes = \"512KiB\"", "larger than max_head_bytes"},
    {"an_unknown_mode", "[[listener]]\nname = \"x\"\nmode = \"revers\"\nlisten = \"[::1]:1\"",
     "3:8: error: listener[0].mode: \"revers\" is not known here; allowed: \"forward\", \"reverse\"; did you "
     "mean \"reverse\"?"},
    {"a_missing_mode", "[[listener]]\nname = \"x\"\nlisten = \"[::1]:1\"",
     "1:1: error: listener[0].mode: the mode is missing"},
    {"a_missing_name", "[[listener]]\nmode = \"forward\"\nlisten = \"[::1]:1\"", "the name is missing"},
    {"a_missing_address", "[[listener]]\nname = \"x\"\nmode = \"forward\"",
     "the address to listen on is missing"},
    {"a_name_to_listen_on",
     kForward + "[[listener]]\nname = \"x\"\nmode = \"forward\"\nlisten = \"a.example:80\"",
     "an IP address or \"localhost\""},
    {"ipv6_without_brackets", "[[listener]]\nname = \"x\"\nmode = \"forward\"\nlisten = \"::1:80\"",
     "stands in brackets"},
    {"a_port_too_large", "[[listener]]\nname = \"x\"\nmode = \"forward\"\nlisten = \"127.0.0.1:65536\"",
     "no number from 0 to 65535"},
    {"two_listeners_of_one_name", kForward + kForward,
     "6:8: error: listener[1].name: a second listener named \"f\", the first one is in line 1"},
    {"two_listeners_on_one_address",
     "[[listener]]\nname = \"a\"\nmode = \"forward\"\nlisten = \"127.0.0.1:80\"\n[[listener]]\nname = "
     "\"b\"\nmode = \"forward\"\nlisten = \"localhost:80\"",
     "8:10: error: listener[1].listen: listener \"a\" listens on \"127.0.0.1:80\" already"},
    {"a_listener_on_the_admin_address",
     "[[listener]]\nname = \"a\"\nmode = \"forward\"\nlisten = \"127.0.0.1:8079\"",
     "the admin listener listens"},
    {"an_open_proxy", "[[listener]]\nname = \"a\"\nmode = \"forward\"\nlisten = \"0.0.0.0:80\"",
     "4:10: error: listener[0].listen: \"0.0.0.0:80\" is reachable from the network: a forward proxy that "
     "anybody may use; allowed: a loopback address, or allow_remote = true"},
    {"an_open_admin_listener", "admin.listen = \"[::]:80\"", "or allow_remote = true in [admin]"},
    {"reverse_without_upstream", kReverse, "1:1: error: listener[0].upstream: the upstream is missing"},
    {"forward_with_upstream", kForward + "upstream = \"https://a\"",
     "5:1: error: listener[0].upstream: this has no meaning in forward mode"},
    {"reverse_with_tunnel", kReverse + "upstream = \"https://a\"\ntunnel = []",
     "6:1: error: listener[0].tunnel: this has no meaning in reverse mode"},
    {"minted_and_files",
     kReverse + "upstream = \"https://a\"\ntls = { mint = true, certificate = \"a\", key = \"b\" }",
     "mint and files exclude each other"},
    {"a_certificate_without_key", kReverse + "upstream = \"https://a\"\ntls = { certificate = \"a\" }",
     "6:9: error: listener[0].tls.certificate: the key is missing"},
    {"a_key_without_certificate", kReverse + "upstream = \"https://a\"\ntls = { key = \"a\" }",
     "the certificate is missing"},
    {"tls_without_certificate", kReverse + "upstream = \"https://a\"\ntls = { min_version = \"TLSv1.3\" }",
     "says not which certificate"},
    {"forward_with_a_certificate", kForward + "tls = { certificate = \"a\", key = \"b\" }",
     "a forward listener mints"},
    {"an_option_of_the_other_leg",
     kReverse + "upstream = \"https://a\"\ntls = { mint = true, legacy_server_connect = true }",
     "an option of the upstream leg"},
    {"an_upstream_without_scheme", kReverse + "upstream = \"a.example\"",
     "5:12: error: listener[0].upstream: \"a.example\": the scheme is missing"},
    {"an_upstream_with_a_path", kReverse + "upstream = \"https://a.example/x\"", "a path has no place here"},
    {"an_upstream_with_a_wrong_address", kReverse + "upstream = \"https://10.0.0.300\"", "no IPv4 address"},
    {"an_upstream_that_is_not_ascii",
     kReverse + "upstream = \"https://b\xc3\xbc"
                "cher.example\"",
     "xn-- form"},
    {"upstream_and_routes",
     kReverse + "upstream = \"https://a\"\n[[listener.route]]\nupstream = \"https://b\"",
     "5:1: error: listener[0].upstream: upstream and route exclude each other"},
    {"two_routes_of_one_match",
     kReverse + "[[listener.route]]\nhost = \"A.example\"\nupstream = "
                "\"https://a\"\n[[listener.route]]\nhost = \"a.example.\"\nupstream = \"https://b\"",
     "9:1: error: listener[0].route[1].host: a second route for a.example /, the first one is in line 5"},
    {"two_routes_of_one_path",
     kReverse + "[[listener.route]]\npath = \"/a\"\nupstream = \"https://a\"\n[[listener.route]]\npath = "
                "\"/a/\"\nupstream = \"https://b\"",
     "a second route for any host /a/"},
    {"a_path_without_slash", kReverse + "[[listener.route]]\npath = \"a\"\nupstream = \"https://a\"",
     "a path begins with \"/\""},
    {"tls_options_for_plain_http", kReverse + "[[listener.route]]\nupstream = \"http://a\"\nsni = \"b\"",
     "7:1: error: listener[0].route[0].sni: the upstream is plain http"},
    {"a_star_inside_of_a_name", kForward + "tunnel = [\"a.*.example\"]",
     "5:11: error: listener[0].tunnel[0]"},
    {"a_port_range_backwards", kForward + "connect_ports = [443, \"9-8\"]",
     "5:23: error: listener[0].connect_ports[1]: found the string \"9-8\": the range ends before it begins"},
    {"a_port_of_zero", kForward + "connect_ports = [0]", "found the number 0: this is no port"},
    {"an_unknown_policy", kForward + "policy = \"brwoser\"",
     "5:10: error: listener[0].policy: there is no policy \"brwoser\"; allowed: browser, strict, legacy, "
     "observe; did you mean "
     "\"browser\"?"},
    {"an_unknown_audience", kForward + "audience = \"operater\"", "did you mean \"operator\"?"},
    {"a_pin_that_is_too_short",
     kReverse + "upstream = \"https://a\"\npins = [\"" + kPin + "\", \"sha256/abc\"]",
     "listener[0].pins[1]: \"sha256/abc\": this is no base64 of the 32 bytes"},
    {"a_pin_of_another_digest", kReverse + "upstream = \"https://a\"\npins = [\"sha1/abc\"]",
     "a pin begins with \"sha256/\""},
    {"an_address_as_sni", kReverse + "upstream = \"https://a\"\nsni = \"10.0.0.1\"", "never sent as SNI"},
};

INSTANTIATE_TEST_SUITE_P(Rows, ConfigMistake, testing::ValuesIn(kMistakes),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Config, every_section_is_read) {
  const Settings s =
      good(
          "workers = 3\nproxy_name = \"edge\"\n"
          "[log]\nlevel = \"debug\"\nfile = \"logs/w.log\"\naccess = false\nhandshakes = false\n"
          "[admin]\nenabled = false\nlisten = \"[::1]:0\"\n"
          "[limits]\nmax_head_bytes = \"128KiB\"\nmax_uri_bytes = 2048\nmax_header_fields = 50\n"
          "max_connections = 10\nmax_idle_upstream = 0\n"
          "[timeouts]\nclient_handshake = 1\nclient_header = \"2s\"\nclient_body = \"300ms\"\n"
          "client_idle = \"4m\"\nclient_write = \"1h\"\ndns = 6\nconnect = 7\nhandshake = 8\nfirst_byte = 9\n"
          "upstream_body = 10\nupstream_write = 11\nupstream_idle = 12\ntunnel_idle = 13\ndrain = 14\n"
          "[authority]\ndirectory = \"/ca\"\n"
          "[ledger]\nenabled = false\ndirectory = \"/memory\"\nmax_certificates = 5000\nkeep_days = "
          "7\n[page]\ndirectory = \"page\"\n")
          .settings;
  EXPECT_EQ(s.workers, 3U);
  EXPECT_EQ(s.proxy_name, "edge");
  EXPECT_EQ(s.log.level, LogLevel::debug);
  EXPECT_EQ(s.log.file, "logs/w.log");
  EXPECT_FALSE(s.log.access || s.log.handshakes || s.admin.enabled);
  EXPECT_EQ(s.admin.listen.text(), "[::1]:0");
  EXPECT_EQ(s.limits.max_head_bytes, 128U * 1024U);
  EXPECT_EQ(s.limits.max_uri_bytes, 2048U);
  EXPECT_EQ(s.limits.max_header_fields, 50U);
  EXPECT_EQ(s.limits.max_connections, 10U);
  EXPECT_EQ(s.limits.max_idle_upstream, 0U);
  const Timeouts& t = s.timeouts;
  std::vector<long> milliseconds;
  for (const auto value : {t.client_handshake, t.client_header, t.client_body, t.client_idle, t.client_write,
                           t.dns, t.connect, t.handshake, t.first_byte, t.upstream_body, t.upstream_write,
                           t.upstream_idle, t.tunnel_idle, t.drain}) {
    milliseconds.push_back(value.count());
  }
  EXPECT_THAT(milliseconds, ElementsAre(1000, 2000, 300, 240'000, 3'600'000, 6000, 7000, 8000, 9000, 10'000,
                                        11'000, 12'000, 13'000, 14'000));
  EXPECT_EQ(s.authority.directory, "/ca");
  EXPECT_EQ(s.ledger, (LedgerFiles{false, "/memory", 5000, 7}));
  EXPECT_TRUE(defaults().ledger.enabled);
  EXPECT_EQ(s.page.directory, "page");
  EXPECT_EQ(shown(s, "page.directory"), "\"page\" 40:13");
  EXPECT_EQ(shown(defaults(), "page.directory"), "(built-in page) 0:0");
}

TEST(Config, a_forward_listener_is_read) {
  const Listener l =
      good(kForward +
           "tunnel = [\"*.Bank.Example\", \"10.0.0.1\"]\nconnect_ports = [443, \"8000-8100\"]\n"
           "tls = { min_version = \"TLSv1.0\", security_level = 0 }\n")
          .settings.listeners.at(0);
  EXPECT_THAT(l.tunnel, ElementsAre("*.bank.example", "10.0.0.1"));
  ASSERT_THAT(l.connect_ports, SizeIs(2));
  EXPECT_EQ(l.connect_ports[0].last, 443);
  EXPECT_EQ(l.connect_ports[1].last, 8100);
  ASSERT_TRUE(l.tls.has_value());
  EXPECT_TRUE(l.tls->mint);
  EXPECT_EQ(l.tls->options.min_version, 0x0301);
  EXPECT_EQ(l.tls->options.security_level, 0);
}

TEST(Config, the_short_form_is_one_route_with_options_of_its_own) {
  const Settings s =
      good(kReverse + "upstream = \"https://[2001:DB8::1]:8443/\"\npreserve_host = true\npins = [\"" + kPin +
           "\"]\n")
          .settings;
  ASSERT_THAT(s.listeners.at(0).routes, SizeIs(1));
  const Route& route = s.listeners[0].routes[0];
  EXPECT_EQ(route.upstream.text(), "https://[2001:db8::1]:8443");
  EXPECT_TRUE(route.upstream.host_is_ip);
  EXPECT_TRUE(route.preserve_host);
  EXPECT_EQ(route.policy, "listener r");
  const policy::Policy& policy = s.policies.at(route.policy);
  EXPECT_THAT(policy.pins, ElementsAre(kPin.substr(7)));
  EXPECT_EQ(policy.pins_place.line, 7);
}

TEST(Config, routes_are_read_with_policies_made_for_them) {
  const Settings s =
      good(kReverse +
           "[[listener.route]]\nhost = \"*.A.Example\"\npath = \"/ui\"\nupstream = \"https://DEV.example.\"\n"
           "tls = { min_version = \"TLSv1.0\", legacy_server_connect = true }\nsni = false\nexpected_name = "
           "\"Dev.Example\"\n"
           "[[listener.route]]\nupstream = \"http://b\"\n")
          .settings;
  ASSERT_THAT(s.listeners.at(0).routes, SizeIs(2));
  const Route& route = s.listeners[0].routes[0];
  EXPECT_EQ(route.host, "*.a.example");
  EXPECT_EQ(route.upstream.text(), "https://dev.example");
  EXPECT_EQ(route.policy, "listener r, route *.a.example/ui");
  const policy::Policy& policy = s.policies.at(route.policy);
  EXPECT_EQ(policy.tls.min_version, 0x0301);
  EXPECT_TRUE(policy.tls.legacy_server_connect);
  EXPECT_EQ(policy.sni, policy::SniMode::off);
  EXPECT_EQ(policy.expected_name, "dev.example");
  EXPECT_EQ(shown(s, "policy.\"listener r, route *.a.example/ui\".tls.min_version"), "\"TLSv1.0\" 9:23");
  EXPECT_EQ(s.listeners[0].routes[1].upstream.text(), "http://b");
  EXPECT_EQ(s.listeners[0].routes[1].policy, "browser");
}

TEST(Config, the_audience_follows_the_address) {
  const auto audience = [](const std::string& listen, const std::string& more) {
    return good("[[listener]]\nname = \"r\"\nmode = \"reverse\"\nupstream = \"https://a\"\nlisten = \"" +
                listen + "\"\n" + more)
        .settings.listeners.at(0)
        .audience;
  };
  EXPECT_EQ(audience("127.9.9.9:80", ""), Audience::full);
  EXPECT_EQ(audience("[::1]:80", ""), Audience::full);
  EXPECT_EQ(audience("0.0.0.0:80", ""), Audience::public_);
  EXPECT_EQ(audience("0.0.0.0:80", "audience = \"operator\""), Audience::operator_);
}

TEST(Config, an_open_proxy_is_possible_when_it_is_asked_for) {
  const Loaded loaded =
      good("[[listener]]\nname = \"f\"\nmode = \"forward\"\nlisten = \"0.0.0.0:80\"\nallow_remote = true\n");
  EXPECT_EQ(loaded.settings.listeners.at(0).listen.host, "0.0.0.0");
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(Config, files_begin_at_the_directory_of_the_configuration) {
  const auto loaded =
      parse(kReverse + "upstream = \"https://a\"\ntls = { certificate = \"c.pem\", key = \"/k.pem\" }\n",
            "/etc/whytls/w.toml");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.listeners.at(0).tls->certificate_file, "/etc/whytls/c.pem");
  EXPECT_EQ(loaded->settings.listeners.at(0).tls->key_file, "/k.pem");
}

TEST(Config, an_unused_policy_is_a_warning) {
  const Loaded loaded = good("[policy.lab]\nextends = \"browser\"\n");
  EXPECT_THAT(texts(loaded.warnings),
              ElementsAre("w.toml:1:1: warning: policy.lab: this policy is used by nobody"));
}

TEST(Config, show_aligns_values_with_their_origin) {
  const std::string text = show(good("workers = 2\n").settings);
  EXPECT_THAT(text, HasSubstr("workers    = 2         # w.toml:1\nproxy_name = \"whytls\"  # default\n"));
}

TEST(Config, messages_are_safe_on_a_terminal_and_bounded) {
  const std::string hostile =
      "\xe2\x80\xae"
      "evil\\u001b[31m" +
      std::string(5000, 'x');
  const std::vector<std::string> found = mistakes_of("[log]\nlevel = \"" + hostile + "\"\n");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0], AllOf(HasSubstr("\\u202Eevil\\u001B[31m"), testing::Not(HasSubstr("\x1b")),
                              testing::Not(HasSubstr("\xe2\x80\xae"))));
  EXPECT_LT(found[0].size(), 400U);
}

TEST(Config, a_file_that_cannot_be_read_is_a_mistake_of_the_whole_file) {
  const auto loaded = load_file("/nonexistent/w.toml");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(texts(loaded.error()), ElementsAre(HasSubstr("/nonexistent/w.toml: error: cannot be read: ")));
}

TEST(Config, a_directory_is_no_configuration) {
  EXPECT_FALSE(load_file("/"));
}

TEST(Config, the_sample_configurations_are_right) {
  for (const char* name : {"legacy-devices", "developer", "operator"}) {
    const auto loaded = load_file(std::string(WHYTLS_SOURCE_DIR) + "/deploy/config/" + name + ".toml");
    ASSERT_TRUE(loaded) << loaded.error().front().text();
    EXPECT_THAT(texts(loaded->warnings), IsEmpty());
  }
}

}  // namespace
}  // namespace whytls::config
