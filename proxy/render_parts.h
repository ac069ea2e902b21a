// What the renderers of a record share: which failure, leg and phase to show, who may read what, and how
// values are written. Everything here is pure; texts that may hold a peer's bytes are returned raw unless
// said otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/words.h"
#include "proxy/record.h"

namespace whytls::proxy::parts {

// Bounds of what one answer shows of a hostile peer's material.
inline constexpr std::size_t kMaxShownNames = 20;        // names of one certificate
inline constexpr std::size_t kMaxShownCertificates = 6;  // of a chain
inline constexpr std::size_t kMaxPemSource =
    std::size_t{6} * 1024;  // bytes of DER: larger certificates are not printed
inline constexpr std::size_t kMaxPemTotal = std::size_t{16} * 1024;  // bytes of DER over the whole answer
inline constexpr std::size_t kMaxShownFacts = 16;                    // of one finding
inline constexpr std::size_t kMaxShownFindings = 24;
inline constexpr std::size_t kMaxSentenceBytes = 700;

// True when the policy let the attempt pass, with or without a warning.
[[nodiscard]] bool was_forwarded(const Record& record);
// Every finding with what is done about it: the verdict's, or the diagnosis's, all refused, when nobody
// judged.
[[nodiscard]] std::vector<policy::JudgedFinding> judged_findings(const Record& record);
// The finding of the failure that is reported; nullptr when there is none.
[[nodiscard]] const policy::Finding* primary_finding(const Record& record);
// The code to show for the failure that is reported: its finding's, which may be more exact than the
// failure's own.
[[nodiscard]] policy::NssCode code_of(const Record& record, const policy::FailureInfo& failure);
[[nodiscard]] policy::Leg failing_leg(const Record& record);
[[nodiscard]] policy::Phase failing_phase(const Record& record);
// The verdict's name; "refuse" for a failure that nobody judged.
[[nodiscard]] std::string_view verdict_name(const Record& record);
// "debug", "info", "warning", "error".
[[nodiscard]] std::string_view level_name(config::LogLevel level);
// The sentence as this audience may read it: the diagnosis's, or the summary of the catalogue.
[[nodiscard]] std::string sentence(const Record& record,
                                   const policy::Language& language = policy::english());
// `text` without the paths of files when the audience may not see them. Only the audience `full` may.
[[nodiscard]] std::string for_audience(const Record& record, std::string_view text,
                                       const policy::Language& language = policy::english());
// Who named the policy in force: "lab: policy_for, whytls.toml:12:1". Empty: nobody did.
[[nodiscard]] std::string chosen_by(const Record& record);
// A fact as this audience may read it, in the language as far as whytls wrote it.
[[nodiscard]] std::string fact_value(const Record& record, const policy::Language& language,
                                     std::string_view key, std::string_view text);
// True on a page of another language for a value that stays in the English of OpenSSL.
[[nodiscard]] bool is_foreign_english(const policy::Language& language, std::string_view key,
                                      std::string_view text);
// Seconds of the moment of the record.
[[nodiscard]] inline tls::UnixSeconds now_of(const Record& record) {
  return record.time_ms / 1000;
}

// "2026-11-21T10:20:30.123Z", "2026-11-21T10:20:30Z", "2026-11-21".
[[nodiscard]] std::string rfc3339_ms(std::int64_t unix_ms);
[[nodiscard]] std::string rfc3339(tls::UnixSeconds when);
[[nodiscard]] std::string date(tls::UnixSeconds when);
// "2,341 days ago", "in 3 hours".
[[nodiscard]] std::string distance(tls::UnixSeconds when, tls::UnixSeconds now,
                                   const policy::Language& language = policy::english());
// "840 µs", "12.3 ms", "4.20 s".
[[nodiscard]] std::string duration(std::int64_t us, const policy::Language& language = policy::english());
// "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t number, const policy::Language& language = policy::english());
// "a.example:443", "[::1]:443".
[[nodiscard]] std::string authority(std::string_view host, std::uint16_t port);
// "0xc02f".
[[nodiscard]] std::string hex_number(std::uint16_t number);
// Hex digits in upper case, in pairs with colons: the form that openssl and browsers print.
[[nodiscard]] std::string colon_hex(std::string_view hex);
[[nodiscard]] std::string upper(std::string_view text);

// "RSA, 2048 bits", "EC P-256".
[[nodiscard]] std::string key_text(const tls::Certificate& certificate,
                                   const policy::Language& language = policy::english());
// "DNS:a.example", "IP:10.0.0.1"; at most kMaxShownNames of them.
[[nodiscard]] std::vector<std::string> shown_names(const tls::Certificate& certificate);
// How many names the certificate has beyond the ones shown.
[[nodiscard]] std::size_t omitted_names(const tls::Certificate& certificate);
// Gives out PEM until the bound of one answer is used up; then empty.
class PemBudget {
 public:
  [[nodiscard]] std::string pem(const tls::Certificate& certificate);

 private:
  std::size_t left_ = kMaxPemTotal;
};

}  // namespace whytls::proxy::parts
