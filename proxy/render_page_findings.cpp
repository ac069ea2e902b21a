// Findings with both halves of each mismatch, and the list of checks.
#include <algorithm>
#include <array>

#include "policy/sentence.h"
#include "proxy/render_page.h"
#include "proxy/render_parts.h"

namespace whytls::proxy::page {
namespace {

constexpr std::size_t kFactBytes = 256;

// Beginnings of the keys of facts that are two halves of one mismatch: "expected_name" and "presented_name".
struct Halves {
  std::string_view left;
  std::string_view right;
  Word left_title;
  Word right_title;
};
constexpr std::array kHalves = {
    Halves{"expected", "presented", Word::expected, Word::presented},
    Halves{"offered", "answered", Word::half_offered, Word::half_answered},
    Halves{"required", "presented", Word::required, Word::presented},
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

m::data fact_data(const Record& record, const Language& language, const policy::Fact& fact) {
  m::data data{m::data::type::object};
  data.set("fact_key", value(policy::term(language, fact.key)));
  data.set("fact_value", value(parts::fact_value(record, language, fact.key, fact.value), kFactBytes));
  data.set("fact_english", parts::is_foreign_english(language, fact.key, fact.value));
  return data;
}

// Whose certificate it is stands in the heading of the finding and in the chain below; in each of five
// findings it would only hide what is wrong. The issuer is worth repeating where it is the fault.
bool is_told_elsewhere(const Record& record, const policy::Finding& finding, std::string_view key) {
  if (finding.depth != 0 || record.attempt.handshake.presented.empty()) return false;
  const bool is_about_issuer = finding.failure == policy::Failure::cert_self_signed ||
                               policy::info(finding.failure).slug.starts_with("chain_");
  return key == "subject" || (key == "issuer" && !is_about_issuer);
}

void put_facts(m::data* into, const Record& record, const Language& language,
               const policy::Finding& finding) {
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
      pair.set("p_what", value(policy::term(language, rest->empty() ? "value" : *rest)));
      pair.set("p_expected", value(parts::fact_value(record, language, fact.key, fact.value), kFactBytes));
      pair.set("p_presented",
               value(parts::fact_value(record, language, other->key, other->value), kFactBytes));
      pairs.push_back(std::move(pair));
      titles = &halves;
      used.insert(used.end(), {&fact, other});
      break;
    }
  }
  for (const policy::Fact& fact : finding.facts) {
    const bool shown = std::find(used.begin(), used.end(), &fact) != used.end();
    if (shown || fact.value.empty() || is_told_elsewhere(record, finding, fact.key)) continue;
    if (singles.size() == parts::kMaxShownFacts) break;
    singles.push_back(fact_data(record, language, fact));
  }
  into->set("f_left", say(language, titles->left_title));
  into->set("f_right", say(language, titles->right_title));
  into->set("f_has_pairs", !pairs.empty());
  into->set("f_has_facts", !singles.empty());
  into->set("f_pairs", std::move(pairs));
  into->set("f_facts", std::move(singles));
}

Word action_title(policy::Action action) {
  switch (action) {
    case policy::Action::refuse:
      break;
    case policy::Action::warn:
      return Word::warned;
    case policy::Action::allow:
      return Word::allowed;
  }
  return Word::refused;
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

std::string where(const Language& language, const policy::Finding& finding) {
  if (finding.depth < 0) return {};
  if (finding.depth == 0) return say(language, Word::where_leaf);
  return say(language, Word::where_depth, {{"depth", std::to_string(finding.depth)}});
}

struct OutcomeLook {
  const char* css;
  Word text;
};
OutcomeLook look_of(policy::CheckOutcome outcome) {
  switch (outcome) {
    case policy::CheckOutcome::pass:
      return {"good", Word::outcome_pass};
    case policy::CheckOutcome::warn:
      return {"warn", Word::outcome_warn};
    case policy::CheckOutcome::fail:
      return {"bad", Word::outcome_fail};
    case policy::CheckOutcome::not_checked:
      break;
  }
  return {"idle", Word::outcome_not_checked};
}

}  // namespace

void put_findings(m::data* page, const Record& record, const Language& language) {
  const auto judged = parts::judged_findings(record);
  m::list list;
  for (const policy::JudgedFinding& one : judged) {
    if (list.size() == parts::kMaxShownFindings) break;
    const policy::FailureInfo& row = policy::info(one.finding.failure);
    m::data data{m::data::type::object};
    data.set("f_slug", std::string(row.slug));
    const policy::NssCode code = one.finding.code();
    data.set("f_code", std::string(code.symbol));
    data.set("f_number", std::to_string(code.number));
    data.set("f_summary", std::string(language.failure(row.failure).summary));
    data.set("f_action", say(language, action_title(one.action)));
    data.set("f_class", action_class(one.action));
    data.set("f_where", value(where(language, one.finding)));
    put_facts(&data, record, language, one.finding);
    list.push_back(std::move(data));
  }
  const auto counted = [&](Plural plural, std::size_t count) {
    return say(language, plural, count, {{"count", std::to_string(count)}});
  };
  page->set("findings_title", counted(Plural::wrong, judged.size()));
  const std::size_t hidden = judged.size() - list.size();
  page->set("findings_more", value(hidden == 0 ? "" : counted(Plural::more_in_log, hidden)));
  put_list(page, "findings", std::move(list));
}

void put_checks(m::data* page, const Record& record, const Language& language) {
  m::list list;
  bool has_unchecked = false;
  const auto& checks = record.diagnosis.checks;
  for (std::size_t i = 0; i < checks.size();) {
    const bool is_unchecked = checks[i].outcome == policy::CheckOutcome::not_checked;
    const std::string detail = policy::check_text(language, checks[i], record.diagnosis.findings);
    // What could not be checked for one reason, such as no certificate, is one row.
    std::string names = policy::term(language, checks[i].name);
    std::size_t next = i + 1;
    for (; next < checks.size() && is_unchecked && checks[next].outcome == checks[i].outcome &&
           checks[next].detail == checks[i].detail;
         ++next) {
      names.append(", ").append(policy::term(language, checks[next].name));
    }
    const OutcomeLook look = look_of(checks[i].outcome);
    m::data data{m::data::type::object};
    data.set("check_name", value(names));
    data.set("check_class", look.css);
    data.set("check_outcome", say(language, look.text));
    data.set("check_detail", prose(parts::for_audience(record, detail, language), kFactBytes));
    list.push_back(std::move(data));
    has_unchecked = has_unchecked || is_unchecked;
    i = next;
  }
  page->set("has_unchecked", has_unchecked);
  put_list(page, "checks", std::move(list));
}

}  // namespace whytls::proxy::page
