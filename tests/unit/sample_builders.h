// What the sample records are put together from. Moments are seconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sample_records.h"

namespace whytls::proxy::samples {

inline constexpr std::int64_t kDay = 86400;

// A request to the listener "dev" in forward mode, under the policy "browser".
[[nodiscard]] Record base();
[[nodiscard]] tls::Certificate certificate(const std::string& name, const std::string& issuer,
                                           std::int64_t from, std::int64_t to);
[[nodiscard]] tls::Certificate with_names(tls::Certificate made, const std::vector<std::string>& names);
[[nodiscard]] tls::Certificate authority(const std::string& name, const std::string& issuer);
// What this proxy offered.
void offer(Record* record);
// An upstream as far as its address is known.
void reach(Record* record, const std::string& host, const std::string& address);
// A handshake that came to its end.
void shake_hands(Record* record, tls::WireVersion version);
// The rule that decided; a `line` of 0: built in, otherwise a line of /etc/whytls/whytls.toml.
void rule(Record* record, const std::string& policy, int line, const std::string& key,
          const std::string& value);
// All refused by default, the first one is primary.
void judge(Record* record, const std::vector<policy::Finding>& findings);
// The attempt ended by itself.
void end_early(Record* record, const policy::Finding& finding);
// All passed, and what was not checked.
[[nodiscard]] std::vector<policy::Check> checks();
void fail_check(Record* record, const std::string& name, const std::string& detail, policy::Failure failure);

}  // namespace whytls::proxy::samples
