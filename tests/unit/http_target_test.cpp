// Request targets, authorities and the small helpers.
#include <gtest/gtest.h>

#include "http_events.h"
#include "proxy/http_text.h"

namespace whytls::proxy::testing {
namespace {

using namespace std::string_view_literals;

std::string split(std::string_view authority) {
  const auto parts = split_authority(authority, 80);
  return parts ? parts->host + " " + std::to_string(parts->port) : "malformed";
}

struct AuthorityRow {
  std::string_view name;
  std::string_view authority;
  std::string_view expected;
};
void PrintTo(const AuthorityRow& row, std::ostream* out) {
  *out << row.name;
}
class Authority : public ::testing::TestWithParam<AuthorityRow> {};
TEST_P(Authority, is_split_or_refused) {
  EXPECT_EQ(split(GetParam().authority), GetParam().expected);
}

constexpr std::string_view kBad = "malformed";
const AuthorityRow kAuthorities[] = {
    {"name", "a.example", "a.example 80"},
    {"name_and_port", "A.Example:8443", "a.example 8443"},
    {"trailing_dot", "a.example.:1", "a.example 1"},
    {"underscore_and_hyphen", "_srv.my-host", "_srv.my-host 80"},
    {"one_label", "idrac", "idrac 80"},
    {"empty_port", "a:", "a 80"},
    {"last_port", "a:65535", "a 65535"},
    {"ipv4", "10.0.0.1:443", "10.0.0.1 443"},
    {"ipv6", "[2001:DB8::1]:443", "2001:db8::1 443"},
    {"ipv6_without_port", "[::1]", "::1 80"},
    {"ipv6_with_ipv4", "[::ffff:10.0.0.1]", "::ffff:10.0.0.1 80"},
    {"digits_that_are_no_address", "10.0.0.1.example", "10.0.0.1.example 80"},
    {"empty", "", kBad},
    {"only_a_port", ":80", kBad},
    {"only_a_dot", ".", kBad},
    {"two_dots", "a..b", kBad},
    {"leading_dot", ".a", kBad},
    {"port_zero", "a:0", kBad},
    {"port_too_large", "a:65536", kBad},
    {"port_too_long", "a:000080", kBad},
    {"port_with_sign", "a:+80", kBad},
    {"port_with_letters", "a:http", kBad},
    {"two_ports", "a:80:80", kBad},
    {"userinfo", "user@a", kBad},
    {"userinfo_with_password", "user:pw@a", kBad},
    {"percent", "a%2eexample", kBad},
    {"slash", "a/b", kBad},
    {"backslash", "a\\b", kBad},
    {"space", "a b", kBad},
    {"comma", "a,b", kBad},
    {"umlaut", "\xc3\xa4.example", kBad},
    {"nul", "a\0b"sv, kBad},
    {"ipv6_without_brackets", "::1", kBad},
    {"ipv6_open", "[::1", kBad},
    {"ipv6_zone", "[fe80::1%25eth0]", kBad},
    {"ipv6_with_rest", "[::1]x", kBad},
    {"ipv6_empty", "[]", kBad},
    {"ipv4_in_brackets", "[10.0.0.1]", kBad},
    {"ipv4_short", "127.1", kBad},
    {"ipv4_as_number", "2130706433", kBad},
    {"ipv4_hexadecimal", "0x7f000001", kBad},
    {"ipv4_octal", "0177.0.0.1", kBad},
    {"ipv4_too_large", "10.0.0.256", kBad},
};
INSTANTIATE_TEST_SUITE_P(Http, Authority, ::testing::ValuesIn(kAuthorities), RowName());

TEST(Authority, has_bounded_labels_and_length) {
  const std::string label(63, 'a');
  EXPECT_EQ(split(label), label + " 80");
  EXPECT_EQ(split(label + "a"), kBad);
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(split(longest), longest + " 80");
  EXPECT_EQ(split(longest + "a"), kBad);
}

std::string describe(std::string_view method, std::string_view target) {
  const auto parts = split_target(method, target);
  if (!parts) return "malformed";
  const std::string_view form = parts->form == Target::Form::origin      ? "origin"
                                : parts->form == Target::Form::absolute  ? "absolute"
                                : parts->form == Target::Form::authority ? "authority"
                                                                         : "asterisk";
  std::string out(form);
  return out.append("|")
      .append(parts->scheme)
      .append("|")
      .append(parts->authority)
      .append("|")
      .append(parts->path);
}

struct TargetRow {
  std::string_view name;
  std::string_view method;
  std::string_view target;
  std::string_view expected;
};
void PrintTo(const TargetRow& row, std::ostream* out) {
  *out << row.name;
}
class TargetForm : public ::testing::TestWithParam<TargetRow> {};
TEST_P(TargetForm, is_split_or_refused) {
  EXPECT_EQ(describe(GetParam().method, GetParam().target), GetParam().expected);
}

const TargetRow kTargets[] = {
    {"origin", "GET", "/a?b=c", "origin|||/a?b=c"},
    {"origin_with_two_slashes", "GET", "//a.example/x", "origin|||//a.example/x"},
    {"origin_with_an_url_in_it", "GET", "/login?to=http://a/", "origin|||/login?to=http://a/"},
    {"absolute", "GET", "http://a.example:8080/x?y", "absolute|http|a.example:8080|/x?y"},
    {"absolute_without_path", "GET", "https://a.example", "absolute|https|a.example|/"},
    {"absolute_with_query_only", "GET", "http://a?b/c", "absolute|http|a|?b/c"},
    {"absolute_options", "OPTIONS", "http://a", "absolute|http|a|*"},
    {"absolute_options_with_path", "OPTIONS", "http://a/", "absolute|http|a|/"},
    {"absolute_ipv6", "GET", "http://[::1]:1/", "absolute|http|[::1]:1|/"},
    {"asterisk", "OPTIONS", "*", "asterisk|||*"},
    {"authority", "CONNECT", "a.example:443", "authority||a.example:443|"},
    {"authority_ipv6", "CONNECT", "[::1]:443", "authority||[::1]:443|"},
    {"empty", "GET", "", kBad},
    {"asterisk_of_get", "GET", "*", kBad},
    {"connect_without_port", "CONNECT", "a.example", kBad},
    {"connect_with_empty_port", "CONNECT", "a.example:", kBad},
    {"connect_origin", "CONNECT", "/", kBad},
    {"connect_absolute", "CONNECT", "http://a:80/", kBad},
    {"userinfo", "GET", "http://user@a/", kBad},
    {"no_authority", "GET", "http:///x", kBad},
    {"no_scheme", "GET", "://a/", kBad},
    {"scheme_with_digit_first", "GET", "1http://a/", kBad},
    {"scheme_with_space", "GET", "ht tp://a/", kBad},
    {"no_slashes", "GET", "http:a", kBad},
    {"relative", "GET", "a/b", kBad},
    {"fragment", "GET", "/a#b", kBad},
    {"control", "GET", "/a\r\nX: y", kBad},
    {"delete", "GET", "/\x7f", kBad},
    {"umlaut", "GET", "/\xc3\xa4", kBad},
    {"bad_port", "GET", "http://a:0/", kBad},
};
INSTANTIATE_TEST_SUITE_P(Http, TargetForm, ::testing::ValuesIn(kTargets), RowName());

TEST(Text, is_escaped_and_bounded) {
  EXPECT_EQ(escape_for_text("plain", 10), "plain");
  EXPECT_EQ(escape_for_text("a\"b\\c\r\n\t\x1b\x7f\xff\0"sv, 100),
            "a\\\"b\\\\c\\r\\n\\t\\x1b\\x7f\\xff\\x00");
  EXPECT_EQ(escape_for_text("abcdef", 3), "abc...");
  EXPECT_EQ(escape_for_text("abc", 3), "abc");
  EXPECT_EQ(escape_for_text("\xe2\x80\xae", 3), "\\xe2\\x80\\xae");  // a bidi control
}

TEST(Text, every_control_byte_is_found_at_every_position) {
  for (int value = 0; value < 256; ++value) {
    const bool forbidden = (value < 0x20 && value != '\t') || value == 0x7f;
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, '~');
      text[at] = static_cast<char>(value);
      EXPECT_EQ(find_control(text), forbidden ? at : std::string_view::npos) << value << " at " << at;
    }
  }
}

