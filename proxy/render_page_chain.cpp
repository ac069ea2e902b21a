// The certificates of the page: as sent, as built, on a line of time, as PEM and as text.
#include <algorithm>

#include "proxy/render_page.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kNamesBytes = 1200;
constexpr tls::UnixSeconds kDay = tls::UnixSeconds{24} * 60 * 60;

enum class Width : std::uint8_t { normal, wide };
enum class Face : std::uint8_t { text, mono };
enum class Mood : std::uint8_t { fine, bad };

struct FieldStyle {
  Width width = Width::normal;
  Face face = Face::text;
  Mood mood = Mood::fine;
};

void add_field(m::list* fields, std::string_view key, std::string_view text, FieldStyle style,
               std::size_t max_bytes = kMaxShownBytes) {
  if (text.empty()) return;
  m::data data{m::data::type::object};
  data.set("c_key", std::string(key));
  data.set("c_value", value(text, max_bytes));
  data.set("c_wide", style.width == Width::wide);
  data.set("c_mono", style.face == Face::mono);
  data.set("c_bad", style.mood == Mood::bad);
  fields->push_back(std::move(data));
}

std::string title_of(const Language& language, const tls::Certificate& certificate) {
  if (!certificate.parse_error.empty()) return say(language, Word::cert_unreadable);
  if (!certificate.subject_cn.empty()) return certificate.subject_cn;
  return certificate.subject.empty() ? say(language, Word::cert_no_subject) : certificate.subject;
}

std::string names_text(const Language& language, const tls::Certificate& certificate) {
  if (!certificate.has_san) return say(language, Word::cert_no_names);
  std::string text;
  for (const std::string& name : parts::shown_names(certificate))
    text += (text.empty() ? "" : ", ") + visible(name, 80);
  const std::size_t more = parts::omitted_names(certificate);
  if (more > 0) {
    const std::string count = parts::grouped(static_cast<std::int64_t>(more), language);
    return say(language, Plural::more_names, more, {{"names", text}, {"count", count}});
  }
  return text.empty() ? say(language, Word::cert_empty_names) : text;
}

bool is_valid_at(const tls::Certificate& certificate, tls::UnixSeconds now) {
  return certificate.not_before <= now && now <= certificate.not_after;
}

// Several findings may concern the same field, e.g. the names.
bool is_at_fault(const Record& record, int depth, std::initializer_list<policy::Failure> failures) {
  const auto& findings = record.diagnosis.findings;
  return std::any_of(findings.begin(), findings.end(), [&](const policy::Finding& finding) {
    return finding.depth == depth &&
           std::find(failures.begin(), failures.end(), finding.failure) != failures.end();
  });
}

Mood mood_if(bool bad) {
  return bad ? Mood::bad : Mood::fine;
}

m::list fields_of(const Record& record, const Language& language, const tls::Certificate& certificate,
                  int depth) {
  using policy::Failure;
  m::list fields;
  const auto at_fault = [&](std::initializer_list<Failure> failures) {
    return mood_if(is_at_fault(record, depth, failures));
  };
  const auto add = [&](Word key, std::string_view text, FieldStyle style,
                       std::size_t max_bytes = kMaxShownBytes) {
    add_field(&fields, language.word(key), text, style, max_bytes);
  };
  const std::string print = parts::colon_hex(certificate.sha256_hex);
  if (!certificate.parse_error.empty()) {
    const std::string error = policy::fact_text(language, "parse_error", certificate.parse_error);
    add(Word::cert_error, error, {Width::wide, Face::text, Mood::bad});
    fields.back().set("c_english",
                      parts::is_foreign_english(language, "parse_error", certificate.parse_error));
    add(Word::cert_sha256, print, {Width::wide, Face::mono, Mood::fine});
    return fields;
  }
  const tls::UnixSeconds now = parts::now_of(record);
  const bool in_time = is_valid_at(certificate, now);
  add(Word::cert_subject, certificate.subject, {Width::wide, Face::text, Mood::fine});
  add(Word::cert_issuer, certificate.issuer,
      {Width::wide, Face::text,
       at_fault(
           {Failure::cert_self_signed, Failure::chain_unknown_issuer, Failure::chain_missing_intermediate})});
  add(Word::cert_valid_from, parts::rfc3339(certificate.not_before),
      {Width::normal, Face::text, mood_if(certificate.not_before > now)});
  const std::string until = say(language, Word::cert_until_value,
                                {{"time", parts::rfc3339(certificate.not_after)},
                                 {"distance", parts::distance(certificate.not_after, now, language)}});
  add(Word::cert_valid_until, until,
      {Width::normal, Face::text, mood_if(!in_time && certificate.not_after < now)});
  if (depth == 0) {
    add(Word::cert_names, names_text(language, certificate),
        {Width::wide, Face::text,
         at_fault({Failure::cert_name_mismatch, Failure::cert_ip_mismatch, Failure::cert_no_san})},
        kNamesBytes);
  }
  add(Word::cert_key, parts::key_text(certificate, language),
      {Width::normal, Face::text, at_fault({Failure::cert_weak_key})});
  add(Word::cert_signature, certificate.signature_algorithm,
      {Width::normal, Face::text, at_fault({Failure::cert_weak_signature, Failure::cert_bad_signature})});
  add(Word::cert_serial, parts::colon_hex(certificate.serial_hex), {Width::wide, Face::mono, Mood::fine});
  add(Word::cert_sha256, print, {Width::wide, Face::mono, Mood::fine});
  if (!certificate.spki_sha256_base64.empty()) {
    add(Word::cert_pin, "sha256/" + certificate.spki_sha256_base64,
        {Width::wide, Face::mono, at_fault({Failure::pin_mismatch})});
  }
  return fields;
}

