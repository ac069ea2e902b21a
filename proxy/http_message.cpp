#include "proxy/http_message.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "proxy/http_decoder.h"
#include "proxy/http_fields.h"
#include "proxy/http_start_line.h"
#include "proxy/http_text.h"

namespace whytls::proxy {
namespace {

using policy::HttpFault;

// RFC 9112, 2.2 asks servers to ignore "at least one" empty line before a request line.
constexpr int kMaxEmptyLines = 4;
// What reset() keeps of a grown buffer, so that an idle connection holds next to nothing.
constexpr std::size_t kKeptBytes = 4096;
constexpr int kSwitchingProtocols = 101;

}  // namespace

const Field* Head::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [name](const Field& field) {
    return equal_ignoring_case(field.name, name);
  });
  return found == fields.end() ? nullptr : &*found;
}

std::string_view Head::value(std::string_view name) const {
  const Field* field = find(name);
  return field == nullptr ? std::string_view() : field->value;
}

struct MessageParser::Impl {
  enum class State : std::uint8_t {
    idle,  // no byte of a head was seen
    start_line,
    fields,
    head_reported,  // after_head_ is next
    body,
    until_close,
    trailers,
    complete,
    raw,
    dead,
  };
  using What = Step::What;

  Impl(Kind of, const config::Limits& given)
      : kind(of), limits(given), start_line(of, given.max_uri_bytes), decoder(of) {}

  Step step(std::string_view* input);
  Step end_of_input();
  void begin();

  bool skip_empty_lines(std::string_view* input);
  Step read_start_line(std::string_view* input);
  Step read_fields(std::string_view* input);
  Step finish_head();
  bool judge_head();
  State state_after_head() const;
  Step read_body(std::string_view* input);
  Step read_trailers(std::string_view* input);
  Step refuse(HttpFault fault, std::string detail);
  Step refuse_start_line(std::string_view rest);
  Step refuse_section(SectionEnd::Outcome outcome, std::string_view what);
  Step die();

  Kind kind;
  config::Limits limits;
  StartLine start_line;
  SectionEnd section;
  Decoder decoder;
  State state = State::idle;
  State after_head = State::complete;
  Answers answers = Answers::other;
  int empty_lines = 0;
  bool half_empty_line = false;  // the CR of an empty line was the last byte
  bool interim_seen = false;     // a 1xx came, so a final response is still owed
  std::string buffer;            // the head; Head's views point into it
  std::size_t fields_begin = 0;
  std::string trailer_buffer;
  Head head;
  std::vector<Field> trailers;
  MessageError error;
};

MessageParser::Step MessageParser::Impl::step(std::string_view* input) {
  for (;;) {
    switch (state) {
      case State::idle:
      case State::complete:
        if (input->empty()) return {};
        begin();
        if (!skip_empty_lines(input)) return die();
        if (input->empty()) return {};
        state = State::start_line;
        break;
      case State::start_line: {
        const Step step = read_start_line(input);
        if (state != State::fields) return step;
        break;
      }
      case State::fields:
        return read_fields(input);
      case State::head_reported:
        state = after_head;
        if (state == State::complete) return {What::complete, {}};
        break;
      case State::body:
        return read_body(input);
      case State::until_close:
        if (input->empty()) return {};
        return {What::body, std::exchange(*input, std::string_view())};
      case State::trailers:
        return read_trailers(input);
      case State::raw:
        return {What::raw, {}};
      case State::dead:
        return {What::error, {}};
    }
  }
}

// Forgets the message before, unless that was done.
void MessageParser::Impl::begin() {
  if (state == State::idle && buffer.empty()) return;
  state = State::idle;
  buffer.clear();
  trailer_buffer.clear();
  trailers.clear();
  std::vector<Field> storage = std::move(head.fields);
  storage.clear();
  head = Head();
  head.fields = std::move(storage);
  start_line.reset();
  empty_lines = 0;
}

// False: refused, error is set.
bool MessageParser::Impl::skip_empty_lines(std::string_view* input) {
  if (kind == Kind::response) return true;
  while (!input->empty()) {
    const char c = input->front();
    if (!half_empty_line && c != '\r' && c != '\n') return true;
    if ((c == '\n') != half_empty_line || empty_lines >= kMaxEmptyLines) {
      refuse(HttpFault::invalid_message,
             "Before the request line stands something other than a few empty lines.");
      return false;
    }
    if (half_empty_line) ++empty_lines;
    half_empty_line = !half_empty_line;
    input->remove_prefix(1);
  }
  return true;
}

