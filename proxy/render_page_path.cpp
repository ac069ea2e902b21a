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
  const char* text;   // for those who don't see colours
};
constexpr Look kGood{"good", "fine"};
constexpr Look kBad{"bad", "failed here"};
constexpr Look kIdle{"idle", "not reached"};

const char* stage_title(Phase phase) {
  switch (phase) {
    case Phase::dns:
      return "name lookup";
    case Phase::connect:
      return "connect";
    case Phase::hello:
      return "hello";
    case Phase::negotiation:
      return "negotiation";
    case Phase::certificate:
      return "certificate";
    case Phase::key_exchange:
      return "key exchange";
    case Phase::finished:
      return "finished";
    case Phase::after_handshake:
      return "after the handshake";
    case Phase::http:
      return "HTTP";
  }
  return "";
}

m::data node(const char* name, std::string_view detail, Look look) {
  m::data data{m::data::type::object};
  data.set("node_name", name);
  data.set("node_detail", value(detail));
  data.set("node_state", look.state);
  data.set("node_state_text", look.text);
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

m::list stages(const Record& record, Phase failing) {
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
    data.set("stage_name", stage_title(phase));
    data.set("stage_state", look.state);
    data.set("stage_text", look.text);
    list.push_back(std::move(data));
  }
  return list;
}

}  // namespace

void put_path(m::data* page, const Record& record) {
  const policy::Attempt& attempt = record.attempt;
  const Leg leg = parts::failing_leg(record);
  const Phase phase = parts::failing_phase(record);
  const std::string failed_at = std::string("failed: ") + stage_title(phase);
  const bool is_client = leg == Leg::client;
  const bool is_own = leg == Leg::ourselves;
  const bool is_upstream = leg == Leg::upstream;
  // Nobody is to blame for a wire: the box behind it is red as well, unless it was never reached.
  const bool reached = phase > Phase::connect;

  const std::string host =
      attempt.leg == Leg::upstream ? parts::authority(attempt.host, attempt.port) : std::string();
  const std::string address =
      attempt.address.empty() || attempt.address == attempt.host ? std::string() : " at " + attempt.address;

  m::data client = node("Your client", record.client_address, is_client ? kBad : kGood);
  client.set("wire", wire(is_client ? kBad : kGood, is_client ? failed_at : "connected"));
  m::data own = node("whytls", record.listener.empty() ? "this proxy" : "listener " + record.listener,
                     is_own ? kBad : kGood);
  const Look beyond = is_upstream ? kBad : kIdle;
  own.set("wire", wire(beyond, is_upstream ? failed_at : "not used"));
  m::data upstream = node("Upstream", host + address, is_upstream ? (reached ? kBad : kIdle) : kIdle);
  m::list path;
  path.push_back(std::move(client));
  path.push_back(std::move(own));
  path.push_back(std::move(upstream));
  page->set("path", path);

  put_list(page, "stages", is_own ? m::list{} : stages(record, phase));
  page->set("stage_leg", std::string(policy::name(attempt.leg)));
}

}  // namespace whytls::proxy::page
