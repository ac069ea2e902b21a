// From the store into the table, in portions: while one is inserted, by a thread of its own, the next one is
// read.
#pragma once

#include <future>
#include <string>
#include <vector>

#include "policy/ledger/table.h"

namespace whytls::ledger {

// Called by one thread, before there is any reader. finish() is to be called after the last one.
class TableLoader : public Loader {
 public:
  explicit TableLoader(Table& table) : table_(table) {}

  void certificate(const StoredCertificate& certificate) override;
  void place(const StoredPlace& place) override;
  void upstream(const StoredUpstream& upstream) override;
  void finish();

 private:
  struct Certificate {
    StoredCertificate certificate;
    std::uint64_t hash;
    std::uint64_t key_hash;
    std::size_t first_place;  // of the portion's places; its own end where those of the next one begin
  };
  struct WaitingPlace {
    StoredPlace place;  // without the host
    std::string host;
    Hash128 endpoint;
  };
  struct Portion {
    std::vector<Certificate> certificates;
    std::vector<WaitingPlace> places;
  };
  void hand_over();
  void insert(const Portion& portion);
  void prefetch(const Portion& portion, std::size_t at) const;
  void insert_place(CertificateEntry& certificate, const WaitingPlace& waiting);
  CertificateEntry* find(const std::optional<Digest>& sha256);

  Table& table_;
  Portion portion_;           // that is being read
  std::future<void> insert_;  // of the one before
};

}  // namespace whytls::ledger