MessageParser::Step MessageParser::Impl::read_start_line(std::string_view* input) {
  const std::size_t room = limits.max_head_bytes - std::min(limits.max_head_bytes, buffer.size());
  const std::size_t line_feed = input->find('\n');
  const std::size_t wanted = line_feed == std::string_view::npos ? input->size() : line_feed + 1;
  buffer.append(input->substr(0, std::min(room, wanted)));
  input->remove_prefix(std::min(room, wanted));
  switch (start_line.read(buffer)) {
    case StartLine::Outcome::refused:
      return refuse_start_line(*input);
    case StartLine::Outcome::need_more:
      if (!input->empty()) return refuse_section(SectionEnd::Outcome::too_large, "header");
      return {};
    case StartLine::Outcome::done:
      break;
  }
  fields_begin = buffer.size();
  section.begin(fields_begin);
  state = State::fields;
  return {};
}

MessageParser::Step MessageParser::Impl::read_fields(std::string_view* input) {
  const SectionEnd::Outcome outcome = section.take(input, &buffer, limits.max_head_bytes);
  if (outcome == SectionEnd::Outcome::need_more) return {};
  if (outcome != SectionEnd::Outcome::found) return refuse_section(outcome, "header");
  return finish_head();
}

// The buffer does not grow any more, so views into it stay.
MessageParser::Step MessageParser::Impl::finish_head() {
  const std::string_view whole = buffer;
  start_line.describe(whole.substr(0, fields_begin), &head);
  if (!parse_fields(whole.substr(fields_begin), limits.max_header_fields, &head.fields, &error) ||
      !judge_head()) {
    return die();
  }
  const bool bodiless = head.framing == Framing::none;
  const Decoder::Outcome outcome =
      decoder.read_head(whole, bodiless ? Decoder::Body::none : Decoder::Body::by_head);
  if (outcome == Decoder::Outcome::refused) {
    decoder.describe(&error);
    error.detail += " The message begins with " + quote(whole) + ".";
    return die();
  }
  // Two readers of the same head must agree about its length: a difference is what smuggling lives on.
  const bool expects_body = !bodiless && (head.framing != Framing::content_length || head.content_length > 0);
  const bool agreed =
      expects_body == (outcome == Decoder::Outcome::need_more) &&
      (head.framing != Framing::content_length || decoder.bytes_left() == head.content_length);
  if (!agreed) {
    return refuse(HttpFault::framing_ambiguous, "The length of the body can be read in two ways.");
  }
  after_head = state_after_head();
  interim_seen = after_head == State::idle;
  state = State::head_reported;
  return {What::head, {}};
}

bool MessageParser::Impl::judge_head() {
  return kind == Kind::request ? judge_request(&head, &error) : judge_response(answers, &head, &error);
}

MessageParser::Impl::State MessageParser::Impl::state_after_head() const {
  const bool request_raw = kind == Kind::request && head.method == "CONNECT";
  const bool tunnel = answers == Answers::connect && head.status / 100 == 2;
  if (request_raw || tunnel || head.status == kSwitchingProtocols) return State::raw;
  if (head.status / 100 == 1) return State::idle;
  switch (head.framing) {
    case Framing::none:
      return State::complete;
    case Framing::content_length:
      return head.content_length == 0 ? State::complete : State::body;
    case Framing::chunked:
      return State::body;
    case Framing::until_close:
      return State::until_close;
  }
  return State::dead;
}

MessageParser::Step MessageParser::Impl::read_body(std::string_view* input) {
  switch (decoder.read_body(input)) {
    case Decoder::Outcome::need_more:
      return {};
    case Decoder::Outcome::piece:
      return {What::body, decoder.piece()};
    case Decoder::Outcome::trailers:
      state = State::trailers;
      section.begin(0);
      return read_trailers(input);
    case Decoder::Outcome::complete:
      state = State::complete;
      return {What::complete, {}};
    case Decoder::Outcome::refused:
      break;
  }
  decoder.describe(&error);
  return die();
}

