// What was offered and what was answered, alerts, first bytes, transport numbers and timings.
#include <algorithm>

#include "proxy/render_page.h"
#include "proxy/render_parts.h"
#include "proxy/render_tls_names.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kMaxListed = 64;
constexpr std::size_t kMaxAlerts = 8;

m::data row(const char* what, std::string_view offered, std::string_view answered) {
  m::data data{m::data::type::object};
  data.set("h_what", what);
  data.set("h_offered", value(offered));
  data.set("h_answered", value(answered.empty() ? "–" : answered));
  data.set("h_list", false);
  return data;
}

// A row whose offer is a list of numbers, folded; the one that was chosen is marked.
template <typename Name>
m::data list_row(const char* what, const std::vector<std::uint16_t>& numbers, Name name,
                 std::string_view answered, std::uint16_t chosen) {
  m::data data = row(what, {}, answered);
  m::list items;
  for (const std::uint16_t number : numbers) {
    if (items.size() == kMaxListed) break;
    m::data item{m::data::type::object};
    item.set("i_name", name(number));
    item.set("i_number", parts::hex_number(number));
    item.set("i_chosen", chosen != 0 && number == chosen);
    items.push_back(std::move(item));
  }
  m::data list{m::data::type::object};
  list.set("h_count", std::to_string(numbers.size()) + " offered");
  list.set("h_items", items);
  if (!numbers.empty()) data.set("h_list", list);
  return data;
}

std::string version_range(const tls::Offered& offered) {
  const std::string first = tls::version_name(offered.min_version);
  const std::string last = tls::version_name(offered.max_version);
  return first == last || first.empty() ? last : first + " to " + last;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& one : values) text += (text.empty() ? "" : ", ") + visible(one, 40);
  return text;
}

std::string chosen_cipher(const tls::Answered& answered) {
  std::string text = answered.cipher_name;
  if (!answered.cipher_openssl_name.empty() && answered.cipher_openssl_name != text) {
    text += " (OpenSSL: " + answered.cipher_openssl_name + ")";
  }
  return text;
}

std::string chosen_group(const tls::Answered& answered) {
  // The size of a named group goes without saying; a server's own Diffie-Hellman group has nothing else.
  if (!answered.group.empty() || answered.key_exchange_bits == 0) return answered.group;
  return "Diffie-Hellman, " + std::to_string(answered.key_exchange_bits) + " bits";
}

std::string bytes_text(std::uint64_t bytes) {
  return parts::grouped(static_cast<std::int64_t>(bytes));
}

std::string yes_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string client_certificate_text(const tls::HandshakeEvidence& seen) {
  if (!seen.client_certificate_requested) return "not asked for";
  std::string text = seen.client_certificate_sent ? "asked for, and sent" : "asked for, none was sent";
  const auto& authorities = seen.client_certificate_authorities;
  if (authorities.empty()) return text;
  const std::vector<std::string> first(
      authorities.begin(), authorities.begin() + std::min<std::ptrdiff_t>(3, std::ssize(authorities)));
  text += "; accepted issuers: " + joined(first);
  return authorities.size() > first.size() ? text + " and others" : text;
}

m::list rows(const Record& record) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const tls::Offered& offered = seen.offered;
  const tls::Answered& answered = seen.answered;
  const bool was_answered = answered.version != 0;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  std::string sni = offered.sni.empty() ? record.sni : offered.sni;
  if (sni.empty()) {
    const std::string& reason = record.attempt.sni_absent_reason;
    sni = reason.empty() ? "none" : "none: " + reason;
  }
  m::list list;
  list.push_back(row("Version", version_range(offered), tls::version_name(answered.version)));
  list.push_back(list_row("Cipher suite", offered.cipher_suites, cipher_suite_name, chosen_cipher(answered),
                          answered.cipher_suite));
  list.push_back(list_row("Key exchange", offered.groups, group_name, chosen_group(answered), 0));
  list.push_back(list_row("Signature", offered.signature_algorithms, signature_algorithm_name,
                          answered.signature_algorithm, 0));
  list.push_back(row("Server name (SNI)", sni, {}));
  list.push_back(row("Application protocol", joined(offered.alpn), answered.alpn));
  list.push_back(row("Bytes", bytes_text(is_client ? seen.bytes_received : seen.bytes_sent),
                     bytes_text(is_client ? seen.bytes_sent : seen.bytes_received)));
  if (!was_answered) return list;
  constexpr tls::WireVersion kTls13 = 0x0304;
  if (answered.version < kTls13) {
    list.push_back(row("Secure renegotiation", "yes", yes_no(answered.secure_renegotiation)));
    list.push_back(row("Extended master secret", "yes", yes_no(answered.extended_master_secret)));
  }
  list.push_back(row("Session resumed", {}, yes_no(answered.resumed)));
  if (!is_client) {
    list.push_back(row("Client certificate", {}, client_certificate_text(seen)));
  }
  return list;
}

