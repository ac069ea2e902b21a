// Checks what the settings name outside of the file. The tls room does all reading; here its errors get
// places.
#include <algorithm>
#include <map>
#include <set>

#include "config/load.h"
#include "config/report.h"
#include "config/text.h"
#include "config/units.h"

namespace whytls::config {

namespace {

// Option names of tls::UpstreamOptions and tls::ClientLegOptions, as keys of the file.
std::string option_key(const std::string& option) {
  if (option == "client_certificate_file") return "client_certificate";
  if (option == "client_key_file") return "client_key";
  return option;
}

// Which key of [trust] named the file.
std::string trust_key(const tls::TrustOptions& trust, const Error& error) {
  const auto& lists = trust.crl_files;
  if (std::find(lists.begin(), lists.end(), error.where) != lists.end()) return ".trust.crl_files";
  return trust.ca_files.empty() ? ".trust.system" : ".trust.ca_files";
}

class Checker {
 public:
  Checker(const Settings& settings, tls::UnixSeconds now) : settings_(settings), now_(now) {
    for (const ShownValue& shown : settings.shown) places_.try_emplace(shown.key, shown.place);
  }

  std::vector<Mistake> run() {
    const auto used = upstream_policies(settings_);
    for (const auto& [name, policy] : settings_.policies) {
      check_rules(join_key("policy", name), policy);
      if (used.count(name) != 0) check_upstream(join_key("policy", name), policy);
    }
    for (std::size_t i = 0; i < settings_.listeners.size(); ++i) check_listener(i);
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.place.line < b.place.line; });
    return std::move(mistakes_);
  }

 private:
  [[nodiscard]] Place place_of(const std::string& key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? Place{} : found->second;
  }

  // One mistake for one cause: policies share what they inherit.
  void add(const std::string& key, const Error& error, bool is_warning) {
    Mistake mistake = make_mistake(place_of(key), key, {error.text(), error.where, error.hint, {}});
    mistake.warning = is_warning;
    const std::string cause =
        std::to_string(mistake.place.line) + ':' + std::to_string(mistake.place.column) + ' ' + error.text();
    const bool is_known = mistake.place.line > 0 && !seen_.insert(cause).second;
    if (!is_known) mistakes_.push_back(std::move(mistake));
  }
  void refuse(const std::string& key, const Error& error) { add(key, error, false); }
  void warn(const std::string& key, const std::string& what) { add(key, Error{what, {}, {}}, true); }

  void check_rules(const std::string& path, const policy::Policy& policy) {
    for (const policy::FailureInfo& row : policy::all_failures()) {
      const auto& rule = policy.on.at(static_cast<std::size_t>(row.failure));
      if (!rule || !rule->until || *rule->until > now_) continue;
      warn(path + ".on." + std::string(row.slug),
           "this rule ended on " + time_text(*rule->until) + "; the failure is refused again");
    }
  }

  void check_upstream(const std::string& path, const policy::Policy& policy) {
    const auto trust = tls::TrustStore::load(policy.tls.trust);
    if (!trust) {
      refuse(path + trust_key(policy.tls.trust, trust.error()), trust.error());
      return;
    }
    for (const tls::StaleList& list : (*trust)->stale_lists(now_)) {
      warn(path + ".trust.crl_files", list.file + ": the CRL of " + in_quotes(list.issuer) + " expired on " +
                                          time_text(list.next_update) + "; fetch the new one");
    }
    const auto context = tls::UpstreamContext::create(policy.tls, *trust);
    // The place says which key it is; the option's own name would repeat it in other words.
    if (!context)
      refuse(path + ".tls." + option_key(context.error().where),
             Error{context.error().what, {}, context.error().hint});
    if (!context || policy.tls.client_certificate_file.empty()) return;
    const auto identity = tls::Identity::load(policy.tls.client_certificate_file, policy.tls.client_key_file);
    if (identity) check_validity(path + ".tls.client_certificate", **identity);
  }

  void check_validity(const std::string& key, const tls::Identity& identity) {
    for (const tls::Certificate& certificate : identity.chain()) {
      if (certificate.not_after < now_) {
        warn(key, "the certificate of " + in_quotes(certificate.subject) + " expired on " +
                      time_text(certificate.not_after));
      } else if (certificate.not_before > now_) {
        warn(key, "the certificate of " + in_quotes(certificate.subject) + " is not valid before " +
                      time_text(certificate.not_before));
      }
    }
  }

  void check_listener(std::size_t index) {
    const Listener& listener = settings_.listeners[index];
    if (!listener.tls) return;
    const std::string path = join_index("listener", index) + ".tls";
    const auto context = tls::ClientLegContext::create(listener.tls->options, tls::make_ticket_keys());
    if (!context)
      refuse(path + '.' + option_key(context.error().where),
             Error{context.error().what, {}, context.error().hint});
    if (listener.tls->mint) return;
    const auto identity = tls::Identity::load(listener.tls->certificate_file, listener.tls->key_file);
    if (identity) {
      check_validity(path + ".certificate", **identity);
      return;
    }
    // The error names the file; a mismatch names either, and the key is what people exchange.
    const bool certificate = identity.error().where == listener.tls->certificate_file;
    refuse(path + (certificate ? ".certificate" : ".key"), identity.error());
  }

  const Settings& settings_;
  tls::UnixSeconds now_;
  std::map<std::string, Place> places_;
  std::set<std::string> seen_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::vector<Mistake> check_environment(const Settings& settings, tls::UnixSeconds now) {
  return Checker(settings, now).run();
}

}  // namespace whytls::config
