#include "proxy/commands_parse_ledger.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace whytls::proxy {
namespace {

constexpr const char* kListExamples =
    "The oldest first. The host is the first of those that are meant; +2 means two more places.\n"
    "\n"
    "Examples:\n"
    "  whytls ledger list\n"
    "  whytls ledger list --host '*.corp.example' --seen-since 2026-11-01\n"
    "  whytls ledger list --issuer iDRAC --format csv > idrac.csv";

constexpr const char* kShowExamples =
    "A word that is a host that was seen and also the beginning of a SHA-256 is taken for a host when it "
    "has\n"
    "fewer than eight digits.\n"
    "\n"
    "Examples:\n"
    "  whytls ledger show a.example\n"
    "  whytls ledger show 3f9a12c4";

constexpr const char* kConflictsExamples =
    "Certificates of one issuer with one serial number, which RFC 5280, 4.1.2.2, forbids, and for which\n"
    "Firefox refuses to connect: SEC_ERROR_REUSED_ISSUER_AND_SERIAL.\n"
    "\n"
    "Example:\n"
    "  whytls ledger conflicts";

constexpr const char* kExpiringExamples =
    "Those that have ended already are listed when they were seen after that.\n"
    "\n"
    "Example:\n"
    "  whytls ledger expiring --within 14";

constexpr const char* kAcceptExamples =
    "The running proxy follows within a second.\n"
    "\n"
    "Examples:\n"
    "  whytls ledger accept a.example\n"
    "  whytls ledger accept a.example:8443 --sha256 3f9a12c4";

constexpr const char* kForgetExamples =
    "HOST: nothing is remembered for it any more, on any port; its certificates stay in the ledger.\n"
    "--sha256: the certificate is deleted with all its places.\n"
    "\n"
    "Examples:\n"
    "  whytls ledger forget a.example\n"
    "  whytls ledger forget --sha256 3f9a12c4";

constexpr const char* kExportExamples =
    "JSON: one array, an object for each certificate. CSV: a row for each place of each certificate.\n"
    "\n"
    "Example:\n"
    "  whytls ledger export --format csv > ledger.csv";

// The subcommands of one parse. `request` is the caller's.
class Maker {
 public:
  Maker(CLI::App* ledger, LedgerRequest* request) : ledger_(ledger), request_(request) {}
  void add_questions();
  void add_changes();

 private:
  struct Named {
    LedgerQuestion question;
    const char* name;
    const char* summary;
    const char* examples;
  };
  [[nodiscard]] CLI::App* command(const Named& named) const;
  void add_format(CLI::App* to) const;
  [[nodiscard]] CLI::Option* add_sha256(CLI::App* to, std::size_t least, const char* what) const;

