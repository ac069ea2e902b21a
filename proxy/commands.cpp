#include "proxy/commands.h"

#include <ostream>

#include "proxy/settings_source.h"

namespace whytls::proxy {

ExitCode execute(const Invocation& invocation, const Console& console) {
  switch (invocation.action) {
    case Action::run:
      return run_proxy(invocation, console);
    case Action::config_check:
      return check_config(invocation, console);
    case Action::config_show:
      return show_config(invocation, console);
    case Action::ca_show:
      return show_authority(invocation, console);
    case Action::ca_export:
      return export_authority(invocation, console);
    case Action::explain:
      return explain_pasted(invocation, console);
    case Action::codes:
      return list_codes(invocation, console);
    case Action::page_write:
      return write_page(invocation, console);
    case Action::ledger:
      return ask_ledger(invocation, console);
    case Action::print:
      (invocation.exit_code == ExitCode::ok ? console.out : console.err) << invocation.text;
      return invocation.exit_code;
  }
  return ExitCode::usage;
}

std::string text_of(const config::Mistake& mistake) {
  return (mistake.place.file.empty() ? "built-in configuration" : "") + mistake.text() + "\n";
}

ExitCode report(const RefusedSettings& refused, const Console& console) {
  for (const config::Mistake& mistake : refused.errors) console.err << text_of(mistake);
  for (const config::Mistake& warning : refused.warnings) console.err << text_of(warning);
  switch (refused.cause) {
    case RefusedSettings::Cause::mistakes:
      return ExitCode::usage;
    case RefusedSettings::Cause::environment:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

ExitCode check_config(const Invocation& invocation, const Console& console) {
  const auto loaded = load_settings(invocation.config_file, console.clock() / 1000);
  if (!loaded) return report(loaded.error(), console);
  for (const config::Mistake& warning : loaded->warnings) console.err << text_of(warning);
  console.out << invocation.config_file << ": ok\n";
  return ExitCode::ok;
}

// Also with an environment that would stop a start: looking at the values helps to find out why.
ExitCode show_config(const Invocation& invocation, const Console& console) {
  if (invocation.config_file.empty()) {
    console.out << config::show(config::defaults());
    return ExitCode::ok;
  }
  const auto loaded = config::load_file(invocation.config_file);
  if (!loaded) return report({RefusedSettings::Cause::mistakes, loaded.error(), {}}, console);
  for (const config::Mistake& warning : loaded->warnings) console.err << text_of(warning);
  console.out << config::show(loaded->settings);
  return ExitCode::ok;
}

}  // namespace whytls::proxy
