// What an upstream connection does once its handshake is done: it asks what is known of the certificates, has
// them judged, and remembers them.
#include <algorithm>
#include <limits>
#include <utility>

#include "proxy/upstream_connection.h"
#include "proxy/upstream_history.h"
#include "proxy/worker.h"

namespace whytls::proxy {

namespace {

// Until when the answer about this chain stays the same if nobody touches the settings.
tls::UnixSeconds usable_until(const tls::HandshakeEvidence& evidence, const policy::Policy& rules,
                              tls::UnixSeconds now) {
  auto until = std::numeric_limits<tls::UnixSeconds>::max();
  const auto consider = [&until, now](tls::UnixSeconds moment) {
    if (moment > now) until = std::min(until, moment);
  };
  for (const auto* list : {&evidence.presented, &evidence.chain.built}) {
    for (const tls::Certificate& certificate : *list) {
      consider(certificate.not_before);
      consider(certificate.not_after);
    }
  }
  for (const auto& rule : rules.on) {
    if (rule && rule->until) consider(*rule->until);
  }
  return until;
}

}  // namespace

// A resumed session shows no certificates: nothing new is seen.
void UpstreamConnection::look_up_history(Record& record) {
  const tls::HandshakeEvidence& evidence = channel_.stream()->evidence();
  if (worker_.ledger() == nullptr || evidence.answered.resumed || evidence.presented.empty()) return;
  const ledger::Place place{target_->address.host, target_->address.port, attempt_.address, record.listener};
  const ledger::Memory memory = worker_.ledger()->see({place, worker_.now(), evidence.presented});
  if (memory.conflicts.empty() && !target_->policy->policy->first_use) return;
  attempt_.history = history_of(memory);
  record.attempt.history = attempt_.history;
}

bool UpstreamConnection::remember_key(Record& record) {
  const bool is_first = target_->policy->policy->first_use && attempt_.history &&
                        attempt_.history->key == policy::KeyMemory::none_yet;
  if (!is_first) return true;
  const tls::Certificate& leaf = channel_.stream()->evidence().presented.front();
  const ledger::Place place{target_->address.host, target_->address.port, attempt_.address, record.listener};
  const auto outcome = worker_.ledger()->remember(place, leaf, worker_.now());
  if (outcome == ledger::RememberOutcome::remembered) return true;
  look_up_history(record);
  if (outcome == ledger::RememberOutcome::no_room) {
    auto history = std::make_shared<policy::History>(*attempt_.history);
    history->key = policy::KeyMemory::not_kept;
    attempt_.history = std::move(history);
    record.attempt.history = attempt_.history;
  }
  return attempt_.history->key == policy::KeyMemory::same;
}

bool UpstreamConnection::resume_judgement() {
  if (!channel_.stream()->evidence().answered.resumed || offered_judgement_ == nullptr) return false;
  judgement_ = offered_judgement_;
  return true;
}

void UpstreamConnection::judge() {
  std::unique_ptr<Record> record = make_record();
  look_up_history(*record);
  const bool resumed = resume_judgement();
  if (resumed) {
    record->diagnosis = judgement_->diagnosis;
    record->verdict = judgement_->verdict;
    worker_.report(*record);
  } else {
    worker_.complete(record.get(), *target_->policy->policy);
    if (record->verdict.decision != policy::Decision::refuse && !remember_key(*record)) {
      record->incident = new_incident_id();
      worker_.complete(record.get(), *target_->policy->policy);
    }
    auto fresh = std::make_shared<Judgement>();
    fresh->diagnosis = record->diagnosis;
    fresh->verdict = record->verdict;
    fresh->usable_until = usable_until(record->attempt.handshake, *target_->policy->policy, worker_.now());
    judgement_ = std::move(fresh);
  }
  verdict_ = record->verdict;
  if (verdict_.decision == policy::Decision::refuse) {
    worker_.mutable_counters().handshakes_upstream_failed.add();
    enter(State::closed);
    channel_.close();
    user_->on_upstream_failed(std::move(record));
    return;
  }
  worker_.mutable_counters().handshakes_upstream_ok.add();
  if (resumed) worker_.mutable_counters().handshakes_upstream_resumed.add();
  ready();
}

}  // namespace whytls::proxy
