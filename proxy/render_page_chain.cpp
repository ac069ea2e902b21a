// The certificates of the page: as sent, as built, on a line of time, and as PEM.
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

void add_field(m::list* fields, const char* key, std::string_view text, FieldStyle style,
               std::size_t max_bytes = kMaxShownBytes) {
  if (text.empty()) return;
  m::data data{m::data::type::object};
  data.set("c_key", key);
  data.set("c_value", value(text, max_bytes));
  data.set("c_wide", style.width == Width::wide);
  data.set("c_mono", style.face == Face::mono);
  data.set("c_bad", style.mood == Mood::bad);
  fields->push_back(std::move(data));
}

std::string title_of(const tls::Certificate& certificate) {
  if (!certificate.parse_error.empty()) return "unreadable certificate";
  if (!certificate.subject_cn.empty()) return certificate.subject_cn;
  return certificate.subject.empty() ? "no subject" : certificate.subject;
}

std::string names_text(const tls::Certificate& certificate) {
  if (!certificate.has_san) return "no subject alternative name (modern clients ignore the common name)";
  std::string text;
  for (const std::string& name : parts::shown_names(certificate))
    text += (text.empty() ? "" : ", ") + visible(name, 80);
  const std::size_t more = parts::omitted_names(certificate);
  if (more > 0) text += " and " + parts::grouped(static_cast<std::int64_t>(more)) + " more";
  return text.empty() ? "an empty subject alternative name" : text;
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

m::list fields_of(const Record& record, const tls::Certificate& certificate, int depth) {
  using policy::Failure;
  m::list fields;
  const auto at_fault = [&](std::initializer_list<Failure> failures) {
    return mood_if(is_at_fault(record, depth, failures));
  };
  if (!certificate.parse_error.empty()) {
    add_field(&fields, "Error", certificate.parse_error, {Width::wide, Face::text, Mood::bad});
    add_field(&fields, "SHA-256", parts::colon_hex(certificate.sha256_hex),
              {Width::wide, Face::mono, Mood::fine});
    return fields;
  }
  const tls::UnixSeconds now = parts::now_of(record);
  const bool in_time = is_valid_at(certificate, now);
  add_field(&fields, "Subject", certificate.subject, {Width::wide, Face::text, Mood::fine});
  add_field(&fields, "Issuer", certificate.issuer,
            {Width::wide, Face::text,
             at_fault({Failure::cert_self_signed, Failure::chain_unknown_issuer,
                       Failure::chain_missing_intermediate})});
  add_field(&fields, "Valid from", parts::rfc3339(certificate.not_before),
            {Width::normal, Face::text, mood_if(certificate.not_before > now)});
  add_field(&fields, "Valid until",
            parts::rfc3339(certificate.not_after) + " (" + parts::distance(certificate.not_after, now) + ")",
            {Width::normal, Face::text, mood_if(!in_time && certificate.not_after < now)});
  if (depth == 0) {
    add_field(&fields, "Names", names_text(certificate),
              {Width::wide, Face::text,
               at_fault({Failure::cert_name_mismatch, Failure::cert_ip_mismatch, Failure::cert_no_san})},
              kNamesBytes);
  }
  add_field(&fields, "Key", parts::key_text(certificate),
            {Width::normal, Face::text, at_fault({Failure::cert_weak_key})});
  add_field(
      &fields, "Signature", certificate.signature_algorithm,
      {Width::normal, Face::text, at_fault({Failure::cert_weak_signature, Failure::cert_bad_signature})});
  add_field(&fields, "Serial", parts::colon_hex(certificate.serial_hex),
            {Width::wide, Face::mono, Mood::fine});
  add_field(&fields, "SHA-256", parts::colon_hex(certificate.sha256_hex),
            {Width::wide, Face::mono, Mood::fine});
  if (!certificate.spki_sha256_base64.empty()) {
    add_field(&fields, "Pin", "sha256/" + certificate.spki_sha256_base64,
              {Width::wide, Face::mono, at_fault({Failure::pin_mismatch})});
  }
  return fields;
}

std::string role_of(const tls::Certificate& certificate) {
  if (certificate.self_signed) return "self-signed";
  return certificate.basic_constraints_ca.value_or(false) ? "CA" : "";
}

// What is missing between a certificate and the next that was sent, or behind the last one.
m::data gap_behind(const Record& record, std::size_t index) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  const tls::Certificate& certificate = seen.presented[index];
  const bool is_last = index + 1 == seen.presented.size();
  if (!certificate.parse_error.empty() || certificate.self_issued) return {false};
  if (!is_last && seen.presented[index + 1].subject == certificate.issuer) return {false};
  if (is_last && (seen.chain.anchored || !seen.chain.verified)) return {false};
  m::data gap{m::data::type::object};
  const std::string issuer = certificate.issuer_cn.empty() ? certificate.issuer : certificate.issuer_cn;
  gap.set("gap_title", "Missing: " + visible(issuer));
  std::string text = is_last ? "It was not sent, and it is not among the trusted certificates of this policy."
                             : "The next certificate that was sent is another one.";
  if (!certificate.aia_issuers.empty()) {
    text +=
        " The certificate says that it can be fetched from " + visible(certificate.aia_issuers.front()) + ".";
  }
  gap.set("gap_text", text);
  return gap;
}

