// What other clients would do about the same server, as a table.
#include "policy/clients.h"
#include "proxy/render_page.h"

namespace whytls::proxy::page {

namespace {

struct Looks {
  const char* css_class;  // of page.css: gives the mark
  const char* word;       // the mark is not all that tells
};

Looks looks_of(policy::ClientOutcome outcome) {
  switch (outcome) {
    case policy::ClientOutcome::connects:
      return {"good", "yes"};
    case policy::ClientOutcome::asks:
      return {"warn", "only after a warning"};
    case policy::ClientOutcome::refuses:
      return {"bad", "no"};
    case policy::ClientOutcome::unknown:
      break;
  }
  return {"idle", "not known"};
}

m::data row_of(const policy::ClientView& view) {
  const Looks looks = looks_of(view.outcome);
  m::data row{m::data::type::object};
  row.set("o_client", std::string(view.client));
  row.set("o_version", std::string(view.version));
  row.set("o_class", looks.css_class);
  row.set("o_outcome", looks.word);
  // Many clients print their code within their words.
  const bool says_code = view.words.find(view.code) != std::string::npos;
  row.set("o_code", value(says_code ? "" : view.code));
  row.set("o_words", value(view.words));
  row.set("o_evidence", view.measured ? "measured" : "documented");
  row.set("o_source", value(view.source));
  return row;
}

}  // namespace

void put_clients(m::data* page, const Record& record) {
  m::list rows;
  std::string unknown;
  for (const policy::ClientView& view : policy::client_views(record.attempt, record.diagnosis)) {
    if (view.outcome == policy::ClientOutcome::unknown) {
      unknown.append(unknown.empty() ? "" : ", ").append(view.client);
    } else {
      rows.push_back(row_of(view));
    }
  }
  put_list(page, "others", rows);
  page->set("o_unknown", value(unknown));
}

}  // namespace whytls::proxy::page
