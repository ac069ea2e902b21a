"""What the drivers of command-line clients share: a workshop of their own, and a child process with a time limit."""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
# What a client is told to wait for a server, where it can be told.
PATIENCE = 4
# What we wait for a client. Some know no time limit of their own, and hang as long as a silent server does.
LIMIT = 8
REQUEST = b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"


class Finished:
    """How a child process ended: everything it printed, and status None where it had to be killed."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out.decode(errors="replace")
        self.err = err.decode(errors="replace")

    @property
    def raw(self):
        how = "killed: it took too long" if self.status is None else f"exit status {self.status}"
        return f"{self.out}\n--- standard error\n{self.err}\n--- {how}"


class CommandLineClient:
    """Base of the drivers. A driver sets `name` and `needs`, and has visit(host, port, ca_file) -> Observation."""

    name = ""
    needs = ()       # programs that have to be installed
    parallel = True  # visits do not disturb each other

    def __init__(self):
        self._folder = None
        self._made = {}
        self._lock = threading.RLock()

    def missing(self):
        return [program for program in self.needs if shutil.which(program) is None]

    def available(self):
        return not self.missing()

    def prepare(self, ca_file):
        """What takes long before the first visit."""

    def version(self):
        """The first number with a dot in what the program says of itself; None when it is not installed."""
        if not self.available():
            return None
        done = self.run([*self.version_command()], limit=60)
        found = re.search(r"\d+(\.\d+)+\w*", done.out + done.err)
        return found.group(0) if found else None

    def version_command(self):
        return (self.needs[0], "--version")

    def folder(self):
        with self._lock:
            if self._folder is None:
                self._folder = pathlib.Path(tempfile.mkdtemp(prefix="whytls-client-"))
        return self._folder

    def once(self, key, make):
        """make(folder), once for each key; other threads wait for it."""
        folder = self.folder()
        with self._lock:
            if key not in self._made:
                self._made[key] = make(folder)
            return self._made[key]

    def close(self):
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._made = {}

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS",
                     "SSLKEYLOGFILE", "GODEBUG", "PYTHONPATH"):
            env.pop(name, None)
        env.update(HOME=str(self.folder()), LC_ALL="C.UTF-8", TZ="UTC", **more)
        return env

    def run(self, command, limit=LIMIT, env=None):
        """Runs a program to its end, or for `limit` seconds."""
        return self.converse(command, None, None, limit, env)

    def converse(self, command, request, answered, limit=LIMIT, env=None):
        """As run, but sends `request`, and lets go when the output matches `answered` (a pattern over bytes).

        Its input stays open until then, or until the time is up: these clients end with it, at once. One that is sent
        nothing (None) is ended by force.
        """
        talks = request is not None
        process = subprocess.Popen([str(word) for word in command], env=env or self.environment(), cwd=self.folder(),
                                   stdin=subprocess.PIPE if talks else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, start_new_session=True)
        if talks:
            try:
                process.stdin.write(request)
                process.stdin.flush()
            except BrokenPipeError:
                pass
        out, err, ended = _collect(process, answered, time.monotonic() + limit)
        return Finished(_end(process, ended), out, err)


def _collect(process, answered, deadline):
    """Reads both outputs until they close, an answer is there, or the time is up: (out, err, both closed)."""
    texts = {process.stdout.fileno(): b"", process.stderr.fileno(): b""}
    out, err = list(texts)
    is_open = set(texts)
    while is_open:
        left = deadline - time.monotonic()
        if left <= 0:
            return texts[out], texts[err], False
        for descriptor in select.select(list(is_open), [], [], left)[0]:
            data = os.read(descriptor, 65536)
            texts[descriptor] += data
            if not data:
                is_open.discard(descriptor)
        if answered is not None and re.search(answered, texts[out]):
            if process.stdin is None:
                return texts[out], texts[err], False
            _close_input(process)
            answered = None
    return texts[out], texts[err], True


def _close_input(process):
    try:
        process.stdin.close()
    except BrokenPipeError:
        pass


def _end(process, ended):
    """The exit status; None when the process ended neither of its own accord nor with its input."""
    if process.stdin is not None:
        _close_input(process)
    status = None
    try:
        status = process.wait(1) if ended or process.stdin is not None else None
    except subprocess.TimeoutExpired:
        pass
    if status is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    process.stdout.close()
    process.stderr.close()
    return status


def lines_with(text, pattern):
    """The lines of a text that a pattern is found in, as they are."""
    return "\n".join(line.rstrip() for line in text.splitlines() if re.search(pattern, line))


def first(text, *patterns):
    """The first group of the first pattern that is found; "" when none is."""
    for pattern in patterns:
        found = re.search(pattern, text)
        if found:
            return found.group(1)
    return ""


def localhost_shim(folder):
    """A library to preload: it makes the C library find NAME.localhost at 127.0.0.1, as RFC 6761 wants it.

    Browsers and curl do so themselves; the C library does it only where an nsswitch module is installed.
    """
    library = folder / "resolve_localhost.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, PROGRAMS / "resolve_localhost.c"], check=True,
                   capture_output=True, stdin=subprocess.DEVNULL)
    return str(library)
