"""Chromium driven over the DevTools protocol.

It speaks through a pair of pipes (--remote-debugging-pipe: file descriptors 3 and 4 of the browser, JSON messages that
end with a zero byte), so no port is opened. The protocol: https://chromedevtools.github.io/devtools-protocol/.
"""

import fcntl
import json
import os
import select
import subprocess
import time

from browser_process import BrowserHome, end_group, trust_root

COMMAND = ["chromium", "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-default-apps", "--metrics-recording-only",
           "--password-store=basic", "--hide-scrollbars", "--window-size=1280,1000",
           # It asks for pages of its own (is there a captive portal?), which nobody shall see.
           "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"]


class DevToolsError(Exception):
    """The browser refused a command, or does not answer."""


class Pipe:
    """The two ends of a browser's pipes that are ours."""

    def __init__(self, reading, writing):
        self.reading, self.writing = reading, writing
        self.buffer = b""

    def send(self, message):
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writing, data):]

    def receive(self, deadline):
        """The next message, or None at the deadline (time.monotonic())."""
        while b"\0" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.reading], [], [], left)[0]:
                return None
            data = os.read(self.reading, 1 << 20)
            if not data:
                raise DevToolsError("the browser is gone")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def close(self):
        os.close(self.reading)
        os.close(self.writing)


def _high_pipe(browser_reads):
    """(the browser's end, our end) of a new pipe; the browser's is out of the way of the descriptors 3 and 4."""
    reading, writing = os.pipe()
    theirs, ours = (reading, writing) if browser_reads else (writing, reading)
    high = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(theirs)
    return high, ours


class Browser:
    """One Chromium process. Every tab is a Tab."""

    def __init__(self, ca_file=None, arguments=(), patience=30):
        self.patience = patience
        self.home = BrowserHome()
        if ca_file is not None:
            trust_root(self.home.path / ".pki" / "nssdb", ca_file)
        profile = self.home.path / "profile"
        command = [*COMMAND, f"--user-data-dir={profile}", *arguments]
        if os.getuid() == 0:
            command.append("--no-sandbox")
        theirs_in, ours_out = _high_pipe(browser_reads=True)
        theirs_out, ours_in = _high_pipe(browser_reads=False)
        # The shell only puts the pipes where the browser looks for them.
        self.process = subprocess.Popen(
            ["bash", "-c", 'exec "${@:3}" 3<&"$1" 4>&"$2"', "bash", str(theirs_in), str(theirs_out), *command],
            env=self.home.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, pass_fds=(theirs_in, theirs_out), start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.pipe = Pipe(ours_in, ours_out)
        self.last_id = 0
        self.events = []

    def command(self, method, session=None, **parameters):
        """The answer to a command; events that come before it are kept."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self.pipe.send(message)
        deadline = time.monotonic() + self.patience
        while True:
            answer = self.pipe.receive(deadline)
            if answer is None:
                raise DevToolsError(f"no answer to {method} within {self.patience} s")
            if answer.get("id") == self.last_id:
                break
            if "method" in answer:
                self.events.append(answer)
        if "error" in answer:
            raise DevToolsError(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def wait_event(self, session, wanted, seconds):
        """Keeps events until `wanted(method, parameters)` is true for one of those of the session; False: too late."""
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            for event in self.events[seen:]:
                if event.get("sessionId") == session and wanted(event["method"], event["params"]):
                    return True
            seen = len(self.events)
            message = self.pipe.receive(deadline)
            if message is None:
                return False
            if "method" in message:
                self.events.append(message)

    def tab(self):
        return Tab(self)

    def close(self):
        try:
            self.command("Browser.close")
            self.process.wait(self.patience)
        except (DevToolsError, OSError, subprocess.TimeoutExpired):
            pass
        self.pipe.close()
        end_group(self.process)
        self.home.remove()


class Tab:
    def __init__(self, browser):
        self.browser = browser
        self.target = browser.command("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.command("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.command(f"{domain}.enable")
        self.command("Page.setLifecycleEventsEnabled", enabled=True)

    def command(self, method, **parameters):
        return self.browser.command(method, session=self.session, **parameters)

    def events(self, *methods):
        """The parameters of what happened in this tab since the last navigate()."""
        return [e["params"] for e in self.browser.events if e.get("sessionId") == self.session and
                (not methods or e["method"] in methods)]

    def navigate(self, url, seconds=None):
        """Goes there; returns the browser's own error ("net::ERR_..."), "" when there is none, or None when nothing
        was shown after `seconds`."""
        seconds = self.browser.patience if seconds is None else seconds
        self.browser.events.clear()
        # Not Page.navigate's own answer: it comes only when the server answers.
        self.browser.last_id += 1
        number = self.browser.last_id
        self.browser.pipe.send({"id": number, "method": "Page.navigate", "params": {"url": url},
                                "sessionId": self.session})
        answer = None
        deadline = time.monotonic() + seconds
        while answer is None:
            message = self.browser.pipe.receive(deadline)
            if message is None:
                self.command("Page.stopLoading")
                return None
            if message.get("id") == number:
                answer = message
            elif "method" in message:
                self.browser.events.append(message)
        if "error" in answer:
            raise DevToolsError(f"Page.navigate: {answer['error'].get('message')}")
        loader = answer["result"].get("loaderId")
        self.browser.wait_event(self.session, lambda method, p: method == "Page.lifecycleEvent" and p["name"] == "load"
                                and p.get("loaderId") == loader, max(1.0, deadline - time.monotonic()))
        return answer["result"].get("errorText", "")

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page; a promise is waited for."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise DevToolsError(json.dumps(answer["exceptionDetails"])[:2000])
        return answer["result"].get("value")

    def close(self):
        self.browser.command("Target.closeTarget", targetId=self.target)
