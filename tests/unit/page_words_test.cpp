// That every word of the page comes from the catalogue, in every language: a page in a language that marks
// its words has no others but names, codes and commands. And what the German page looks like.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "golden.h"
#include "policy/clients.h"
#include "policy/sentence.h"
#include "policy_cases.h"
#include "proxy/page_assets.h"
#include "proxy/record.h"
#include "proxy/render_advice.h"
#include "pseudo_language.h"
#include "sample_records.h"

namespace whytls::proxy {
namespace {

using policy::Language;

const Language& german() {
  return choose_language("de");
}

// Takes out what stands from each `begin` to the next `end`.
std::string without(std::string text, std::string_view begin, std::string_view end) {
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    const std::size_t stop = text.find(end, at);
    text.replace(at, stop == std::string::npos ? std::string::npos : stop + end.size() - at, " ");
  }
  return text;
}

// What a reader sees of a page but its code, and what its script and style sheet show of attributes.
std::string visible_text(std::string page) {
  for (const char* tag : {"style", "script", "code", "pre", "option"}) {
    const std::string begin = std::string("<").append(tag);
    const std::string end = std::string("</").append(tag).append(">");
    page = without(std::move(page), begin, end);
  }
  // Words of other programs say that they are English.
  for (const char* tag : {"td", "dd", "span"}) {
    page = without(std::move(page), std::string("<").append(tag).append(" lang=\"en\">"),
                   std::string("</").append(tag).append(">"));
  }
  std::string shown;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t tag = std::min(page.find('<', at), page.size());
    shown += page.substr(at, tag - at);
    const std::size_t end = std::min(page.find('>', tag), page.size() - 1);
    const std::string attributes = page.substr(tag, end + 1 - tag);
    for (const char* name :
         {"data-label=\"", "data-copy=\"", "data-copied=\"", "aria-label=\"", "title=\""}) {
      const std::size_t value = attributes.find(name);
      if (value == std::string::npos) continue;
      const std::size_t from = value + std::string(name).size();
      shown.append(" ").append(attributes.substr(from, attributes.find('"', from) - from)).append(" ");
    }
    at = end + 1;
  }
  return shown;
}

// Runs of two letters or more.
std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  std::string word;
  for (const char c : std::string(text) + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += c;
    } else {
      if (word.size() > 1) words.insert(word);
      word.clear();
    }
  }
  return words;
}

