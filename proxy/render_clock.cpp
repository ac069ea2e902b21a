#include "proxy/render_clock.h"

#include <cstdlib>

#include "policy/findings.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using policy::Word;

Word word_of(const ClockDoubt& doubt) {
  switch (doubt.kind) {
    case ClockDoubt::Kind::many_fail:
      return Word::clock_many;
    case ClockDoubt::Kind::others_disagree:
      return doubt.behind ? Word::clock_others_later : Word::clock_others_earlier;
    case ClockDoubt::Kind::peer_disagrees:
      return doubt.behind ? Word::clock_peer_behind : Word::clock_peer_ahead;
  }
  return Word::clock_many;
}

}  // namespace

std::string_view name(ClockDoubt::Kind kind) {
  switch (kind) {
    case ClockDoubt::Kind::many_fail:
      return "many_fail";
    case ClockDoubt::Kind::others_disagree:
      return "others_disagree";
    case ClockDoubt::Kind::peer_disagrees:
      return "peer_disagrees";
  }
  return {};
}

std::string clock_sentence(const Record& record, const policy::Language& language) {
  if (!record.clock) return {};
  const ClockDoubt& doubt = *record.clock;
  const std::string offset =
      policy::span_text(language, policy::duration_text(std::abs(doubt.offset)), policy::SpanUse::alone);
  const std::string now = parts::rfc3339(parts::now_of(record));
  const std::string count = std::to_string(doubt.upstreams);
  return policy::say(language, word_of(doubt), {{"count", count}, {"now", now}, {"offset", offset}});
}

}  // namespace whytls::proxy