std::string role_of(const Language& language, const tls::Certificate& certificate) {
  if (certificate.self_signed) return say(language, Word::role_self_signed);
  return certificate.basic_constraints_ca.value_or(false) ? say(language, Word::role_ca) : std::string();
}

// What is missing between a certificate and the next that was sent, or behind the last one.
m::data gap_behind(const Record& record, const Language& language, std::size_t index) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const tls::Certificate& certificate = seen.presented[index];
  const bool is_last = index + 1 == seen.presented.size();
  if (!certificate.parse_error.empty() || certificate.self_issued) return m::data(false);
  if (!is_last && seen.presented[index + 1].subject == certificate.issuer) return m::data(false);
  if (is_last && (seen.chain.anchored || !seen.chain.verified)) return m::data(false);
  m::data gap{m::data::type::object};
  const std::string issuer = certificate.issuer_cn.empty() ? certificate.issuer : certificate.issuer_cn;
  gap.set("gap_title", say(language, Word::gap_title, {{"issuer", visible(issuer)}}));
  std::string text = say(language, is_last ? Word::gap_not_sent : Word::gap_other_sent);
  if (!certificate.aia_issuers.empty()) {
    text = say(language, Word::gap_aia, {{"text", text}, {"url", visible(certificate.aia_issuers.front())}});
  }
  gap.set("gap_text", text);
  return gap;
}

m::list sent_list(const Record& record, const Language& language) {
  const auto& presented = record.attempt.handshake.presented;
  m::list list;
  for (std::size_t i = 0; i < presented.size() && i < parts::kMaxShownCertificates; ++i) {
    const int depth = static_cast<int>(i);
    const auto& findings = record.diagnosis.findings;
    const bool bad = std::any_of(findings.begin(), findings.end(),
                                 [depth](const policy::Finding& finding) { return finding.depth == depth; });
    m::data data{m::data::type::object};
    data.set("c_depth", std::to_string(i));
    data.set("c_title", value(title_of(language, presented[i])));
    data.set("c_role", value(role_of(language, presented[i])));
    data.set("c_class", bad ? "bad" : "plain");
    data.set("c_fields", fields_of(record, language, presented[i], depth));
    data.set("gap", gap_behind(record, language, i));
    list.push_back(std::move(data));
  }
  return list;
}

void put_built(m::data* into, const Record& record, const Language& language) {
  const tls::ChainEvidence& chain = record.attempt.handshake.chain;
  m::list list;
  for (std::size_t i = 0; i < chain.built.size() && i < parts::kMaxShownCertificates; ++i) {
    const tls::Certificate& certificate = chain.built[i];
    const bool is_anchor = chain.anchored && i + 1 == chain.built.size();
    m::data data{m::data::type::object};
    data.set("b_title", value(title_of(language, certificate)));
    data.set("b_print",
             value(parts::colon_hex(std::string_view(certificate.sha256_hex).substr(0, 16)) + "…"));
    data.set("b_role", value(is_anchor ? say(language, Word::role_trusted) : role_of(language, certificate)));
    list.push_back(std::move(data));
  }
  std::string gap;
  if (!chain.anchored && !chain.built.empty()) {
    const tls::Certificate& last = chain.built.back();
    const std::string issuer = last.issuer_cn.empty() ? last.issuer : last.issuer_cn;
    gap = last.self_issued ? say(language, Word::gap_nothing)
                           : say(language, Word::gap_missing, {{"issuer", issuer}});
  }
  into->set("built_gap", value(gap));
  const std::string store = parts::fact_value(record, language, "trust_store", chain.trust_description);
  into->set("trust",
            value(store.empty() ? "" : say(language, Word::trusted_for, {{"trust_store", visible(store)}}),
                  2 * kMaxShownBytes));
  put_list(into, "built", std::move(list));
}

struct Window {
  tls::UnixSeconds from;
  tls::UnixSeconds to;

  [[nodiscard]] int place(tls::UnixSeconds when) const {
    const double share = static_cast<double>(when - from) / static_cast<double>(to - from);
    return static_cast<int>(std::clamp(share, 0.0, 1.0) * kBarWidth);
  }
};

