// SIGHUP: everything of the new configuration, or nothing.
#include "proxy/control_impl.h"
#include "proxy/control_notify.h"
#include "proxy/descriptor_limit.h"

namespace whytls::proxy {

void log_mistakes(EventLog* events, std::string_view event, const std::vector<config::Mistake>& mistakes) {
  for (const config::Mistake& mistake : mistakes) {
    events->write(mistake.warning ? config::LogLevel::warning : config::LogLevel::error, event,
                  {{"error.message", mistake.text()},
                   {"file", mistake.place.file},
                   {"line", std::int64_t{mistake.place.line}},
                   {"column", std::int64_t{mistake.place.column}}});
  }
}

void Control::Impl::reload() {
  notify_reloading();
  auto loaded = load_settings(options.config_file, options.clock() / 1000);
  if (!loaded) {
    log_mistakes(options.events, "config_warning", loaded.error().warnings);
    log_mistakes(options.events, "reload_failed", loaded.error().errors);
    last_reload_ok = false;
  } else {
    log_mistakes(options.events, "config_warning", loaded->warnings);
    const auto applied = apply(*loaded);
    last_reload_ok = applied.has_value();
    if (!applied) {
      options.events->write(config::LogLevel::error, "reload_failed",
                            {{"error.message", applied.error().text()}});
    }
  }
  if (last_reload_ok) {
    ++reloads_ok;
    options.events->write(config::LogLevel::info, "reloaded", {{"file", options.config_file}});
    warn_of_descriptor_limit(options.events, *options.server->settings());
    log_listening();
  } else {
    ++reloads_failed;
  }
  notify_ready(status_text());
}

// The log moves first, for its file may be unusable; when the rest fails it moves back.
Result<void> Control::Impl::apply(const UsableSettings& wanted) {
  const auto old = options.server->settings();
  constexpr const char* kRestart = "restart whytls for this change";
  if (needs_authority(*wanted.settings)) {
    if (!options.authority) return fail("minting needs an authority, and none was loaded", {}, kRestart);
    if (wanted.settings->authority.directory != old->authority.directory) {
      return fail("the directory of the authority changed", wanted.settings->authority.directory, kRestart);
    }
  }
  if (wanted.settings->ledger != old->ledger)
    return fail("the ledger's settings changed", wanted.settings->ledger.directory, kRestart);
  auto moved = options.log->reopen(wanted.settings->log.file);
  if (!moved) return moved;
  auto taken = take_over(wanted);
  if (!taken) {
    const auto back = options.log->reopen(old->log.file);
    if (!back)
      options.events->write(config::LogLevel::error, "log_reopen_failed",
                            {{"error.message", back.error().text()}});
  }
  return taken;
}

Result<void> Control::Impl::take_over(const UsableSettings& wanted) {
  const config::Settings& settings = *wanted.settings;
  const config::Admin& before = options.server->settings()->admin;
  const bool admin_stays = before.enabled == settings.admin.enabled && before.listen == settings.admin.listen;
  std::unique_ptr<Admin> new_admin;
  if (!admin_stays) {
    auto opened = open_admin(settings);
    if (!opened) return tl::make_unexpected(opened.error());
    new_admin = std::move(*opened);
  }
  auto reloaded = options.server->reload(wanted.settings, wanted.page);
  if (!reloaded) return reloaded;
  if (!admin_stays) admin = std::move(new_admin);
  options.events->set_threshold(settings.log.level);
  return {};
}

}  // namespace whytls::proxy