m::list alerts(const Record& record) {
  m::list list;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  for (const tls::Alert& alert : record.attempt.handshake.alerts) {
    if (list.size() == kMaxAlerts) break;
    const bool received = alert.direction == tls::Alert::Direction::received;
    m::data data{m::data::type::object};
    data.set("a_direction", received ? (is_client ? "from the client" : "from the upstream") : "from whytls");
    data.set("a_class", received ? "bad" : "idle");
    data.set("a_name", tls::alert_name(alert.number));
    data.set("a_number", "alert " + std::to_string(alert.number));
    data.set("a_level", alert.level == 1 ? "warning" : "fatal");
    data.set("a_when", value(alert.after_handshake ? "after the handshake" : ""));
    list.push_back(std::move(data));
  }
  return list;
}

void add_fact(m::list* list, const char* key, const std::string& text) {
  if (text.empty()) return;
  m::data data{m::data::type::object};
  data.set("x_key", key);
  data.set("x_value", value(text));
  list->push_back(std::move(data));
}

}  // namespace

void put_handshake(m::data* page, const Record& record) {
  if (!record.attempt.handshake_started) return;
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  m::data data{m::data::type::object};
  data.set("h_offerer", is_client ? "The client" : "whytls");
  data.set("h_answerer", is_client ? "whytls" : "The upstream");
  data.set("h_rows", rows(record));
  put_list(&data, "alerts", alerts(record));
  data.set("bytes", value(visible_ascii(seen.first_bytes)));
  data.set("openssl", value(seen.openssl_text));
  page->set("handshake", data);
}

void put_transport(m::data* page, const Record& record) {
  const policy::Attempt& attempt = record.attempt;
  m::list list;
  if (attempt.transport_errno != 0) {
    add_fact(&list, "System error",
             attempt.transport_text + " (" + std::to_string(attempt.transport_errno) + ")");
  }
  add_fact(&list, "HTTP", attempt.http_detail);
  add_fact(&list, "This proxy", parts::for_audience(record, attempt.own_detail));
  put_list(page, "transport", list);
}

void put_timings(m::data* page, const Record& record) {
  const policy::Timings& timings = record.attempt.timings;
  struct Stage {
    const char* name;
    std::int64_t us;
  };
  const Stage stages[] = {{"Name lookup", timings.dns_us},
                          {"Connect", timings.connect_us},
                          {"Handshake", timings.handshake_us},
                          {"First byte", timings.first_byte_us}};
  std::int64_t sum = 0;
  for (const Stage& stage : stages) sum += std::max<std::int64_t>(stage.us, 0);
  const std::int64_t whole = std::max({sum, timings.total_us, std::int64_t{1}});
  const auto scaled = [whole](std::int64_t us) {
    return std::to_string(static_cast<int>(static_cast<double>(us) / static_cast<double>(whole) * kBarWidth));
  };
  m::list list;
  const auto add = [&](const char* name, std::int64_t from, std::int64_t us) {
    m::data data{m::data::type::object};
    data.set("s_name", name);
    data.set("s_x", scaled(from));
    data.set("s_width", scaled(us));
    data.set("s_text", parts::duration(us));
    list.push_back(std::move(data));
  };
  std::int64_t begin = 0;
  for (const Stage& stage : stages) {
    if (stage.us < 0) continue;
    add(stage.name, begin, stage.us);
    begin += stage.us;
  }
  if (timings.total_us >= 0) add("Total", 0, timings.total_us);
  put_list(page, "timings", list);
}

}  // namespace whytls::proxy::page
