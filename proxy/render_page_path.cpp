// The picture of the path: client, whytls, upstream, and the stages of the leg that failed.
#include <array>

#include "proxy/render_page.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::page {
namespace {

using policy::Leg;
using policy::Phase;

struct Look {
  const char* state;  // class of the style sheet
  Word text;          // for those who don't see colours
};
constexpr Look kGood{"good", Word::look_good};
constexpr Look kBad{"bad", Word::look_bad};
constexpr Look kIdle{"idle", Word::look_idle};

Word stage_title(Phase phase) {
  switch (phase) {
    case Phase::dns:
      return Word::stage_dns;
    case Phase::connect:
      return Word::stage_connect;
    case Phase::hello:
      return Word::stage_hello;
    case Phase::negotiation:
      return Word::stage_negotiation;
    case Phase::certificate:
      return Word::stage_certificate;
    case Phase::key_exchange:
      return Word::stage_key_exchange;
    case Phase::finished:
      return Word::stage_finished;
    case Phase::after_handshake:
      return Word::stage_after_handshake;
    case Phase::http:
      break;
  }
  return Word::stage_http;
}

Word stages_title(Leg leg) {
  switch (leg) {
    case Leg::client:
      return Word::stages_client;
    case Leg::upstream:
      return Word::stages_upstream;
    case Leg::ourselves:
      break;
  }
  return Word::stages_ourselves;
}

m::data node(const Language& language, std::string_view name, std::string_view detail, Look look) {
  m::data data{m::data::type::object};
  data.set("node_name", std::string(name));
  data.set("node_detail", value(detail));
  data.set("node_state", look.state);
  data.set("node_state_text", say(language, look.text));
  data.set("wire", false);
  return data;
}

m::data wire(const Look& look, const std::string& text) {
  m::data data{m::data::type::object};
  data.set("wire_state", look.state);
  data.set("wire_text", text);
  return data;
}

// On the client leg there are no lookup and no connect of ours, and without TLS there is no handshake.
bool belongs(Phase phase, const policy::Attempt& attempt) {
  const bool transport = phase == Phase::dns || phase == Phase::connect;
  if (attempt.leg == Leg::client && transport) return false;
  if (phase == Phase::dns && attempt.host_is_ip) return false;
  return attempt.tls_used || transport || phase == Phase::http;
}

m::list stages(const Record& record, const Language& language, Phase failing) {
  constexpr std::array kPhases = {Phase::dns,         Phase::connect,         Phase::hello,
                                  Phase::negotiation, Phase::certificate,     Phase::key_exchange,
                                  Phase::finished,    Phase::after_handshake, Phase::http};
  const bool handshake_done = record.attempt.handshake.end == tls::HandshakeEnd::done;
  m::list list;
  for (const Phase phase : kPhases) {
    if (!belongs(phase, record.attempt) && phase != failing) continue;
    // A certificate is judged when the handshake is over: what follows it on the wire has happened by then.
    const bool passed = phase < failing || (handshake_done && phase <= Phase::finished);
    const Look look = phase == failing ? kBad : passed ? kGood : kIdle;
    m::data data{m::data::type::object};
    data.set("stage_name", say(language, stage_title(phase)));
    data.set("stage_state", look.state);
    data.set("stage_text", say(language, look.text));
    list.push_back(std::move(data));
  }
  return list;
}

}  // namespace

void put_path(m::data* page, const Record& record, const Language& language) {
  const policy::Attempt& attempt = record.attempt;
  const Leg leg = parts::failing_leg(record);
  const Phase phase = parts::failing_phase(record);
  const std::string failed_at =
      say(language, Word::path_failed, {{"stage", language.word(stage_title(phase))}});
  const bool is_client = leg == Leg::client;
  const bool is_own = leg == Leg::ourselves;
  const bool is_upstream = leg == Leg::upstream;
  // Nobody is to blame for a wire: the box behind it is red as well, unless it was never reached.
  const bool reached = phase > Phase::connect;

  const std::string host =
      attempt.leg == Leg::upstream ? parts::authority(attempt.host, attempt.port) : std::string();
  const bool has_address = !attempt.address.empty() && attempt.address != attempt.host;
  const std::string where =
      has_address ? say(language, Word::path_at, {{"host", host}, {"address", attempt.address}}) : host;

  m::data client =
      node(language, language.word(Word::path_client), record.client_address, is_client ? kBad : kGood);
  client.set("wire",
             wire(is_client ? kBad : kGood, is_client ? failed_at : say(language, Word::path_connected)));
  const std::string listener = record.listener.empty()
                                   ? say(language, Word::path_this_proxy)
                                   : say(language, Word::path_listener, {{"name", record.listener}});
  m::data own = node(language, "whytls", listener, is_own ? kBad : kGood);
  const Look beyond = is_upstream ? kBad : kIdle;
  own.set("wire", wire(beyond, is_upstream ? failed_at : say(language, Word::path_not_used)));
  m::data upstream = node(language, language.word(Word::path_upstream), where,
                          is_upstream ? (reached ? kBad : kIdle) : kIdle);
  m::list path;
  path.push_back(std::move(client));
  path.push_back(std::move(own));
  path.push_back(std::move(upstream));
  page->set("path", std::move(path));

  put_list(page, "stages", is_own ? m::list{} : stages(record, language, phase));
  page->set("stages_title", say(language, stages_title(attempt.leg)));
}

}  // namespace whytls::proxy::page
