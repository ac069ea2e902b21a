#include "proxy/control_notify.h"

#ifdef WHYTLS_HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

#include <chrono>
#endif

namespace whytls::proxy {

#ifdef WHYTLS_HAVE_SYSTEMD

namespace {

// A manager that can't be told changes nothing for the clients: the result is not looked at.
void notify(const std::string& state) {
  constexpr int kKeepEnvironment = 0;
  (void)sd_notify(kKeepEnvironment, state.c_str());
}

}  // namespace

void notify_ready(const std::string& status) {
  notify("READY=1\nSTATUS=" + status);
}

void notify_reloading() {
  // On Linux steady_clock is CLOCK_MONOTONIC, which Type=notify-reload compares with.
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us) + "\nSTATUS=rereading the configuration");
}

void notify_stopping(const std::string& status) {
  notify("STOPPING=1\nSTATUS=" + status);
}

#else

void notify_ready(const std::string&) {}
void notify_reloading() {}
void notify_stopping(const std::string&) {}

#endif

}  // namespace whytls::proxy