// Room for the leaf, for now, and for each border that lies on the wrong side of now. CAs that live much
// longer run out of the picture.
Window window_of(const std::vector<tls::Certificate>& certificates, tls::UnixSeconds now) {
  constexpr tls::UnixSeconds kFarthest = 200LL * 365 * kDay;
  Window window{now, now};
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const tls::Certificate& one = certificates[i];
    if (i == 0 || one.not_after < now) window.from = std::min(window.from, one.not_before);
    if (i == 0 || one.not_before > now) window.to = std::max(window.to, one.not_after);
  }
  window.from = std::max(window.from, now - kFarthest);
  window.to = std::min(window.to, now + kFarthest);
  const tls::UnixSeconds margin = std::max((window.to - window.from) / 12, kDay);
  return {window.from - margin, window.to + margin};
}

std::string time_text(const Language& language, const tls::Certificate& certificate, tls::UnixSeconds now) {
  if (certificate.not_before > now) {
    return say(language, Word::time_begins,
               {{"distance", parts::distance(certificate.not_before, now, language)}});
  }
  return say(language, certificate.not_after < now ? Word::time_ended : Word::time_ends,
             {{"distance", parts::distance(certificate.not_after, now, language)}});
}

void put_timeline(m::data* into, const Record& record, const Language& language) {
  std::vector<tls::Certificate> readable;
  for (const tls::Certificate& one : record.attempt.handshake.presented) {
    if (one.parse_error.empty() && readable.size() < parts::kMaxShownCertificates) readable.push_back(one);
  }
  const tls::UnixSeconds now = parts::now_of(record);
  const Window window = window_of(readable, now);
  m::list list;
  for (const tls::Certificate& one : readable) {
    const int left = window.place(one.not_before);
    const int width = std::max(window.place(one.not_after) - left, 2);
    m::data data{m::data::type::object};
    data.set("t_name", value(title_of(language, one)));
    data.set("t_text", time_text(language, one, now));
    data.set("t_class", is_valid_at(one, now) ? "good" : "bad");
    data.set("t_x", std::to_string(left));
    data.set("t_width", std::to_string(width));
    data.set("t_now", std::to_string(window.place(now)));
    data.set("t_dates", say(language, Word::range,
                            {{"from", parts::date(one.not_before)}, {"to", parts::date(one.not_after)}}));
    list.push_back(std::move(data));
  }
  into->set("now_text", say(language, Word::time_now, {{"time", parts::rfc3339(now)}}));
  put_list(into, "timeline", std::move(list));
}

// Gives out the text of certificates, a long one cut, until one does not fit into the bound of a page.
class TextBudget {
 public:
  m::data text(const tls::Certificate& certificate) {
    if (left_ == 0 || !certificate.parse_error.empty()) return m::data(false);
    const std::string text = tls::to_text(certificate.der);
    const std::size_t shown = std::min(text.size(), kMaxTextBytes);
    left_ = shown > left_ ? 0 : left_ - shown;
    return left_ == 0 ? m::data(false) : block(text, shown);
  }

 private:
  static constexpr std::size_t kMaxTextBytes = 4000;  // of one certificate
  std::size_t left_ = 6000;                           // a usual chain of three has less
};

}  // namespace

void put_chain(m::data* page, const Record& record, const Language& language) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  if (seen.presented.empty()) return;
  m::data chain{m::data::type::object};
  const bool is_ours = record.attempt.leg == policy::Leg::client;
  chain.set("sent_title", say(language, is_ours ? Word::sent_by_proxy : Word::sent_by_upstream));
  chain.set("sent", sent_list(record, language));
  const std::size_t total = seen.presented.size() + seen.presented_omitted;
  const std::size_t hidden = total - std::min(seen.presented.size(), parts::kMaxShownCertificates);
  const std::string more =
      say(language, Plural::more_certificates, hidden, {{"count", std::to_string(hidden)}});
  chain.set("sent_more", value(hidden == 0 ? "" : more));
  put_built(&chain, record, language);
  put_timeline(&chain, record, language);
  page->set("chain", std::move(chain));
}

void put_pems(m::data* page, const Record& record, const Language& language) {
  parts::PemBudget budget;
  TextBudget text_budget;
  m::list list;
  std::size_t left_out = 0;
  bool has_text = false;
  const auto& presented = record.attempt.handshake.presented;
  for (std::size_t i = 0; i < presented.size(); ++i) {
    const std::string pem = budget.pem(presented[i]);
    if (pem.empty()) {
      ++left_out;
      continue;
    }
    m::data data{m::data::type::object};
    const std::string title = std::to_string(i) + ": " + title_of(language, presented[i]);
    data.set("pem_title", say(language, Word::pem_of, {{"certificate", visible(title)}}));
    data.set("pem_text", pem);
    // What is too large to be printed is not read either.
    const m::data text = text_budget.text(presented[i]);
    has_text = has_text || !text.is_false();
    data.set("pem_as_text", text);
    data.set("pem_text_title", say(language, Word::pem_as_text, {{"certificate", visible(title)}}));
    list.push_back(std::move(data));
  }
  const std::string more = say(language, Plural::too_large, left_out, {{"count", std::to_string(left_out)}});
  page->set("pem_has_text", has_text);
  page->set("pem_more", value(left_out == 0 ? "" : more));
  put_list(page, "pems", std::move(list));
}

}  // namespace whytls::proxy::page
