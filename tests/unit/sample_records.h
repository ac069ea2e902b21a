// Records made by hand, one for each kind of failure that looks different: what the renderers are tested
// with. Fixed moments, fixed certificates: the same bytes at every run.
#pragma once

#include <string>
#include <vector>

#include "proxy/record.h"

namespace whytls::proxy::samples {

inline constexpr std::int64_t kNow = 1'792'231'200;  // 2026-10-17T10:00:00Z

// A device whose certificate has expired and is for another name; trusted CA, reverse mode, policy from a
// file.
[[nodiscard]] Record expired_and_misnamed();
// A device with a certificate of its own, nothing else wrong.
[[nodiscard]] Record self_signed_device();
// A public name whose server forgot the intermediate.
[[nodiscard]] Record missing_intermediate();
// Alert 40 before anything was agreed.
[[nodiscard]] Record alert_40();
// Plain HTTP on the TLS port; every text of the peer and of the request holds markup, ANSI and bidi
// characters.
[[nodiscard]] Record hostile_plain_http();
// A name that does not exist.
[[nodiscard]] Record dns_not_found();
// A client that does not trust our CA.
[[nodiscard]] Record client_rejects_ca();
// A pinned key that changed.
[[nodiscard]] Record changed_key();
// Nothing wrong.
[[nodiscard]] Record healthy();
// A chain of certificates whose every text field is as long and as hostile as the bounds of tls/ allow.
[[nodiscard]] Record hostile_chain();

struct Named {
  const char* name;
  Record record;
};
// All that are a failure, with the names of their golden files.
[[nodiscard]] std::vector<Named> failures();

// Markup, quotes, ANSI, bidi, zero-width, invalid UTF-8.
[[nodiscard]] std::string hostile_text();

}  // namespace whytls::proxy::samples
