// The texts of situations.toml in every language.
#include "policy/words.h"

namespace whytls::policy {

namespace {

using namespace std::string_view_literals;

// Made from situations.toml and words/*.toml by the build.
#include "policy/advice_words.inc"

}  // namespace

const AdviceWords& advice_words(std::size_t language) {
  return kAdvice[language];
}

}  // namespace whytls::policy
