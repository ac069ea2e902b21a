// What was offered and what was answered, first bytes, transport numbers and timings.
#include <algorithm>

#include "proxy/render_page.h"
#include "proxy/render_parts.h"
#include "proxy/render_tls_names.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kMaxListed = 64;

m::data row(std::string_view what, std::string_view offered, std::string_view answered) {
  m::data data{m::data::type::object};
  data.set("h_what", std::string(what));
  data.set("h_offered", value(offered));
  data.set("h_answered", value(answered.empty() ? "–" : answered));
  data.set("h_list", false);
  return data;
}

// A row whose offer is a list of numbers, folded; the one that was chosen is marked.
template <typename Name>
m::data list_row(const Language& language, Word what, const std::vector<std::uint16_t>& numbers, Name name,
                 std::string_view answered, std::uint16_t chosen) {
  m::data data = row(language.word(what), {}, answered);
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
  list.set("h_count",
           say(language, Plural::offered, numbers.size(), {{"count", std::to_string(numbers.size())}}));
  list.set("h_items", std::move(items));
  if (!numbers.empty()) data.set("h_list", std::move(list));
  return data;
}

std::string version_range(const Language& language, const tls::Offered& offered) {
  const std::string first = tls::version_name(offered.min_version);
  std::string last = tls::version_name(offered.max_version);
  if (first == last || first.empty()) return last;
  return say(language, Word::range, {{"from", first}, {"to", last}});
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

std::string chosen_group(const Language& language, const tls::Answered& answered) {
  // The size of a named group goes without saying; a server's own Diffie-Hellman group has nothing else.
  if (!answered.group.empty() || answered.key_exchange_bits == 0) return answered.group;
  const auto bits = static_cast<std::uint64_t>(answered.key_exchange_bits);
  return say(language, Plural::dh_bits, bits, {{"count", std::to_string(bits)}});
}

std::string bytes_text(const Language& language, std::uint64_t bytes) {
  return parts::grouped(static_cast<std::int64_t>(bytes), language);
}

std::string_view yes_no(const Language& language, bool yes) {
  return language.word(yes ? Word::yes : Word::no);
}

std::string client_certificate_text(const Language& language, const tls::HandshakeEvidence& seen) {
  if (!seen.client_certificate_requested) return say(language, Word::client_cert_unasked);
  std::string asked =
      say(language, seen.client_certificate_sent ? Word::client_cert_sent : Word::client_cert_none);
  const auto& authorities = seen.client_certificate_authorities;
  if (authorities.empty()) return asked;
  const std::vector<std::string> first(
      authorities.begin(), authorities.begin() + std::min<std::ptrdiff_t>(3, std::ssize(authorities)));
  const bool all = authorities.size() == first.size();
  return say(language, all ? Word::client_cert_issuers : Word::client_cert_others,
             {{"asked", asked}, {"issuers", joined(first)}});
}

std::string sni_text(const Record& record, const Language& language) {
  const std::string& sent = record.attempt.handshake.offered.sni;
  if (!sent.empty()) return sent;
  if (!record.sni.empty()) return record.sni;
  const std::string& reason = record.attempt.sni_absent_reason;
  if (reason.empty()) return say(language, Word::sni_none);
  const std::string said = policy::phrase(language, reason);
  return say(language, Word::sni_none_because, {{"sni_absent_reason", said}});
}

m::list rows(const Record& record, const Language& language) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const tls::Offered& offered = seen.offered;
  const tls::Answered& answered = seen.answered;
  const bool was_answered = answered.version != 0;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  m::list list;
  const auto add = [&](Word what, std::string_view left, std::string_view right) {
    list.push_back(row(language.word(what), left, right));
  };
  add(Word::row_version, version_range(language, offered), tls::version_name(answered.version));
  if (offered.security_level >= 0) add(Word::row_level, std::to_string(offered.security_level), {});
  list.push_back(list_row(language, Word::row_cipher, offered.cipher_suites, cipher_suite_name,
                          chosen_cipher(answered), answered.cipher_suite));
  list.push_back(
      list_row(language, Word::row_group, offered.groups, group_name, chosen_group(language, answered), 0));
  list.push_back(list_row(language, Word::row_signature, offered.signature_algorithms,
                          signature_algorithm_name, answered.signature_algorithm, 0));
  add(Word::row_sni, sni_text(record, language), {});
  add(Word::row_alpn, joined(offered.alpn), answered.alpn);
  add(Word::row_bytes, bytes_text(language, is_client ? seen.bytes_received : seen.bytes_sent),
      bytes_text(language, is_client ? seen.bytes_sent : seen.bytes_received));
  if (!was_answered) return list;
  constexpr tls::WireVersion kTls13 = 0x0304;
  const std::string_view yes = language.word(Word::yes);
  if (answered.version < kTls13) {
    add(Word::row_renegotiation, yes, yes_no(language, answered.secure_renegotiation));
    add(Word::row_master_secret, yes, yes_no(language, answered.extended_master_secret));
  }
  add(Word::row_resumed, {}, yes_no(language, answered.resumed));
  if (!is_client) add(Word::row_client_certificate, {}, client_certificate_text(language, seen));
  return list;
}

