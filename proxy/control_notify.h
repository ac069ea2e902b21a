// What the service manager is told (sd_notify(3)); nothing happens when there is none.
#pragma once

#include <string>

namespace whytls::proxy {

void notify_ready(const std::string& status);
// Between this and the next notify_ready() the configuration is reread.
void notify_reloading();
void notify_stopping(const std::string& status);

}  // namespace whytls::proxy
