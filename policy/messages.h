// The words in which programs report failures, from messages.toml (embedded at build time). The words of the
// clients that the page tells about are in clients.h; here is everybody else: servers, proxies, libraries,
// tools.
#pragma once

#include <span>
#include <string_view>

#include "policy/failure.h"

namespace whytls::policy {

struct Message {
  std::string_view program;  // who prints it: "nginx"; a library when many programs pass its words on
  std::string_view text;     // the telling words; "…" stands for anything
  std::span<const Failure> failures;  // what they mean, the likeliest first; never empty
  std::string_view settle;            // what would tell them apart; empty: there is one failure
  std::string_view note;              // what is peculiar to this program; may be empty
};

// In the order of the file. Static data.
[[nodiscard]] std::span<const Message> all_messages();

}  // namespace whytls::policy
