// Any bytes as a certificate (libFuzzer), read and printed. Corpus: certificates in DER.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tls/evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string der(reinterpret_cast<const char*>(data), size);
  (void)whytls::tls::read_certificate(der);
  const std::string text = whytls::tls::to_text(der);
  if (text.empty()) return 0;
  // No text of a peer begins a line: the first is ours, and the others are indented.
  if (!text.starts_with("Certificate:\n")) std::abort();
  for (std::size_t at = text.find('\n'); at + 1 < text.size(); at = text.find('\n', at + 1)) {
    if (text[at + 1] != ' ') std::abort();
  }
  return 0;
}
