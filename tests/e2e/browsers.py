"""Headless browsers in a home of their own, with the proxy's CA trusted or not."""

import os
import signal
import subprocess

from harness import PATIENCE, require_tool

# A browser starts slowly on a busy machine.
BROWSER_PATIENCE = 4 * PATIENCE


class Chromium:
    def __init__(self, scratch, proxy_port=None, trusted_ca=None):
        require_tool("chromium", "certutil")
        self.home = scratch.path / "browser-home"
        self.home.mkdir(exist_ok=True)
        self.environment = scratch.environment(HOME=str(self.home))
        self.environment.pop("DISPLAY", None)
        self.proxy_port = proxy_port
        if trusted_ca is not None:
            database = self.home / ".pki" / "nssdb"
            database.mkdir(parents=True)
            for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "whytls", "-i", str(trusted_ca))):
                subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, capture_output=True,
                               stdin=subprocess.DEVNULL)

    def _run(self, *arguments):
        command = ["chromium", "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--disable-component-update",
                   f"--user-data-dir={self.home / 'profile'}", "--timeout=20000"]
        if os.getuid() == 0:
            command.append("--no-sandbox")
        if self.proxy_port is not None:
            # Chromium goes around the proxy for loopback unless it is told not to.
            command += [f"--proxy-server=127.0.0.1:{self.proxy_port}", "--proxy-bypass-list=<-loopback>"]
        # In a session of its own: its helpers must end with it, also after a timeout.
        with subprocess.Popen([*command, *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                out, err = process.communicate(timeout=BROWSER_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode != 0:
            raise AssertionError(f"chromium: status {process.returncode}:\n{err.decode(errors='replace')[-4000:]}")
        return out.decode(errors="replace")

    def dom(self, url):
        """The document as the browser holds it after loading."""
        return self._run("--dump-dom", url)

    def screenshot(self, url, path, width=1280, height=1600):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._run(f"--screenshot={path}", f"--window-size={width},{height}", "--hide-scrollbars", url)


class Firefox:
    """Firefox ESR can only take a screenshot from its command line; what it did is read from whytls's log."""

    def __init__(self, scratch, proxy_port, trusted_ca):
        require_tool("firefox-esr", "certutil")
        self.profile = scratch.path / "firefox-profile"
        self.profile.mkdir()
        self.environment = scratch.environment(HOME=str(scratch.path), MOZ_HEADLESS="1")
        preferences = {
            "network.proxy.type": 1, "network.proxy.http": '"127.0.0.1"', "network.proxy.http_port": proxy_port,
            "network.proxy.ssl": '"127.0.0.1"', "network.proxy.ssl_port": proxy_port,
            "network.proxy.allow_hijacking_localhost": "true", "network.captive-portal-service.enabled": "false",
            "network.connectivity-service.enabled": "false", "app.update.enabled": "false",
            "datareporting.policy.dataSubmissionEnabled": "false", "browser.shell.checkDefaultBrowser": "false",
            "network.dns.disablePrefetch": "true", "security.OCSP.enabled": 0,
        }
        (self.profile / "user.js").write_text(
            "".join(f'user_pref("{key}", {value});\n' for key, value in preferences.items()), encoding="ascii")
        for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "whytls", "-i", str(trusted_ca))):
            subprocess.run(["certutil", "-d", f"sql:{self.profile}", *arguments], check=True, capture_output=True,
                           stdin=subprocess.DEVNULL)

    def screenshot(self, url, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with subprocess.Popen(["firefox-esr", "--headless", "--profile", str(self.profile), "--window-size=1280,1600",
                               "--screenshot", str(path), url], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
            try:
                out, _ = process.communicate(timeout=BROWSER_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode != 0:
            raise AssertionError(f"firefox: status {process.returncode}:\n{out.decode(errors='replace')[-4000:]}")
