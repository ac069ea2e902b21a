"""Firefox as a client of the gallery: what its error page says."""

import re
import shutil

from browser_process import fold, program_version
from marionette import Browser
from observation import Observation

# It gives up a silent handshake after half a minute, tries it again and again, and shows nothing for minutes; the
# preference network.http.tls-handshake-timeout changes nothing about it. Nothing else takes long.
LONGEST = 12

# The page is made of custom elements: their shadow trees hold what is seen. Buttons are no part of the message.
READ_PAGE = """
const all = (root, selector) => [...root.querySelectorAll("*")].flatMap((e) => [
  ...(e.matches(selector) ? [e] : []), ...(e.openOrClosedShadowRoot ? all(e.openOrClosedShadowRoot, selector) : [])]);
const shown = (e) => e.getClientRects().length > 0;
const wordless = /^(style|link|slot|svg|button|moz-button|moz-button-group)$/;
const words = (node) => {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (node.nodeType !== Node.ELEMENT_NODE || wordless.test(node.localName)) return "";
  const display = getComputedStyle(node).display;
  if (!shown(node) && display !== "contents") return "";
  const text = [...(node.openOrClosedShadowRoot?.childNodes ?? []), ...node.childNodes].map(words).join("");
  return display.startsWith("inline") ? text : "\\n" + text + "\\n";
};
const settle = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
return (async () => {
  for (let i = 0; i < 100 && !all(document, "h1").some((e) => words(e).trim()); i++) await settle(50);
  const advanced = all(document, "#advanced-button, #advancedButton").find(shown);
  if (advanced) {
    const before = words(document.body);
    advanced.click();
    for (let i = 0; i < 20 && words(document.body) === before; i++) await settle(50);
    await settle(100);
  }
  return {
    uri: document.documentURI.replace(/&.*/, ""),
    words: words(document.body),
    proceed: all(document, "#exception-button, #exceptionDialogButton").some(shown),
    internal: window.docShell.failedChannel?.securityInfo?.errorCodeString ?? "",
  };
})();
"""


class Firefox:
    name = "Firefox"
    needs = ("firefox-esr", "certutil")
    at_once = 1  # one profile, and the order of the visits matters

    def __init__(self, longest=LONGEST):
        self.longest = longest
        self.browser = None
        self.ca_file = None

    def version(self):
        version = program_version("firefox-esr", "--version")
        return f"ESR {version}" if version else None

    def available(self):
        return not self.missing()

    def missing(self):
        return [program for program in self.needs if shutil.which(program) is None]

    def open(self, ca_file):
        self.close()
        self.browser = Browser(ca_file)
        self.ca_file = ca_file

    def close(self):
        if self.browser is not None:
            self.browser.close()
        self.browser = self.ca_file = None

    def visit(self, host, port, ca_file):
        """What Firefox does with https://host:port/; the process is started when it is not there yet.

        All visits share one profile, so what Firefox remembers of certificates (their serial numbers) lasts.
        """
        if self.browser is None or self.ca_file != ca_file:
            self.open(ca_file)
        error = self.browser.navigate(f"https://{host}:{port}/", self.longest)
        if error == "timeout":
            return Observation("refuses", raw=f"nothing shown after {self.longest} s")
        if error == "":
            return Observation("connects", raw=fold(self.browser.evaluate("return document.body.innerText")))
        page = self.browser.evaluate(READ_PAGE)
        code = re.search(r"Error [Cc]ode: (\w+)", page["words"])
        return Observation("asks" if page["proceed"] else "refuses", code.group(1) if code else "", fold(page["words"]),
                           f"{page['uri']} (internally {page['internal'] or 'no code'})\n{page['words'].strip()}")
