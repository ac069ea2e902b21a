// The page that lists the gallery: no script, nothing from elsewhere.
#include "tests/support/gallery.h"

namespace whytls::support {
namespace {

constexpr std::string_view kBegin = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>whytls gallery</title>
<style>
:root { color-scheme: light dark; --line: #d5dae1; --quiet: #5b6470; --card: #fff; --page: #f5f6f8; --link: #0b57b7; }
@media (prefers-color-scheme: dark) {
  :root { --line: #333a44; --quiet: #9aa5b3; --card: #1b2027; --page: #12161b; --link: #7fb4ff; }
}
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1.25rem 4rem; background: var(--page);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 2rem 0 .6rem; font-size: 1.05rem; color: var(--quiet); }
p { max-width: 44rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .6rem;
  grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); }
li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
a { display: block; padding: .7rem .9rem; color: inherit; text-decoration: none; height: 100%; box-sizing: border-box; }
a:hover, a:focus-visible { outline: 2px solid var(--link); border-radius: .5rem; }
strong { color: var(--link); font-family: ui-monospace, monospace; font-size: .95rem; }
span { display: block; color: var(--quiet); font-size: .92rem; }
</style></head><body><main>
<h1>whytls gallery</h1>
<p>Each link leads through whytls to a TLS server on this machine. All but two of them are broken, each in its own
way: what you see is the page that whytls shows instead of an error of your browser.</p>
)";
constexpr std::string_view kEnd = "</main></body></html>\n";

}  // namespace

// Names and descriptions are our own words and hold nothing that HTML would take for markup.
std::string gallery_page(const std::vector<Shown>& shown, std::uint16_t page_port) {
  std::string body(kBegin);
  std::string_view group;
  for (const Shown& one : shown) {
    if (one.exhibit.group != group) {
      if (!group.empty()) body += "</ul>\n";
      group = one.exhibit.group;
      body.append("<h2>").append(group).append("</h2>\n<ul>\n");
    }
    body.append("<li><a href=\"http://").append(one.host).append(":").append(std::to_string(page_port));
    body.append("/\"><strong>").append(one.exhibit.name).append("</strong><span>").append(one.exhibit.what);
    body.append("</span></a></li>\n");
  }
  body.append("</ul>\n").append(kEnd);
  return "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
         "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace whytls::support