  CLI::App* ledger_;
  LedgerRequest* request_;
};

CLI::App* Maker::command(const Named& named) const {
  CLI::App* made = ledger_->add_subcommand(named.name, named.summary);
  made->footer(named.examples);
  made->set_help_flag("-h,--help", "Print this help and exit");
  made->callback([request = request_, question = named.question] { request->question = question; });
  return made;
}

void Maker::add_format(CLI::App* to) const {
  to->add_option_function<std::string>(
        "--format",
        [request = request_](const std::string& word) {
          const std::map<std::string, LedgerFormat> known = {
              {"text", LedgerFormat::text}, {"json", LedgerFormat::json}, {"csv", LedgerFormat::csv}};
          const auto found = known.find(word);
          if (found == known.end())
            throw CLI::ValidationError("--format", "\"" + word + "\" is none of text, json, csv");
          request->format = found->second;
        },
        "text (the default), json or csv")
      ->type_name("FORMAT");
}

CLI::Option* Maker::add_sha256(CLI::App* to, std::size_t least, const char* what) const {
  const auto take = [request = request_, least](const std::string& text) {
    const auto digits = sha256_beginning(text);
    if (!digits) {
      throw CLI::ValidationError(
          "--sha256", "\"" + text + "\" is not the beginning of a SHA-256: up to 64 hexadecimal digits");
    }
    if (digits->size() < least)
      throw CLI::ValidationError("--sha256", "at least " + std::to_string(least) + " digits are needed");
    request->sha256 = *digits;
  };
  return to->add_option_function<std::string>("--sha256", take, what)->type_name("HEX");
}

void Maker::add_questions() {
  CLI::App* list = command({LedgerQuestion::list, "list", "List certificates", kListExamples});
  list->add_option("--host", request_->host, "Seen at such a host; * and ? stand for any characters")
      ->type_name("GLOB");
  list->add_option("--issuer", request_->issuer, "The issuer holds this text")->type_name("TEXT");
  (void)add_sha256(list, 1, "The SHA-256 begins with these digits");
  const auto since = [request = request_](const std::string& text) {
    request->seen_since = moment_of(text);
    if (!request->seen_since) {
      throw CLI::ValidationError("--seen-since",
                                 "\"" + text + "\" is no date like 2026-11-21 or 2026-11-21T10:20:30Z");
    }
  };
  list->add_option_function<std::string>("--seen-since", since, "Seen at this day (UTC) or later")
      ->type_name("DATE");
  list->add_option("--limit", request_->limit, "No more than so many")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}).description(""))
      ->type_name("N");
  CLI::App* show = command({LedgerQuestion::show, "show",
                            "All that is known of a certificate, or of those of a host", kShowExamples});
  show->add_option("WHAT", request_->subject, "The beginning of a SHA-256, or HOST[:PORT]")
      ->required()
      ->type_name("");
  CLI::App* conflicts =
      command({LedgerQuestion::conflicts, "conflicts",
               "Different certificates with one issuer and serial number", kConflictsExamples});
  CLI::App* expiring =
      command({LedgerQuestion::expiring, "expiring", "Certificates that end soon", kExpiringExamples});
  constexpr int kMostDays = 36500;
  expiring->add_option("--within", request_->within_days, "Days from now; 30 unless given")
      ->check(CLI::Range(0, kMostDays).description(""))
      ->type_name("DAYS");
  for (CLI::App* sub : {list, show, conflicts, expiring}) add_format(sub);
}

void Maker::add_changes() {
  CLI::App* accept = command({LedgerQuestion::accept, "accept",
                              "Remember the certificate that was last new at a host", kAcceptExamples});
  const auto take_host = [request = request_](const std::string& text) {
    const auto parts = ledger_host(text);
    if (!parts) throw CLI::ValidationError("HOST", "\"" + text + "\" is no host");
    request->host = parts->host;
    request->port = parts->port.value_or(kHttpsPort);
  };
  accept->add_option_function<std::string>("HOST", take_host, "HOST[:PORT]; port 443 unless given")
      ->required()
      ->type_name("");
  (void)add_sha256(accept, kMinSha256Digits, "This one in place of the last that was new there");

  CLI::App* forget = command({LedgerQuestion::forget, "forget",
                              "Forget what is remembered for a host, or a certificate", kForgetExamples});
  const auto take_any_port = [request = request_](const std::string& text) {
    const auto parts = ledger_host(text);
    if (!parts) throw CLI::ValidationError("HOST", "\"" + text + "\" is no host");
    if (parts->port) throw CLI::ValidationError("HOST", "without a port: all its ports are forgotten");
    request->host = parts->host;
  };
  CLI::Option* host =
      forget->add_option_function<std::string>("HOST", take_any_port, "The host")->type_name("");
  CLI::Option* sha256 = add_sha256(forget, kMinSha256Digits, "The certificate that begins with these digits");
  forget->callback([request = request_, host, sha256] {
    if (host->empty() == sha256->empty())
      throw CLI::ValidationError("forget", "either HOST or --sha256 has to be given");
    request->question = LedgerQuestion::forget;
  });

  CLI::App* whole =
      command({LedgerQuestion::export_all, "export", "Print everything, for programs", kExportExamples});
  const auto take_format = [request = request_](const std::string& word) {
    if (word != "json" && word != "csv")
      throw CLI::ValidationError("--format", "\"" + word + "\" is neither json nor csv");
    request->format = word == "csv" ? LedgerFormat::csv : LedgerFormat::json;
  };
  whole->add_option_function<std::string>("--format", take_format, "json or csv")
      ->required()
      ->type_name("FORMAT");
}

}  // namespace

void add_ledger_commands(CLI::App* ledger, LedgerRequest* request) {
  Maker maker(ledger, request);
  maker.add_questions();
  maker.add_changes();
}

}  // namespace whytls::proxy
