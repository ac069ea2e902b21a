// Symbols and numbers in a text.
#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

#include "policy/explain_clues.h"
#include "tls/reasons.h"

namespace whytls::policy {

namespace {

constexpr int kMaxAlert = 255;
constexpr std::size_t kLongestSymbol = 80;
constexpr std::size_t kNearWords = 4;  // how many words around a number say what it is

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

struct Word {
  std::string text;  // upper case
  std::size_t begin = 0;
  std::size_t end = 0;
  bool negative = false;  // a minus sign stands before it that joins it to no other word
};

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word_char(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word_char(text[end])) ++end;
    const bool minus = at > 0 && text[at - 1] == '-' && (at < 2 || !is_word_char(text[at - 2]));
    if (end - at <= kLongestSymbol) out.push_back({upper(text.substr(at, end - at)), at, end, minus});
    at = end;
  }
  return out;
}

// Several codes may share a short form: ERR_CERT_REVOKED and X509_V_ERR_CERT_REVOKED.
using Symbols = std::unordered_multimap<std::string, const Code*>;

const Symbols& symbols() {
  static const Symbols kSymbols = [] {
    Symbols made;
    for (const Code& code : all_codes()) {
      std::string symbol = upper(code.symbol);
      constexpr std::string_view kReserved = "_RESERVED";
      if (symbol.ends_with(kReserved))
        made.emplace(symbol.substr(0, symbol.size() - kReserved.size()), &code);
      made.emplace(std::move(symbol), &code);
    }
    return made;
  }();
  return kSymbols;
}

void add_codes(std::vector<const Code*>* out, const std::string& symbol) {
  const auto [first, last] = symbols().equal_range(symbol);
  for (auto at = first; at != last; ++at) {
    if (std::find(out->begin(), out->end(), at->second) == out->end()) out->push_back(at->second);
  }
}

// With the prefixes that people leave out, and without those that libraries put before the name of an alert.
std::vector<const Code*> codes_of_symbol(const std::string& word) {
  constexpr std::array<std::string_view, 7> kLeftOut = {
      "ERR_", "X509_V_ERR_", "X509_V_", "SEC_ERROR_", "SSL_ERROR_", "MOZILLA_PKIX_ERROR_", "PR_"};
  constexpr std::array<std::string_view, 4> kOfLibraries = {"ERR_SSL_", "SSL_R_", "SSL_AD_", "SQUID_"};
  constexpr std::array<std::string_view, 6> kOfAlerts = {"TLSV1_ALERT_", "TLSV13_ALERT_", "SSLV3_ALERT_",
                                                         "TLSV1_",       "TLS_ALERT_",    "ALERT_"};
  std::vector<const Code*> out;
  add_codes(&out, word);
  for (const std::string_view prefix : kLeftOut) add_codes(&out, std::string(prefix).append(word));
  if (!out.empty()) return out;
  std::string_view rest = word;
  for (const std::string_view prefix : kOfLibraries) {
    if (rest.starts_with(prefix)) rest.remove_prefix(prefix.size());
  }
  for (const std::string_view prefix : kOfAlerts) {
    if (!rest.starts_with(prefix)) continue;
    add_codes(&out, std::string(rest.substr(prefix.size())));
    break;
  }
  if (out.empty() && rest.size() < word.size()) add_codes(&out, std::string(rest));
  return out;
}

Sighting sighting_of(const Code& code, const Word& word, std::string_view text) {
  Sighting out;
  const std::size_t begin = word.negative ? word.begin - 1 : word.begin;
  out.clue.seen = text.substr(begin, word.end - begin);
  out.clue.program = name(code.family);
  out.clue.code = &code;
  out.clue.failures = code.failures;
  out.begin = begin;
  out.end = word.end;
  out.letters = word.end - word.begin;
  return out;
}

// A word of plain English is a symbol only when it is all there is.
bool may_be_symbol(const Word& word, std::size_t words) {
  return words == 1 || word.text.find('_') != std::string::npos;
}

bool is_near(const std::vector<Word>& words, std::size_t index, std::string_view wanted) {
  const std::size_t first = index - std::min(index, kNearWords);
  return std::any_of(words.begin() + static_cast<std::ptrdiff_t>(first),
                     words.begin() + static_cast<std::ptrdiff_t>(index),
                     [wanted](const Word& word) { return word.text == wanted; });
}

bool follows(const std::vector<Word>& words, std::size_t index, std::string_view wanted) {
  const std::size_t last = std::min(words.size(), index + 1 + kNearWords);
  return std::any_of(words.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                     words.begin() + static_cast<std::ptrdiff_t>(last),
                     [wanted](const Word& word) { return word.text == wanted; });
}

std::vector<const Code*> of_family(int number, CodeFamily family) {
  std::vector<const Code*> out;
  for (const Code* code : codes_by_number(number)) {
    if (code->family == family) out.push_back(code);
  }
  return out;
}

