#include "proxy/render_codes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "policy/codes.h"
#include "policy/failure_text.h"
#include "proxy/escape.h"
#include "proxy/page_assets.h"
#include "proxy/render_page.h"

namespace whytls::proxy {
namespace {

namespace m = kainjow::mustache;
using page::prose;
using Json = nlohmann::ordered_json;
using policy::Code;
using policy::FailureInfo;

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(out.size() + 1, width), ' ');
  return out;
}

std::string slugs(const std::vector<policy::Failure>& failures) {
  std::string out;
  for (const policy::Failure failure : failures)
    out.append(out.empty() ? "" : ", ").append(policy::info(failure).slug);
  return out;
}

Json slug_list(const std::vector<policy::Failure>& failures) {
  Json out = Json::array();
  for (const policy::Failure failure : failures) out.push_back(policy::info(failure).slug);
  return out;
}

struct Family {
  const char* id;
  const char* title;
  const char* about;
  std::vector<policy::CodeFamily> of;
};

const std::vector<Family>& families() {
  using policy::CodeFamily;
  static const std::vector<Family> kFamilies = {
      {"nss-ssl", "NSS: SSL_ERROR", "What Firefox shows when a handshake fails.", {CodeFamily::nss_ssl}},
      {"nss-sec",
       "NSS and mozilla::pkix: SEC_ERROR, MOZILLA_PKIX_ERROR",
       "What Firefox shows about certificates; others come from key stores and tools.",
       {CodeFamily::nss_sec}},
      {"nspr",
       "NSPR: PR_ERROR",
       "What Firefox has for the network and the system below it.",
       {CodeFamily::nspr}},
      {"chrome", "Chrome: ERR", "What Chrome, Edge and other Chromiums show.", {CodeFamily::chrome}},
      {"openssl",
       "OpenSSL: X509_V_ERR",
       "The result of a certificate check, as curl, nginx, Python, Node and many others print it.",
       {CodeFamily::openssl_verify}},
      {"alerts",
       "TLS alerts",
       "What one side of a handshake tells the other before it hangs up.",
       {CodeFamily::tls_alert}},
  };
  return kFamilies;
}

m::list links(const std::vector<policy::Failure>& failures) {
  m::list list;
  for (const policy::Failure failure : failures)
    list.push_back(m::data{"slug", std::string(policy::info(failure).slug)});
  return list;
}

m::data code_data(const Code& code) {
  m::data data{m::data::type::object};
  data.set("symbol", std::string(code.symbol));
  data.set("number", std::to_string(code.number));
  data.set("standing", std::string(policy::name(code.standing)));
  data.set("has_text", !code.text.empty());
  data.set("text", std::string(code.text));
  data.set("meaning", prose(code.meaning));
  data.set("actor", std::string(policy::name(code.actor)));
  data.set("action", prose(code.action));
  data.set("has_failures", !code.failures.empty());
  data.set("failures", links(code.failures));
  return data;
}

m::data failure_data(const FailureInfo& row) {
  const policy::FailureText& text = policy::text(row.failure);
  m::data data{m::data::type::object};
  data.set("slug", std::string(row.slug));
  data.set("summary", std::string(row.summary));
  data.set("code", std::string(row.code));
  data.set("number", std::to_string(row.number));
  data.set("leg", std::string(policy::name(row.leg)));
  data.set("meaning", prose(text.meaning));
  m::list causes;
  for (const std::string_view cause : text.causes) causes.push_back(prose(cause));
  data.set("causes", causes);
  data.set("visitor", prose(text.visitor));
  data.set("owner", prose(text.owner));
  data.set("device", prose(text.device));
  data.set("reference", std::string(text.reference));
  return data;
}

}  // namespace

std::string codes_text() {
  constexpr std::size_t kSymbolWidth = 52;
  constexpr std::size_t kNumberWidth = 8;
  constexpr std::size_t kStandingWidth = 12;
  std::string out = "# failures of whytls: name, code, number, summary\n";
  for (const FailureInfo& row : policy::all_failures()) {
    out.append(padded(row.slug, kSymbolWidth)).append(padded(row.code, kSymbolWidth));
    out.append(padded(std::to_string(row.number), kNumberWidth)).append(row.summary).append("\n");
  }
  for (const Family& family : families()) {
    out.append("\n# ").append(family.title).append(": symbol, number, standing, failures of whytls\n");
    for (const Code& code : policy::all_codes()) {
      if (std::find(family.of.begin(), family.of.end(), code.family) == family.of.end()) continue;
      std::string line =
          padded(code.symbol, kSymbolWidth) + padded(std::to_string(code.number), kNumberWidth);
      line.append(padded(policy::name(code.standing), kStandingWidth)).append(slugs(code.failures));
      line.resize(line.find_last_not_of(' ') + 1);
      out.append(line).append("\n");
    }
  }
  return out;
}

std::string codes_json() {
  Json json;
  json["failures"] = Json::array();
  for (const FailureInfo& row : policy::all_failures()) {
    const policy::FailureText& text = policy::text(row.failure);
    json["failures"].push_back({{"slug", row.slug},
                                {"code", row.code},
                                {"number", row.number},
                                {"leg", policy::name(row.leg)},
                                {"phase", policy::name(row.phase)},
                                {"severity", policy::name(row.severity)},
                                {"summary", row.summary},
                                {"meaning", text.meaning},
                                {"causes", text.causes},
                                {"visitor", text.visitor},
                                {"owner", text.owner},
                                {"device", text.device},
                                {"reference", text.reference}});
  }
  json["codes"] = Json::array();
  for (const Code& code : policy::all_codes()) {
    json["codes"].push_back({{"symbol", code.symbol},
                             {"family", policy::name(code.family)},
                             {"number", code.number},
                             {"standing", policy::name(code.standing)},
                             {"failures", slug_list(code.failures)},
                             {"text", code.text},
                             {"meaning", code.meaning},
                             {"actor", policy::name(code.actor)},
                             {"action", code.action}});
  }
  return json.dump(2).append("\n");
}

std::string codes_html() {
  m::data data{m::data::type::object};
  data.set("style", kCodesStyle);
  data.set("script", kCodesScript);
  m::list failures;
  for (const FailureInfo& row : policy::all_failures()) failures.push_back(failure_data(row));
  data.set("failures", failures);
  m::list groups;
  for (const Family& family : families()) {
    m::data group{m::data::type::object};
    group.set("id", family.id);
    group.set("title", family.title);
    group.set("about", family.about);
    m::list codes;
    for (const Code& code : policy::all_codes()) {
      if (std::find(family.of.begin(), family.of.end(), code.family) != family.of.end())
        codes.push_back(code_data(code));
    }
    group.set("count", std::to_string(codes.size()));
    group.set("codes", codes);
    groups.push_back(std::move(group));
  }
  data.set("groups", groups);
  m::mustache page{kCodesTemplate};
  page.set_custom_escape([](const std::string& text) { return html_escape(text); });
  return page.render(data);
}

}  // namespace whytls::proxy
