"""What both browser drivers need: a home of its own that trusts one root, and a process that ends with its helpers."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile


class BrowserHome:
    """A temporary home folder; nothing of the user's own profile is read or written."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="whytls-browser-"))

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSLKEYLOGFILE"):
            env.pop(name, None)
        env.update(HOME=str(self.path), XDG_CONFIG_HOME=str(self.path / "config"),
                   XDG_CACHE_HOME=str(self.path / "cache"), XDG_DATA_HOME=str(self.path / "share"), **more)
        return env

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def trust_root(database, ca_file):
    """Makes the NSS database (a folder) and puts the root in it as an issuer of servers."""
    database.mkdir(parents=True, exist_ok=True)
    for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "trusted root", "-i", str(ca_file))):
        subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, capture_output=True,
                       stdin=subprocess.DEVNULL)


def program_version(*command):
    """The first number with a dot in it that the program prints about itself; None: there is no such program."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found.group(0) if found else None


def end_group(process, patience=10):
    """Ends a process that leads a session of its own, with all its helpers."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        if number == signal.SIGKILL:
            return


def fold(text):
    """White space folded: pages are laid out, messages are not."""
    return " ".join(text.split())
