// Reads the first line of a message byte by byte, so that what is no HTTP is refused at its first wrong byte
// and an answer does not depend on how the bytes were cut into pieces.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/evidence.h"
#include "proxy/http_message.h"

namespace whytls::proxy {

class StartLine {
 public:
  enum class Outcome : std::uint8_t { need_more, done, refused };

  StartLine(MessageParser::Kind kind, std::size_t max_target_bytes);

  // `line` is all that has come of the line; what was read before is not read again. done: the line ends with
  // its CRLF, which must be the last bytes of `line`.
  Outcome read(std::string_view line);
  void reset();

  // After done: sets method, target, status, reason and minor as views into `line`.
  void describe(std::string_view line, Head* head) const;

  // After refused.
  [[nodiscard]] policy::HttpFault fault() const { return fault_; }
  [[nodiscard]] std::string_view why() const { return why_; }  // the end of a sentence

 private:
  enum class Part : std::uint8_t { method, target, version, status, reason, line_feed, done };

  Outcome read_byte(std::string_view line);
  Outcome method_byte(char c);
  Outcome target_bytes(std::string_view line);
  Outcome version_byte(char c);
  Outcome status_byte(char c);
  Outcome reason_byte(char c);
  Outcome enter(Part part);
  Outcome refuse(policy::HttpFault fault, std::string_view why);

  MessageParser::Kind kind_;
  std::size_t max_target_bytes_;
  Part part_;
  std::size_t at_ = 0;  // the next byte to read
  std::size_t part_begin_ = 0;
  std::size_t method_end_ = 0;
  std::size_t target_end_ = 0;
  std::size_t reason_begin_ = 0;
  int minor_ = 0;
  int status_ = 0;
  policy::HttpFault fault_ = policy::HttpFault::none;
  std::string_view why_;
};

}  // namespace whytls::proxy
