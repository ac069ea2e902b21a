// Any bytes as a configuration file (libFuzzer). Corpus: tests/data/toml and deploy/config.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = whytls::config::parse(text, "fuzz.toml");
  if (loaded) {
    (void)whytls::config::show(loaded->settings);
    return 0;
  }
  // A refusal without a reason is a defect as well.
  if (loaded.error().empty()) std::abort();
  for (const whytls::config::Mistake& mistake : loaded.error()) {
    if (mistake.text().empty()) std::abort();
  }
  return 0;
}
