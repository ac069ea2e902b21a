// TOML file -> Settings, or every mistake of the file in one run.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "tls/result.h"

namespace whytls::config {

// One mistake: "whytls.toml:12:3: error: policy.lab.on.cert_expird: unknown failure "cert_expird"; did you
// mean "cert_expired"?"
struct Mistake {
  Place place;             // line 0: the file as a whole (unreadable, not UTF-8 ...)
  std::string key;         // dotted, "listener[1].listen"
  std::string found;       // what stands there
  std::string allowed;     // what may stand there
  std::string suggestion;  // nearest spelling, may be empty
  std::string message;     // the sentence, complete
  bool warning = false;    // does not stop the start
  [[nodiscard]] std::string text() const;
};

struct Loaded {
  Settings settings;
  std::vector<Mistake> warnings;
};

// The built-in configuration: one forward listener on 127.0.0.1:8080, policy "browser".
[[nodiscard]] Settings defaults();

// Never throws, never aborts, whatever the bytes are.
[[nodiscard]] tl::expected<Loaded, std::vector<Mistake>> parse(std::string_view toml,
                                                               const std::string& file_name);
[[nodiscard]] tl::expected<Loaded, std::vector<Mistake>> load_file(const std::string& path);

// The policies by which upstreams are reached, once for each route, forward listener and [[policy_for]],
// twice for one that is not about a single host. Another one is only extended, or speaks for a reverse
// listener: it need not make sense by itself.
[[nodiscard]] std::multiset<std::string> upstream_policies(const Settings& settings);

// Checks what needs the outside: files that the settings name can be read, keys match certificates, TLS
// options are accepted by this OpenSSL. Called by `config check` and before a start or reload.
[[nodiscard]] std::vector<Mistake> check_environment(const Settings& settings, tls::UnixSeconds now);

// `config show`: each effective value and where it came from, aligned.
[[nodiscard]] std::string show(const Settings& settings);

}  // namespace whytls::config
