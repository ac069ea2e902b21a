// The alerts of the handshake: what each means, and why the peer may have sent it.
#include <algorithm>
#include <array>

#include "policy/diagnosis.h"
#include "proxy/render_page.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kMaxAlerts = 8;
constexpr std::size_t kMaxCauses = 3;

struct Meaning {
  std::uint8_t number;
  Word word;
};
// What the number alone says, whoever sent it (RFC 8446, 6, and the registry "TLS Alerts").
constexpr std::array kMeanings = {
    Meaning{0, Word::alert_says_close_notify},
    Meaning{10, Word::alert_says_unexpected_message},
    Meaning{20, Word::alert_says_bad_record_mac},
    Meaning{21, Word::alert_says_decryption_failed},
    Meaning{22, Word::alert_says_record_overflow},
    Meaning{30, Word::alert_says_decompression_failure},
    Meaning{40, Word::alert_says_handshake_failure},
    Meaning{41, Word::alert_says_no_certificate},
    Meaning{42, Word::alert_says_bad_certificate},
    Meaning{43, Word::alert_says_unsupported_certificate},
    Meaning{44, Word::alert_says_certificate_revoked},
    Meaning{45, Word::alert_says_certificate_expired},
    Meaning{46, Word::alert_says_certificate_unknown},
    Meaning{47, Word::alert_says_illegal_parameter},
    Meaning{48, Word::alert_says_unknown_ca},
    Meaning{49, Word::alert_says_access_denied},
    Meaning{50, Word::alert_says_decode_error},
    Meaning{51, Word::alert_says_decrypt_error},
    Meaning{52, Word::alert_says_too_many_cids_requested},
    Meaning{60, Word::alert_says_export_restriction},
    Meaning{70, Word::alert_says_protocol_version},
    Meaning{71, Word::alert_says_insufficient_security},
    Meaning{80, Word::alert_says_internal_error},
    Meaning{86, Word::alert_says_inappropriate_fallback},
    Meaning{90, Word::alert_says_user_canceled},
    Meaning{100, Word::alert_says_no_renegotiation},
    Meaning{109, Word::alert_says_missing_extension},
    Meaning{110, Word::alert_says_unsupported_extension},
    Meaning{111, Word::alert_says_certificate_unobtainable},
    Meaning{112, Word::alert_says_unrecognized_name},
    Meaning{113, Word::alert_says_bad_certificate_status_response},
    Meaning{114, Word::alert_says_bad_certificate_hash_value},
    Meaning{115, Word::alert_says_unknown_psk_identity},
    Meaning{116, Word::alert_says_certificate_required},
    Meaning{117, Word::alert_says_general_error},
    Meaning{120, Word::alert_says_no_application_protocol},
    Meaning{121, Word::alert_says_ech_required},
};

Word meaning_of(std::uint8_t number) {
  const auto* const found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                         [number](const Meaning& one) { return one.number == number; });
  return found == kMeanings.end() ? Word::alert_says_unassigned : found->word;
}

// The failure of the page has its causes in a section of their own; those of another one follow here. An
// alert of ours and one that our catalogue has no more to say of are explained by their number alone: causes
// would be guesses about the wrong side.
void put_meaning(m::data* into, const Record& record, const Language& language, const tls::Alert& alert) {
  const auto failure = policy::failure_of(record.attempt, alert);
  const bool is_vague = !failure || *failure == policy::Failure::client_alert;
  const bool is_primary = failure && record.failure() == failure;
  const bool has_section = is_primary && !language.failure(*failure).causes.empty();
  m::list causes;
  if (!is_vague && !is_primary) {
    for (const std::string_view cause : language.failure(*failure).causes) {
      if (causes.size() == kMaxCauses) break;
      causes.push_back(prose(capitalized(std::string(cause))));
    }
  }
  into->set("a_meaning", std::string(is_vague ? language.word(meaning_of(alert.number))
                                              : language.failure(*failure).summary));
  into->set("a_primary", has_section);
  put_list(into, "a_causes", std::move(causes));
}

}  // namespace

m::list alerts(const Record& record, const Language& language) {
  m::list list;
  const bool is_client = record.attempt.leg == policy::Leg::client;
  for (const tls::Alert& alert : record.attempt.handshake.alerts) {
    if (list.size() == kMaxAlerts) break;
    const bool received = alert.direction == tls::Alert::Direction::received;
    m::data data{m::data::type::object};
    const Word from = is_client ? Word::alert_from_client : Word::alert_from_upstream;
    data.set("a_direction", say(language, received ? from : Word::alert_from_whytls));
    data.set("a_class", received ? "bad" : "idle");
    data.set("a_name", tls::alert_name(alert.number));
    data.set("a_number", say(language, Word::alert_number, {{"number", std::to_string(alert.number)}}));
    data.set("a_level", say(language, alert.level == 1 ? Word::alert_warning : Word::alert_fatal));
    data.set("a_when", value(alert.after_handshake ? language.word(Word::alert_after) : ""));
    put_meaning(&data, record, language, alert);
    list.push_back(std::move(data));
  }
  return list;
}

}  // namespace whytls::proxy::page
