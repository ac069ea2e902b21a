// Every suggestion is written into configurations as it says, and the result has to be one that the loader
// takes.
#include <gtest/gtest.h>

#include <set>

#include "config/load.h"
#include "proxy/render_advice.h"
#include "sample_records.h"
#include "toml_merge.h"

namespace whytls::proxy {
namespace {

struct Base {
  const char* name;
  std::string toml;
  std::string policy;  // in force for the record
};

const char* const kPin = "pins = [\"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n";

std::string reverse(const std::string& rest) {
  return "[[listener]]\nname = \"rev\"\nmode = \"reverse\"\nlisten = \"127.0.0.1:9443\"\n" + rest;
}

std::string forward(const std::string& rest) {
  return "[[listener]]\nname = \"rev\"\nmode = \"forward\"\nlisten = \"127.0.0.1:9443\"\n" + rest;
}

std::string route(const std::string& rest) {
  return reverse(
      "[[listener.route]]\nupstream = \"https://a.test\"\n[[listener.route]]\nhost = \"c.test\"\n"
      "upstream = \"https://10.0.3.7\"\n" +
      rest);
}

// Every shape in which a policy that is in force may be written.
std::vector<Base> bases(config::Mode mode) {
  const bool forwards = mode == config::Mode::forward;
  const std::string upstream = forwards ? "" : "upstream = \"https://10.0.3.7\"\n";
  const std::string open = forwards ? forward("") : reverse(upstream);
  const std::string lab = open + "policy = \"lab\"\n[policy.lab]\n";
  std::vector<Base> out = {
      {"built in", open, "browser"},
      {"built in, and named", open + "policy = \"strict\"\n", "strict"},
      {"named, empty", lab, "lab"},
      {"named, with every key inline",
       lab + kPin +
           "tls = { min_version = \"TLSv1.1\", max_version = \"TLSv1.2\" }\nexpected_name = \"x.test\"\n"
           "trust = { system = false, ca_files = [\"/etc/lab.pem\"] }\non = { cert_expired = \"refuse\" }\n",
       "lab"},
      {"named, with tables",
       lab + kPin +
           "[policy.lab.tls]\nsecurity_level = 1\n[policy.lab.trust]\nsystem = false\nca_files = "
           "[\"/etc/lab.pem\"]\n"
           "[policy.lab.on]\ncert_expired = \"refuse\"\ncert_self_signed = { action = \"warn\", until = "
           "2020-01-01 }\n",
       "lab"},
      {"named, with empty tables", lab + "[policy.lab.tls]\n[policy.lab.trust]\n[policy.lab.on]\n", "lab"},
      {"named with a dot", open + "policy = \"v1.lab\"\n[policy.\"v1.lab\"]\n" + kPin, "v1.lab"},
      {"named like the host", open + "policy = \"10-0-3-7\"\n[policy.10-0-3-7]\n" + kPin, "10-0-3-7"},
  };
  if (forwards) return out;
  out.push_back({"a listener with keys of its own", open + kPin, "listener rev"});
  out.push_back({"a listener with keys of its own and a client leg",
                 open + kPin + "tls = { mint = true }\ntrust = { ca_files = [\"/etc/lab.pem\"] }\n",
                 "listener rev"});
  out.push_back({"a listener with keys and a policy",
                 open + kPin + "policy = \"lab\"\n[policy.lab]\ntls = { security_level = 1 }\n",
                 "listener rev"});
  out.push_back({"a route with keys of its own", route(kPin), "listener rev, route c.test/"});
  out.push_back(
      {"a route with tables",
       route("sni = \"idrac\"\nexpected_name = \"x.test\"\n[listener.route.tls]\nmin_version = \"TLSv1.2\"\n"
             "[listener.route.trust]\nsystem = false\nca_files = [\"/etc/lab.pem\"]\n"),
       "listener rev, route c.test/"});
  out.push_back({"a route with keys and a policy of the host's name",
                 route("policy = \"10-0-3-7\"\ntls = { security_level = 1 }\n[policy.10-0-3-7]\n"),
                 "listener rev, route c.test/"});
  return out;
}

config::Settings parsed(const std::string& toml, const std::string& what) {
  const auto loaded = config::parse(toml, "whytls.toml");
  if (loaded) return loaded->settings;
  ADD_FAILURE() << what << ": " << loaded.error().front().text() << "\n" << toml;
  return config::defaults();
}

// The record as if `base` had been in force.
Record under(Record record, const Base& base, const config::Settings& settings) {
  const policy::Policy& policy = settings.policies.at(base.policy);
  record.listener = "rev";
  record.policy_name = policy.name;
  if (record.mode == config::Mode::reverse) record.route = settings.listeners.at(0).routes.back().host + "/";
  const bool failed_early = record.diagnosis.failed_before_verdict;
  record.verdict = policy::decide(record.diagnosis, policy, samples::kNow);
  EXPECT_EQ(record.verdict.decision, policy::Decision::refuse);
  EXPECT_EQ(record.verdict.rule.policy, policy.name);
  EXPECT_EQ(record.verdict.rule.key.empty(), failed_early) << "no key could decide over what ended by itself";
  return record;
}

std::vector<samples::Named> records() {
  std::vector<samples::Named> out = samples::failures();
  out.push_back({"hostile_chain", samples::hostile_chain()});
  using policy::Failure;
  for (const Failure failure : {Failure::tls_version_refused_by_us, Failure::tls_version_refused_by_peer,
                                Failure::tls_no_renegotiation_info, Failure::tls_dh_too_small}) {
    Record record = samples::alert_40();
    record.attempt.handshake.answered.version = 0x0301;
    record.diagnosis.findings[0].failure = failure;
    out.push_back({"alert_40 as another failure", record});
  }
  for (const Failure failure : {Failure::chain_untrusted_root, Failure::chain_unknown_issuer}) {
    Record record = samples::self_signed_device();
    record.diagnosis.findings[0].failure = failure;
    out.push_back({"self_signed_device as another failure", record});
  }
  return out;
}

// The policies in force for the upstream afterwards: of the listener that was there, and of a new one.
std::set<std::string> policies_of(const config::Settings& settings) {
  std::set<std::string> out = {settings.listeners.at(0).policy};
  for (const config::Listener& listener : settings.listeners) {
    for (const config::Route& route : listener.routes) out.insert(route.policy);
  }
  return out;
}

// Gives how many there were.
std::size_t expect_every_suggestion_fits(const samples::Named& sample, const Base& base,
                                         config::Audience audience) {
  const std::string what = std::string(sample.name) + ", " + base.name;
  Record record = under(sample.record, base, parsed(base.toml, what));
  record.audience = audience;
  const std::vector<Suggestion> list = suggestions(record);
  for (const Suggestion& one : list) {
    const auto merged = unit::merge_toml(base.toml, one.toml);
    if (!merged) {
      ADD_FAILURE() << what << ": " << merged.error() << "\n" << base.toml << "---\n" << one.toml;
      continue;
    }
    const config::Settings after = parsed(*merged, what + "\n" + one.toml);
    if (one.title != "Allow exactly this until a date") continue;
    bool helps = false;
    for (const std::string& name : policies_of(after)) {
      const auto verdict = policy::decide(record.diagnosis, after.policies.at(name), samples::kNow);
      helps = helps || verdict.decision == policy::Decision::forward_with_warning;
    }
    EXPECT_TRUE(helps) << what << "\n" << *merged;
  }
  return list.size();
}

TEST(Suggestions, AreTakenByTheLoaderWhateverIsThereAlready) {
  std::size_t seen = 0;
  for (samples::Named& sample : records()) {
    for (const config::Mode mode : {config::Mode::forward, config::Mode::reverse}) {
      sample.record.mode = mode;
      for (const Base& base : bases(mode)) {
        seen += expect_every_suggestion_fits(sample, base, config::Audience::full);
        seen += expect_every_suggestion_fits(sample, base, config::Audience::operator_);
      }
    }
  }
  EXPECT_GT(seen, 500U);
}

// What is suggested first for a device under `base`.
std::string first_for_device(const Base& base) {
  Record record = samples::self_signed_device();
  record.mode = config::Mode::reverse;
  const auto list = suggestions(under(record, base, parsed(base.toml, base.name)));
  return list.empty() ? "" : list.front().toml;
}

TEST(Suggestions, ForARouteWithKeysOfItsOwnGoIntoThatRoute) {
  EXPECT_EQ(first_for_device({"route", route("sni = \"idrac\"\n"), "listener rev, route c.test/"}),
            "[[listener.route]]   # add to the one that is there: listener rev, route c.test/ (line 7)\n"
            "pins = [\"sha256/3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E=\"]\n");
}

TEST(Suggestions, ForOneOfSeveralUpstreamsLeaveTheOthersAlone) {
  const std::string both = reverse(
      "policy = \"lab\"\n[[listener.route]]\nupstream = \"https://a.test\"\n[[listener.route]]\nhost = "
      "\"c.test\"\nupstream = \"https://10.0.3.7\"\n[policy.lab]\n");
  EXPECT_EQ(first_for_device({"shared", both, "lab"}),
            "[policy.printer-lan]\nextends = \"lab\"\n"
            "pins = [\"sha256/3yqNkR0l5bXn0m3jvXk1y9d8y2r0u4Y1b7p9c6a5e2E=\"]\n\n"
            "# then, in the [[listener.route]] \"c.test/\" of the listener \"rev\" (in the listener itself, "
            "when it "
            "has no routes):\n# policy = \"printer-lan\"\n");
}

TEST(Suggestions, GiveARouteAPolicyForWhatItCannotHave) {
  Record record = samples::self_signed_device();
  record.mode = config::Mode::reverse;
  const Base base = {"route", route("sni = \"idrac\"\n"), "listener rev, route c.test/"};
  const auto list = suggestions(under(record, base, parsed(base.toml, base.name)));
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(
      list[2].toml,
      "[policy.printer-lan]\nextends = \"browser\"\n\n[policy.printer-lan.on]\n"
      "cert_self_signed = { action = \"warn\", until = 2026-11-16, reason = \"known, to be repaired\" }\n\n"
      "[[listener.route]]   # add to the one that is there: listener rev, route c.test/ (line 7)\n"
      "policy = \"printer-lan\"   # in place of the one that is there, if there is one\n");
}

TEST(Suggestions, KeepTheNameThatTheClientAskedFor) {
  Record record = samples::self_signed_device();
  record.mode = config::Mode::forward;
  record.expected_name = record.sni = "asked.test";
  const Base base = {"forward", forward(""), "browser"};
  const auto list = suggestions(under(record, base, parsed(base.toml, base.name)));
  ASSERT_FALSE(list.empty());
  EXPECT_NE(list[0].toml.find("expected_name = \"asked.test\"\nsni      = \"asked.test\"\n"),
            std::string::npos)
      << list[0].toml;
  (void)parsed(base.toml + list[0].toml, "with the name asked for");
}

TEST(Suggestions, KeepTheFilesAndTheSystemStoreAsThePolicyHasThem) {
  Record record = samples::self_signed_device();
  record.mode = config::Mode::reverse;
  const Base base = bases(config::Mode::reverse).at(3);
  const auto list = suggestions(under(record, base, parsed(base.toml, base.name)));
  ASSERT_GE(list.size(), 2U);
  EXPECT_NE(
      list[1].toml.find("trust = { ca_files = [\"/etc/lab.pem\", \"/etc/whytls/printer-lan.pem\"] }   # "
                        "is there already: put these keys into it"),
      std::string::npos)
      << list[1].toml;
}

}  // namespace
}  // namespace whytls::proxy
