#include "http_events.h"

#include <memory>

namespace whytls::proxy::testing {
namespace {

using What = MessageParser::Step::What;

std::string_view framing_name(Framing framing) {
  switch (framing) {
    case Framing::none:
      return "none";
    case Framing::content_length:
      return "content_length";
    case Framing::chunked:
      return "chunked";
    case Framing::until_close:
      return "until_close";
  }
  return "?";
}

void write_fields(std::string_view indent, const std::vector<Field>& fields, std::string* out) {
  for (const Field& field : fields) {
    out->append(indent).append(field.name).append("=").append(field.value).append("\n");
  }
}

void write_head(const Head& head, std::string* out) {
  if (head.status == 0) {
    out->append("request ").append(head.method).append(" ").append(head.target);
  } else {
    out->append("response ").append(std::to_string(head.status)).append(" ").append(head.reason);
  }
  out->append(" 1.").append(std::to_string(head.minor)).append(" ").append(framing_name(head.framing));
  if (head.framing == Framing::content_length) out->append(" ").append(std::to_string(head.content_length));
  if (head.keep_alive) out->append(" keep_alive");
  if (head.upgrade) out->append(" upgrade");
  if (head.expects_continue) out->append(" expects_continue");
  out->append("\n");
  write_fields("  ", head.fields, out);
}

class Recorder {
 public:
  explicit Recorder(const Reading& reading) : parser_(reading.kind, reading.limits) {
    if (reading.kind == MessageParser::Kind::response) parser_.expect_response_to(reading.answers);
  }

  void feed(std::string_view piece) {
    if (raw_) {
      report_.events.append(piece);
      return;
    }
    const std::unique_ptr<char[]> storage = std::make_unique<char[]>(piece.size());
    piece.copy(storage.get(), piece.size());
    std::string_view input(storage.get(), piece.size());
    while (write(parser_.step(&input))) {
    }
    if (raw_) report_.events.append(input);
  }

  Report finish(Ending ending) {
    if (ending == Ending::closes && report_.fault == policy::HttpFault::none && !raw_) {
      write(parser_.end_of_input());
    }
    flush_body();
    return std::move(report_);
  }

 private:
  void flush_body() {
    if (!body_.empty()) report_.events.append("body ").append(body_).append("\n");
    body_.clear();
  }

  // False: there is nothing more to get from this input.
  bool write(const MessageParser::Step& step) {
    if (step.what == What::body) {
      body_.append(step.body);
      return true;
    }
    if (step.what == What::need_more) return false;
    flush_body();
    switch (step.what) {
      case What::head:
        write_head(parser_.head(), &report_.events);
        return true;
      case What::complete:
        write_fields("  trailer ", parser_.trailers(), &report_.events);
        report_.events.append("complete\n");
        parser_.reset();
        return true;
      case What::raw:
        raw_ = true;
        report_.events.append("raw ");
        return false;
      case What::error:
        report_.fault = parser_.error().fault;
        report_.llhttp_errno = parser_.error().llhttp_errno;
        report_.detail = parser_.error().detail;
        if (!failed_) report_.events.append("error\n");
        failed_ = true;
        return false;
      case What::body:
      case What::need_more:
        break;
    }
    return false;
  }

  MessageParser parser_;
  Report report_;
  std::string body_;
  bool raw_ = false;
  bool failed_ = false;
};

}  // namespace

Report report_pieces(const Reading& reading, const std::vector<std::string_view>& pieces) {
  Recorder recorder(reading);
  for (const std::string_view piece : pieces) recorder.feed(piece);
  return recorder.finish(reading.ending);
}

Report report(const Reading& reading, std::string_view bytes) {
  return report_pieces(reading, {bytes});
}

std::string difference_between_splits(const Reading& reading, std::string_view bytes) {
  const Report whole = report(reading, bytes);
  const auto differs = [&whole](const Report& other) {
    return other.events != whole.events || other.fault != whole.fault ||
           other.llhttp_errno != whole.llhttp_errno;
  };
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    const Report cut = report_pieces(reading, {bytes.substr(0, at), bytes.substr(at)});
    if (differs(cut)) {
      return "cut at " + std::to_string(at) + ":\n" + cut.events + cut.detail + "\nwhole:\n" + whole.events +
             whole.detail;
    }
  }
  std::vector<std::string_view> single;
  for (std::size_t at = 0; at < bytes.size(); ++at) single.push_back(bytes.substr(at, 1));
  const Report slow = report_pieces(reading, single);
  if (differs(slow)) {
    return "byte by byte:\n" + slow.events + slow.detail + "\nwhole:\n" + whole.events + whole.detail;
  }
  return "";
}

}  // namespace whytls::proxy::testing
