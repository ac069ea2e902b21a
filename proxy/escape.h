// Text of a peer, made safe to show. Whatever comes out of here holds no control character, no character that
// reorders or hides text, and no invalid UTF-8, so that a page, a terminal or a log shows what was really
// there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace whytls::proxy {

// Bytes of a peer's text that are shown of one value.
inline constexpr std::size_t kMaxShownBytes = 256;

// `bytes` as printable UTF-8 on one line: C0 controls, DEL and bytes that are no UTF-8 become \x1b, C1
// controls and invisible or reordering characters (bidi controls, zero-width, line separators, BOM, tags)
// become ‹U+202E›. A backslash stays as it is. At most `max_bytes` of the input are shown; the rest is
// counted behind an ellipsis.
[[nodiscard]] std::string visible(std::string_view bytes, std::size_t max_bytes = kMaxShownBytes);

// The same, but newlines stay: for our own texts of several lines that hold values of a peer.
[[nodiscard]] std::string visible_lines(std::string_view bytes, std::size_t max_bytes);

// `text` with & < > " and ' as character references.
[[nodiscard]] std::string html_escape(std::string_view text);

// `bytes` as valid UTF-8: bytes that belong to no character become \x1b, all else stays. For writers that
// escape controls themselves (JSON). Bounded as visible().
[[nodiscard]] std::string valid_utf8(std::string_view bytes, std::size_t max_bytes = kMaxShownBytes);

// `bytes` in printable ASCII only, anything else as \x1b, byte by byte. Bounded as visible().
[[nodiscard]] std::string visible_ascii(std::string_view bytes, std::size_t max_bytes = kMaxShownBytes);

// One word of a POSIX shell that stands for `text`, quoted where it has to be. Control characters, which no
// terminal should be fed, are dropped.
[[nodiscard]] std::string shell_quote(std::string_view text);

// A TOML basic string with its quotes.
[[nodiscard]] std::string toml_quote(std::string_view text);

}  // namespace whytls::proxy