// A number of the error queue of OpenSSL: 3.x packs library and reason as 8 and 23 bits, 1.x and BoringSSL as
// 8, 12 and 12. An alert of the peer is a reason of the SSL library (ERR_LIB_SSL; 16 in BoringSSL) above
// 1000.
std::vector<const Code*> codes_of_queue_entry(std::uint32_t entry) {
  constexpr std::uint32_t kBoringLibrarySsl = 16;
  const auto alert_of = [](std::uint32_t reason) {
    const auto offset = static_cast<std::uint32_t>(tls::kReasonAlertOffset);
    const bool is_alert = reason >= offset && reason <= offset + kMaxAlert;
    return is_alert ? of_family(static_cast<int>(reason - offset), CodeFamily::tls_alert)
                    : std::vector<const Code*>{};
  };
  constexpr auto kSsl = static_cast<std::uint32_t>(tls::kLibrarySsl);
  if (entry >> 23U == kSsl) return alert_of(entry & 0x7FFFFFU);
  if (entry >> 24U == kSsl || entry >> 24U == kBoringLibrarySsl) return alert_of(entry & 0xFFFU);
  return {};
}

// "alert 40", "alert [40]", "alert number 40", "alert-id=40"; not the "Alert.java:117" of a stack trace.
bool is_alert_number(const std::vector<Word>& words, std::size_t index) {
  constexpr std::array<std::string_view, 5> kBetween = {"NUMBER", "ID", "CODE", "DESCRIPTION", "TYPE"};
  if (index == 0) return false;
  const std::string& before = words[index - 1].text;
  if (before == "ALERT" || before == "ALERTS") return true;
  return index > 1 && std::find(kBetween.begin(), kBetween.end(), before) != kBetween.end() &&
         words[index - 2].text == "ALERT";
}

std::vector<const Code*> codes_of_number(const std::vector<Word>& words, std::size_t index) {
  constexpr int kFirstBigNumber = 1000;  // the numbers of NSS and NSPR, and no others
  constexpr int kFirstChromeNumber = 100;
  constexpr std::size_t kQueueDigits = 8;
  const Word& word = words[index];
  const char* const end = word.text.data() + word.text.size();
  const bool only = words.size() == 1;
  if (word.text.size() == kQueueDigits && (only || is_near(words, index, "ERROR"))) {
    std::uint32_t entry = 0;
    const auto [stop, error] = std::from_chars(word.text.data(), end, entry, 16);
    if (error == std::errc{} && stop == end) return codes_of_queue_entry(entry);
  }
  int number = 0;
  const auto [stop, error] = std::from_chars(word.text.data(), end, number);
  if (error != std::errc{} || stop != end) return {};
  if (word.negative) {
    // The numbers of the system are negative in libuv and Node, and mean something else.
    if (index > 0 && words[index - 1].text == "ERRNO") return {};
    const bool is_code = only || number >= kFirstChromeNumber;
    return is_code ? codes_by_number(-number) : std::vector<const Code*>{};
  }
  if (is_alert_number(words, index) && number <= kMaxAlert) return of_family(number, CodeFamily::tls_alert);
  const bool verify =
      is_near(words, index, "VERIFY") || is_near(words, index, "X509") || follows(words, index, "DEPTH");
  if (verify && words[index - std::min<std::size_t>(index, 1)].text != "DEPTH")
    return of_family(number, CodeFamily::openssl_verify);
  if (only) return number >= kFirstBigNumber ? codes_by_number(-number) : codes_by_number(number);
  return number >= kFirstBigNumber && is_near(words, index, "ERROR") ? codes_by_number(-number)
                                                                     : std::vector<const Code*>{};
}

Sighting own_sighting(Failure failure, const Word& word, std::string_view text) {
  Sighting out;
  out.clue.seen = text.substr(word.begin, word.end - word.begin);
  out.clue.failures = {failure};
  out.begin = word.begin;
  out.end = word.end;
  out.letters = word.end - word.begin;
  return out;
}

}  // namespace

std::vector<Sighting> find_codes(std::string_view text) {
  const std::vector<Word> words = words_of(text);
  std::vector<Sighting> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    // In capitals some of our slugs are codes of others: Node prints CERT_NOT_YET_VALID.
    const std::string_view as_written = text.substr(word.begin, word.end - word.begin);
    if (const auto failure = failure_by_slug(as_written); failure && may_be_symbol(word, words.size())) {
      out.push_back(own_sighting(*failure, word, text));
      continue;
    }
    std::vector<const Code*> found = codes_of_number(words, i);
    if (found.empty() && may_be_symbol(word, words.size())) found = codes_of_symbol(word.text);
    for (const Code* code : found) out.push_back(sighting_of(*code, word, text));
  }
  return out;
}

}  // namespace whytls::policy
