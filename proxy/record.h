// The record of one upstream handshake, client connection or failure: the one value from which the log line,
// the counter, the page, the problem document and the text line are rendered, so that they can't disagree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "policy/diagnosis.h"
#include "policy/evidence.h"
#include "policy/verdict.h"
#include "policy/words.h"
#include "proxy/clock_watch.h"
#include "proxy/page_template.h"

namespace whytls::proxy {

struct Record {
  std::string incident;      // 16 lower-case hex digits, random
  std::int64_t time_ms = 0;  // Unix milliseconds
  std::string proxy_name;    // "whytls"
  std::string listener;      // name
  config::Mode mode = config::Mode::forward;
  config::Audience audience = config::Audience::full;
  std::string route;  // "" in forward mode, else "host/path" of the route
  std::string policy_name;
  std::optional<policy::Choice> policy_choice;  // who named it; nullopt: no upstream was chosen
  std::string client_address;                   // "127.0.0.1:50123"
  std::string method;         // of the request that wanted the upstream, empty when there is none
  std::string url;            // absolute, bounded, raw
  std::string sni;            // sent to the upstream, empty: none
  std::string expected_name;  // the name that the certificate was checked against

  policy::Attempt attempt;
  policy::Diagnosis diagnosis;
  policy::Verdict verdict;
  std::optional<ClockDoubt>
      clock;  // when the dates of a certificate do not hold: why it may be a clock's fault

  // The failure to report: the verdict's, else the diagnosis's. nullopt: healthy.
  [[nodiscard]] std::optional<policy::Failure> failure() const;
  // Status of the answer: the failure's, 200 when healthy.
  [[nodiscard]] int status() const;
};

// What a client wants to read, from its request header.
enum class Representation : std::uint8_t { html, problem_json, text };
struct Wishes {
  std::string accept;  // raw field values, empty when absent
  std::string accept_language;
  std::string sec_fetch_mode;
  std::string sec_fetch_dest;
  std::string user_agent;
};
[[nodiscard]] Representation choose_representation(const Wishes& wishes);
// The language of the page for an Accept-Language field (RFC 9110, 12.5.4): the one with the highest weight
// that was built in, by lookup (RFC 4647, 3.4: "de-AT" finds "de"). English when there is none.
[[nodiscard]] const policy::Language& choose_language(std::string_view accept_language);

struct Rendered {
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Security-Policy and so on
};
// The answer to a request that can't be forwarded. Peer text is escaped and bounded in each. The page alone
// is in `language`: programs and search engines read the others, which stay English.
[[nodiscard]] Rendered render(const Record& record, Representation representation,
                              const policy::Language& language = policy::english(),
                              const SharedPage& page = built_in_page());

// A thread parses a page once, and gives it up some time after everybody else has.
[[nodiscard]] std::string render_html(const Record& record,
                                      const policy::Language& language = policy::english(),
                                      const SharedPage& page = built_in_page());
[[nodiscard]] std::string render_problem_json(const Record& record);
[[nodiscard]] std::string render_text(const Record& record);  // one line with its newline
// One JSON object without a newline.
[[nodiscard]] std::string render_log_line(const Record& record);
// Value of Proxy-Status (RFC 9209), a valid structured field (RFC 8941).
[[nodiscard]] std::string render_proxy_status(const Record& record);
// Level at which the record is logged: notice -> debug, healthy -> info, warning -> warning, else error.
[[nodiscard]] config::LogLevel log_level(const Record& record);

}  // namespace whytls::proxy
