// The command line as CLI11 reads it, turned into a value.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "config/text.h"
#include "proxy/commands.h"
#include "proxy/commands_parse_ledger.h"
#include "proxy/escape.h"
#include "proxy/version.h"

namespace whytls::proxy {
namespace {

constexpr const char* kMainExamples =
    "Examples:\n"
    "  whytls run                          forward proxy on 127.0.0.1:8080, built-in settings\n"
    "  curl --cacert ~/.local/share/whytls/ca.pem -x http://127.0.0.1:8080 https://example.com/\n"
    "  whytls run -c /etc/whytls/whytls.toml\n"
    "  whytls config check /etc/whytls/whytls.toml\n"
    "  whytls ca show                      the local certificate authority, and how to trust it\n"
    "  whytls explain ERR_CERT_DATE_INVALID\n"
    "  whytls ledger expiring              certificates in use that end soon\n"
    "\n"
    "Exit codes: 0 fine; 2 wrong arguments or a mistake in the configuration; 1 anything else.\n"
    "Manual: whytls(1), whytls.toml(5).";

constexpr const char* kRunExamples =
    "Signals:\n"
    "  SIGTERM, SIGINT  take no new connections, let requests finish, end; a second one ends at once\n"
    "  SIGHUP           reread the configuration whole, or keep the old one and log why\n"
    "  SIGUSR1          reopen the log file\n"
    "\n"
    "Examples:\n"
    "  whytls run\n"
    "  whytls run -c /etc/whytls/whytls.toml";

constexpr const char* kCheckExamples =
    "Prints every mistake with its line and column. Exit code 2: the file has mistakes; 1: the file is\n"
    "right, but a file that it names can't be used, or this OpenSSL refuses an option.\n"
    "\n"
    "Example:\n"
    "  whytls config check /etc/whytls/whytls.toml";

constexpr const char* kShowExamples =
    "Examples:\n"
    "  whytls config show                  the built-in defaults\n"
    "  whytls config show -c whytls.toml   what is in force with this file, and where each value came from";

constexpr const char* kCaShowExamples =
    "Example:\n"
    "  whytls ca show";

constexpr const char* kCaExportExamples =
    "Only the certificate is printed, never the key.\n"
    "\n"
    "Examples:\n"
    "  whytls ca export > whytls-ca.pem\n"
    "  whytls ca export --out whytls-ca.pem";

constexpr const char* kExplainExamples =
    "TEXT is a code by name or number, a line of a log, or a stack trace, of a browser, a client, a server "
    "or a\n"
    "proxy. Exit code 1: nothing in it is known.\n"
    "\n"
    "Examples:\n"
    "  whytls explain SEC_ERROR_REUSED_ISSUER_AND_SERIAL\n"
    "  whytls explain -12271\n"
    "  whytls explain \"curl: (60) SSL certificate problem: unable to get local issuer certificate\"\n"
    "  journalctl -u nginx | tail -n 1 | whytls explain --json";

constexpr const char* kCodesExamples =
    "Examples:\n"
    "  whytls codes | grep -i issuer\n"
    "  whytls codes --html > codes.html";

constexpr const char* kPageExamples =
    "The directory then goes into the configuration: directory = \"...\" in [page]. A file that you do not\n"
    "change can be removed again: the built-in one serves in its place, also that of a later version.\n"
    "\n"
    "Example:\n"
    "  whytls page --write /etc/whytls/page";

// The CLI11 objects of one parse.
struct Parser {
  Parser();
  CLI::App app{"A proxy that says why a TLS connection failed, who has to act, and what would make it work.",
               "whytls"};
  CLI::App* run = nullptr;
  CLI::App* config = nullptr;
  CLI::App* config_check = nullptr;
  CLI::App* config_show = nullptr;
  CLI::App* ca = nullptr;
  CLI::App* ca_show = nullptr;
  CLI::App* ca_export = nullptr;
  CLI::App* explain = nullptr;
  CLI::App* codes = nullptr;
  CLI::App* page = nullptr;
  CLI::App* ledger = nullptr;
  bool json = false;
  bool html = false;
  std::vector<std::string> words;
  CLI::Option* version_flag = nullptr;
  Invocation invocation;

