"""Chromium as a client of the gallery: what its error page says."""

import shutil

from browser_process import fold, program_version
from devtools import Browser
from observation import Observation

# It waits 30 s for a silent handshake, and then has a code for it; for a silent answer it waits minutes.
LONGEST = 35

# "Advanced" hides the heading on a small window, so it is read before and after the details are shown.
READ_PAGE = """(() => {
  const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const words = (selector) => [...document.querySelectorAll(selector)].filter(visible).map((e) => e.innerText.trim());
  const heading = words("#main-message h1, #main-message > p");
  const button = document.querySelector("#details-button");
  const proceed = document.querySelector("#proceed-link");
  const code = words("#error-code, .error-code");
  const isCertificate = !!document.querySelector("#final-paragraph");
  if (isCertificate && button && visible(button)) button.click();
  const details = isCertificate ? words("#details > p:not(:has(#proceed-link))") : [];
  return {words: [...heading, ...details], code: [...code, ...words("#error-code, .error-code")][0] ?? "",
          proceed: !!proceed && visible(proceed), title: document.title, body: document.body.innerText};
})()"""


class Chromium:
    name = "Chrome"
    needs = ("chromium", "certutil")
    at_once = 1  # one window

    def __init__(self, longest=LONGEST):
        self.longest = longest
        self.browser = None
        self.tab = None
        self.ca_file = None

    def version(self):
        version = program_version("chromium", "--version")
        return f"Chromium {version}" if version else None

    def available(self):
        return not self.missing()

    def missing(self):
        return [program for program in self.needs if shutil.which(program) is None]

    def open(self, ca_file):
        self.close()
        self.browser = Browser(ca_file, patience=60)
        self.tab = self.browser.tab()
        self.ca_file = ca_file

    def close(self):
        if self.browser is not None:
            self.browser.close()
        self.browser = self.tab = self.ca_file = None

    def visit(self, host, port, ca_file):
        """What Chromium does with https://host:port/; the process is started when it is not there yet."""
        if self.browser is None or self.ca_file != ca_file:
            self.open(ca_file)
        error = self._go(f"https://{host}:{port}/")
        if error is None:
            return Observation("refuses", raw=f"nothing shown after {self.longest} s")
        if error == "":
            return Observation("connects", raw=fold(self.tab.evaluate("document.body.innerText")))
        page = self.tab.evaluate(READ_PAGE)
        code = (fold(page["code"]) or error).removeprefix("net::").removeprefix("NET::")
        return Observation("asks" if page["proceed"] else "refuses", code, fold(" ".join([*page["words"], code])),
                           f"{error}\n{page['title']}\n{page['body']}")

    def _go(self, url):
        """Tab.navigate; again where Chromium saw that a connection was closed before it saw why (with a server that
        refuses after the handshake that is a race which every third visit loses), for reloading shows why."""
        for _ in range(8):
            error = self.tab.navigate(url, self.longest)
            if error != "net::ERR_SOCKET_NOT_CONNECTED":
                break
        return error
