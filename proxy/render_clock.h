// What is said of a clock that is doubted, before anything else. Pure.
#pragma once

#include <string>
#include <string_view>

#include "policy/words.h"
#include "proxy/record.h"

namespace whytls::proxy {

// One sentence; empty: no clock is doubted.
[[nodiscard]] std::string clock_sentence(const Record& record, const policy::Language& language);
// "many_fail", "others_disagree", "peer_disagrees": the log field clock.doubt.
[[nodiscard]] std::string_view name(ClockDoubt::Kind kind);

}  // namespace whytls::proxy
