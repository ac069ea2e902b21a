#include "policy/messages.h"

namespace whytls::policy {

namespace {

using std::string_view_literals::operator""sv;

// Made from messages.toml by the build.
#include "policy/messages.inc"

}  // namespace

std::span<const Message> all_messages() {
  return kMessages;
}

}  // namespace whytls::policy
