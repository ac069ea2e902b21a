"""Every failure page of the gallery, visited once in one browser; what was seen is kept for the tests."""

import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from harness import GALLERY, PATIENCE, ROOT, Scratch, Whytls, require_tool, wait_until

sys.path.insert(0, str(ROOT / "tests" / "clients"))
from devtools import Browser  # noqa: E402

# Where tests/run puts what it takes from the npm registry.
NPM_TOOLS = pathlib.Path(os.environ.get("WHYTLS_NPM_TOOLS", ROOT / "build" / "npm")) / "node_modules"
AXE = NPM_TOOLS / "axe-core" / "axe.min.js"
VNU = NPM_TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"

NARROW, WIDE = (375, 812), (1280, 900)
WORKING = {"healthy", "old-device-pinned", "reused-serial-a", "reused-serial-b"}

# Set up before the page's own script: what a script of somebody else could not help touching.
WITNESS = """(() => {
  const seen = [];
  Object.defineProperty(window, "__seen", {value: seen});
  for (const name of ["alert", "confirm", "prompt", "open", "print", "eval"]) window[name] = () => { seen.push(name); };
  window.addEventListener("error", (e) => seen.push("error: " + (e.message || e.target.outerHTML || "")), true);
  window.addEventListener("securitypolicyviolation",
    (e) => seen.push("CSP: " + e.violatedDirective + " " + e.blockedURI));
  const foreign = /^(img|iframe|object|embed|link|base|form|video|audio|source)$/i;
  new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => {
    if (foreign.test(n.nodeName)) seen.push("element: " + n.nodeName);
  }))).observe(document, {childList: true, subtree: true});
})()"""

PROBE = """(() => {
  const elements = [...document.querySelectorAll("*")];
  const focusable = "a[href], button, summary, input, select, textarea, [tabindex]";
  return {
    seen: window.__seen,
    title: document.title,
    lang: document.documentElement.lang,
    text: document.body.textContent,
    scripts: document.querySelectorAll("script").length,
    styles: document.querySelectorAll("style").length,
    shape: [...new Set(elements.map((e) => e.localName + "[" + [...e.attributes].map((a) => a.name).sort() + "]"))],
    handlers: elements.filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name))).map((e) => e.outerHTML),
    links: elements.flatMap((e) => ["href", "src", "action", "data", "xlink:href"].map((n) => e.getAttribute(n)))
      .filter((value) => value !== null),
    ids: elements.map((e) => e.id).filter((id) => id),
    headings: elements.filter((e) => /^h[1-6]$/.test(e.localName)).map((e) => Number(e.localName[1])),
    positiveTabIndex: elements.filter((e) => e.tabIndex > 0).map((e) => e.outerHTML),
    focusable: [...document.querySelectorAll(focusable)]
      .filter((e) => e.tabIndex >= 0 && e.checkVisibility()).length,
    overflow: document.scrollingElement.scrollWidth - document.documentElement.clientWidth,
  };
})()"""


# Violations only, as {rule, help, nodes: where and why}.
AXE_RUN = """axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(
  (result) => result.violations.map((v) => ({rule: v.id, help: v.help, nodes: v.nodes.map((n) => [
    n.target.join(" "), n.html.slice(0, 160), ...[...n.any, ...n.all, ...n.none].map((c) => c.message)].join(" | "))})))
"""


@dataclasses.dataclass
class Visit:
    """One page as the browser had it."""

    case: str
    language: str = "en"
    html: bytes = b""
    requests: list = dataclasses.field(default_factory=list)   # every URL that was asked for
    messages: list = dataclasses.field(default_factory=list)   # what the console said, exceptions too
    probe: dict = dataclasses.field(default_factory=dict)      # PROBE, in a wide window
    overflow: dict = dataclasses.field(default_factory=dict)   # width of the window -> pixels that stick out
    violations: dict = dataclasses.field(default_factory=dict)  # (scheme, width) -> axe's violations


