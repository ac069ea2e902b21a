#include "http_properties.h"

#include <algorithm>

namespace whytls::proxy::testing {
namespace {

using What = MessageParser::Step::What;

std::vector<std::string_view> cut(std::string_view bytes, std::vector<std::size_t> cuts) {
  std::sort(cuts.begin(), cuts.end());
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (const std::size_t at : cuts) {
    pieces.push_back(bytes.substr(begin, at - begin));
    begin = at;
  }
  pieces.push_back(bytes.substr(begin));
  return pieces;
}

std::string write_again(MessageParser::Kind kind, const Head& head) {
  std::string out;
  if (kind == MessageParser::Kind::request) {
    RequestRewrite rewrite;
    rewrite.path = "/";
    rewrite.host = "up.example";
    rewrite.client_address = "192.0.2.1";
    rewrite.client_scheme = "http";
    rewrite.proxy_name = "whytls";
    append_request_head(&out, head, rewrite);
  } else {
    ResponseRewrite rewrite;
    rewrite.proxy_name = "whytls";
    rewrite.framing = head.framing;
    append_response_head(&out, head, rewrite);
  }
  return out;
}

std::string difference_when_written_again(const Reading& reading, std::string_view bytes) {
  MessageParser first(reading.kind, reading.limits);
  if (reading.kind == MessageParser::Kind::response) first.expect_response_to(reading.answers);
  std::string_view input = bytes;
  if (first.step(&input).what != What::head) return "";
  // CONNECT is answered here and never written.
  if (first.head().method == "CONNECT") return "";
  const std::string written = write_again(reading.kind, first.head());
  MessageParser second(reading.kind, config::Limits());
  if (reading.kind == MessageParser::Kind::response) second.expect_response_to(reading.answers);
  input = written;
  if (second.step(&input).what != What::head)
    return "written head refused: " + second.error().detail + "\n" + written;
  if (!input.empty()) return "the written head ends too early:\n" + written;
  const Head& was = first.head();
  const Head& is = second.head();
  // Upgrade of a response goes on with 101 only, and there in any case.
  const bool same_upgrade = was.upgrade == is.upgrade || reading.kind == MessageParser::Kind::response;
  const bool same = was.framing == is.framing && same_upgrade && was.status == is.status &&
                    (was.framing != Framing::content_length || was.content_length == is.content_length);
  return same ? "" : "written with another framing:\n" + written;
}

}  // namespace

Properties check_properties(const Reading& reading, std::string_view bytes,
                            const std::vector<std::size_t>& cuts) {
  Properties out;
  const Report whole = report(reading, bytes);
  const Report pieces = report_pieces(reading, cut(bytes, cuts));
  out.complete = whole.events.find("complete\n") != std::string::npos;
  const bool refused = whole.events.size() >= 6 && whole.events.substr(whole.events.size() - 6) == "error\n";
  if (whole.events != pieces.events || whole.fault != pieces.fault) {
    out.violation =
        "cut differently:\n" + pieces.events + pieces.detail + "\nwhole:\n" + whole.events + whole.detail;
  } else if (refused != (whole.fault != policy::HttpFault::none) || refused == whole.detail.empty()) {
    out.violation = "a refusal without its reason, or a reason without a refusal: " + whole.detail;
  } else {
    out.violation = difference_when_written_again(reading, bytes);
  }
  return out;
}

}  // namespace whytls::proxy::testing
