// Judges the cases of an x509-limbo corpus, read from standard input, by the policy "browser". run (beside)
// says what is printed.
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "policy/diagnosis.h"
#include "policy/verdict.h"
#include "tests/support/directory.h"
#include "tls/openssl.h"
#include "tls/validate.h"

namespace whytls {
namespace {

using Json = nlohmann::json;

struct Total {
  int cases = 0;
  int false_accepts = 0;
  int false_rejects = 0;
  int skipped = 0;
};

// What was got: "SUCCESS" or "FAILURE", or "SKIPPED" with the reason as slug.
struct Got {
  std::string result;
  std::string slug;
};

// The bytes between the lines of a PEM text, whatever they are.
std::string der_of(const std::string& pem) {
  const tls::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (!bio || PEM_read_bio(bio.get(), &name, &header, &bytes, &size) != 1)
    throw std::runtime_error("bad PEM");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(bytes);
  return der;
}

// RFC 3339; a fraction of a second is cut.
tls::UnixSeconds time_of(const Json& time) {
  if (time.is_null()) return std::time(nullptr);
  std::tm parts{};
  const std::string text = time.get<std::string>();
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) throw std::runtime_error("bad time");
  return timegm(&parts);
}

std::string joined(const Json& list) {
  std::string out;
  for (const Json& one : list) out.append(one.get<std::string>());
  return out;
}

policy::Attempt attempt_of(const Json& test, const tls::TrustStore& trust) {
  tls::ValidateRequest request;
  request.anchors_are_public = true;  // the rules of the web are those of public CAs
  request.now = time_of(test.at("validation_time"));
  request.certificates.push_back(der_of(test.at("peer_certificate")));
  for (const Json& one : test.at("untrusted_intermediates")) request.certificates.push_back(der_of(one));
  policy::Attempt attempt;
  attempt.tls_used = true;
  attempt.handshake_started = true;
  attempt.host = test.at("expected_peer_name").at("value");
  attempt.handshake = tls::validate(request, trust);
  return attempt;
}

Got judge(const Json& test, const support::Directory& scratch) {
  if (test.at("validation_kind") != "SERVER") return {"SKIPPED", "not about servers"};
  if (!test.at("expected_peer_name").is_object()) return {"SKIPPED", "no peer name"};
  tls::TrustOptions options;
  options.system = false;
  if (!test.at("trusted_certs").empty())
    options.ca_files.push_back(scratch.write("anchors.pem", joined(test.at("trusted_certs"))));
  const Json lists = test.value("crls", Json::array());
  if (!lists.empty()) options.crl_files.push_back(scratch.write("lists.pem", joined(lists)));
  const auto trust = tls::TrustStore::load(options);
  if (!trust) return {"FAILURE", "trust_store: " + trust.error().text()};
  const policy::Policy browser = policy::browser_policy();
  const policy::Attempt attempt = attempt_of(test, **trust);
  const tls::UnixSeconds now = time_of(test.at("validation_time"));
  const policy::Diagnosis diagnosis = policy::diagnose(attempt, browser, now);
  const policy::Verdict verdict = policy::decide(diagnosis, browser, now);
  if (verdict.decision != policy::Decision::refuse) return {"SUCCESS", ""};
  return {"FAILURE", std::string(policy::info(*verdict.failure).slug)};
}

int judge_all(const Json& corpus) {
  const support::Directory scratch;
  std::map<std::string, Total> totals;
  for (const Json& test : corpus.at("testcases")) {
    const std::string id = test.at("id");
    const std::string expected = test.at("expected_result");
    const Got got = judge(test, scratch);
    std::cout << id << '\t' << expected << '\t' << got.result << '\t' << got.slug << '\n';
    for (const std::string& name : {id.substr(0, id.find("::")), std::string("all")}) {
      Total& total = totals[name];
      ++total.cases;
      total.skipped += got.result == "SKIPPED" ? 1 : 0;
      total.false_accepts += got.result == "SUCCESS" && expected == "FAILURE" ? 1 : 0;
      total.false_rejects += got.result == "FAILURE" && expected == "SUCCESS" ? 1 : 0;
    }
  }
  for (const auto& [name, total] : totals) {
    std::cerr << name << ": " << total.cases << " cases, " << total.false_accepts << " false accepts, "
              << total.false_rejects << " false rejects, " << total.skipped << " skipped\n";
  }
  return totals["all"].false_accepts == 0 ? 0 : 1;
}

}  // namespace
}  // namespace whytls

int main() {
  try {
    return whytls::judge_all(nlohmann::json::parse(std::cin));
  } catch (const std::exception& error) {
    std::cerr << "whytls-limbo: " << error.what() << "\n";
    return 2;
  }
}
