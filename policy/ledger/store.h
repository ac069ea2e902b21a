// Where the ledger is kept. The ledger itself works in memory; a store has to load, to take rows in batches,
// and to answer the questions that a person asks. Nothing here says how: a shared store is another
// implementation.
//
// Threads: load, write and changes belong to the ledger. A store object is used by one thread at a time;
// list, show, upstreams, accept and forget are for a second object, in the same process or another, opened on
// the same store.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/ledger/keyed_hash.h"
#include "policy/ledger/types.h"
#include "tls/result.h"

namespace whytls::ledger {

// A certificate without its texts: what memory needs.
struct StoredCertificate {
  Digest sha256{};
  Digest spki_sha256{};
  Fingerprints prints;
  UnixSeconds not_before = 0;
  UnixSeconds not_after = 0;
  Times times;
  bool is_ca = false;
};
struct StoredPlace {
  std::string_view host;  // valid during the call
  std::uint16_t port = 0;
  Hash128 key;  // PlaceHashes::place
  bool as_leaf = false;
  Times times;
};
struct StoredUpstream {
  std::string_view host;  // valid during the call
  std::uint16_t port = 0;
  std::optional<Digest> newest;  // only where no place tells it
  UnixSeconds newest_since = 0;
  std::optional<Digest> remembered;
  UnixSeconds remembered_at = 0;
  RememberedBy remembered_by = RememberedBy::first_use;
};

// Takes what is loaded: each certificate, then its places; all upstreams after the last certificate.
class Loader {
 public:
  virtual ~Loader() = default;
  virtual void certificate(const StoredCertificate& certificate) = 0;
  virtual void place(const StoredPlace& place) = 0;
  virtual void upstream(const StoredUpstream& upstream) = 0;
};

// Rows to be written, in this order.
struct NewCertificate {
  Seen seen;
  Fingerprints prints;
  Times times;
};
struct NewPlace {
  Digest sha256{};
  Place place;
  Hash128 key;
  std::size_t depth = 0;
  Times times;
};
struct SeenAgain {
  Digest sha256{};
  UnixSeconds last_seen = 0;
  std::uint64_t more = 0;  // handshakes since the last row
};
struct PlaceSeenAgain {
  Digest sha256{};
  Hash128 key;
  UnixSeconds last_seen = 0;
  std::uint64_t more = 0;
};
// The newest leaf of an upstream, where no place is kept that tells it.
struct NewestLeaf {
  std::string host;
  std::uint16_t port = 0;
  Digest sha256{};
  UnixSeconds since = 0;
};
// Remembered on first use; never replaces what is remembered.
struct FirstUse {
  std::string host;
  std::uint16_t port = 0;
  Digest sha256{};
  UnixSeconds at = 0;
};
// A certificate with its places. One that is remembered by now stays.
struct Removal {
  Digest sha256{};
};
using Row = std::variant<NewCertificate, NewPlace, SeenAgain, PlaceSeenAgain, NewestLeaf, FirstUse, Removal>;

// What somebody else did to the store. An empty `remembered` means that nothing is remembered any more; then
// an empty `host` means that the certificate was forgotten, everywhere.
struct Change {
  std::string host;
  std::uint16_t port = 0;
  UnixSeconds at = 0;
  std::optional<StoredCertificate> remembered;
  std::optional<Digest> forgotten;
};

struct ListedPlace {
  Place place;
  std::size_t depth = 0;
  Times times;
};
// A row of the list.
struct Listed {
  Seen seen;
  Times times;
  std::size_t places = 0;  // that are kept
  // The first of the places that the filter means; any, when it names no host.
  std::string host;
  std::uint16_t port = 0;
  std::vector<ListedPlace> all_places;  // by first_seen
};
// All conditions that are set have to hold.
struct Filter {
  std::string host;    // with * and ?; a place has to match; empty: any
  std::string issuer;  // part of it, ASCII case does not matter
  std::string sha256;  // hexadecimal digits with which it begins
  std::optional<UnixSeconds> expires_before;
  std::optional<UnixSeconds> first_seen_from, first_seen_to;  // both inclusive
  std::optional<UnixSeconds> last_seen_from, last_seen_to;
  bool only_conflicts = false;  // another certificate has its issuer and serial number
  std::size_t limit = 0;        // 0: none
};

struct Details {
  Seen seen;
  Times times;
  std::vector<ListedPlace> places;
  std::vector<Digest> conflicts;  // others with its issuer and serial number, at most 100
};
// Only those for which something is remembered, or whose newest leaf no place tells.
struct ListedUpstream {
  std::string host;
  std::uint16_t port = 0;
  std::optional<Digest> newest;  // the last that was new here
  UnixSeconds newest_since = 0;
  std::optional<Digest> remembered;
  UnixSeconds remembered_at = 0;
  RememberedBy remembered_by = RememberedBy::first_use;
};

class Store {
 public:
  virtual ~Store() = default;

  // The key for all hashes that the store keeps; the same for its whole life, and secret.
  [[nodiscard]] virtual HashKey hash_key() const = 0;
  virtual Result<void> load(Loader& loader) = 0;
  // All rows, or none when it fails; then it may be called again with the same rows. What it returned for is
  // still there after the process was killed.
  virtual Result<void> write(std::span<const Row> rows) = 0;
  // What others did since load, or since the last call. Costs next to nothing when that is nothing.
  virtual Result<std::vector<Change>> changes() = 0;

  // Calls `visit` until it returns false, by first_seen.
  virtual Result<void> list(const Filter& filter, const std::function<bool(const Listed&)>& visit) = 0;
  // Those whose SHA-256 begins with these hexadecimal digits, at most 100.
  virtual Result<std::vector<Details>> show(std::string_view sha256_prefix) = 0;
  virtual Result<void> upstreams(const std::function<bool(const ListedUpstream&)>& visit) = 0;
  // Remembers a certificate for an upstream in place of any other, and returns its SHA-256; nullopt means the
  // newest leaf that was seen there. Fails when no such certificate was seen.
  virtual Result<Digest> accept(std::string_view host, std::uint16_t port, std::optional<Digest> sha256,
                                UnixSeconds now) = 0;
  // Nothing is remembered for the host any more, on any port. Returns how many upstreams that were.
  virtual Result<std::size_t> forget_host(std::string_view host, UnixSeconds now) = 0;
  // The certificate is deleted with all its places, also where it is remembered. false: it was not there.
  virtual Result<bool> forget_certificate(const Digest& sha256, UnixSeconds now) = 0;
};

}  // namespace whytls::ledger
