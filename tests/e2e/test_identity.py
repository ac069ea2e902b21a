"""Which name an upstream has to prove when the client is intercepted: the one in the client's own certificate."""

import ssl

from certificates import CertificateMaker
from harness import Client, EndToEnd, forward_config, trust_only
from upstreams import PythonServer


class Identity(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)

    def upstream(self, **leaf):
        """A server on 127.0.0.1 with its own certificate; `names` gets what clients send as SNI."""
        server = PythonServer(self.maker.leaf(**leaf))
        self.addCleanup(server.stop)
        server.names = []
        server.server.socket.context.sni_callback = lambda _socket, name, _context: server.names.append(name)
        return server

    def forward(self, policy=""):
        proxy = self.start(forward_config(policy=trust_only(self.maker.root.cert) + policy))
        self.context = ssl.create_default_context(cafile=proxy.ca_file())
        return proxy

    def ask(self, proxy, port, name, session=None):
        """CONNECT to 127.0.0.1 and a handshake for `name`; returns the answer, the session, and whether it resumed."""
        with Client(proxy.port("dev")) as client:
            client.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (port, port))
            client.read_until(b"\r\n\r\n")
            with self.context.wrap_socket(client.socket, server_hostname=name, session=session) as inner:
                inner.sendall(b"GET / HTTP/1.1\r\nHost: %s\r\nAccept: application/problem+json\r\n"
                              b"Connection: close\r\n\r\n" % name.encode())
                answer = b""
                while data := inner.recv(65536):
                    answer += data
                return answer, inner.session, inner.session_reused

    def test_a_valid_certificate_of_the_host_reached_proves_no_other_name(self):
        server = self.upstream(names=["localhost"], addresses=["127.0.0.1"])
        proxy = self.forward()
        answer, _, _ = self.ask(proxy, server.port, "bank.test")
        self.assertTrue(answer.startswith(b"HTTP/1.1 502"), answer)
        self.assertIn(b"SSL_ERROR_BAD_CERT_DOMAIN", answer)
        self.assertIn(b"bank.test", answer)
        line = proxy.wait_line(**{"error__type": "cert_name_mismatch"})
        self.assertEqual(line["tls.expected_name"], "bank.test")
        self.assertEqual(line["upstream.host"], "127.0.0.1")

    def test_the_certificate_of_the_name_asked_for_is_enough(self):
        server = self.upstream(names=["bank.test"], addresses=[])
        proxy = self.forward()
        answer, _, _ = self.ask(proxy, server.port, "bank.test")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
        self.assertEqual(server.names, ["bank.test"])

    def test_the_policy_may_ask_for_another_name(self):
        server = self.upstream(names=["device.test"], addresses=[])
        proxy = self.forward('expected_name = "device.test"\n')
        answer, _, _ = self.ask(proxy, server.port, "bank.test")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)

    def test_a_resumed_client_session_keeps_its_name(self):
        server = self.upstream(names=["bank.test"], addresses=[])
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version.name):
                proxy = self.forward()
                self.context.maximum_version = version
                server.names.clear()
                _, session, _ = self.ask(proxy, server.port, "bank.test")
                answer, _, resumed = self.ask(proxy, server.port, "bank.test", session)
                self.assertTrue(resumed)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer)
                # One connection for both requests, when the same worker serves them: it is the one of that name.
                self.assertEqual(set(server.names), {"bank.test"})
