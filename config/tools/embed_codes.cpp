// Build tool: turns policy/codes/*.toml, what the codes of other programs mean, into a C++ table.
//
//   embed_codes NSS_SSL_TOML NSS_SEC_TOML NSPR_TOML CHROME_TOML OPENSSL_VERIFY_TOML TLS_ALERTS_TOML
//   OUTPUT_INC
//
// The order of the files is that of policy::CodeFamily, that of the codes the one of each file. Refuses a row
// that is not complete, a failure that is none, and a key that nobody reads.
#include <algorithm>
#include <array>

#include "config/tools/embed_source.h"

namespace {

using whytls::tools::literal;
using whytls::tools::Source;

constexpr std::array<std::string_view, 6> kFamilies = {"nss_ssl", "nss_sec",        "nspr",
                                                       "chrome",  "openssl_verify", "tls_alert"};
constexpr std::array<std::string_view, 8> kKeys = {"number",  "standing", "failures", "same_as",
                                                   "meaning", "actor",    "action",   "text"};
constexpr std::array<std::string_view, 4> kStandings = {"met", "rare", "internal", "historical"};
constexpr std::array<std::string_view, 5> kActors = {"visitor", "proxy", "server", "developer", "nobody"};

// The enumerator of that name; a complaint when there is none.
template <typename List>
std::string enumerator(Source& source, const std::string& symbol, const toml::value& row, const char* type,
                       const char* key, const List& known) {
  const std::string word = source.text(symbol, row, key);
  if (!word.empty() && !whytls::tools::contains(known, word))
    source.complain(Source::place(symbol, key), std::string("is no word that is known here: ").append(word));
  return std::string(type).append("::").append(word);
}

std::string failures(Source& source, const std::string& symbol, const toml::value& row) {
  std::string out = "{";
  for (const std::string& slug : source.optional_texts(symbol, row, "failures")) {
    if (!whytls::tools::contains(whytls::tools::slugs(), slug))
      source.complain(symbol, std::string("names a failure that is none: ").append(slug));
    out.append("Failure::").append(slug).append(", ");
  }
  return out.append("}");
}

void write_code(Source& source, std::string_view family, const std::string& symbol, std::ostream& out) {
  const toml::value& row = source.document().at(symbol);
  if (!source.check_keys(symbol, row, kKeys)) return;
  if (!row.contains("number") || !row.at("number").is_integer())
    return source.complain(symbol, "has no number");
  const auto text = [&](const char* key) { return literal(source.text(symbol, row, key)); };
  out << "{" << literal(symbol) << ", CodeFamily::" << family << ", " << row.at("number").as_integer() << ", "
      << enumerator(source, symbol, row, "Standing", "standing", kStandings) << ", "
      << failures(source, symbol, row) << ", " << literal(source.optional_text(symbol, row, "text")) << ",\n "
      << text("meaning") << ",\n " << enumerator(source, symbol, row, "Actor", "actor", kActors) << ", "
      << text("action") << "},\n";
}

// TOML tables have no order of their own; the place in the file is what keeps it.
std::vector<std::string> in_file_order(const toml::value& document) {
  std::vector<std::pair<std::uint_least32_t, std::string>> found;
  for (const auto& [symbol, row] : document.as_table()) found.emplace_back(row.location().line(), symbol);
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  out.reserve(found.size());
  for (auto& [line, symbol] : found) out.push_back(std::move(symbol));
  return out;
}

void write_tables(std::vector<Source>& sources, std::ostream& out) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (const std::string& symbol : in_file_order(sources[i].document()))
      write_code(sources[i], kFamilies[i], symbol, out);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return whytls::tools::embed(argc, argv, "embed_codes SIX_TOML_FILES OUTPUT_INC", int{kFamilies.size()},
                              write_tables);
}