// What no language translates: names and codes that a record holds, and words of protocols.
std::set<std::string> names_in(const Record& record) {
  const policy::Attempt& attempt = record.attempt;
  const tls::HandshakeEvidence& seen = attempt.handshake;
  std::string all =
      "whytls Whytls TLSv SSLv ClientHello ServerHello Certificate Finished OpenSSL HTTP SSH SMTP FTP "
      "IMAP POP RFC SHA sha DNS IP email URI serverAuth keyCertSign cRLSign digitalSignature xfe CA FALSE "
      "GMT UTC lt gt "
      "amp quot "
      "nbsp accept x-marked ";
  const auto add = [&all](const std::string& text) { all.append(text).append(" "); };
  for (const std::string& text :
       {attempt.host, attempt.address, attempt.transport_text, record.listener, record.policy_name,
        record.sni, record.expected_name, record.route, record.url, attempt.expected_name,
        seen.answered.cipher_name, seen.answered.cipher_openssl_name, seen.answered.group, seen.answered.alpn,
        seen.openssl_text, seen.answered.signature_algorithm, seen.first_bytes, seen.offered.sni,
        record.verdict.policy.extends}) {
    add(text);
  }
  for (const auto& list : {seen.presented, seen.chain.built}) {
    for (const tls::Certificate& one : list) {
      for (const std::string& text :
           {one.subject, one.issuer, one.key_type, one.key_curve, one.signature_algorithm, one.parse_error,
            one.serial_hex, one.sha256_hex, one.spki_sha256_base64, one.subject_key_id, one.authority_key_id,
            one.authority_issuer, one.signature_digest})
        add(text);
      for (const auto& name : one.names) add(name.value);
      for (const auto& names : {one.aia_issuers, one.extended_key_usage}) {
        for (const std::string& name : names) add(name);
      }
    }
  }
  for (const policy::Finding& finding : record.diagnosis.findings)
    add(std::string(finding.fact("expected_pins")));
  for (const policy::ClientView& view : policy::client_views(attempt, record.diagnosis)) {
    for (const std::string_view text : {view.client, view.version, view.source}) add(std::string(text));
  }
  for (const std::string& name : seen.client_certificate_authorities) add(name);
  for (const std::string& name : seen.offered.alpn) add(name);
  for (const auto& alert : seen.alerts) add(tls::alert_name(alert.number));
  for (const policy::FailureInfo& row : policy::all_failures()) add(std::string(row.slug));
  std::string capital = all;
  std::transform(capital.begin(), capital.end(), capital.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return words_of(all + capital);
}

Record record_of(const policy::Attempt& attempt, const policy::Policy& policy) {
  Record record;
  record.incident = "7f3a09c1d2e4b586";
  record.time_ms = policy::test::kNow * 1000;
  record.proxy_name = "whytls";
  record.listener = "dev";
  record.policy_name = policy.name;
  record.client_address = "127.0.0.1:50123";
  record.attempt = attempt;
  record.diagnosis = policy::diagnose(attempt, policy, policy::test::kNow);
  record.verdict = policy::decide(record.diagnosis, policy, policy::test::kNow);
  return record;
}

std::vector<Record> every_failure() {
  std::vector<Record> records;
  for (auto* make : {policy::test::certificate_cases, policy::test::handshake_cases,
                     policy::test::alert_cases, policy::test::connection_cases, policy::test::client_cases}) {
    for (const policy::test::Case& row : make()) records.push_back(record_of(row.attempt, row.policy));
  }
  return records;
}

std::string untranslated(const Record& record) {
  const std::string page = render_html(record, policy::test::pseudo_language());
  const std::set<std::string> names = names_in(record);
  std::string strange;
  for (const std::string& word : words_of(policy::test::outside_of_marks(visible_text(page)))) {
    if (!names.contains(word)) strange.append(word).append(" ");
  }
  return strange;
}

TEST(PageWords, AllComeFromTheCatalogueForEveryFailure) {
  std::size_t count = 0;
  for (Record& record : every_failure()) {
    EXPECT_EQ(untranslated(record), "") << policy::info(*record.failure()).slug;
    if (count++ % 10 != 0) continue;  // that who may read it makes no difference needs fewer of them
    for (const auto audience : {config::Audience::operator_, config::Audience::public_}) {
      record.audience = audience;
      EXPECT_EQ(untranslated(record), "") << policy::info(*record.failure()).slug;
    }
  }
}

TEST(PageWords, AllComeFromTheCatalogueInEverySuggestion) {
  for (Record& record : every_failure()) {
    for (const auto mode : {config::Mode::forward, config::Mode::reverse}) {
      for (const auto home :
           {policy::PolicyHome::policy_table, policy::PolicyHome::listener, policy::PolicyHome::route}) {
        record.mode = mode;
        record.verdict.policy.home = home;
        const auto ours = suggestions(record, policy::test::pseudo_language());
        const auto english = suggestions(record);
        ASSERT_EQ(ours.size(), english.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
          EXPECT_EQ(words_of(policy::test::outside_of_marks(ours[i].title + ours[i].gives_up)), words_of(""));
          // Comments of TOML stand behind a #.
          std::string comments = without("\n" + ours[i].toml + "\n", "\n", "#");
          comments = policy::test::outside_of_marks(comments);
          EXPECT_EQ(comments.find(" the "), std::string::npos) << ours[i].toml;
        }
      }
    }
  }
}

TEST(PageWords, OfTheTemplateAreAllInTheCatalogue) {
  const std::string page = kPageTemplate;
  std::set<std::string> used;
  for (std::size_t at = page.find("{{say."); at != std::string::npos; at = page.find("{{say.", at + 1)) {
    used.insert(page.substr(at + 6, page.find("}}", at) - at - 6));
  }
  const std::set<std::string> known(policy::kPageKeys.begin(), policy::kPageKeys.end());
  EXPECT_EQ(used, known);
}

TEST(PageWords, OfOneCaseAreOfOneLanguage) {
  const Record record = samples::expired_and_misnamed();
  const std::string page = render_html(record, german());
  EXPECT_NE(page.find("<html lang=\"de\">"), std::string::npos);
  EXPECT_NE(page.find("2.306 Tagen"), std::string::npos);
  const Rendered rendered = render(record, Representation::html, german());
  const std::pair<std::string, std::string> language{"Content-Language", "de"};
  const std::pair<std::string, std::string> vary{"Vary", "Accept-Language"};
  EXPECT_EQ(std::count(rendered.headers.begin(), rendered.headers.end(), language), 1);
  EXPECT_EQ(std::count(rendered.headers.begin(), rendered.headers.end(), vary), 1);
  for (const auto other : {Representation::problem_json, Representation::text})
    EXPECT_EQ(render(record, other, german()).body, render(record, other).body) << "programs read English";
}

TEST(PageWords, OfTheGermanPageAreAsTheyWere) {
  const struct {
    const char* name;
    Record record;
    policy::Policy policy;
  } pages[] = {{"expired_and_misnamed", samples::expired_and_misnamed(), {}},
               {"missing_intermediate", samples::missing_intermediate(), {}},
               {"alert_40", samples::alert_40(), {}}};
  for (const auto& [name, sample, policy] : pages) {
    Record record = sample;
    record.diagnosis = policy::diagnose(record.attempt, policy, samples::kNow);
    record.verdict = policy::decide(record.diagnosis, policy, samples::kNow);
    const std::string page =
        without(without(render_html(record, german()), "<style>", "</style>"), "<script>", "</script>");
    unit::expect_file("tests/data/golden/" + std::string(name) + ".de.html", page);
  }
}

// A text whose optional parts are wrong would show its brackets.
TEST(PageWords, MakeWholeSentencesInEveryLanguage) {
  for (const Language& language : policy::languages()) {
    for (const Record& record : every_failure()) {
      const std::string sentence = policy::make_sentence(language, record.attempt, record.diagnosis.findings);
      EXPECT_TRUE(sentence.ends_with(".") || sentence.ends_with("...")) << language.tag << ": " << sentence;
      EXPECT_EQ(sentence.find_first_of("{}"), std::string::npos) << language.tag << ": " << sentence;
      EXPECT_EQ(sentence.find("  "), std::string::npos) << language.tag << ": " << sentence;
      EXPECT_EQ(sentence.find("()"), std::string::npos) << language.tag << ": " << sentence;
    }
  }
}

}  // namespace
}  // namespace whytls::proxy