TEST(Text, a_tab_does_not_hide_what_comes_behind) {
  EXPECT_EQ(find_control("\t\x01"), 1U);
  EXPECT_EQ(find_control("abcdefg\tabcdefg\x7f"), 15U);
}

TEST(Text, lists_are_cut_at_commas) {
  EXPECT_TRUE(has_element("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(has_element(" ,, close\t,", "close"));
  EXPECT_FALSE(has_element("closed, x close", "close"));
  EXPECT_FALSE(has_element("", "close"));
}

TEST(Text, known_fields_are_told_apart) {
  EXPECT_EQ(classify("HOST"), KnownField::host);
  EXPECT_EQ(classify("Te"), KnownField::te);
  EXPECT_EQ(classify("transfer-Encoding"), KnownField::transfer_encoding);
  EXPECT_EQ(classify("Proxy-Authentication-Info"), KnownField::proxy_authentication_info);
  EXPECT_EQ(classify("Hosts"), KnownField::other);
  EXPECT_EQ(classify("Most"), KnownField::other);
  EXPECT_EQ(classify(std::string(40, 'h')), KnownField::other);
}

TEST(Text, statuses_have_their_phrases) {
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(502), "Bad Gateway");
  EXPECT_EQ(reason_phrase(599), "Unknown");
}

TEST(Text, only_idempotent_methods_may_be_repeated) {
  for (const std::string_view method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    EXPECT_TRUE(is_idempotent(method)) << method;
  }
  for (const std::string_view method : {"POST", "PATCH", "CONNECT", "get", ""}) {
    EXPECT_FALSE(is_idempotent(method)) << method;
  }
}

}  // namespace
}  // namespace whytls::proxy::testing