 private:
  CLI::App* command(CLI::App* parent, const char* name, const char* summary, const char* footer) const;
  void add_config_option(CLI::App* to);
  void add_catalogue();
  void add_ledger();
};

CLI::App* Parser::command(CLI::App* parent, const char* name, const char* summary, const char* footer) const {
  CLI::App* made = parent->add_subcommand(name, summary);
  made->footer(footer);
  made->set_help_flag("-h,--help", "Print this help and exit");
  return made;
}

void Parser::add_config_option(CLI::App* to) {
  to->add_option("-c,--config", invocation.config_file,
                 "Configuration file; without it the built-in defaults serve")
      ->type_name("FILE");
}

Parser::Parser() {
  app.footer(kMainExamples);
  app.set_help_flag("-h,--help", "Print this help and exit");
  version_flag = app.add_flag("-V,--version");
  version_flag->description("Print the version, those of the libraries, and what this OpenSSL can't speak");
  run = command(&app, "run", "Start the proxy", kRunExamples);
  add_config_option(run);
  config = command(&app, "config", "Look at a configuration", "");
  config_check = command(config, "check", "Check a configuration file", kCheckExamples);
  config_check->add_option("FILE", invocation.config_file, "The file")->required()->type_name("");
  config_show = command(config, "show", "Print every value in force and where it came from", kShowExamples);
  add_config_option(config_show);
  ca = command(&app, "ca", "The local certificate authority that signs intercepted sites", "");
  ca_show = command(ca, "show", "Print what it is, where it is, and how to trust it", kCaShowExamples);
  add_config_option(ca_show);
  ca_export = command(ca, "export", "Print its certificate as PEM", kCaExportExamples);
  add_config_option(ca_export);
  ca_export->add_option("-o,--out", invocation.out_file, "Write to FILE instead of standard output")
      ->type_name("FILE");
  add_catalogue();
  add_ledger();
}

void Parser::add_catalogue() {
  explain = command(&app, "explain", "Say what a code or an error message means", kExplainExamples);
  explain->add_option("TEXT", words, "Code or message; without it standard input is read")->type_name("");
  explain->add_flag("--json", json, "Print JSON");
  codes = command(&app, "codes", "List every code that explain knows", kCodesExamples);
  auto* as_json = codes->add_flag("--json", json, "Print JSON, with all texts");
  codes->add_flag("--html", html, "Print a page to browse")->excludes(as_json);
  page = command(&app, "page", "Get the failure page, to change it", kPageExamples);
  page->add_option("--write", invocation.out_directory, "Write page.html, page.css and page.js into DIR")
      ->required()
      ->type_name("DIR");
}

void Parser::add_ledger() {
  ledger = command(&app, "ledger", "The memory of every certificate seen", "");
  add_ledger_commands(ledger, &invocation.ledger);
  for (CLI::App* sub : ledger->get_subcommands([](const CLI::App*) { return true; })) add_config_option(sub);
}

// The subcommand that was named last.
const CLI::App* innermost(const CLI::App* app) {
  for (auto named = app->get_subcommands(); !named.empty(); named = app->get_subcommands())
    app = named.front();
  return app;
}

std::string path_of(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return parent == nullptr ? app->get_name() : path_of(parent) + " " + app->get_name();
}

std::vector<const CLI::App*> all_commands(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

// Everything that could have been written at that place: "--config", "-c", "run".
std::vector<std::string> known_words(const CLI::App* app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    for (const std::string& name : option->get_snames()) words.push_back("-" + name);
  }
  for (const CLI::App* sub : all_commands(app)) words.push_back(sub->get_name());
  return words;
}

Invocation print(std::string text, ExitCode exit_code) {
  Invocation out;
  out.text = std::move(text);
  out.exit_code = exit_code;
  return out;
}

Invocation refuse(const CLI::App* app, const std::string& what) {
  return print("whytls: " + what + "\nSee \"" + path_of(app) + " --help\".\n", ExitCode::usage);
}

Invocation refuse_unknown(const CLI::App& app) {
  const CLI::App* where = innermost(&app);
  const std::vector<std::string> unknown = app.remaining(true);
  if (unknown.empty()) return refuse(where, "the arguments could not be read");
  const std::string& word = unknown.front();
  const bool wants_command = !all_commands(where).empty();
  const std::string kind = word.starts_with("-") ? "option" : wants_command ? "command" : "argument";
  const auto words = known_words(where);
  std::string text = "unknown " + kind + " \"" + visible(word) + "\"";
  const std::string near = config::nearest(word.substr(0, word.find('=')), words);
  if (!near.empty()) text += "; did you mean \"" + near + "\"?";
  return refuse(where, text);
}

// CLI11 puts the name of the command behind the text that it is given.
std::string help_of(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return app->help(parent == nullptr ? "" : path_of(parent));
}

Invocation read(Parser* parser, const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 takes them from the back
  try {
    parser->app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return print(help_of(innermost(&parser->app)), ExitCode::ok);
  } catch (const CLI::ExtrasError&) {
    return refuse_unknown(parser->app);
  } catch (const CLI::ParseError& error) {
    return refuse(innermost(&parser->app), visible(error.what()));
  }
  if (parser->version_flag->count() != 0) return print(version_text(), ExitCode::ok);
  const std::pair<const CLI::App*, Action> actions[] = {
      {parser->run, Action::run},
      {parser->config_check, Action::config_check},
      {parser->config_show, Action::config_show},
      {parser->ca_show, Action::ca_show},
      {parser->ca_export, Action::ca_export},
      {parser->explain, Action::explain},
      {parser->codes, Action::codes},
      {parser->page, Action::page_write},
  };
  const CLI::App* named = innermost(&parser->app);
  if (named->get_parent() == parser->ledger) {
    parser->invocation.action = Action::ledger;
    return parser->invocation;
  }
  for (const auto& [app, action] : actions) {
    if (named != app) continue;
    parser->invocation.action = action;
    parser->invocation.format = parser->json ? Format::json : parser->html ? Format::html : Format::text;
    for (const std::string& word : parser->words)
      parser->invocation.pasted.append(parser->invocation.pasted.empty() ? "" : " ").append(word);
    return parser->invocation;
  }
  return print(help_of(named), ExitCode::usage);  // no command, or half of one
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments) {
  try {
    Parser parser;
    return read(&parser, arguments);
  } catch (const std::exception& error) {
    return print(std::string("whytls: the command line could not be read: ") + error.what() + "\n",
                 ExitCode::usage);
  }
}

}  // namespace whytls::proxy
