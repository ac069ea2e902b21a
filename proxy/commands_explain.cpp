// `whytls explain` and `whytls codes`.
#include <unistd.h>

#include <istream>
#include <iterator>
#include <ostream>

#include "proxy/commands.h"
#include "proxy/render_codes.h"
#include "proxy/render_explanation.h"

namespace whytls::proxy {
namespace {

// As much as explain() looks at.
std::string read_all(std::istream& in) {
  std::string text;
  std::istreambuf_iterator<char> at(in);
  for (; at != std::istreambuf_iterator<char>() && text.size() < policy::kMaxExplainedBytes; ++at)
    text += *at;
  return text;
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

}  // namespace

ExitCode explain_pasted(const Invocation& invocation, const Console& console) {
  std::string text = invocation.pasted;
  if (text.empty()) {
    if (isatty(STDIN_FILENO) != 0) console.err << "Paste the message, then press Ctrl-D.\n";
    text = read_all(console.in);
  }
  if (is_blank(text)) {
    console.err
        << "whytls: nothing to explain: give a code or a message, as arguments or on standard input\n";
    return ExitCode::usage;
  }
  const policy::Explanation explanation = policy::explain(text);
  console.out << (invocation.format == Format::json ? explanation_json(explanation, text)
                                                    : explanation_text(explanation, text));
  return explanation.known() ? ExitCode::ok : ExitCode::failed;
}

ExitCode list_codes(const Invocation& invocation, const Console& console) {
  switch (invocation.format) {
    case Format::text:
      console.out << codes_text();
      break;
    case Format::json:
      console.out << codes_json();
      break;
    case Format::html:
      console.out << codes_html();
      break;
  }
  return ExitCode::ok;
}

}  // namespace whytls::proxy
