// `whytls ledger accept` and `forget`: what a person decides.
#include <ostream>

#include "proxy/commands_ledger.h"
#include "proxy/escape.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using ledger::Digest;

// The one certificate that begins so.
Result<ledger::Details> only_one(ledger::Store& store, const std::string& beginning) {
  auto found = store.show(beginning);
  if (!found) return tl::make_unexpected(found.error());
  if (found->empty()) return fail("no certificate in the ledger has a SHA-256 that begins so", beginning);
  if (found->size() > 1) {
    return fail("the SHA-256 of " + std::to_string(found->size()) + " certificates begins so", beginning,
                "more digits, please; see \"whytls ledger list --sha256\"");
  }
  return std::move(found->front());
}

// "3f9a...  CN=a.test"
std::string name_of(ledger::Store& store, const Digest& sha256) {
  const std::string hex = ledger::hex_of(sha256);
  const auto found = store.show(hex);
  return found && !found->empty() ? hex + "  " + visible(found->front().seen.subject) : hex;
}

Result<std::optional<ledger::ListedUpstream>> remembered_at(ledger::Store& store, const std::string& host,
                                                            std::uint16_t port) {
  std::optional<ledger::ListedUpstream> out;
  const auto done = store.upstreams([&](const ledger::ListedUpstream& one) {
    const bool is_it = one.host == host && one.port == port;
    if (is_it && one.remembered) out = one;
    return !is_it;
  });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

bool was_seen_at(const ledger::Details& details, const std::string& host, std::uint16_t port) {
  for (const ledger::ListedPlace& one : details.places) {
    if (one.place.host == host && one.place.port == port) return true;
  }
  return false;
}

Result<void> forget_host(const LedgerCommand& command) {
  std::string gone;
  const std::string& host = command.request.host;
  const auto listed = command.store.upstreams([&](const ledger::ListedUpstream& one) {
    if (one.host == host && one.remembered) gone += "  " + ledger_text::remembered_text(one) + "\n";
    return true;
  });
  if (!listed) return tl::make_unexpected(listed.error());
  const auto count = command.store.forget_host(host, command.now());
  if (!count) return tl::make_unexpected(count.error());
  if (*count == 0) {
    command.console.out << "Nothing is remembered for " << visible(host) << ".\n";
    return {};
  }
  command.console.out
      << "Forgotten:\n"
      << gone << "The certificates stay in the ledger; \"whytls ledger forget --sha256\" deletes one.\n";
  return {};
}

Result<void> forget_certificate(const LedgerCommand& command) {
  const auto one = only_one(command.store, command.request.sha256);
  if (!one) {
    // The running proxy may have one that is not written yet: it is told.
    if (const auto whole = ledger::digest_of_hex(command.request.sha256)) {
      const auto told = command.store.forget_certificate(*whole, command.now());
      if (!told) return tl::make_unexpected(told.error());
    }
    return tl::make_unexpected(one.error());
  }
  const auto upstreams = read_upstreams(command.store);
  if (!upstreams) return tl::make_unexpected(upstreams.error());
  const auto done = command.store.forget_certificate(one->seen.sha256, command.now());
  if (!done) return tl::make_unexpected(done.error());
  std::ostream& out = command.console.out;
  out << "Deleted: " << ledger::hex_of(one->seen.sha256) << "  " << visible(one->seen.subject) << "\n";
  for (const ledger::ListedPlace& place : one->places) {
    out << "  seen at " << visible(parts::authority(place.place.host, place.place.port)) << " ("
        << visible(place.place.address) << ")\n";
  }
  const auto remembered = upstreams->remembered.find(one->seen.sha256);
  if (remembered == upstreams->remembered.end()) return {};
  for (const ledger::ListedUpstream& upstream : remembered->second) {
    out << "  no longer remembered for " << visible(parts::authority(upstream.host, upstream.port)) << "\n";
  }
  return {};
}

}  // namespace

Result<void> accept_certificate(const LedgerCommand& command) {
  const LedgerRequest& request = command.request;
  std::optional<Digest> wanted;
  bool is_foreign = false;
  if (!request.sha256.empty()) {
    const auto one = only_one(command.store, request.sha256);
    if (!one) return tl::make_unexpected(one.error());
    wanted = one->seen.sha256;
    is_foreign = !was_seen_at(*one, request.host, request.port);
  }
  const auto before = remembered_at(command.store, request.host, request.port);
  if (!before) return tl::make_unexpected(before.error());
  const auto accepted = command.store.accept(request.host, request.port, wanted, command.now());
  if (!accepted) return tl::make_unexpected(accepted.error());
  std::ostream& out = command.console.out;
  out << visible(parts::authority(request.host, request.port)) << "\n";
  if (*before) {
    const bool by_person = (*before)->remembered_by == ledger::RememberedBy::accepted;
    out << "  before: " << name_of(command.store, *(*before)->remembered) << "\n          "
        << (by_person ? "accepted " : "first use ") << parts::rfc3339((*before)->remembered_at) << "\n";
  } else {
    out << "  before: nothing was remembered\n";
  }
  out << "  now:    " << name_of(command.store, *accepted) << "\n          accepted "
      << parts::rfc3339(command.now()) << "\n";
  if (*before && (*before)->remembered == *accepted) out << "It was the remembered one already.\n";
  if (is_foreign) out << "No place is kept that says that it was seen at this host and port.\n";
  return {};
}

Result<void> forget_what_is_named(const LedgerCommand& command) {
  return command.request.host.empty() ? forget_certificate(command) : forget_host(command);
}

}  // namespace whytls::proxy
