#include "proxy/settings_source.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace whytls::proxy {

tl::expected<UsableSettings, RefusedSettings> load_settings(const std::string& config_file,
                                                            tls::UnixSeconds now) {
  config::Loaded loaded;
  if (config_file.empty()) {
    loaded.settings = config::defaults();
  } else {
    auto read = config::load_file(config_file);
    if (!read) {
      return tl::make_unexpected(
          RefusedSettings{RefusedSettings::Cause::mistakes, std::move(read.error()), {}});
    }
    loaded = std::move(*read);
  }
  std::vector<config::Mistake> found = config::check_environment(loaded.settings, now);
  LoadedPage page = load_page(loaded.settings);
  std::move(page.mistakes.begin(), page.mistakes.end(), std::back_inserter(found));
  const auto first_error =
      std::stable_partition(found.begin(), found.end(), [](const auto& mistake) { return mistake.warning; });
  std::move(found.begin(), first_error, std::back_inserter(loaded.warnings));
  found.erase(found.begin(), first_error);
  if (!found.empty()) {
    return tl::make_unexpected(
        RefusedSettings{RefusedSettings::Cause::environment, std::move(found), std::move(loaded.warnings)});
  }
  return UsableSettings{std::make_shared<const config::Settings>(std::move(loaded.settings)),
                        std::move(page.page), std::move(loaded.warnings)};
}

tl::expected<config::Settings, RefusedSettings> read_settings(const std::string& config_file) {
  if (config_file.empty()) return config::defaults();
  auto loaded = config::load_file(config_file);
  if (!loaded) {
    return tl::make_unexpected(
        RefusedSettings{RefusedSettings::Cause::mistakes, std::move(loaded.error()), {}});
  }
  return std::move(loaded->settings);
}

bool needs_authority(const config::Settings& settings) {
  return std::any_of(settings.listeners.begin(), settings.listeners.end(),
                     [](const config::Listener& listener) {
                       return listener.mode == config::Mode::forward || (listener.tls && listener.tls->mint);
                     });
}

}  // namespace whytls::proxy
