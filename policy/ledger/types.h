// What goes into the ledger, and what it remembers of a handshake.
//
// Texts of a peer are its raw bytes, cut at kMaxText or kMaxNames: whoever shows them has to escape them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tls/evidence.h"

namespace whytls::ledger {

using tls::UnixSeconds;
using Digest = std::array<std::uint8_t, 32>;  // SHA-256, raw

inline constexpr std::size_t kMaxText = 4096;   // bytes of an issuer or a subject that are kept
inline constexpr std::size_t kMaxNames = 4096;  // bytes of the list of names
inline constexpr std::size_t kMaxSerial = 256;  // characters of a serial number
inline constexpr std::size_t kMaxHost = 255;    // bytes of a host, of an address, of a listener's name
inline constexpr std::size_t kMaxPlaces = 64;   // of one certificate that are kept, the others are counted
inline constexpr std::size_t kMaxShown = 4;     // other certificates or hosts in one answer; there is a total

// Lower case, 64 characters.
[[nodiscard]] std::string hex_of(const Digest& digest);
// nullopt: not 64 hexadecimal digits.
[[nodiscard]] std::optional<Digest> digest_of_hex(std::string_view hex);

// One certificate as it is kept.
struct Seen {
  Digest sha256{};
  Digest spki_sha256{};
  std::string issuer;
  std::string subject;
  std::string serial_hex;
  std::string names;  // "a.test, 10.0.0.1"
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  bool is_ca = false;
};
// nullopt: it could not be parsed, so that there is nothing by which to know it again.
[[nodiscard]] std::optional<Seen> seen_of(const tls::Certificate& certificate);

// Where a certificate was shown.
struct Place {
  std::string host;  // as it was asked for
  std::uint16_t port = 0;
  std::string address;   // that answered, as text
  std::string listener;  // of ours through which it was asked; only the first one is kept
};

// The certificates of one handshake. What it refers to has to live as long as the call that it is given to.
struct Sighting {
  const Place& place;
  UnixSeconds time = 0;
  // As presented: the leaf first, the index is the depth. Those that could not be parsed are skipped, but
  // without a leaf nothing is recorded; at most tls::kMaxKeptCertificates are looked at.
  std::span<const tls::Certificate> certificates;
};

// In which fields two certificates differ.
class Differences {
 public:
  enum Field : std::uint8_t { key = 1, issuer = 2, serial_number = 4, subject = 8, names = 16, dates = 32 };
  void add(Field field) { bits_ = static_cast<std::uint8_t>(bits_ | field); }
  [[nodiscard]] bool has(Field field) const { return (bits_ & field) != 0; }
  [[nodiscard]] bool none() const { return bits_ == 0; }
  // "key", "issuer", "serial number", "subject", "names", "dates": those that differ, in this order.
  [[nodiscard]] std::vector<std::string_view> field_names() const;

 private:
  std::uint8_t bits_ = 0;
};

// How often and when. Seconds before 1970 and after 2106 are cut to these.
struct Times {
  UnixSeconds first_seen = 0;
  UnixSeconds last_seen = 0;
  std::uint64_t count = 0;  // handshakes
};

// A certificate that was seen at another time or elsewhere.
struct Known {
  Digest sha256{};
  Digest spki_sha256{};
  std::string host;  // where it was first seen; empty when that was forgotten
  std::uint16_t port = 0;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  Times times;
};

// Other certificates with the issuer and the serial number of one that was shown (RFC 5280, 4.1.2.2, forbids
// it).
struct Conflict {
  std::size_t depth = 0;     // of the one that was shown
  std::vector<Known> shown;  // the newest first, at most kMaxShown
  std::size_t total = 0;
};

// Another host that showed a leaf with the same key.
struct SameKey {
  std::string host;
  std::uint16_t port = 0;
  Digest sha256{};  // of the certificate that it showed
  UnixSeconds last_seen = 0;
};

struct Previous {
  Known certificate;
  Differences differences;  // from the leaf that was shown now
};

enum class RememberedBy : std::uint8_t { first_use = 0, accepted = 1 };

// The certificate that was accepted for an upstream.
struct Remembered {
  Digest sha256{};
  UnixSeconds since = 0;
  RememberedBy by = RememberedBy::first_use;
  // Set when another one was shown now; then it says what differs.
  std::optional<Previous> other;
};

// What was known of a handshake, before it. No memory is allocated where there is nothing to tell.
struct Memory {
  Times leaf;  // anywhere; a count of 0: never seen before
  Times
      leaf_here;  // at this host, port and address; a count of 0: not here, or its places are no longer kept
  std::vector<Conflict> conflicts;  // one for each certificate that has any
  std::vector<SameKey> same_key;    // hosts other than this one, at most kMaxShown
  std::size_t same_key_total = 0;
  // The leaf that this host and port showed before. When this leaf itself was here before and a newer one has
  // been shown since: that newer one.
  std::optional<Previous> previous;
  std::optional<Remembered> remembered;  // nullopt: nothing is remembered for this host and port
};

}  // namespace whytls::ledger