void add_fact(m::list* list, std::string_view key, const std::string& text) {
  if (text.empty()) return;
  m::data data{m::data::type::object};
  data.set("x_key", std::string(key));
  data.set("x_value", value(text));
  list->push_back(std::move(data));
}

}  // namespace

void put_handshake(m::data* page, const Record& record, const Language& language) {
  if (!record.attempt.handshake_started) return;
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  m::data data{m::data::type::object};
  data.set("h_offerer", say(language, is_client ? Word::offered_by_client : Word::offered_by_whytls));
  data.set("h_answerer", say(language, is_client ? Word::answered_by_whytls : Word::answered_by_upstream));
  data.set("h_rows", rows(record, language));
  put_list(&data, "alerts", alerts(record, language));
  data.set("bytes", value(visible_ascii(seen.first_bytes)));
  data.set("openssl", value(seen.openssl_text));
  page->set("handshake", std::move(data));
}

void put_transport(m::data* page, const Record& record, const Language& language) {
  const policy::Attempt& attempt = record.attempt;
  m::list list;
  if (attempt.transport_errno != 0) {
    add_fact(&list, language.word(Word::system_error),
             attempt.transport_text + " (" + std::to_string(attempt.transport_errno) + ")");
  }
  add_fact(&list, language.word(Word::http_error), policy::phrase(language, attempt.http_detail));
  add_fact(&list, language.word(Word::own_error),
           parts::fact_value(record, language, "detail", attempt.own_detail));
  put_list(page, "transport", std::move(list));
}

void put_timings(m::data* page, const Record& record, const Language& language) {
  const policy::Timings& timings = record.attempt.timings;
  struct Stage {
    Word name;
    std::int64_t us;
  };
  const Stage stages[] = {{Word::timing_dns, timings.dns_us},
                          {Word::timing_connect, timings.connect_us},
                          {Word::timing_handshake, timings.handshake_us},
                          {Word::timing_first_byte, timings.first_byte_us}};
  std::int64_t sum = 0;
  for (const Stage& stage : stages) sum += std::max<std::int64_t>(stage.us, 0);
  const std::int64_t whole = std::max({sum, timings.total_us, std::int64_t{1}});
  const auto scaled = [whole](std::int64_t us) {
    return std::to_string(static_cast<int>(static_cast<double>(us) / static_cast<double>(whole) * kBarWidth));
  };
  m::list list;
  const auto add = [&](Word name, std::int64_t from, std::int64_t us) {
    m::data data{m::data::type::object};
    data.set("s_name", say(language, name));
    data.set("s_x", scaled(from));
    data.set("s_width", scaled(us));
    data.set("s_text", parts::duration(us, language));
    list.push_back(std::move(data));
  };
  std::int64_t begin = 0;
  for (const Stage& stage : stages) {
    if (stage.us < 0) continue;
    add(stage.name, begin, stage.us);
    begin += stage.us;
  }
  if (timings.total_us >= 0) add(Word::timing_total, 0, timings.total_us);
  put_list(page, "timings", std::move(list));
}

}  // namespace whytls::proxy::page
