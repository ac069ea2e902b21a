// Settings from where the command line says: a file, or the built-in defaults. The start, `config check` and
// a reload all go through here, so that they accept and refuse the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/settings.h"
#include "proxy/page_template.h"
#include "tls/result.h"

namespace whytls::proxy {

struct UsableSettings {
  std::shared_ptr<const config::Settings> settings;
  SharedPage page;  // the failure page that they name
  std::vector<config::Mistake> warnings;
};

struct RefusedSettings {
  enum class Cause : std::uint8_t {
    mistakes,     // the file says something that it may not say
    environment,  // what it says is fine, but a file it names can't be used (the page's are files like the
                  // others), or this OpenSSL refuses an option
  };
  Cause cause = Cause::mistakes;
  std::vector<config::Mistake> errors;  // at least one
  std::vector<config::Mistake> warnings;
};

// config_file empty: the defaults.
[[nodiscard]] tl::expected<UsableSettings, RefusedSettings> load_settings(const std::string& config_file,
                                                                          tls::UnixSeconds now);
// What they say only, for commands that need the name of a directory: what the environment lacks does not
// matter there.
[[nodiscard]] tl::expected<config::Settings, RefusedSettings> read_settings(const std::string& config_file);
// True when leaves have to be minted: in forward mode, and for a listener with tls.mint.
[[nodiscard]] bool needs_authority(const config::Settings& settings);

}  // namespace whytls::proxy
