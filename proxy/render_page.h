// The parts of the page as data of its template (proxy/page/page.html). Internal to the renderer of the page.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

#include "policy/words.h"
#include "proxy/escape.h"
#include "proxy/record.h"

namespace whytls::proxy::page {

// The library's data copies what it is given with all that is below it, at every level. This one moves.
namespace m {
using kainjow::mustache::list;
using kainjow::mustache::mustache;

class data : public kainjow::mustache::data {
 public:
  using Base = kainjow::mustache::data;
  explicit data(type kind) : Base(kind) {}
  explicit data(bool yes) : Base(yes) {}
  explicit data(const std::string& text) : Base(text) {}
  explicit data(const char* text) : Base(text) {}
  explicit data(list&& items) : Base(type::list) {
    const_cast<list&>(list_value()) = std::move(items);  // the library gives no other way in
  }

  void set(const std::string& name, data value) { (*this)[name] = std::move(value); }
  void set(const std::string& name, bool yes) { set(name, data(yes)); }
  void set(const std::string& name, const std::string& text) { set(name, data(text)); }
  void set(const std::string& name, const char* text) { set(name, data(text)); }
  void set(const std::string& name, list items) { set(name, data(std::move(items))); }
};
}  // namespace m

using policy::Language;
using policy::Plural;
using policy::say;
using policy::Word;

// A value for the template, made visible and bounded; false, which a section tests for, when it is empty.
[[nodiscard]] m::data value(std::string_view text, std::size_t max_bytes = kMaxShownBytes);
// A multi-line text of ours that may hold values of a peer.
[[nodiscard]] m::data block(std::string_view text, std::size_t max_bytes);
inline constexpr std::size_t kProseBytes = 700;
// Prose of ours as HTML, for {{{triple}}} tags: visible, bounded and escaped; what it quotes in backticks is
// set as code. Empty text is false, as value().
[[nodiscard]] m::data prose(std::string_view text, std::size_t max_bytes = kProseBytes);
// Begins with a capital letter when the first word is a common one: "https://" and "whytls" stay as they are.
[[nodiscard]] std::string capitalized(std::string text);
// The alerts of the handshake as items of a list.
[[nodiscard]] m::list alerts(const Record& record, const Language& language);  // render_page_alerts.cpp
// Puts a list, and true or false as "has_<name>" for the heading around it.
void put_list(m::data* into, const std::string& name, m::list list);

// Each adds its keys to the page's data.
void put_path(m::data* page, const Record& record, const Language& language);      // render_page_path.cpp
void put_findings(m::data* page, const Record& record, const Language& language);  // render_page_findings.cpp
void put_checks(m::data* page, const Record& record, const Language& language);    // render_page_findings.cpp
void put_chain(m::data* page, const Record& record, const Language& language);     // render_page_chain.cpp
void put_pems(m::data* page, const Record& record, const Language& language);      // render_page_chain.cpp
void put_handshake(m::data* page, const Record& record,
                   const Language& language);  // render_page_handshake.cpp
void put_transport(m::data* page, const Record& record,
                   const Language& language);                                     // render_page_handshake.cpp
void put_timings(m::data* page, const Record& record, const Language& language);  // render_page_handshake.cpp
void put_clients(m::data* page, const Record& record, const Language& language);  // render_page_clients.cpp
void put_cases(m::data* page, const Record& record, const Language& language);    // render_page_cases.cpp

// Bars of the page are drawn in a box of this width.
inline constexpr int kBarWidth = 1000;

}  // namespace whytls::proxy::page
