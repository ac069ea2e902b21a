// Advice by situation: what is known of the device, the cases that it may be, and the steps on each system.
#include "proxy/render_page.h"
#include "proxy/render_situations.h"

namespace whytls::proxy::page {
namespace {

m::list filled_list(const Record& record, policy::Texts texts) {
  m::list list;
  list.reserve(texts.size());
  for (const std::string_view text : texts) list.push_back(prose(fill_advice(record, text)));
  return list;
}

m::list families(const Record& record, const Language& language, const CaseAdvice& advice) {
  m::list list;
  for (const policy::DeviceFamily* one : advice.families) {
    const policy::FamilyWords& words = policy::words_of(*one, language);
    m::data data{m::data::type::object};
    data.set("fam_name", std::string(words.name));
    put_list(&data, "fam_notes", filled_list(record, words.notes));
    put_list(&data, "fam_steps", filled_list(record, words.steps));
    list.push_back(std::move(data));
  }
  return list;
}

m::list situations(const Record& record, const Language& language, const CaseAdvice& advice) {
  m::list list;
  for (const policy::Situation* one : advice.situations) {
    const policy::SituationWords& words = policy::words_of(*one, language);
    m::data data{m::data::type::object};
    data.set("case_title", std::string(words.title));
    data.set("case_signs", filled_list(record, words.signs));
    data.set("case_steps", filled_list(record, words.steps));
    data.set("case_settle", prose(fill_advice(record, words.settle)));
    list.push_back(std::move(data));
  }
  return list;
}

// One folded list for each task; its steps are the same for every record.
m::list tasks(const Record& record, const Language& language, const CaseAdvice& advice) {
  m::list list;
  for (const auto topic : {policy::Topic::trust, policy::Topic::clock}) {
    m::list systems;
    for (const policy::SystemSteps* one : advice.systems) {
      if (one->topic != topic) continue;
      const policy::StepsWords& words = policy::words_of(*one, language);
      m::data data{m::data::type::object};
      data.set("sys_name", std::string(words.system));
      data.set("sys_steps", filled_list(record, words.steps));
      systems.push_back(std::move(data));
    }
    if (systems.empty()) continue;
    m::data data{m::data::type::object};
    data.set("task", say(language, topic == policy::Topic::trust ? Word::task_trust : Word::task_clock));
    data.set("systems", std::move(systems));
    list.push_back(std::move(data));
  }
  return list;
}

}  // namespace

void put_cases(m::data* page, const Record& record, const Language& language) {
  const CaseAdvice advice = case_advice(record);
  put_list(page, "families", families(record, language, advice));
  put_list(page, "situations", situations(record, language, advice));
  put_list(page, "tasks", tasks(record, language, advice));
  page->set("has_cases", !advice.families.empty() || !advice.situations.empty() || !advice.systems.empty());
}

}  // namespace whytls::proxy::page
