// What other clients would do about the same server, as a table.
#include "policy/clients.h"
#include "proxy/render_page.h"

namespace whytls::proxy::page {

namespace {

struct Looks {
  const char* css_class;  // of page.css: gives the mark
  Word word;              // the mark is not all that tells
};

Looks looks_of(policy::ClientOutcome outcome) {
  switch (outcome) {
    case policy::ClientOutcome::connects:
      return {"good", Word::client_yes};
    case policy::ClientOutcome::asks:
      return {"warn", Word::client_asks};
    case policy::ClientOutcome::refuses:
    case policy::ClientOutcome::unknown:  // has no row
      break;
  }
  return {"bad", Word::client_no};
}

m::data row_of(const policy::ClientView& view, const Language& language) {
  const Looks looks = looks_of(view.outcome);
  m::data row{m::data::type::object};
  row.set("o_client", std::string(view.client));
  row.set("o_version", std::string(view.version));
  // Most are numbers, some have words: "5 and later".
  const bool has_words = view.version.find(' ') != std::string_view::npos;
  row.set("o_version_english", has_words && language.tag != policy::english().tag);
  row.set("o_class", looks.css_class);
  row.set("o_outcome", std::string(language.word(looks.word)));
  // Many clients print their code within their words.
  const bool says_code = view.words.find(view.code) != std::string::npos;
  row.set("o_code", value(says_code ? "" : view.code));
  row.set("o_words", value(view.words));
  row.set("o_evidence",
          std::string(language.word(view.measured ? Word::client_measured : Word::client_documented)));
  row.set("o_source", value(view.source));
  return row;
}

}  // namespace

void put_clients(m::data* page, const Record& record, const Language& language) {
  m::list rows;
  std::string unknown;
  for (const policy::ClientView& view : policy::client_views(record.attempt, record.diagnosis)) {
    if (view.outcome == policy::ClientOutcome::unknown) {
      unknown.append(unknown.empty() ? "" : ", ").append(view.client);
    } else {
      rows.push_back(row_of(view, language));
    }
  }
  put_list(page, "others", std::move(rows));
  page->set(
      "o_unknown",
      value(unknown.empty() ? "" : policy::say(language, Word::clients_unknown, {{"clients", unknown}})));
}

}  // namespace whytls::proxy::page
