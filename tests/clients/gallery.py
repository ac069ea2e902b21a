"""The gallery of broken servers, and whytls in front of it: who is visited, and what whytls says about each."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("WHYTLS_BIN", str(ROOT / "build/unit/proxy/whytls"))
GALLERY = os.environ.get("WHYTLS_GALLERY", str(ROOT / "build/unit/tests/whytls-gallery"))
ARTIFACTS = pathlib.Path(os.environ.get("WHYTLS_ARTIFACTS", ROOT / "build/artifacts"))
PATIENCE = 60

# whytls looks at each server twice, because a client that accepts more gets further and finds other faults: as it
# is configured, and with whatever OpenSSL can speak.
POLICIES = {
    "gallery": "",
    "anything": '[policy.anything]\nextends = "gallery"\n'
                'tls = { min_version = "TLSv1.0", security_level = 0, legacy_server_connect = true }\n',
}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def widened(config, ports):
    """The gallery's configuration with one listener for each policy; `ports` by policy."""
    head, mark, gallery = config.rpartition("[[listener]]\n")
    made = f'[admin]\nlisten = "127.0.0.1:0"\n\n{head}'
    for policy, lines in POLICIES.items():
        listener = re.sub(r'^policy = "gallery"', f'policy = "{policy}"', mark + gallery, count=1, flags=re.M)
        listener = re.sub(r'^name   = "gallery"', f'name   = "{policy}"', listener, count=1, flags=re.M)
        listener = re.sub(r'^listen = "127.0.0.1:\d+"', f'listen = "127.0.0.1:{ports[policy]}"', listener, count=1,
                          flags=re.M)
        made += f"{lines}\n{listener}\n"
    return made


class Server:
    """One server of the gallery."""

    def __init__(self, name, port, what):
        self.name = name
        self.host = f"{name}.localhost"
        self.port = port
        self.what = what


class Gallery:
    """Runs both programs while it is open (with ... as ...)."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="whytls-clients-"))
        self.ports = {policy: free_port() for policy in POLICIES}
        self.ca_file = self.folder / "gallery" / "gallery-root.pem"
        self.servers = []
        self._processes = []

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def record(self, server, policy="gallery"):
        """The problem document of whytls about a server; None where it forwards."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[policy]}/",
                                         headers={"Host": server.host, "Accept": "application/problem+json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=PATIENCE):
                return None
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def explain(self, text):
        """What `whytls explain --json` makes of a text; None when this whytls has no such command."""
        done = subprocess.run([BIN, "explain", "--json"], input=text, capture_output=True, text=True, timeout=PATIENCE,
                              env=self._environment(), check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return None

    def _environment(self):
        env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        env.update(HOME=str(self.folder), XDG_DATA_HOME=str(self.folder / "data"))
        return env

    def _start(self):
        config = self.folder / "gallery.toml"
        log = self.folder / "gallery.log"
        self._spawn([GALLERY, "--dir", self.ca_file.parent, "--write-config", config, "--proxy-port", free_port(),
                     "--page-port", free_port()], log)
        self._wait(config.exists, "the gallery", log)
        self._wait(lambda: "configuration:" in log.read_text(encoding="utf-8"), "the gallery's list", log)
        for line in log.read_text(encoding="utf-8").splitlines():
            row = re.match(r"([a-z0-9-]+) +http://\S+ +https://\S+\.localhost:(\d+) +(.*)", line)
            if row:
                self.servers.append(Server(row[1], int(row[2]), row[3]))
        (self.folder / "data").mkdir(mode=0o700)
        config.write_text(widened(config.read_text(encoding="utf-8"), self.ports), encoding="utf-8")
        log = self.folder / "whytls.log"
        self._spawn([BIN, "run", "-c", config], log)
        self._wait(lambda: '"event":"ready"' in log.read_text(encoding="utf-8"), "whytls", log)

    def _spawn(self, command, log):
        with open(log, "wb") as output:
            process = subprocess.Popen([str(word) for word in command], env=self._environment(),
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self._processes.append(process)

    def _wait(self, condition, what, log):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline or self._processes[-1].poll() is not None:
                raise RuntimeError(f"{what} did not start:\n" + log.read_text(encoding="utf-8", errors="replace"))
            time.sleep(0.02)
