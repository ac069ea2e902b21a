"""What SIGHUP takes over: everything that the file says, or nothing of it."""

import shutil
import signal
import socket
import ssl

from certificates import CertificateMaker
from harness import Client, EndToEnd, free_port, reverse_config, trust_only, wait_until
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

    def test_a_smaller_limit_of_connections_holds_at_once(self):
        config = reverse_config(upstream=self.upstream).replace("workers = 2", "workers = 1")
        proxy = self.start(config)
        port = proxy.port("front")
        self.assertEqual(self.status(port), 200)
        self.reload(proxy, config + "[limits]\nmax_connections = 1\n")
        self.assertEqual(self.status(port), 200)

        def held_and_refused():
            with Client(port) as first:
                first.send(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                if first.response()[0] != 200:
                    return False
                with Client(port) as second:
                    return second.at_end()

        # The connection of status() may still be on its way out.
        wait_until(lambda: self.ignoring_refusal(held_and_refused), "a second connection to be refused")
        proxy.wait_line(**{"error.type": "proxy_overloaded"})

    @staticmethod
    def ignoring_refusal(attempt):
        try:
            return attempt()
        except (OSError, AssertionError):
            return False

    def test_another_number_of_workers_is_refused_and_nothing_is_taken(self):
        config = reverse_config(upstream=self.upstream)
        proxy = self.start(config)
        changed = config.replace("workers = 2", "workers = 3").replace(f":{self.server.port}", ":9")
        line = self.reload(proxy, changed, event="reload_failed")
        self.assertIn("workers", line["error.message"])
        self.assertIn("restart whytls for this change", line["error.message"])
        self.assertEqual(self.status(proxy.port("front")), 200)

    def test_a_renamed_listener_keeps_its_socket(self):
        port = free_port()
        config = reverse_config(upstream=self.upstream, port=port)
        for spelling in ("127.0.0.1", "localhost"):
            with self.subTest(spelling=spelling):
                proxy = self.start(config)
                self.reload(proxy, config.replace('"front"', '"gate"').replace(f"127.0.0.1:{port}",
                                                                              f"{spelling}:{port}"))
                self.assertEqual(proxy.port("gate"), port)
                wait_until(lambda: self.ignoring_refusal(lambda: self.status(port)) == 200, "the renamed listener")
                proxy.wait_line(event="request", listener="gate")
                proxy.stop()

    def test_two_listeners_that_change_places_keep_their_sockets(self):
        ports = [free_port(), free_port()]
        listeners = "".join(f'[[listener]]\nname = "{{{i}}}"\nmode = "reverse"\nlisten = "127.0.0.1:{port}"\n'
                            f'upstream = "{self.upstream}"\n' for i, port in enumerate(ports))
        head = 'workers = 2\n[admin]\nlisten = "127.0.0.1:0"\n'
        proxy = self.start(head + listeners.format("one", "two"))
        self.reload(proxy, head + listeners.format("two", "one"))
        for port in ports:
            wait_until(lambda p=port: self.ignoring_refusal(lambda: self.status(p)) == 200, "both to answer")

    def test_a_new_listener_on_a_port_in_use_changes_nothing(self):
        config = reverse_config(upstream=self.upstream)
        proxy = self.start(config)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            more = f'\n[[listener]]\nname = "more"\nmode = "reverse"\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n'
            line = self.reload(proxy, config + more + 'upstream = "http://127.0.0.1:9"\n', event="reload_failed")
        self.assertIn("more", line["error.message"])
        self.assertEqual(self.status(proxy.port("front")), 200)

    def test_a_policy_that_others_only_extend_need_not_make_sense(self):
        config = reverse_config(upstream=self.upstream,
                                policy='tls = { min_version = "TLSv1.0", security_level = 0 }\n')
        config = config.replace('extends = "browser"', 'extends = "old"')
        config += '[policy.old]\nextends = "browser"\ntls = { max_version = "TLSv1.1" }\n'
        proxy = self.start(config)
        self.assertEqual(self.status(proxy.port("front")), 200)


class Drain(EndToEnd):
    def test_a_handshake_that_ends_during_the_drain_does_not_hold_it_up(self):
        proxy = self.start(reverse_config(upstream="http://127.0.0.1:9", tls="{ mint = true }") +
                           '[timeouts]\ndrain = "5s"\n')
        context = ssl.create_default_context(cafile=proxy.ca_file())
        arrived, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = context.wrap_bio(arrived, leaving, server_hostname="localhost")
        with Client(proxy.port("front")) as client:
            finished = False
            while not finished:
                try:
                    end.do_handshake()
                    finished = True
                except ssl.SSLWantReadError:
                    client.send(leaving.read())
                    arrived.write(client.socket.recv(65536))
            proxy.signal(signal.SIGTERM)
            proxy.wait_line(event="draining")
            wait_until(lambda: self.is_refused(proxy), "the listener to close")
            client.send(leaving.read())  # our Finished
            client.read_to_end()
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(proxy.find_line(event="stopped")["reason"], "drained")

    @staticmethod
    def is_refused(proxy):
        try:
            socket.create_connection(("127.0.0.1", proxy.port("front")), 1).close()
            return False
        except OSError:
            return True
