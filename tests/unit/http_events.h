// Runs a MessageParser over bytes cut into pieces and writes down what it reported, as text to compare.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/http_message.h"

namespace whytls::proxy::testing {

enum class Ending { stays_open, closes };

struct Reading {
  MessageParser::Kind kind = MessageParser::Kind::request;
  config::Limits limits;
  std::string_view answers = "GET";  // responses: the method of the request
  Ending ending = Ending::stays_open;
};

struct Report {
  std::string events;  // one line each; pieces of a body are joined
  policy::HttpFault fault = policy::HttpFault::none;
  int llhttp_errno = 0;
  std::string detail;
};

// Each piece is given in storage of its own that is gone afterwards, so that a view kept too long is caught
// by AddressSanitizer.
[[nodiscard]] Report report_pieces(const Reading& reading, const std::vector<std::string_view>& pieces);
[[nodiscard]] Report report(const Reading& reading, std::string_view bytes);
// All at once, then cut in two at every position, then byte by byte: the same events, or a text that says
// where they differ.
[[nodiscard]] std::string difference_between_splits(const Reading& reading, std::string_view bytes);

// Names a row of a parameterized test by its member `name`.
struct RowName {
  template <typename Info>
  std::string operator()(const Info& row) const {
    return std::string(row.param.name);
  }
};

}  // namespace whytls::proxy::testing
