#include "policy/messages.h"

namespace whytls::policy {

std::span<const Message> all_messages() {
  // Made from messages.toml by the build.
  static const std::vector<Message> kMessages = {
#include "policy/messages.inc"
  };
  return kMessages;
}

}  // namespace whytls::policy