MessageParser::Step MessageParser::Impl::read_trailers(std::string_view* input) {
  const SectionEnd::Outcome outcome = section.take(input, &trailer_buffer, limits.max_head_bytes);
  if (outcome == SectionEnd::Outcome::need_more) return {};
  if (outcome != SectionEnd::Outcome::found) return refuse_section(outcome, "trailer");
  if (!parse_fields(trailer_buffer, limits.max_header_fields, &trailers, &error) ||
      !judge_trailers(trailers, &error)) {
    return die();
  }
  if (decoder.read_trailers(trailer_buffer) != Decoder::Outcome::complete) {
    decoder.describe(&error);
    return die();
  }
  state = State::complete;
  return {What::complete, {}};
}

MessageParser::Step MessageParser::Impl::end_of_input() {
  switch (state) {
    case State::idle:
      if (!interim_seen) return {};
      return refuse(HttpFault::closed_before_message, "The connection ended after an interim response.");
    case State::complete:
      return {};
    case State::head_reported:
      state = after_head;
      if (state == State::complete) return {What::complete, {}};
      return end_of_input();
    case State::until_close:
      state = State::complete;
      return {What::complete, {}};
    case State::start_line:
    case State::fields:
      return refuse(HttpFault::closed_in_message, "The connection ended in the header, after " +
                                                      std::to_string(buffer.size()) + " bytes of it.");
    case State::body:
      if (head.framing == Framing::chunked) {
        return refuse(HttpFault::closed_in_message,
                      "The connection ended in a chunked body, before its last chunk.");
      }
      return refuse(HttpFault::closed_in_message,
                    "The connection ended when " + std::to_string(decoder.bytes_left()) + " of " +
                        std::to_string(head.content_length) + " bytes of the body were still to come.");
    case State::trailers:
      return refuse(HttpFault::closed_in_message, "The connection ended in the trailer of a chunked body.");
    case State::raw:
      return {What::raw, {}};
    case State::dead:
      break;
  }
  return {What::error, {}};
}

MessageParser::Step MessageParser::Impl::refuse(HttpFault fault, std::string detail) {
  error.fault = fault;
  error.llhttp_errno = 0;
  error.detail = std::move(detail);
  return die();
}

// Quotes as much as there is, because the first bytes often say what speaks there ("SSH-2.0-...").
MessageParser::Step MessageParser::Impl::refuse_start_line(std::string_view rest) {
  std::string seen = buffer;
  seen += rest.substr(0, kQuotedBytes + 1);
  std::string detail = kind == Kind::request ? "The request line " : "The status line ";
  detail.append(start_line.why()).append(": ").append(quote(seen)).append(".");
  return refuse(start_line.fault(), std::move(detail));
}

MessageParser::Step MessageParser::Impl::refuse_section(SectionEnd::Outcome outcome, std::string_view what) {
  if (outcome == SectionEnd::Outcome::bare_line_feed) {
    return refuse(HttpFault::invalid_message,
                  "A line of the " + std::string(what) + " ends in LF without CR.");
  }
  return refuse(HttpFault::head_too_large, "The " + std::string(what) + " has more than " +
                                               std::to_string(limits.max_head_bytes) + " bytes.");
}

MessageParser::Step MessageParser::Impl::die() {
  state = State::dead;
  return {What::error, {}};
}

MessageParser::MessageParser(Kind kind, const config::Limits& limits)
    : impl_(std::make_unique<Impl>(kind, limits)) {}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

MessageParser::Step MessageParser::step(std::string_view* input) {
  return impl_->step(input);
}
MessageParser::Step MessageParser::end_of_input() {
  return impl_->end_of_input();
}

void MessageParser::expect_response_to(std::string_view method) {
  assert(impl_->kind == Kind::response);
  impl_->answers = method == "HEAD" ? Answers::head : method == "CONNECT" ? Answers::connect : Answers::other;
}

const Head& MessageParser::head() const {
  return impl_->head;
}
const std::vector<Field>& MessageParser::trailers() const {
  return impl_->trailers;
}
const MessageError& MessageParser::error() const {
  return impl_->error;
}

bool MessageParser::in_message() const {
  using State = Impl::State;
  const State state = impl_->state;
  return state != State::idle && state != State::complete && state != State::raw && state != State::dead;
}

void MessageParser::reset() {
  impl_->state = Impl::State::complete;
  impl_->begin();
  impl_->error = MessageError();
  impl_->interim_seen = false;
  impl_->half_empty_line = false;
  if (impl_->buffer.capacity() > kKeptBytes) impl_->buffer = std::string();
  if (impl_->trailer_buffer.capacity() > kKeptBytes) impl_->trailer_buffer = std::string();
}

}  // namespace whytls::proxy
