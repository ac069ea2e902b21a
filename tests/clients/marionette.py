"""Firefox driven over Marionette, its own remote protocol: JSON on a TCP port of loopback.

Each packet is the length in decimal, a colon, and a JSON array: [0, id, command, parameters] from us,
[1, id, error, result] from Firefox. https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import json
import socket
import subprocess
import time

from browser_process import BrowserHome, end_group, trust_root

# Nothing of the network but what a test asks for.
PREFERENCES = {
    "marionette.port": 0,  # it takes a free one and writes it to MarionetteActivePort
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutConfig.showWarning": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    "security.enterprise_roots.enabled": False,
    "security.remote_settings.crlite_filters.enabled": False,
    "security.remote_settings.intermediates.enabled": False,
    "services.settings.server": "data:,none",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
}


class MarionetteError(Exception):
    """Firefox refused a command; `kind` is the WebDriver name of the error."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class Browser:
    """One Firefox process with one window and a fresh profile."""

    def __init__(self, ca_file=None, preferences=None, patience=60):
        self.patience = patience
        self.home = BrowserHome()
        self.profile = self.home.path / "profile"
        self.profile.mkdir()
        lines = (f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
                 for key, value in {**PREFERENCES, **(preferences or {})}.items())
        (self.profile / "user.js").write_text("".join(lines), encoding="ascii")
        if ca_file is not None:
            trust_root(self.profile, ca_file)
        self.socket = None
        self.buffer = b""
        self.last_id = 0
        with open(self.home.path / "firefox.log", "wb") as log:
            self.process = subprocess.Popen(
                ["firefox-esr", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
                 "--profile", str(self.profile), "about:blank"],
                env=self.home.environment(MOZ_HEADLESS="1", MOZ_CRASHREPORTER_DISABLE="1"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self):
        deadline = time.monotonic() + self.patience
        port_file = self.profile / "MarionetteActivePort"
        while self.socket is None:
            if self.process.poll() is not None or time.monotonic() > deadline:
                log = (self.home.path / "firefox.log").read_text(encoding="utf-8", errors="replace")
                raise MarionetteError("start", f"firefox-esr gave no port: {log[-2000:]}")
            try:
                port = int(port_file.read_text(encoding="ascii"))
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=self.patience)
            except (OSError, ValueError):
                time.sleep(0.05)
        self._receive()
        self.command("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})

    def _receive(self):
        while b":" not in self.buffer:
            self._fill()
        size, _, self.buffer = self.buffer.partition(b":")
        while len(self.buffer) < int(size):
            self._fill()
        packet, self.buffer = self.buffer[:int(size)], self.buffer[int(size):]
        return json.loads(packet)

    def _fill(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise MarionetteError("closed", "firefox closed the connection")
        self.buffer += data

    def command(self, name, **parameters):
        self.last_id += 1
        packet = json.dumps([0, self.last_id, name, parameters]).encode()
        self.socket.sendall(str(len(packet)).encode() + b":" + packet)
        while True:
            kind, number, error, result = self._receive()
            if kind == 1 and number == self.last_id:
                break
        if error:
            raise MarionetteError(error.get("error"), error.get("message"))
        return result

    def navigate(self, url, seconds):
        """Goes there and waits at most that long; "" when it loaded, else the WebDriver name of the error: "timeout",
        "insecure certificate" (the page is about:certerror) or "unknown error" (it is about:neterror)."""
        self.command("WebDriver:SetTimeouts", pageLoad=int(seconds * 1000))
        self.socket.settimeout(seconds + self.patience)
        try:
            self.command("WebDriver:Navigate", url=url)
        except MarionetteError as error:
            return error.kind
        return ""

    def evaluate(self, script, *arguments):
        """What a script (a function's body with `return`) returns. It runs in the page with the browser's own rights,
        for error pages show a page's script nothing."""
        return self.command("WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox="system")["value"]

    def close(self):
        if self.socket is not None:
            try:
                self.command("Marionette:Quit", flags=["eForceQuit"])
                self.process.wait(20)
            except (MarionetteError, OSError, subprocess.TimeoutExpired):
                pass
            self.socket.close()
        end_group(self.process)
        self.home.remove()
