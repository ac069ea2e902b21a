// The prose of the catalogue, from failure_text.toml (embedded at build time).
#pragma once

#include <string_view>
#include <vector>

#include "policy/failure.h"

namespace whytls::policy {

// What people need to know about one failure; what other clients say of it is in clients.h. Texts may hold
// {host}, {port}, {sni}, {address} ... : see docs/facts.md; the renderer fills them in, escaped.
struct FailureText {
  std::string_view meaning;                // two sentences
  std::vector<std::string_view> causes;    // likely causes, most likely first
  std::string_view visitor;                // what the visitor does, one line
  std::string_view owner;                  // what the proxy's owner does
  std::string_view device;                 // what the server's or device's owner does
  std::vector<std::string_view> commands;  // to verify, with placeholders
  std::string_view reference;              // "RFC 5280, 4.1.2.5"
  std::string_view
      tell;  // how to see that it is this failure and not one that others word alike; may be empty
};

// Never fails: the build refuses a failure without a text.
[[nodiscard]] const FailureText& text(Failure failure);

}  // namespace whytls::policy
