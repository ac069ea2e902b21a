#include "proxy/render_situations.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "proxy/escape.h"
#include "proxy/render_advice.h"
#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

using Json = nlohmann::ordered_json;
using policy::Phase;

constexpr std::size_t kMostSituations = 4;  // more would bury what was found

// What may speak of a device: its name, and what its certificate says of itself and of its issuer.
std::vector<std::string_view> device_texts(const Record& record) {
  constexpr std::size_t kMostNames = 8;
  std::vector<std::string_view> texts = {record.attempt.host};
  const auto& presented = record.attempt.handshake.presented;
  if (presented.empty()) return texts;
  const tls::Certificate& leaf = presented.front();
  texts.insert(texts.end(), {leaf.subject, leaf.issuer});
  for (std::size_t i = 0; i < leaf.names.size() && i < kMostNames; ++i) texts.push_back(leaf.names[i].value);
  return texts;
}

bool is_about_a_device(const Record& record) {
  const Phase phase = parts::failing_phase(record);
  return parts::failing_leg(record) == policy::Leg::upstream && phase >= Phase::hello &&
         phase <= Phase::after_handshake;
}

bool is_of_use(const policy::SystemSteps& steps, policy::Leg leg,
               const std::vector<const policy::DeviceFamily*>& families) {
  if (steps.client_side && leg != policy::Leg::client) return false;
  return steps.families.empty() ||
         std::any_of(families.begin(), families.end(), [&steps](const policy::DeviceFamily* family) {
           return std::find(steps.families.begin(), steps.families.end(), family->id) != steps.families.end();
         });
}

std::string filled(std::string_view text, const Record* record) {
  return record == nullptr ? std::string(text)
                           : valid_utf8(fill_advice(*record, text), parts::kMaxSentenceBytes);
}

Json texts_json(policy::Texts texts, const Record* record) {
  Json out = Json::array();
  for (const std::string_view text : texts) out.push_back(filled(text, record));
  return out;
}

}  // namespace

CaseAdvice case_advice(const Record& record) {
  CaseAdvice out;
  const auto failure = record.failure();
  if (!failure) return out;
  const std::string_view slug = policy::info(*failure).slug;
  if (is_about_a_device(record)) out.families = policy::families_of(device_texts(record), slug);
  out.situations = policy::situations_of(slug);
  out.situations.resize(std::min(out.situations.size(), kMostSituations));
  out.systems = policy::system_steps_of(slug);
  const policy::Leg leg = parts::failing_leg(record);
  std::erase_if(out.systems,
                [leg, &out](const policy::SystemSteps* one) { return !is_of_use(*one, leg, out.families); });
  return out;
}

std::string fill_advice(const Record& record, std::string_view text) {
  std::string out;
  for (Filling filling = Filling::prose; !text.empty();
       filling = filling == Filling::prose ? Filling::shell : Filling::prose) {
    const std::size_t end = std::min(text.find('`'), text.size());
    out.append(fill(record, text.substr(0, end), filling));
    text.remove_prefix(end);
    if (text.empty()) break;
    out.append("`");
    text.remove_prefix(1);
  }
  return out;
}

Json situations_json(std::span<const policy::Situation* const> list, const Record* record) {
  Json out = Json::array();
  for (const policy::Situation* one : list) {
    const policy::SituationWords& words = policy::words_of(*one);
    out.push_back({{"id", one->id},
                   {"title", words.title},
                   {"signs", texts_json(words.signs, record)},
                   {"steps", texts_json(words.steps, record)},
                   {"settle", filled(words.settle, record)}});
  }
  return out;
}

Json families_json(std::span<const policy::DeviceFamily* const> list, const Record* record) {
  Json out = Json::array();
  for (const policy::DeviceFamily* one : list) {
    const policy::FamilyWords& words = policy::words_of(*one);
    out.push_back({{"id", one->id},
                   {"name", words.name},
                   {"notes", texts_json(words.notes, record)},
                   {"steps", texts_json(words.steps, record)}});
  }
  return out;
}

Json systems_json(std::span<const policy::SystemSteps* const> list) {
  Json out = Json::array();
  for (const policy::SystemSteps* one : list) {
    const policy::StepsWords& words = policy::words_of(*one);
    out.push_back({{"topic", one->topic == policy::Topic::trust ? "trust" : "clock"},
                   {"system", words.system},
                   {"steps", texts_json(words.steps, nullptr)}});
  }
  return out;
}

}  // namespace whytls::proxy
