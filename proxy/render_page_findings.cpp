// Findings with both halves of each mismatch, and the list of checks.
#include <algorithm>
#include <array>

#include "proxy/render_page.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kFactBytes = 256;

// Beginnings of the keys of facts that are two halves of one mismatch: "expected_name" and "presented_name".
struct Halves {
  std::string_view left;
  std::string_view right;
  const char* left_title;
  const char* right_title;
};
constexpr std::array kHalves = {
    Halves{"expected", "presented", "Expected", "Presented"},
    Halves{"offered", "answered", "Offered", "Answered"},
    Halves{"required", "presented", "Required", "Presented"},
};

// "expected_name" without its first word is "name"; "expected" alone leaves nothing; nullopt: another first
// word.
std::optional<std::string_view> behind(std::string_view key, std::string_view first_word) {
  if (key == first_word) return std::string_view{};
  if (!key.starts_with(first_word) || key[first_word.size()] != '_') return std::nullopt;
  return key.substr(first_word.size() + 1);
}

const policy::Fact* partner(const policy::Finding& finding, std::string_view rest,
                            std::string_view first_word) {
  for (const policy::Fact& fact : finding.facts) {
    const auto same = behind(fact.key, first_word);
    // A plural on one side ("expected_name", "presented_names") is the same thing.
    if (same && (*same == rest || *same == std::string(rest) + "s" || rest == std::string(*same) + "s"))
      return &fact;
  }
  return nullptr;
}

// Keys of facts that need more than their underscores taken away.
std::string fact_title(std::string_view key) {
  if (key == "cn") return "common name, which clients ignore";
  if (key == "sni") return "server name (SNI)";
  if (key == "aia" || key == "issuer_url") return "where the issuer can be fetched";
  return parts::spaced(key);
}

m::data fact_data(const Record& record, const policy::Fact& fact) {
  m::data data{m::data::type::object};
  data.set("fact_key", value(fact_title(fact.key)));
  data.set("fact_value", value(parts::for_audience(record, fact.value), kFactBytes));
  return data;
}

void put_facts(m::data* into, const Record& record, const policy::Finding& finding) {
  m::list pairs;
  m::list singles;
  std::vector<const policy::Fact*> used;
  const Halves* titles = kHalves.data();
  for (const policy::Fact& fact : finding.facts) {
    for (const Halves& halves : kHalves) {
      const auto rest = behind(fact.key, halves.left);
      const policy::Fact* other = rest ? partner(finding, *rest, halves.right) : nullptr;
      if (other == nullptr || pairs.size() == parts::kMaxShownFacts) continue;
      m::data pair{m::data::type::object};
      pair.set("p_what", value(rest->empty() ? "value" : parts::spaced(*rest)));
      pair.set("p_expected", value(parts::for_audience(record, fact.value), kFactBytes));
      pair.set("p_presented", value(parts::for_audience(record, other->value), kFactBytes));
      pairs.push_back(std::move(pair));
      titles = &halves;
      used.insert(used.end(), {&fact, other});
      break;
    }
  }
  for (const policy::Fact& fact : finding.facts) {
    const bool shown = std::find(used.begin(), used.end(), &fact) != used.end();
    if (shown || fact.value.empty() || singles.size() == parts::kMaxShownFacts) continue;
    singles.push_back(fact_data(record, fact));
  }
  into->set("f_left", titles->left_title);
  into->set("f_right", titles->right_title);
  into->set("f_has_pairs", !pairs.empty());
  into->set("f_has_facts", !singles.empty());
  into->set("f_pairs", pairs);
  into->set("f_facts", singles);
}

const char* action_title(policy::Action action) {
  switch (action) {
    case policy::Action::refuse:
      return "Refused";
    case policy::Action::warn:
      return "Warning";
    case policy::Action::allow:
      return "Allowed";
  }
  return "";
}

const char* action_class(policy::Action action) {
  switch (action) {
    case policy::Action::refuse:
      return "bad";
    case policy::Action::warn:
      return "warn";
    case policy::Action::allow:
      return "good";
  }
  return "";
}

std::string where(const policy::Finding& finding) {
  if (finding.depth < 0) return {};
  if (finding.depth == 0) return "the server’s own certificate";
  return "certificate " + std::to_string(finding.depth) + " of the chain";
}

struct OutcomeLook {
  const char* css;
  const char* text;
};
OutcomeLook look_of(policy::CheckOutcome outcome) {
  switch (outcome) {
    case policy::CheckOutcome::pass:
      return {"good", "passed"};
    case policy::CheckOutcome::warn:
      return {"warn", "warning"};
    case policy::CheckOutcome::fail:
      return {"bad", "failed"};
    case policy::CheckOutcome::not_checked:
      return {"idle", "not checked"};
  }
  return {"idle", ""};
}

}  // namespace

void put_findings(m::data* page, const Record& record) {
  const auto judged = parts::judged_findings(record);
  m::list list;
  for (const policy::JudgedFinding& one : judged) {
    if (list.size() == parts::kMaxShownFindings) break;
    const policy::FailureInfo& row = policy::info(one.finding.failure);
    m::data data{m::data::type::object};
    data.set("f_slug", std::string(row.slug));
    data.set("f_code", std::string(row.code));
    data.set("f_number", std::to_string(row.number));
    data.set("f_summary", std::string(row.summary));
    data.set("f_action", action_title(one.action));
    data.set("f_class", action_class(one.action));
    data.set("f_where", value(where(one.finding)));
    put_facts(&data, record, one.finding);
    list.push_back(std::move(data));
  }
  page->set("findings_title", judged.size() == 1 ? std::string("What is wrong")
                                                 : std::to_string(judged.size()) + " things are wrong");
  const std::size_t hidden = judged.size() - list.size();
  page->set("findings_more", value(hidden == 0 ? "" : std::to_string(hidden) + " more are in the log."));
  put_list(page, "findings", list);
}

void put_checks(m::data* page, const Record& record) {
  m::list list;
  std::string unchecked;
  for (const policy::Check& check : record.diagnosis.checks) {
    const OutcomeLook look = look_of(check.outcome);
    const std::string name = parts::spaced(check.name);
    m::data data{m::data::type::object};
    data.set("check_name", value(name));
    data.set("check_class", look.css);
    data.set("check_outcome", look.text);
    data.set("check_detail", value(parts::for_audience(record, check.detail), kFactBytes));
    list.push_back(std::move(data));
    if (check.outcome == policy::CheckOutcome::not_checked)
      unchecked += (unchecked.empty() ? "" : ", ") + name;
  }
  page->set("unchecked", value(unchecked, kFactBytes));
  put_list(page, "checks", list);
}

}  // namespace whytls::proxy::page
