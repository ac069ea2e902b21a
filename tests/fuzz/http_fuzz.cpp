// libFuzzer target for the HTTP/1.1 parser and writer. Built with clang, for example:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. -Itests/unit tests/fuzz/http_fuzz.cpp
//     tests/unit/http_events.cpp tests/unit/http_properties.cpp proxy/http_*.cpp, and llhttp.
// The first two bytes choose what is read and where the rest is cut.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "http_properties.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace whytls::proxy;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  testing::Reading reading;
  reading.kind = (data[0] & 1U) != 0 ? MessageParser::Kind::request : MessageParser::Kind::response;
  reading.ending = (data[0] & 2U) != 0 ? testing::Ending::closes : testing::Ending::stays_open;
  reading.answers = (data[0] & 4U) != 0 ? "HEAD" : (data[0] & 8U) != 0 ? "CONNECT" : "GET";
  reading.limits.max_head_bytes = 512;
  reading.limits.max_uri_bytes = 64;
  reading.limits.max_header_fields = 8;
  const auto properties = testing::check_properties(reading, bytes, {data[1] % (bytes.size() + 1)});
  if (!properties.violation.empty()) {
    std::fprintf(stderr, "%s\n", properties.violation.c_str());
    std::abort();
  }
  return 0;
}
