// The parts of the page as data of its template (proxy/page/page.html). Internal to the renderer of the page.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

#include "policy/words.h"
#include "proxy/escape.h"
#include "proxy/record.h"

namespace whytls::proxy::page {

namespace m = kainjow::mustache;
using policy::Language;
using policy::Plural;
using policy::say;
using policy::Word;

// A value for the template, made visible and bounded; false, which a section tests for, when it is empty.
[[nodiscard]] m::data value(std::string_view text, std::size_t max_bytes = kMaxShownBytes);
// A multi-line text of ours that may hold values of a peer.
[[nodiscard]] m::data block(std::string_view text, std::size_t max_bytes);
inline constexpr std::size_t kProseBytes = 700;
// The pieces of our prose for the template: what it quotes in backticks is set as code.
[[nodiscard]] m::list pieces(std::string_view prose, std::size_t max_bytes = kProseBytes);
// Puts a list, and true or false as "has_<name>" for the heading around it.
void put_list(m::data* into, const std::string& name, const m::list& list);

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

// Bars of the page are drawn in a box of this width.
inline constexpr int kBarWidth = 1000;

}  // namespace whytls::proxy::page
