// The command line of whytls: what can be asked, and doing it.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "config/load.h"
#include "proxy/ledger_request.h"
#include "proxy/server.h"
#include "tls/evidence.h"

namespace whytls::proxy {

// What a shell sees.
enum class ExitCode : int {
  ok = 0,
  failed = 1,  // a port in use, a file that can't be read, a key that doesn't match
  usage = 2,   // wrong arguments, or mistakes in the configuration file; nothing was started
};

enum class Action : std::uint8_t {
  run,
  config_check,
  config_show,
  ca_show,
  ca_export,
  explain,
  codes,
  page_write,
  ledger,
  print
};

enum class Format : std::uint8_t { text, json, html };

// A command line, understood.
struct Invocation {
  Action action = Action::print;
  std::string config_file;       // -c, or FILE of config check; empty: the built-in defaults
  std::string out_file;          // ca export --out; empty: standard output
  std::string out_directory;     // page --write
  std::string pasted;            // explain TEXT; empty: it comes from standard input
  Format format = Format::text;  // of explain and codes
  LedgerRequest ledger;
  // For Action::print: help, the version, or what is wrong with the command line.
  std::string text;
  ExitCode exit_code = ExitCode::ok;  // not ok: the text goes to standard error
};

// arguments: without the name of the program. Pure; never throws.
[[nodiscard]] Invocation parse_command_line(const std::vector<std::string>& arguments);

// Where commands read from and write to, and what time it is.
struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  WallClock clock;
};

[[nodiscard]] ExitCode execute(const Invocation& invocation, const Console& console);

// The single commands.
[[nodiscard]] ExitCode run_proxy(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode check_config(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode show_config(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode show_authority(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode export_authority(const Invocation& invocation, const Console& console);
// Exit code failed: nothing in the text is known.
[[nodiscard]] ExitCode explain_pasted(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode list_codes(const Invocation& invocation, const Console& console);
// Nothing is overwritten: with one of the files there already, none is written.
[[nodiscard]] ExitCode write_page(const Invocation& invocation, const Console& console);
[[nodiscard]] ExitCode ask_ledger(const Invocation& invocation, const Console& console);

// One line with its newline: "whytls.toml:12:3: error: ...".
[[nodiscard]] std::string text_of(const config::Mistake& mistake);
struct RefusedSettings;
// Every mistake on a line of its own; the exit code that goes with them.
ExitCode report(const RefusedSettings& refused, const Console& console);

}  // namespace whytls::proxy