m::list sent_list(const Record& record) {
  const auto& presented = record.attempt.handshake.presented;
  m::list list;
  for (std::size_t i = 0; i < presented.size() && i < parts::kMaxShownCertificates; ++i) {
    const int depth = static_cast<int>(i);
    const auto& findings = record.diagnosis.findings;
    const bool bad = std::any_of(findings.begin(), findings.end(),
                                 [depth](const policy::Finding& finding) { return finding.depth == depth; });
    m::data data{m::data::type::object};
    data.set("c_depth", std::to_string(i));
    data.set("c_title", value(title_of(presented[i])));
    data.set("c_role", value(role_of(presented[i])));
    data.set("c_class", bad ? "bad" : "plain");
    data.set("c_fields", fields_of(record, presented[i], depth));
    data.set("gap", gap_behind(record, i));
    list.push_back(std::move(data));
  }
  return list;
}

void put_built(m::data* into, const Record& record) {
  const tls::ChainEvidence& chain = record.attempt.handshake.chain;
  m::list list;
  for (std::size_t i = 0; i < chain.built.size() && i < parts::kMaxShownCertificates; ++i) {
    const tls::Certificate& certificate = chain.built[i];
    const bool is_anchor = chain.anchored && i + 1 == chain.built.size();
    m::data data{m::data::type::object};
    data.set("b_title", value(title_of(certificate)));
    data.set("b_print",
             value(parts::colon_hex(std::string_view(certificate.sha256_hex).substr(0, 16)) + "…"));
    data.set("b_role", value(is_anchor ? "trusted" : role_of(certificate)));
    list.push_back(std::move(data));
  }
  std::string gap;
  if (!chain.anchored && !chain.built.empty()) {
    const tls::Certificate& last = chain.built.back();
    const std::string issuer = last.issuer_cn.empty() ? last.issuer : last.issuer_cn;
    gap = last.self_issued ? "and nothing that is trusted behind it" : "missing: " + issuer;
  }
  into->set("built_gap", value(gap));
  into->set("trust", value(parts::for_audience(record, chain.trust_description)));
  put_list(into, "built", list);
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

std::string time_text(const tls::Certificate& certificate, tls::UnixSeconds now) {
  if (certificate.not_before > now) return "begins " + parts::distance(certificate.not_before, now);
  const std::string when = parts::distance(certificate.not_after, now);
  return (certificate.not_after < now ? "ended " : "ends ") + when;
}

void put_timeline(m::data* into, const Record& record) {
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
    data.set("t_name", value(title_of(one)));
    data.set("t_text", time_text(one, now));
    data.set("t_class", is_valid_at(one, now) ? "good" : "bad");
    data.set("t_x", std::to_string(left));
    data.set("t_width", std::to_string(width));
    data.set("t_now", std::to_string(window.place(now)));
    data.set("t_from", parts::date(one.not_before));
    data.set("t_to", parts::date(one.not_after));
    list.push_back(std::move(data));
  }
  into->set("now_text", parts::rfc3339(now));
  put_list(into, "timeline", list);
}

}  // namespace

void put_chain(m::data* page, const Record& record) {
  const tls::HandshakeEvidence& seen = record.attempt.handshake;
  if (seen.presented.empty()) return;
  m::data chain{m::data::type::object};
  chain.set("chain_sender", record.attempt.leg == policy::Leg::client ? "proxy" : "upstream");
  chain.set("sent", sent_list(record));
  const std::size_t total = seen.presented.size() + seen.presented_omitted;
  const std::size_t hidden = total - std::min(seen.presented.size(), parts::kMaxShownCertificates);
  chain.set("sent_more", value(hidden == 0 ? "" : std::to_string(hidden) + " more certificates were sent."));
  put_built(&chain, record);
  put_timeline(&chain, record);
  page->set("chain", chain);
}

void put_pems(m::data* page, const Record& record) {
  parts::PemBudget budget;
  m::list list;
  std::size_t left_out = 0;
  const auto& presented = record.attempt.handshake.presented;
  for (std::size_t i = 0; i < presented.size(); ++i) {
    const std::string pem = budget.pem(presented[i]);
    if (pem.empty()) {
      ++left_out;
      continue;
    }
    m::data data{m::data::type::object};
    data.set("pem_title", value(std::to_string(i) + ": " + title_of(presented[i])));
    data.set("pem_text", pem);
    list.push_back(std::move(data));
  }
  page->set("pem_more",
            value(left_out == 0 ? "" : std::to_string(left_out) + " are too large to be printed here."));
  put_list(page, "pems", list);
}

}  // namespace whytls::proxy::page
