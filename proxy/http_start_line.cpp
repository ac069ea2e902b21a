#include "proxy/http_start_line.h"

#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

using policy::HttpFault;

constexpr std::size_t kMaxMethodBytes = 32;  // the longest registered method has 17
constexpr std::string_view kVersionStart = "HTTP/";
constexpr std::size_t kMajorAt = 5;  // positions in "HTTP/1.1"
constexpr std::size_t kDotAt = 6;
constexpr std::size_t kMinorAt = 7;
constexpr std::size_t kVersionBytes = 8;
constexpr std::size_t kStatusDigits = 3;
constexpr int kFirstStatus = 100;  // RFC 9110, 15

bool is_target_char(char c) {
  return c > ' ' && c < '\x7f' && c != '#';
}

bool is_reason_char(char c) {
  return find_control(std::string_view(&c, 1)) == std::string_view::npos;
}

}  // namespace

StartLine::StartLine(MessageParser::Kind kind, std::size_t max_target_bytes)
    : kind_(kind),
      max_target_bytes_(max_target_bytes),
      part_(kind == MessageParser::Kind::request ? Part::method : Part::version) {}

void StartLine::reset() {
  *this = StartLine(kind_, max_target_bytes_);
}

StartLine::Outcome StartLine::read(std::string_view line) {
  while (at_ < line.size()) {
    const Outcome outcome = part_ == Part::target ? target_bytes(line) : read_byte(line);
    if (outcome != Outcome::need_more) return outcome;
  }
  return Outcome::need_more;
}

StartLine::Outcome StartLine::read_byte(std::string_view line) {
  const char c = line[at_];
  switch (part_) {
    case Part::method:
      return method_byte(c);
    case Part::version:
      return version_byte(c);
    case Part::status:
      return status_byte(c);
    case Part::reason:
      return reason_byte(c);
    case Part::line_feed:
      if (c != '\n') return refuse(HttpFault::invalid_message, "has a CR that no LF follows");
      part_ = Part::done;
      ++at_;
      return Outcome::done;
    case Part::target:
    case Part::done:
      break;
  }
  return Outcome::done;
}

StartLine::Outcome StartLine::method_byte(char c) {
  if (c == ' ' && at_ > 0) {
    method_end_ = at_;
    return enter(Part::target);
  }
  if (!is_token_char(c)) return refuse(HttpFault::invalid_message, "does not begin with a method");
  if (at_ >= kMaxMethodBytes) return refuse(HttpFault::invalid_message, "has a method that is too long");
  ++at_;
  return Outcome::need_more;
}

StartLine::Outcome StartLine::target_bytes(std::string_view line) {
  const std::size_t longest = part_begin_ + max_target_bytes_;
  while (at_ < line.size() && at_ < longest && is_target_char(line[at_])) ++at_;
  if (at_ == line.size()) return Outcome::need_more;
  const char c = line[at_];
  if (is_target_char(c)) return refuse(HttpFault::uri_too_long, "has a target that is too long");
  if (at_ == part_begin_) return refuse(HttpFault::invalid_message, "has no target after the method");
  if (c == ' ') {
    target_end_ = at_;
    return enter(Part::version);
  }
  if (c == '\r') return refuse(HttpFault::version_unsupported, "names no version, as HTTP/0.9 did");
  if (c == '#') return refuse(HttpFault::invalid_message, "has a fragment (#) in its target");
  return refuse(HttpFault::invalid_message, "has a byte in its target that is no printable ASCII");
}

StartLine::Outcome StartLine::version_byte(char c) {
  const std::size_t position = at_ - part_begin_;
  if (position < kMajorAt) {
    if (c != kVersionStart[position]) {
      return refuse(HttpFault::invalid_message, kind_ == MessageParser::Kind::request
                                                    ? "has something else than HTTP/1.1 after its target"
                                                    : "does not begin with HTTP/1.1");
    }
  } else if (position == kMajorAt || position == kMinorAt) {
    if (!is_digit(c)) return refuse(HttpFault::invalid_message, "has a malformed version");
    const bool spoken = position == kMajorAt ? c == '1' : c <= '1';
    if (!spoken) return refuse(HttpFault::version_unsupported, "is for a version other than 1.0 and 1.1");
    minor_ = c - '0';
  } else if (position == kDotAt) {
    if (c != '.') return refuse(HttpFault::invalid_message, "has a malformed version");
  } else if (position == kVersionBytes) {
    if (kind_ == MessageParser::Kind::request && c == '\r') return enter(Part::line_feed);
    if (kind_ == MessageParser::Kind::response && c == ' ') return enter(Part::status);
    return refuse(HttpFault::invalid_message, "has a wrong byte after its version");
  }
  ++at_;
  return Outcome::need_more;
}

StartLine::Outcome StartLine::status_byte(char c) {
  if (at_ - part_begin_ < kStatusDigits) {
    if (!is_digit(c))
      return refuse(HttpFault::invalid_message, "has a status that is no number of three digits");
    status_ = status_ * 10 + (c - '0');
    ++at_;
    return Outcome::need_more;
  }
  if (status_ < kFirstStatus) return refuse(HttpFault::invalid_message, "has a status below 100");
  // The space before an absent reason is left out by many servers.
  if (c != ' ' && c != '\r') {
    return refuse(HttpFault::invalid_message, "has a status that is no number of three digits");
  }
  reason_begin_ = c == ' ' ? at_ + 1 : at_;
  return enter(c == ' ' ? Part::reason : Part::line_feed);
}

StartLine::Outcome StartLine::reason_byte(char c) {
  if (c == '\r') return enter(Part::line_feed);
  if (!is_reason_char(c)) return refuse(HttpFault::invalid_message, "has a control byte in its reason");
  ++at_;
  return Outcome::need_more;
}

StartLine::Outcome StartLine::enter(Part part) {
  part_ = part;
  part_begin_ = ++at_;
  return Outcome::need_more;
}

StartLine::Outcome StartLine::refuse(HttpFault fault, std::string_view why) {
  fault_ = fault;
  why_ = why;
  return Outcome::refused;
}

void StartLine::describe(std::string_view line, Head* head) const {
  head->minor = minor_;
  if (kind_ == MessageParser::Kind::request) {
    head->method = line.substr(0, method_end_);
    head->target = line.substr(method_end_ + 1, target_end_ - method_end_ - 1);
  } else {
    head->status = status_;
    head->reason = line.substr(reason_begin_, line.size() - 2 - reason_begin_);
  }
}

}  // namespace whytls::proxy
