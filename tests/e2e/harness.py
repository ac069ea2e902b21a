"""What the end-to-end tests share: a whytls process, its log, and temporary folders.

The program under test is $WHYTLS_BIN; everything binds to port 0 of 127.0.0.1 and reports its port.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("WHYTLS_BIN", str(ROOT / "build/unit/proxy/whytls"))
GALLERY = os.environ.get("WHYTLS_GALLERY", str(ROOT / "build/unit/tests/whytls-gallery"))
ARTIFACTS = pathlib.Path(os.environ.get("WHYTLS_ARTIFACTS", ROOT / "build/artifacts"))
# Built with sanitizers: several times slower, and its memory says nothing about the product's.
SANITIZED = os.environ.get("WHYTLS_SANITIZED") == "1"
# Nothing here takes that long unless it hangs.
PATIENCE = 60 if SANITIZED else 30

SANITIZER_REPORT = re.compile(r"(ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:)")


def require_tool(*names):
    """Skips the test, with the reason, when a program is not installed."""
    for name in names:
        if shutil.which(name) is None:
            raise unittest.SkipTest(f"{name} is not installed")


def wait_until(condition, what, timeout=PATIENCE):
    """Returns the first true value of condition(); fails with `what` after the timeout.

    It looks again every 10 ms, because what it looks at (files in /proc, other processes) wakes nobody up. That is the
    only sleep in these tests: it is never what makes a test right, a slow machine only makes it look more often.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out waiting for: {what}")
        time.sleep(0.01)


class Scratch:
    """A temporary folder with a data home in it, so that no test touches the user's CA."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="whytls-e2e-"))
        # The packaged nginx gives up root; its workers must be able to read what a test puts here.
        self.path.chmod(0o755)
        self.data_home = self.path / "data"
        self.data_home.mkdir(mode=0o700)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env["XDG_DATA_HOME"] = str(self.data_home)
        env["HOME"] = str(self.path)
        env.update(more)
        return env

    def write(self, name, content):
        path = self.path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def run_whytls(scratch, *arguments, timeout=PATIENCE):
    """Runs a command of the program to its end."""
    return subprocess.run([BIN, *map(str, arguments)], env=scratch.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout, check=False)


class Whytls:
    """A running proxy. Its log lines are read as they come."""

    def __init__(self, scratch, config, name="whytls.toml"):
        self.scratch = scratch
        self.config_path = scratch.write(name, config)
        self.lines = []      # every line that was a JSON object
        self.raw = []        # everything, as text
        self.changed = threading.Condition()
        self.process = subprocess.Popen([BIN, "run", "-c", str(self.config_path)], env=scratch.environment(),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stderr:
            text = raw.decode(errors="replace")
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            with self.changed:
                self.raw.append(text)
                if isinstance(line, dict):
                    self.lines.append(line)
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def output(self):
        return "".join(self.raw)

    def find_line(self, **fields):
        """The first log line with all these fields ("__" stands for "."), or None."""
        wanted = {k.replace("__", "."): v for k, v in fields.items()}
        for line in self.lines:
            if all(line.get(k) == v for k, v in wanted.items()):
                return line
        return None

    def wait_line(self, timeout=PATIENCE, **fields):
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                line = self.find_line(**fields)
                if line is not None:
                    return line
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise AssertionError(f"no log line with {fields}; the output was:\n{self.output()[-6000:]}")
                self.changed.wait(left)

    def port(self, listener):
        return self.wait_line(event="listening", listener=listener)["port"]

    def rss_kib(self, field="VmRSS"):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{field}:\s+(\d+) kB", text, re.M).group(1))

    def open_sockets(self):
        count = 0
        for fd in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                count += os.readlink(fd).startswith("socket:")
            except OSError:
                pass
        return count

    def wait_still(self):
        """Waits until the proxy has read nothing from anybody in 20 looks: its buffers are as full as they get."""
        seen = []

        def still():
            text = pathlib.Path(f"/proc/{self.process.pid}/io").read_text(encoding="ascii")
            seen.append(re.search(r"^rchar: (\d+)$", text, re.M).group(1))
            return len(seen) >= 20 and len(set(seen[-20:])) == 1

        wait_until(still, "the proxy to stand still")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=PATIENCE):
        status = self.process.wait(timeout)
        self.reader.join(timeout)
        self.process.stderr.close()
        return status

    def stop(self):
        """Ends it politely; fails when it does not end, or says something that only a sanitizer says."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise AssertionError("whytls did not end after SIGTERM:\n" + self.output()[-4000:]) from None
        if SANITIZER_REPORT.search(self.output()):
            raise AssertionError("a sanitizer reported:\n" + self.output()[-12000:])
        return status

    def ca_file(self):
        """The CA certificate as `whytls ca export` gives it, in a file."""
        path = self.scratch.path / "whytls-ca.pem"
        if not path.exists():
            done = run_whytls(self.scratch, "ca", "export")
            if done.returncode != 0 or "BEGIN CERTIFICATE" not in done.stdout:
                raise AssertionError(f"ca export: status {done.returncode}: {done.stdout}{done.stderr}")
            path.write_text(done.stdout, encoding="ascii")
        return path


