// The prose of the catalogue sends people to keys of the configuration: they have to exist.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "config/load.h"
#include "policy/failure_text.h"

namespace whytls::policy {
namespace {

// A file that shows every key.
const char* const kEveryTable = R"(
[[listener]]
name = "door"
mode = "reverse"
listen = "127.0.0.1:8081"
tls = { mint = true }
[[listener.route]]
upstream = "https://a.test"
policy = "lab"
[[listener]]
name = "forward"
mode = "forward"
listen = "127.0.0.1:8080"
[policy.lab]
)";

// Keys as prose names them: without the listener, route or policy that they belong to.
std::set<std::string> schema() {
  const auto loaded = config::parse(kEveryTable, "every.toml");
  if (!loaded) throw std::runtime_error(loaded.error().front().text());
  // What is written but never shown as a value of its own.
  std::set<std::string> keys = {"until", "extends", "on", "pins", "trust", "tls"};
  const std::regex owner(R"(^(listener\[\d+\]\.(route\[\d+\]\.)?|policy\.[a-z]+\.))");
  for (const config::ShownValue& shown : loaded->settings.shown)
    keys.insert(std::regex_replace(shown.key, owner, ""));
  return keys;
}

// A key in front of its table counts too: `ciphers` where the sentence speaks of `tls`.
bool knows(const std::set<std::string>& keys, const std::string& word) {
  constexpr std::string_view kOn = "on.";  // any failure is a key of [policy.NAME.on]
  if (keys.contains(word)) return true;
  if (word.starts_with(kOn)) return failure_by_slug(std::string_view(word).substr(kOn.size())).has_value();
  if (word.find('.') != std::string::npos) return false;
  for (const std::string& key : keys) {
    if (key.ends_with("." + word)) return true;
  }
  return failure_by_slug(word).has_value();
}

std::vector<std::string> texts_of(const FailureText& prose) {
  std::vector<std::string> out;
  for (const std::string_view one : {prose.meaning, prose.visitor, prose.owner, prose.device})
    out.emplace_back(one);
  for (const std::string_view one : prose.causes) out.emplace_back(one);
  return out;
}

TEST(FailureText, NamesOnlyKeysThatTheLoaderKnows) {
  const std::set<std::string> keys = schema();
  const std::regex quoted("`([^`]*)`");
  const std::regex key(R"(([a-z_]+(\.[a-z_]+)*)( = .*)?)");
  int seen = 0;
  for (const FailureInfo& row : all_failures()) {
    for (const std::string& prose : texts_of(text(row.failure))) {
      for (std::sregex_iterator at(prose.begin(), prose.end(), quoted), end; at != end; ++at) {
        const std::string word = (*at)[1];
        std::smatch parts;
        if (!std::regex_match(word, parts, key)) continue;
        ++seen;
        EXPECT_TRUE(knows(keys, parts[1])) << row.slug << ": `" << word << "` is no key of the configuration";
        if (!parts[3].matched) continue;
        const auto loaded = config::parse("[policy.lab]\n" + word + "\n", "prose.toml");
        EXPECT_TRUE(loaded) << row.slug << ": " << loaded.error().front().text();
      }
    }
  }
  EXPECT_GT(seen, 50);
}

}  // namespace
}  // namespace whytls::policy
