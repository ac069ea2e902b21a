// The failure page: puts the parts together and fills the template in.
#include "proxy/render_page.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "proxy/render_advice.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace page {

m::data value(std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return m::data(false);
  return m::data(visible(text, max_bytes));
}

m::data block(std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return m::data(false);
  return m::data(visible_lines(text, max_bytes));
}

void put_list(m::data* into, const std::string& name, m::list list) {
  into->set("has_" + name, !list.empty());
  into->set(name, std::move(list));
}

m::data prose(std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return m::data(false);
  const std::string shown = html_escape(visible(text, max_bytes));
  std::string html;
  html.reserve(shown.size() + shown.size() / 4);
  std::string_view rest = shown;
  for (bool quoted = false; !rest.empty(); quoted = !quoted) {
    const std::size_t end = std::min(rest.find('`'), rest.size());
    if (quoted && end > 0) {
      html.append("<code>").append(rest.substr(0, end)).append("</code>");
    } else {
      html.append(rest.substr(0, end));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return m::data(html);
}

namespace {

// The small letters at the beginning, those of Latin-1 (two bytes, the first of them 0xC3) among them.
std::size_t length_of_small_letters(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto next = static_cast<unsigned char>(end + 1 < text.size() ? text[end + 1] : '\0');
    const bool is_latin = text[end] == '\xC3' && next >= 0x9F && next <= 0xBE && next != 0xB7;
    if (!is_latin && (text[end] < 'a' || text[end] > 'z')) break;
    end += is_latin ? 2 : 1;
  }
  return end;
}

constexpr std::size_t kBlockBytes = 4000;
// A longer sentence is set smaller, so that the facts below it stay on the first screen.
constexpr std::size_t kLongSentenceBytes = 150;

}  // namespace

std::string capitalized(std::string text) {
  constexpr int kFromSmall = 'a' - 'A';
  const std::size_t end = length_of_small_letters(text);
  const bool is_word = end > 0 && (end == text.size() || text[end] == ' ' || text[end] == ',');
  if (!is_word || text.substr(0, end) == "whytls") return text;
  char& letter = text[text[0] == '\xC3' ? 1 : 0];
  if (static_cast<unsigned char>(letter) != 0x9F)
    letter = static_cast<char>(letter - kFromSmall);  // no capital sharp s
  return text;
}

namespace {

m::mustache parse_template(const std::string& html) {
  m::mustache made{html};
  assert(made.is_valid());  // load_page() has checked it
  made.set_custom_escape(
      [](const std::string& text) { return html_escape(visible_lines(text, text.size())); });
  return made;
}

// The library's render() is not const, so each thread has templates of its own, each parsed on first use;
// they hold nothing of what they rendered. What is filled in is escaped even where a value came past value().
// There are two only around a reload, while requests end with the page that they began with.
m::mustache& page_template(const SharedPage& page) {
  struct Parsed {
    std::weak_ptr<const PageTemplate> page;
    m::mustache mustache;
  };
  thread_local std::vector<Parsed> all;
  for (Parsed& one : all) {
    // The same owner: an address can be that of another page by now.
    if (!one.page.owner_before(page) && !page.owner_before(one.page)) return one.mustache;
  }
  std::erase_if(all, [](const Parsed& one) { return one.page.expired(); });
  return all.emplace_back(Parsed{page, parse_template(page->html)}).mustache;
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [text](std::string_view one) { return text.starts_with(one); });
}

// Addresses and names that only mean something inside (RFC 1918, 4193, 3927, 6762, 8375, and names without a
// dot).
bool is_private(const policy::Attempt& attempt) {
  const std::string_view host = attempt.host;
  const std::string_view address = attempt.address.empty() ? host : std::string_view(attempt.address);
  if (starts_with_any(address, {"10.", "127.", "192.168.", "169.254.", "::1", "fc", "fd", "fe80:"}) &&
      address.find_first_not_of("0123456789abcdef.:") == std::string_view::npos) {
    return true;
  }
  if (address.starts_with("172.")) {
    const std::string_view second = address.substr(4, address.find('.', 4) - 4);
    if (second.size() == 2 && second >= "16" && second <= "31") return true;
  }
  if (attempt.host_is_ip || host.empty()) return false;
  constexpr std::array<std::string_view, 6> kInside = {".local",     ".lan",  ".internal",
                                                       ".home.arpa", ".test", ".localhost"};
  return host.find('.') == std::string_view::npos ||
         std::any_of(kInside.begin(), kInside.end(),
                     [host](std::string_view end) { return host.ends_with(end); });
}

// Calm where a device behaves as devices do, strong where someone may stand in the way.
struct Tone {
  const char* css;
  std::optional<Word> note;
};
Tone tone_of(const Record& record) {
  using policy::Failure;
  const auto failure = record.failure();
  if (!failure || record.audience == config::Audience::public_) return {"calm", {}};
  if (*failure == Failure::pin_mismatch) return {"strong", Word::note_changed_key};
  const bool nobody_vouches = *failure == Failure::cert_self_signed ||
                              *failure == Failure::chain_untrusted_root ||
                              *failure == Failure::chain_unknown_issuer;
  if (nobody_vouches && is_private(record.attempt)) return {"calm", Word::note_private};
  const bool strong =
      policy::info(*failure).severity == policy::Severity::fatal && !is_private(record.attempt);
  return {strong ? "strong" : "calm", {}};
}

// The labels of the template, {{say.KEY}}.
m::data labels(const Language& language) {
  m::data data{m::data::type::object};
  for (std::size_t i = 0; i < policy::kPageKeyCount; ++i) {
    data.set(std::string(policy::kPageKeys[i]), std::string(language.words[i]));
  }
  return data;
}

void put_head(m::data* data, const Record& record, const Language& language) {
  const auto failure = record.failure();
  const bool is_public = record.audience == config::Audience::public_;
  data->set("lang", std::string(language.tag));
  // Words of other programs are English on every page: there they have to say so (WCAG 3.1.2).
  data->set("translated", language.tag != policy::english().tag);
  data->set("say", labels(language));
  data->set("incident", visible(record.incident));
  data->set("status", std::to_string(record.status()));
  data->set("time", is_public ? m::data{false} : m::data{parts::rfc3339_ms(record.time_ms)});
  data->set("time_text", parts::rfc3339(parts::now_of(record)));
  const std::string sentence = parts::sentence(record, language);
  data->set("sentence", prose(sentence));
  data->set("long_sentence", sentence.size() > kLongSentenceBytes);
  data->set("is_public", is_public);
  const Tone tone = tone_of(record);
  data->set("tone", tone.css);
  data->set("note", value(tone.note ? language.word(*tone.note) : "", kProseBytes));
  const std::string hint = say(language, Word::public_note, {{"incident", visible(record.incident)}});
  data->set("public_note", prose(hint));
  data->set("json_hint", prose(language.word(Word::json_hint)));
  data->set("code", false);
  if (!failure) return;
  const policy::FailureInfo& row = policy::info(*failure);
  const policy::NssCode code = parts::code_of(record, row);
  data->set("code", std::string(code.symbol));
  data->set("number", std::to_string(code.number));
  data->set("slug", std::string(row.slug));
  data->set("severity", policy::term(language, policy::name(row.severity)));
}

std::string kicker(const Record& record, const Language& language) {
  switch (parts::failing_leg(record)) {
    case policy::Leg::client:
      return say(language, Word::kicker_client);
    case policy::Leg::ourselves:
      return say(language, Word::kicker_ourselves);
    case policy::Leg::upstream:
      break;
  }
  if (record.audience == config::Audience::public_ || record.attempt.host.empty())
    return say(language, Word::kicker_upstream);
  const std::string authority = parts::authority(record.attempt.host, record.attempt.port);
  return say(language, Word::kicker_authority, {{"authority", authority}});
}

void add_actor(m::list* list, std::string_view actor, const std::string& text, bool link) {
  if (text.empty()) return;
  m::data data{m::data::type::object};
  data.set("actor", std::string(actor));
  data.set("actor_text", prose(text));
  data.set("actor_link", link);
  list->push_back(std::move(data));
}

m::list strings(const std::vector<std::string>& values) {
  m::list list;
  for (const std::string& one : values) list.push_back(value(one, kProseBytes));
  return list;
}

void put_advice(m::data* data, const Record& record, const Language& language) {
  const Advice all = advice(record, language);
  m::list changes;
  for (const Suggestion& one : suggestions(record, language)) {
    m::data change{m::data::type::object};
    change.set("ch_title", value(one.title));
    change.set("ch_toml", block(one.toml, kBlockBytes));
    change.set("ch_cost", value(one.gives_up, kProseBytes));
    changes.push_back(std::move(change));
  }
  m::list actors;
  add_actor(&actors, language.word(Word::actor_visitor), all.visitor, false);
  add_actor(&actors, language.word(Word::actor_owner), all.owner, !changes.empty());
  add_actor(&actors, language.word(Word::actor_device), all.device, false);
  data->set("meaning", prose(all.meaning));
  data->set(
      "reference",
      value(all.reference.empty() ? "" : say(language, Word::reference, {{"reference", all.reference}})));
  put_list(data, "actors", std::move(actors));
  m::list causes;
  for (const std::string& one : all.causes) causes.push_back(prose(capitalized(one)));
  put_list(data, "causes", std::move(causes));
  put_list(data, "commands", strings(all.commands));
  put_list(data, "changes", std::move(changes));
}

void put_rule(m::data* data, const Record& record, const Language& language) {
  const policy::DecidingRule& decided = record.verdict.rule;
  if (decided.policy.empty() && decided.key.empty()) return;
  m::data rule{m::data::type::object};
  rule.set("r_policy", value(decided.policy.empty() ? record.policy_name : decided.policy));
  const bool may_see_files = record.audience == config::Audience::full;
  rule.set("r_chosen", value(parts::chosen_by(record)));
  rule.set("r_place", value(may_see_files ? policy::phrase(language, decided.place.text()) : ""));
  rule.set("r_key", value(decided.key));
  rule.set("r_value", value(parts::for_audience(record, policy::phrase(language, decided.value), language)));
  rule.set("r_verdict", value(policy::term(language, parts::verdict_name(record))));
  data->set("rule", std::move(rule));
}

}  // namespace
}  // namespace page