class EndToEnd(unittest.TestCase):
    """A test class with a scratch folder; what it starts ends with the test."""

    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)

    def start(self, config):
        proxy = Whytls(self.scratch, config)

        def end():
            self.assertEqual(proxy.stop(), 0, proxy.output()[-4000:])

        self.addCleanup(end)
        proxy.wait_line(event="ready")
        return proxy

    def curl(self, *arguments, timeout=PATIENCE):
        """Runs curl; returns (exit status, standard output as bytes, standard error as text)."""
        require_tool("curl")
        done = subprocess.run(["curl", "-sS", "--noproxy", "", "--max-time", str(timeout - 5), *map(str, arguments)],
                              env=self.scratch.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")


HEAD = """\
workers = 2
[admin]
listen = "127.0.0.1:0"
"""


def forward_config(policy="", listener="", top=""):
    """A forward listener "dev" whose policy "lab" is extended by the lines given."""
    return f"""{top}{HEAD}
[[listener]]
name = "dev"
mode = "forward"
listen = "127.0.0.1:0"
policy = "lab"
{listener}
[policy.lab]
extends = "browser"
{policy}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def reverse_config(upstream="", policy="", listener="", routes="", top="", tls="", port=0):
    """A reverse listener "front": one upstream, or the routes given (see route())."""
    one = f'upstream = "{upstream}"' if upstream else ""
    tls_line = f"tls = {tls}" if tls else ""
    return f"""{top}{HEAD}
[[listener]]
name = "front"
mode = "reverse"
listen = "127.0.0.1:{port}"
policy = "lab"
{one}
{tls_line}
{listener}
{routes}
[policy.lab]
extends = "browser"
{policy}
"""


def route(upstream, host="", path="/", more=""):
    host_line = f'host = "{host}"' if host else ""
    return f"""
[[listener.route]]
{host_line}
path = "{path}"
upstream = "{upstream}"
{more}
"""


def trust_only(*files):
    quoted = ", ".join(f'"{f}"' for f in files)
    return f"trust = {{ system = false, ca_files = [{quoted}] }}\n"


class Client:
    """A raw connection to a proxy, for what no well-behaved tool sends."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _fill(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self._fill():
                raise AssertionError(f"closed before {mark!r}; got {self.buffer[:2000]!r}")
        head, _, self.buffer = self.buffer.partition(mark)
        return head

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self._fill():
                raise AssertionError(f"closed after {len(self.buffer)} of {count} bytes")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_to_end(self):
        try:
            while self._fill():
                pass
        except ConnectionResetError:
            pass
        data, self.buffer = self.buffer, b""
        return data

    def at_end(self):
        """True when the peer closed and nothing is left."""
        try:
            return not self.buffer and not self._fill()
        except ConnectionResetError:
            return True

    def response(self, to_head=False):
        """Reads one response: (status, header as a list of (lower-case name, value), body)."""
        lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        header = [(n.lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:])]
        fields = dict(header)
        if to_head or status < 200 or status in (204, 304):
            return status, header, b""
        if "chunked" in fields.get("transfer-encoding", ""):
            return status, header, self._chunks()
        if "content-length" in fields:
            return status, header, self.read_exactly(int(fields["content-length"]))
        return status, header, self.read_to_end()

    def _chunks(self):
        body = b""
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                while self.read_until(b"\r\n"):
                    pass
                return body
            body += self.read_exactly(size)
            self.read_until(b"\r\n")
