// The result of everything that can fail for a reason that a person has to read.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace whytls {

// what: what went wrong, in a sentence. where: the file, option or peer concerned, may be empty.
// hint: what to do about it, may be empty.
struct Error {
  std::string what;
  std::string where;
  std::string hint;

  // "where: what (hint)", the form that goes to a terminal or a log.
  [[nodiscard]] std::string text() const {
    std::string out = where.empty() ? what : where + ": " + what;
    if (!hint.empty()) out += " (" + hint + ")";
    return out;
  }
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string what, std::string where = {}, std::string hint = {}) {
  return tl::make_unexpected(Error{std::move(what), std::move(where), std::move(hint)});
}

}  // namespace whytls
