#include "proxy/http_fields.h"

#include <algorithm>
#include <cstring>

#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

using policy::HttpFault;

bool refuse(MessageError* error, HttpFault fault, std::string detail) {
  error->fault = fault;
  error->llhttp_errno = 0;
  error->detail = std::move(detail);
  return false;
}

bool refuse_name(std::string_view line, std::size_t name_end, MessageError* error) {
  std::string detail;
  if (line.front() == ' ' || line.front() == '\t') {
    detail = "A header line begins with a space (a folded line, which RFC 9112 forbids): ";
  } else if (name_end == 0 && line.front() == ':') {
    detail = "A header field has no name: ";
  } else if (name_end == line.size()) {
    detail = "A header line has no colon: ";
  } else if (line[name_end] == ' ' || line[name_end] == '\t') {
    detail = "A header field has a space between its name and the colon: ";
  } else {
    detail = "A header field has the byte " + hex_byte(line[name_end]) + " in its name: ";
  }
  return refuse(error, HttpFault::invalid_message, detail + quote(line));
}

bool refuse_value(const Field& field, char c, MessageError* error) {
  const std::string what = c == '\0'   ? "a NUL byte"
                           : c == '\r' ? "a CR that no LF follows"
                                       : "the control byte " + hex_byte(c);
  return refuse(
      error, HttpFault::invalid_message,
      "The header field " + quote(field.name) + " has " + what + " in its value: " + quote(field.value));
}

}  // namespace

SectionEnd::Outcome SectionEnd::take(std::string_view* input, std::string* buffer, std::size_t max_bytes) {
  const std::size_t room = max_bytes - std::min(max_bytes, buffer->size());
  const std::string_view window = input->substr(0, room);
  Outcome outcome = Outcome::need_more;
  std::size_t taken = 0;
  while (outcome == Outcome::need_more && taken < window.size()) {
    const void* found = std::memchr(window.data() + taken, '\n', window.size() - taken);
    if (found == nullptr) {
      taken = window.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - window.data());
    const std::size_t line_feed = buffer->size() + at;  // where it will be in the buffer
    taken = at + 1;
    const bool has_before = line_feed > line_begin_;
    const char before = !has_before ? '\0' : at > 0 ? window[at - 1] : buffer->back();
    if (before != '\r') {
      outcome = Outcome::bare_line_feed;
    } else if (line_feed == line_begin_ + 1) {
      outcome = Outcome::found;
    } else {
      line_begin_ = line_feed + 1;
    }
  }
  buffer->append(window.data(), taken);
  input->remove_prefix(taken);
  if (outcome == Outcome::need_more && !input->empty()) return Outcome::too_large;
  return outcome;
}

bool parse_fields(std::string_view section, std::size_t max_fields, std::vector<Field>* fields,
                  MessageError* error) {
  while (section.size() > 2) {
    const std::size_t line_feed = section.find('\n');
    const std::string_view line = section.substr(0, line_feed - 1);
    section.remove_prefix(line_feed + 1);
    if (fields->size() >= max_fields) {
      return refuse(error, HttpFault::head_too_large,
                    "The header has more than " + std::to_string(max_fields) + " fields.");
    }
    std::size_t name_end = 0;
    while (name_end < line.size() && is_token_char(line[name_end])) ++name_end;
    if (name_end == 0 || name_end == line.size() || line[name_end] != ':') {
      return refuse_name(line, name_end, error);
    }
    const Field field{line.substr(0, name_end), trim(line.substr(name_end + 1))};
    const std::size_t control = find_control(field.value);
    if (control != std::string_view::npos) return refuse_value(field, field.value[control], error);
    fields->push_back(field);
  }
  return true;
}

}  // namespace whytls::proxy
