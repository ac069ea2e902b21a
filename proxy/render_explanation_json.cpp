#include <nlohmann/json.hpp>

#include "policy/failure_text.h"
#include "proxy/escape.h"
#include "proxy/render_explanation.h"
#include "proxy/render_situations.h"

namespace whytls::proxy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostRepeated = 4096;  // bytes of the input

Json texts(const std::vector<std::string_view>& list) {
  Json out = Json::array();
  for (const std::string_view one : list) out.push_back(one);
  return out;
}

Json because(const policy::Explanation& explanation, const policy::Candidate& candidate) {
  Json out = Json::array();
  for (const std::size_t index : candidate.clues) {
    const policy::Clue& clue = explanation.clues[index];
    Json json = {{"seen", valid_utf8(clue.seen)}, {"program", clue.program}};
    if (clue.code != nullptr) json["code"] = clue.code->symbol;
    if (!clue.settle.empty()) json["settle"] = clue.settle;
    if (!clue.note.empty()) json["note"] = clue.note;
    out.push_back(std::move(json));
  }
  return out;
}

Json candidate_of(const policy::Explanation& explanation, const policy::Candidate& candidate,
                  std::string_view text) {
  const policy::FailureInfo& row = policy::info(candidate.failure);
  const policy::FailureText& prose = policy::text(candidate.failure);
  return {{"rank", candidate.rank},
          {"slug", row.slug},
          {"code", row.code},
          {"number", row.number},
          {"summary", row.summary},
          {"settle", prose.tell},
          {"because", because(explanation, candidate)},
          {"meaning", prose.meaning},
          {"causes", texts(prose.causes)},
          {"visitor", prose.visitor},
          {"owner", prose.owner},
          {"device", prose.device},
          {"commands", texts(prose.commands)},
          {"reference", prose.reference},
          {"situations", situations_json(policy::situations_of(row.slug), nullptr)},
          {"families", families_json(policy::families_of({text}, row.slug), nullptr)},
          {"systems", systems_json(policy::system_steps_of(row.slug))}};
}

Json code_of(const policy::Code& code) {
  Json failures = Json::array();
  for (const policy::Failure failure : code.failures) failures.push_back(policy::info(failure).slug);
  return {{"symbol", code.symbol},
          {"family", policy::name(code.family)},
          {"number", code.number},
          {"standing", policy::name(code.standing)},
          {"failures", std::move(failures)},
          {"text", code.text},
          {"meaning", code.meaning},
          {"actor", policy::name(code.actor)},
          {"action", code.action},
          {"situations", situations_json(policy::situations_of(code.symbol), nullptr)}};
}

}  // namespace

std::string explanation_json(const policy::Explanation& explanation, std::string_view text) {
  Json json;
  json["input"] = valid_utf8(text, kMostRepeated);
  json["known"] = explanation.known();
  json["ambiguous"] = explanation.ambiguous();
  json["candidates"] = Json::array();
  for (const policy::Candidate& one : explanation.candidates)
    json["candidates"].push_back(candidate_of(explanation, one, text));
  json["codes"] = Json::array();
  for (const policy::Code* code : explanation.codes) json["codes"].push_back(code_of(*code));
  json["nearest"] = explanation.nearest;
  return json.dump(2).append("\n");
}

}  // namespace whytls::proxy
