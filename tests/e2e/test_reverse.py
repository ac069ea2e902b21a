"""Reverse mode: routes, the header fields a proxy owes, TLS listeners, WebSocket."""

import ssl

from certificates import CertificateMaker
from harness import Client, EndToEnd, free_port, reverse_config, route, trust_only
from upstreams import Nginx, PythonServer


class ReverseProxy(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)
        self.nginx = Nginx(self.scratch.path, self.maker.leaf(names=("localhost", "a.localhost", "b.localhost")))
        self.addCleanup(self.nginx.stop)

    def reverse(self, **parts):
        parts.setdefault("policy", trust_only(self.maker.root.cert))
        return self.start(reverse_config(**parts))

    def echo(self, proxy, *arguments, scheme="http", path="/echo"):
        """What nginx saw: dict of the fields of its /echo."""
        status, body, errors = self.curl(*arguments, f"{scheme}://127.0.0.1:{proxy.port('front')}{path}")
        self.assertEqual((status, errors), (0, ""), body)
        names = ("request", "host", "for", "proto", "forwarded_host", "forwarded", "via", "sni")
        values = body.decode().rstrip("\n").split("|")
        self.assertEqual(len(values), len(names), body)
        return dict(zip(names, values))

    def test_the_upstream_sees_its_own_name_and_the_forwarding_fields(self):
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}")
        seen = self.echo(proxy, "-H", "Host: front.example")
        self.assertEqual(seen["request"], "GET /echo")
        self.assertEqual(seen["host"], "localhost")
        self.assertEqual(seen["for"], "127.0.0.1")
        self.assertEqual(seen["proto"], "http")
        self.assertEqual(seen["forwarded_host"], "front.example")
        self.assertIn("for=127.0.0.1", seen["forwarded"])
        self.assertIn("proto=http", seen["forwarded"])
        self.assertIn("front.example", seen["forwarded"])
        self.assertEqual(seen["via"].lower(), "1.1 whytls")
        self.assertEqual(seen["sni"], "localhost")

    def test_connection_level_fields_are_not_forwarded_and_via_is_extended(self):
        server = PythonServer()
        self.addCleanup(server.stop)
        proxy = self.reverse(upstream=f"http://127.0.0.1:{server.port}")
        status, body, _ = self.curl("-H", "Connection: X-Hop, keep-alive", "-H", "X-Hop: secret", "-H", "Keep-Alive: 5",
                                    "-H", "Proxy-Connection: keep-alive", "-H", "Via: 1.0 before", "-H",
                                    "X-Forwarded-For: 192.0.2.7", "-H", "X-Kept: yes",
                                    f"http://127.0.0.1:{proxy.port('front')}/header")
        self.assertEqual(status, 0)
        header = {}
        for line in body.decode().splitlines():
            name, _, value = line.partition(": ")
            header.setdefault(name, []).append(value)
        for name in ("x-hop", "keep-alive", "proxy-connection"):
            self.assertNotIn(name, header)
        self.assertNotIn("x-hop", ",".join(header.get("connection", [])).lower())
        self.assertEqual(header["x-kept"], ["yes"])
        # Several lines of a list field mean the same as one (RFC 9110, 5.3).
        self.assertEqual(", ".join(header["via"]), "1.0 before, 1.1 whytls")
        self.assertTrue(", ".join(header["x-forwarded-for"]).endswith("127.0.0.1"), header)

    def test_an_upstream_by_address_gets_no_sni(self):
        proxy = self.reverse(upstream=f"https://127.0.0.1:{self.nginx.tls_port}")
        self.assertEqual(self.echo(proxy)["sni"], "")
        self.assertIn("tls.client.server_name_absent", proxy.wait_line(event="upstream_handshake"))

    def test_routes_are_chosen_by_host_and_the_longest_path(self):
        for name in ("a", "b", "deep"):
            (self.nginx.folder / "www" / name).mkdir()
        self.nginx.file("b/x", b"plain b")
        other = PythonServer()
        self.addCleanup(other.stop)
        tls = f"https://localhost:{self.nginx.tls_port}"
        plain = f"http://127.0.0.1:{other.port}"
        proxy = self.reverse(routes=route(tls, host="a.example") + route(plain, host="a.example", path="/deep") +
                             route(plain, host="*.wild.example"))
        port = proxy.port("front")
        url = f"http://127.0.0.1:{port}"
        cases = (("a.example", "/b/x", b"plain b"), ("a.example", "/deep/y", b"GET /deep/y"),
                 ("any.wild.example", "/z", b"GET /z"))
        for host, path, expected in cases:
            with self.subTest(host=host, path=path):
                self.assertEqual(self.curl("-H", f"Host: {host}", url + path)[:2], (0, expected))
        # A prefix ends at a segment border: /deeper is not below /deep.
        status, body, _ = self.curl("-H", "Host: a.example", "-w", "%{http_code}", url + "/deeper")
        self.assertEqual((status, body[-3:]), (0, b"404"))
        self.assertNotIn(b"GET /deeper", body)
        status, body, _ = self.curl("-H", "Host: nobody.example", "-w", "%{http_code}", url + "/")
        self.assertEqual((status, body[-3:]), (0, b"421"))
        proxy.wait_line(error__type="proxy_no_route")

    def test_an_upstream_that_leads_back_here_is_noticed_by_via(self):
        port = free_port()
        proxy = self.reverse(upstream=f"http://127.0.0.1:{port}", port=port)
        status, body, _ = self.curl("-w", "%{http_code}", f"http://127.0.0.1:{port}/")
        self.assertEqual((status, body[-3:]), (0, b"508"))
        self.assertIn(b"proxy_loop", body)
        proxy.wait_line(error__type="proxy_loop")

    def test_a_tls_listener_with_certificate_files(self):
        front = self.maker.leaf(names=("front.localhost",))
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}",
                             tls=f'{{ certificate = "{front.chain}", key = "{front.key}" }}')
        seen = self.echo(proxy, "--cacert", self.maker.root.cert, scheme="https")
        self.assertEqual((seen["proto"], seen["for"]), ("https", "127.0.0.1"))

    def test_a_tls_listener_that_mints(self):
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}", tls="{ mint = true }")
        port = proxy.port("front")
        status, body, errors = self.curl("--cacert", proxy.ca_file(), "--resolve", f"mint.example:{port}:127.0.0.1",
                                         f"https://mint.example:{port}/echo")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(b"mint.example", body)

    def test_a_request_without_host_goes_by_the_name_in_the_hello(self):
        proxy = self.reverse(routes=route(f"http://127.0.0.1:{self.nginx.plain_port}", host="d.example"),
                             tls="{ mint = true }")
        context = ssl.create_default_context(cafile=proxy.ca_file())
        for name, expected in (("D.example", 200), ("e.example", 421)):
            with self.subTest(name=name), Client(proxy.port("front")) as client:
                client.socket = context.wrap_socket(client.socket, server_hostname=name)
                client.send(b"GET /echo HTTP/1.0\r\n\r\n")
                self.assertEqual(client.response()[0], expected)

    def test_plain_http_on_a_tls_listener_is_answered_in_plain_text(self):
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}", tls="{ mint = true }")
        port = proxy.port("front")
        with Client(port) as client:
            client.send(f"GET /x HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
            status, _, body = client.response()
        self.assertEqual(status, 400)
        self.assertIn(f"https://localhost:{port}".encode(), body)
        proxy.wait_line(error__type="client_plain_http")

    def test_a_broken_upstream_gives_the_failure_in_reverse_mode_too(self):
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}", policy="trust = { system = true }\n")
        status, body, _ = self.curl("-w", "%{http_code}", f"http://127.0.0.1:{proxy.port('front')}/")
        self.assertEqual((status, body[-3:]), (0, b"502"))
        line = proxy.wait_line(event="upstream_handshake")
        self.assertEqual((line["failure.leg"], line["failure.phase"]), ("upstream", "certificate"))

    def test_a_websocket_is_relayed_in_both_directions(self):
        for certificate in (None, self.maker.leaf()):
            server = PythonServer(certificate)
            self.addCleanup(server.stop)
            scheme = "http" if certificate is None else "https"
            with self.subTest(upstream=scheme):
                proxy = self.reverse(upstream=f"{scheme}://localhost:{server.port}")
                with Client(proxy.port("front")) as client:
                    client.send(b"GET /websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                    status, header, _ = client.response()
                    self.assertEqual(status, 101)
                    self.assertEqual(dict(header)["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    self.assertEqual(dict(header)["upgrade"].lower(), "websocket")
                    for piece in (b"hello", bytes(range(256)) * 400):
                        client.send(piece)
                        self.assertEqual(client.read_exactly(len(piece)), piece)

    def test_a_tls_client_that_speaks_only_an_old_version_is_named(self):
        proxy = self.reverse(upstream=f"https://localhost:{self.nginx.tls_port}",
                             tls='{ mint = true, min_version = "TLSv1.3" }')
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with Client(proxy.port("front")) as client, self.assertRaises(ssl.SSLError):
            context.wrap_socket(client.socket, server_hostname="front.example")
        proxy.wait_line(error__type="client_no_common_version")