std::string render_html(const Record& record, const policy::Language& language, const SharedPage& page) {
  page::m::data data{page::m::data::type::object};
  const bool is_public = record.audience == config::Audience::public_;
  page::put_head(&data, record, language);
  data.set("style", page->style);
  data.set("script", page->script);
  const std::string kicker = page::kicker(record, language);
  data.set("kicker", visible(kicker));
  data.set("title", visible(kicker));
  data.set("details", !is_public);
  const std::string proxy = visible(record.proxy_name.empty() ? "whytls" : record.proxy_name);
  data.set("footer", policy::say(language, is_public ? policy::Word::footer_public : policy::Word::footer,
                                 {{"proxy", proxy}}));
  if (!is_public) {
    page::put_path(&data, record, language);
    page::put_advice(&data, record, language);
    page::put_cases(&data, record, language);
    page::put_clients(&data, record, language);
    page::put_findings(&data, record, language);
    page::put_checks(&data, record, language);
    page::put_chain(&data, record, language);
    page::put_handshake(&data, record, language);
    page::put_transport(&data, record, language);
    page::put_timings(&data, record, language);
    page::put_rule(&data, record, language);
    page::put_pems(&data, record, language);
  }
  return page::page_template(page).render(data);
}

}  // namespace whytls::proxy
