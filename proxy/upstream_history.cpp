#include "proxy/upstream_history.h"

#include <string>
#include <string_view>

#include "tls/digest.h"

namespace whytls::proxy {

namespace {

policy::SeenBefore seen_before(const ledger::Known& known) {
  policy::SeenBefore out;
  out.host = known.host;
  out.port = known.port;
  out.sha256_hex = ledger::hex_of(known.sha256);
  out.pin =
      tls::base64_of({reinterpret_cast<const char*>(known.spki_sha256.data()), known.spki_sha256.size()});
  out.first_seen = known.times.first_seen;
  out.last_seen = known.times.last_seen;
  return out;
}

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

// Another certificate with the same key is no other key: renewals that keep it are what first use is for.
bool has_other_key(const ledger::Remembered& remembered) {
  return remembered.other && remembered.other->differences.has(ledger::Differences::key);
}

}  // namespace

std::shared_ptr<policy::History> history_of(const ledger::Memory& memory) {
  auto out = std::make_shared<policy::History>();
  for (const ledger::Conflict& conflict : memory.conflicts) {
    if (conflict.shown.empty()) continue;
    out->reused_serials.push_back({conflict.depth, seen_before(conflict.shown.front()), conflict.total});
  }
  if (!memory.remembered) {
    out->key = policy::KeyMemory::none_yet;
  } else if (!has_other_key(*memory.remembered)) {
    out->key = policy::KeyMemory::same;
  } else {
    out->key = policy::KeyMemory::other;
    out->remembered = seen_before(memory.remembered->other->certificate);
    out->differences = joined(memory.remembered->other->differences.field_names());
  }
  return out;
}

}  // namespace whytls::proxy
