"""What SIGHUP takes over: everything that the file says, or nothing of it."""

import shutil
import signal

from certificates import CertificateMaker
from harness import Client, EndToEnd, reverse_config, trust_only, wait_until
from upstreams import PythonServer


class Reload(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = PythonServer()
        self.addCleanup(self.server.stop)
        self.upstream = f"http://127.0.0.1:{self.server.port}"

    def reload(self, proxy, config=None, event="reloaded"):
        """Sends SIGHUP, and waits for the event; returns its line."""
        before = sum(line.get("event") == event for line in proxy.lines)
        if config is not None:
            proxy.config_path.write_text(config, encoding="utf-8")
        proxy.signal(signal.SIGHUP)
        wait_until(lambda: sum(line.get("event") == event for line in proxy.lines) > before,
                   f"{event} in:\n{proxy.output()[-4000:]}")
        return [line for line in proxy.lines if line.get("event") == event][-1]

    def status(self, port):
        with Client(port) as client:
            client.send(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return client.response()[0]

    def test_a_ca_file_with_another_content_is_read_again(self):
        maker = CertificateMaker(self.scratch.path)
        other = maker.authority("Another Root")
        trusted = self.scratch.path / "trusted.pem"
        shutil.copy(maker.root.cert, trusted)
        server = PythonServer(maker.leaf())
        self.addCleanup(server.stop)
        proxy = self.start(reverse_config(upstream=f"https://localhost:{server.port}", policy=trust_only(trusted)))
        port = proxy.port("front")
        self.assertEqual(self.status(port), 200)
        shutil.copy(other.cert, trusted)
        self.reload(proxy)
        wait_until(lambda: self.status(port) == 502, "the old CA to be forgotten")
        shutil.copy(maker.root.cert, trusted)
        self.reload(proxy)
        wait_until(lambda: self.status(port) == 200, "the CA to be trusted again")