class PageBrowser:
    """A browser with one tab that visits failure pages; `page_port`: where whytls shows them."""

    def __init__(self, page_port):
        self.page_port = page_port
        self.axe = AXE.read_text(encoding="utf-8")
        self.browser = Browser(patience=2 * PATIENCE)
        try:
            self.tab = self.browser.tab()
            self.tab.command("Page.addScriptToEvaluateOnNewDocument", source=WITNESS)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.browser.close()

    def size(self, width, height):
        self.tab.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                         mobile=False)

    def go(self, case, language="en"):
        """Shows a failure page in a wide window; returns the browser's error, see Tab.navigate."""
        self.tab.command("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        self.size(*WIDE)
        return self.tab.navigate(f"http://{case}.localhost:{self.page_port}/")

    def visit(self, case, modes, language="en"):
        """What one failure page is like; `modes`: (colour scheme, (width, height)) for axe."""
        error = self.go(case, language)
        if error is None or error:
            raise AssertionError(f"{case}: the page did not load: {error}")
        return self.look(modes, case, language)

    def look(self, modes, case="", language=""):
        """The same for the page that is shown now."""
        visit = Visit(case, language)
        # Whatever the page asks for late has been asked for once the browser has drawn it and rested.
        self.tab.evaluate("new Promise((done) => requestIdleCallback(() => requestAnimationFrame(done)))")
        visit.probe = self.tab.evaluate(PROBE)
        self._read_events(visit)
        self.tab.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        for size in (NARROW, WIDE):
            self.size(*size)
            visit.overflow[size[0]] = self.tab.evaluate(PROBE)["overflow"]
        # Only now: it is no part of the page.
        self.tab.evaluate(self.axe + ";0")
        for scheme, size in modes:
            visit.violations[scheme, size[0]] = self._axe(scheme, size)
        return visit

    def _read_events(self, visit):
        for request in self.tab.events("Network.requestWillBeSent"):
            visit.requests.append(request["request"]["url"])
            if request["type"] == "Document":
                body = self.tab.command("Network.getResponseBody", requestId=request["requestId"])
                visit.html = body["body"].encode("utf-8")
        for entry in self.tab.events("Log.entryAdded"):
            visit.messages.append(entry["entry"]["text"])
        for thrown in self.tab.events("Runtime.exceptionThrown"):
            visit.messages.append(str(thrown["exceptionDetails"]))
        for call in self.tab.events("Runtime.consoleAPICalled"):
            visit.messages.append(str(call["args"]))

    def _axe(self, scheme, size):
        self.size(*size)
        self.tab.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        return self.tab.evaluate(AXE_RUN)


class Pages:
    """The gallery, whytls in front of it, and browsers; for the tests of one class."""

    def __init__(self):
        require_tool("chromium")
        for needed in (pathlib.Path(GALLERY), AXE):
            if not needed.exists():
                raise unittest.SkipTest(f"{needed} is not there")
        self.scratch = Scratch()
        self.gallery = self.proxy = None
        self.browsers = []
        try:
            self._start()
            # axe needs a core for itself most of the time.
            for _ in range(min(2, os.cpu_count() or 1)):
                self.browsers.append(PageBrowser(self.page_port))
        except BaseException:
            self.close()
            raise

    def _start(self):
        config = self.scratch.path / "gallery.toml"
        with open(self.scratch.path / "gallery.log", "wb") as log:
            self.gallery = subprocess.Popen(
                [GALLERY, "--dir", str(self.scratch.path / "gallery"), "--write-config", str(config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        wait_until(lambda: config.exists() or self.gallery.poll() is not None, "the gallery's configuration")
        text = config.read_text(encoding="utf-8")
        self.cases = [case for case in re.findall(r'^host\s*=\s*"([a-z0-9-]+)\.localhost"', text, re.M)
                      if case not in WORKING]
        # Ports of whytls's own choice: those that the gallery was told may be taken by now.
        text = re.sub(r'^listen = "127\.0\.0\.1:\d+"', 'listen = "127.0.0.1:0"', text, flags=re.M)
        self.proxy = Whytls(self.scratch, '[admin]\nlisten = "127.0.0.1:0"\n' + text)
        self.proxy.wait_line(event="ready")
        self.page_port = self.proxy.port("gallery")

    def close(self):
        for browser in self.browsers:
            browser.close()
        if self.proxy is not None:
            self.proxy.stop()
        if self.gallery is not None:
            self.gallery.terminate()
            self.gallery.wait(PATIENCE)
        self.scratch.remove()

    def visit_all(self, wanted):
        """A Visit for each of the arguments of PageBrowser.visit in `wanted`, in that order."""
        left = list(enumerate(wanted))
        visits = {}

        def work(browser):
            while left:
                number, arguments = left.pop(0)
                visits[number] = browser.visit(*arguments)

        with concurrent.futures.ThreadPoolExecutor(len(self.browsers)) as workers:
            for done in [workers.submit(work, browser) for browser in self.browsers]:
                done.result()
        return [visits[number] for number in sorted(visits)]


def validate(documents):
    """The errors and warnings that the HTML checker finds in all these {name: bytes}, one line each."""
    require_tool("java")
    if not VNU.exists():
        raise unittest.SkipTest(f"{VNU} is not there")
    with tempfile.TemporaryDirectory(prefix="whytls-html-") as folder:
        for name, html in documents.items():
            (pathlib.Path(folder) / f"{name}.html").write_bytes(html)
        done = subprocess.run(["java", "-Xss2m", "-jar", str(VNU), "--format", "gnu", "--stdout", folder],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0 and not done.stdout:
        raise AssertionError(f"the HTML checker: status {done.returncode}: {done.stderr[-3000:]}")
    return [line.rpartition("/")[2] for line in done.stdout.splitlines()]
