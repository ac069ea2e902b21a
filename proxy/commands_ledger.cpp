// `whytls ledger`: opening the store, and the questions that change nothing.
#include "proxy/commands_ledger.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <ostream>
#include <system_error>
#include <utility>

#include "policy/ledger/sqlite_store.h"
#include "proxy/escape.h"
#include "proxy/ledger_start.h"
#include "proxy/settings_source.h"

namespace whytls::proxy {
namespace {

using ledger::Listed;

constexpr tls::UnixSeconds kDay = 86'400;

// Prints a row as soon as it is known: a ledger may be larger than the memory that a command should take.
class Stream {
 public:
  Stream(std::ostream& out, LedgerFormat format, const std::string& csv_heading)
      : out_(out), is_json_(format == LedgerFormat::json) {
    out_ << (is_json_ ? "[" : csv_heading);
  }
  // false: nobody reads on.
  bool add(const std::string& row) {
    if (is_json_) out_ << (is_first_ ? "\n" : ",\n");
    is_first_ = false;
    out_ << row;
    return out_.good();
  }
  void end() {
    if (is_json_) out_ << (is_first_ ? "]\n" : "\n]\n");
  }

 private:
  std::ostream& out_;
  bool is_json_;
  bool is_first_ = true;
};

std::string counted(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string row_of(LedgerFormat format, const Listed& one) {
  return format == LedgerFormat::json ? ledger_text::list_json(one) : ledger_text::list_csv(one);
}

Result<std::vector<Listed>> collect(ledger::Store& store, const ledger::Filter& filter) {
  std::vector<Listed> out;
  const auto done = store.list(filter, [&out](const Listed& one) {
    out.push_back(one);
    return true;
  });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

void print_rows(const LedgerCommand& command, const std::vector<Listed>& rows) {
  Stream stream(command.console.out, command.request.format, ledger_text::list_csv_heading());
  for (const Listed& one : rows) {
    if (!stream.add(row_of(command.request.format, one))) return;
  }
  stream.end();
}

std::vector<ledger_text::Group> grouped(const std::vector<Listed>& certificates) {
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  std::vector<ledger_text::Group> out;
  for (const Listed& one : certificates) {
    const auto [at, is_new] = places.try_emplace({one.seen.issuer, one.seen.serial_hex}, out.size());
    if (is_new) out.emplace_back();
    out[at->second].push_back(one);
  }
  return out;
}

using ManyDetails = std::vector<ledger::Details>;

// Those of a host: every place that is meant is looked at, also those behind the first.
Result<ManyDetails> details_of_host(ledger::Store& store, const std::string& text) {
  ledger::Filter filter;
  std::optional<std::uint16_t> port;
  filter.host = text;
  if (const auto host = ledger_host(text)) {
    filter.host = host->host;
    port = host->port;
  }
  std::vector<std::string> found;
  const auto listed = store.list(filter, [&](const Listed& one) {
    const auto is_meant = [&](const ledger::ListedPlace& place) {
      return !port || (place.place.port == *port && place.place.host == filter.host);
    };
    if (std::any_of(one.all_places.begin(), one.all_places.end(), is_meant))
      found.push_back(ledger::hex_of(one.seen.sha256));
    return true;
  });
  if (!listed) return tl::make_unexpected(listed.error());
  ManyDetails out;
  for (const std::string& sha256 : found) {
    auto shown = store.show(sha256);
    if (!shown) return shown;
    std::move(shown->begin(), shown->end(), std::back_inserter(out));
  }
  return out;
}

Result<ManyDetails> details_of(ledger::Store& store, const std::string& text) {
  const auto digits = sha256_beginning(text);
  if (!digits) return details_of_host(store, text);
  // "cafe" is a host or the beginning of many a SHA-256; of eight digits it is no accident.
  if (digits->size() >= kMinSha256Digits) {
    auto shown = store.show(*digits);
    return shown && shown->empty() ? details_of_host(store, text) : shown;
  }
  auto shown = details_of_host(store, text);
  return shown && shown->empty() ? store.show(*digits) : shown;
}

Result<ledger_text::Shown> with_conflicts(ledger::Store& store, ledger::Details details) {
  ledger_text::Shown out{std::move(details), {}};
  for (const ledger::Digest& other : out.details.conflicts) {
    auto shown = store.show(ledger::hex_of(other));
    if (!shown) return tl::make_unexpected(shown.error());
    for (ledger::Details& one : *shown) {
      Listed listed{one.seen, one.times, one.places.size(), {}, 0, std::move(one.places)};
      if (listed.places != 0) {
        listed.host = listed.all_places.front().place.host;
        listed.port = listed.all_places.front().place.port;
      }
      out.conflicts.push_back(std::move(listed));
    }
  }
  return out;
}

Result<void> print_shown(const LedgerCommand& command, ManyDetails found) {
  const auto upstreams = read_upstreams(command.store);
  if (!upstreams) return tl::make_unexpected(upstreams.error());
  const bool is_text = command.request.format == LedgerFormat::text;
  std::ostream& out = command.console.out;
  std::optional<Stream> stream;
  if (!is_text) stream.emplace(out, command.request.format, ledger_text::export_csv_heading());
  bool is_first = true;
  for (ledger::Details& details : found) {
    const auto shown = with_conflicts(command.store, std::move(details));
    if (!shown) return tl::make_unexpected(shown.error());
    const ledger::Details& facts = shown->details;
    switch (command.request.format) {
      case LedgerFormat::text:
        out << (std::exchange(is_first, false) ? "" : "\n")
            << ledger_text::shown_text(*shown, *upstreams, command.now());
        break;
      case LedgerFormat::json:
        stream->add(ledger_text::shown_json(*shown, *upstreams));
        break;
      case LedgerFormat::csv:
        stream->add(ledger_text::export_csv(
            {facts.seen, facts.times, facts.places.size(), {}, 0, facts.places}, *upstreams));
        break;
    }
  }
  if (stream) stream->end();
  return {};
}

Result<void> answer(const LedgerCommand& command) {
  switch (command.request.question) {
    case LedgerQuestion::list:
      return list_certificates(command);
    case LedgerQuestion::show:
      return show_certificates(command);
    case LedgerQuestion::conflicts:
      return list_conflicts(command);
    case LedgerQuestion::expiring:
      return list_expiring(command);
    case LedgerQuestion::accept:
      return accept_certificate(command);
    case LedgerQuestion::forget:
      return forget_what_is_named(command);
    case LedgerQuestion::export_all:
      return export_ledger(command);
  }
  return fail("is not known", "the question");
}

}  // namespace

ExitCode ask_ledger(const Invocation& invocation, const Console& console) {
  const auto settings = read_settings(invocation.config_file);
  if (!settings) return report(settings.error(), console);
  const std::string file = ledger_file(settings->ledger);
  auto store = ledger::SqliteStore::open(file, ledger::OpenMode::reader_tool);
  if (!store) {
    std::error_code ignored;
    if (!settings->ledger.enabled && !std::filesystem::exists(file, ignored))
      store.error().hint = "[ledger] has enabled = false: none is kept";
    console.err << "whytls: " << store.error().text() << "\n";
    return ExitCode::failed;
  }
  const auto answered = answer({**store, invocation.ledger, console});
  if (!answered) {
    console.err << "whytls: " << answered.error().text() << "\n";
    return ExitCode::failed;
  }
  console.out << std::flush;
  return console.out.good() ? ExitCode::ok : ExitCode::failed;
}

Result<ledger_text::Upstreams> read_upstreams(ledger::Store& store) {
  ledger_text::Upstreams out;
  const auto done = store.upstreams([&out](const ledger::ListedUpstream& one) {
    out.add(one);
    return true;
  });
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

Result<void> list_certificates(const LedgerCommand& command) {
  const LedgerRequest& request = command.request;
  ledger::Filter filter;
  filter.host = request.host;
  filter.issuer = request.issuer;
  filter.sha256 = request.sha256;
  filter.last_seen_from = request.seen_since;
  filter.limit = request.limit;
  if (request.format != LedgerFormat::text) {
    Stream stream(command.console.out, request.format, ledger_text::list_csv_heading());
    auto done = command.store.list(
        filter, [&](const Listed& one) { return stream.add(row_of(request.format, one)); });
    if (done) stream.end();
    return done;
  }
  const auto found = collect(command.store, filter);
  if (!found) return tl::make_unexpected(found.error());
  if (found->empty()) {
    command.console.out << "No certificate in the ledger is such a one.\n";
  } else {
    command.console.out << ledger_text::list_text(*found) << "\n"
                        << counted(found->size(), "certificate", "certificates") << "\n";
  }
  return {};
}

Result<void> show_certificates(const LedgerCommand& command) {
  auto found = details_of(command.store, command.request.subject);
  if (!found) return tl::make_unexpected(found.error());
  if (found->empty() && command.request.format == LedgerFormat::text) {
    command.console.out << "The ledger has no certificate of " << visible(command.request.subject)
                        << ", nor one whose SHA-256 begins so.\n";
    return {};
  }
  return print_shown(command, std::move(*found));
}

Result<void> list_conflicts(const LedgerCommand& command) {
  ledger::Filter filter;
  filter.only_conflicts = true;
  const auto found = collect(command.store, filter);
  if (!found) return tl::make_unexpected(found.error());
  const auto groups = grouped(*found);
  std::ostream& out = command.console.out;
  if (command.request.format == LedgerFormat::text) {
    for (const auto& group : groups) out << ledger_text::group_text(group) << "\n";
    if (groups.empty()) {
      out << "No two certificates in the ledger have the same issuer and serial number.\n";
    } else {
      out << counted(groups.size(), "conflict", "conflicts") << "\n";
    }
    return {};
  }
  Stream stream(out, command.request.format, ledger_text::list_csv_heading());
  for (const auto& group : groups) {
    if (command.request.format == LedgerFormat::json) {
      stream.add(ledger_text::group_json(group));
      continue;
    }
    for (const Listed& one : group) stream.add(ledger_text::list_csv(one));
  }
  stream.end();
  return {};
}

Result<void> list_expiring(const LedgerCommand& command) {
  const tls::UnixSeconds now = command.now();
  ledger::Filter filter;
  filter.expires_before = now + command.request.within_days * kDay;
  auto found = collect(command.store, filter);
  if (!found) return tl::make_unexpected(found.error());
  // What has ended and was not seen since has been replaced.
  std::erase_if(*found, [now](const Listed& one) {
    return one.seen.not_after < now && one.times.last_seen <= one.seen.not_after;
  });
  std::stable_sort(found->begin(), found->end(), [](const Listed& one, const Listed& other) {
    return one.seen.not_after < other.seen.not_after;
  });
  if (command.request.format != LedgerFormat::text) {
    print_rows(command, *found);
  } else if (found->empty()) {
    command.console.out << "No certificate in the ledger ends within "
                        << counted(static_cast<std::size_t>(command.request.within_days), "day", "days")
                        << ".\n";
  } else {
    command.console.out << ledger_text::expiring_text(*found, now) << "\n"
                        << counted(found->size(), "certificate", "certificates") << "\n";
  }
  return {};
}

Result<void> export_ledger(const LedgerCommand& command) {
  const auto upstreams = read_upstreams(command.store);
  if (!upstreams) return tl::make_unexpected(upstreams.error());
  const bool is_json = command.request.format == LedgerFormat::json;
  Stream stream(command.console.out, command.request.format, ledger_text::export_csv_heading());
  auto done = command.store.list({}, [&](const Listed& one) {
    return stream.add(is_json ? ledger_text::export_json(one, *upstreams)
                              : ledger_text::export_csv(one, *upstreams));
  });
  if (done) stream.end();
  return done;
}

}  // namespace whytls::proxy
