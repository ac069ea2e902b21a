"""Forward mode with real curl: absolute-form HTTP, CONNECT with interception, failures inside TLS."""

import json

from certificates import CertificateMaker
from harness import Client, EndToEnd, forward_config, trust_only, wait_until
from upstreams import Nginx, OpensslServer, PythonServer


class ForwardProxy(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)

    def nginx(self):
        server = Nginx(self.scratch.path, self.maker.leaf())
        self.addCleanup(server.stop)
        return server

    def openssl(self, certificate, *options):
        server = OpensslServer(certificate, *options)
        self.addCleanup(server.stop)
        return server

    def forward(self, **parts):
        parts.setdefault("policy", trust_only(self.maker.root.cert))
        return self.start(forward_config(**parts))

    def through(self, proxy, *arguments, ca=None):
        return self.curl("-x", f"http://127.0.0.1:{proxy.port('dev')}", "--cacert", ca or proxy.ca_file(), *arguments)

    def test_absolute_form_http_is_forwarded(self):
        nginx = self.nginx()
        nginx.file("hello.txt", b"hello over http\n")
        proxy = self.forward()
        status, body, errors = self.through(proxy, f"http://localhost:{nginx.plain_port}/hello.txt")
        self.assertEqual((status, body, errors), (0, b"hello over http\n", ""))

    def test_https_is_intercepted_and_forwarded(self):
        nginx = self.nginx()
        nginx.file("hello.txt", b"hello over tls\n")
        proxy = self.forward()
        status, body, errors = self.through(
            proxy, "-o", "-", "-w", "%{http_code} %{ssl_verify_result} %{http_version}",
            f"https://localhost:{nginx.tls_port}/hello.txt")
        self.assertEqual((status, body, errors), (0, b"hello over tls\n200 0 1.1", ""))
        line = proxy.wait_line(event="upstream_handshake")
        self.assertEqual(line["verdict"], "forward")
        self.assertNotIn("error.type", line)
        self.assertEqual(line["tls.client.server_name"], "localhost")

    def test_an_address_gets_a_certificate_for_that_address(self):
        nginx = self.nginx()
        nginx.file("hello.txt", b"by address\n")
        proxy = self.forward()
        status, body, errors = self.through(proxy, f"https://127.0.0.1:{nginx.tls_port}/hello.txt")
        self.assertEqual((status, body, errors), (0, b"by address\n", ""))
        line = proxy.wait_line(event="upstream_handshake")
        self.assertNotIn("tls.client.server_name", line)
        self.assertIn("tls.client.server_name_absent", line)

    def test_keep_alive_connections_are_reused_on_both_legs(self):
        nginx = self.nginx()
        nginx.file("a", b"a")
        proxy = self.forward()
        urls = [f"https://localhost:{nginx.tls_port}/a?{number}" for number in range(3)]
        status, answer, errors = self.through(proxy, "-w", " %{num_connects} %header{x-connection}\n", *urls)
        self.assertEqual((status, errors), (0, ""))
        rows = [line.split() for line in answer.decode().splitlines()]
        self.assertEqual([(body, connects) for body, connects, _ in rows], [("a", "1"), ("a", "0"), ("a", "0")])
        self.assertEqual(len({number for _, _, number in rows}), 1, "nginx saw one connection")
        # The line of a request comes after that of the handshake made for it.
        wait_until(lambda: any(line["url"] == urls[-1] for line in proxy.lines if line["event"] == "request"),
                   "the line of the last request")
        self.assertEqual(len([line for line in proxy.lines if line["event"] == "upstream_handshake"]), 1)

    def failing(self, certificate, slug, code, host="localhost"):
        server = self.openssl(certificate)
        proxy = self.forward()
        url = f"https://{host}:{server.port}/"
        status, answer, errors = self.through(proxy, "-i", "-H", "Accept: application/problem+json", url)
        self.assertEqual((status, errors), (0, ""))
        head, _, body = answer.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 502"), answer)
        self.assertIn(b"application/problem+json", head)
        self.assertIn(b"no-store", head.lower())
        self.assertIn(b"proxy-status:", head.lower())
        self.assertIn(b"error=tls_certificate_error", head)
        problem = json.loads(body)
        self.assertEqual((problem["slug"], problem["code"], problem["leg"], problem["phase"], problem["status"]),
                         (slug, code, "upstream", "certificate", 502))
        line = proxy.wait_line(error__type=slug)
        self.assertEqual((line["failure.leg"], line["failure.phase"], line["error.code"]),
                         ("upstream", "certificate", code))
        self.assertIn(line["incident"], problem["instance"])
        status, page, _ = self.through(proxy, "-H", "Accept: text/html", "-H", "Sec-Fetch-Mode: navigate", url)
        self.assertEqual(status, 0)
        self.assertIn(code.encode(), page)
        self.assertIn(b"<html", page.lower())
        status, text, _ = self.through(proxy, url)
        self.assertEqual((status, text.count(b"\n")), (0, 1))
        self.assertIn(slug.encode(), text)
        return problem

    def test_an_expired_certificate_is_named_inside_tls(self):
        self.failing(self.maker.leaf(days=(-90, -3)), "cert_expired", "SEC_ERROR_EXPIRED_CERTIFICATE")

    def test_the_page_is_in_the_language_that_the_browser_asks_for(self):
        server = self.openssl(self.maker.leaf(days=(-90, -3)))
        proxy = self.forward()
        url = f"https://localhost:{server.port}/"

        def head_and_body(language, accept):
            _, answer, _ = self.through(proxy, "-i", "-H", f"Accept-Language: {language}", "-H", f"Accept: {accept}", url)
            return answer.partition(b"\r\n\r\n")[2].decode().split("\r\n\r\n", 1)

        head, page = head_and_body("de-AT,de;q=0.9,en;q=0.5", "text/html")
        self.assertIn("content-language: de\r\n", head.lower())
        self.assertIn("vary: accept-language", head.lower())
        self.assertIn('<html lang="de">', page)
        self.assertIn("vor 3 Tagen abgelaufen", page)
        self.assertIn("Der Betreiber dieses Proxys", page)
        head, page = head_and_body("fr", "text/html")
        self.assertIn("content-language: en\r\n", head.lower())
        self.assertIn("expired 3 days ago", page)
        for accept in "application/problem+json", "text/plain":
            head, body = head_and_body("de", accept)
            self.assertIn("expired 3 days ago", body, "programs and search engines read English")
            self.assertNotIn("content-language", head.lower())

    def test_a_self_signed_certificate_is_named(self):
        self.failing(self.maker.leaf(self_signed=True), "cert_self_signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT")

    def test_a_certificate_for_another_name_is_named(self):
        problem = self.failing(self.maker.leaf(names=("other.example",), addresses=()), "cert_name_mismatch",
                               "SSL_ERROR_BAD_CERT_DOMAIN")
        self.assertIn("other.example", json.dumps(problem))

    def test_a_missing_intermediate_is_told_from_an_unknown_root(self):
        middle = self.maker.authority("Test Intermediate", issuer=self.maker.root)
        published = "http://ca.example/intermediate.cer"
        problem = self.failing(self.maker.leaf(issuer=middle, aia=published), "chain_missing_intermediate",
                               "SEC_ERROR_UNKNOWN_ISSUER")
        self.assertIn("Test Intermediate", json.dumps(problem))
        self.assertIn(published, json.dumps(problem))
        stranger = self.maker.authority("Unknown Root")
        problem = self.failing(self.maker.leaf(issuer=stranger), "chain_unknown_issuer", "SEC_ERROR_UNKNOWN_ISSUER")
        self.assertIn("Unknown Root", json.dumps(problem))

    def test_several_faults_are_all_reported(self):
        certificate = self.maker.leaf(names=("other.example",), addresses=(), days=(-90, -3), self_signed=True)
        server = self.openssl(certificate)
        proxy = self.forward()
        _, body, _ = self.through(proxy, "-H", "Accept: application/json", f"https://localhost:{server.port}/")
        slugs = {finding["slug"] for finding in json.loads(body)["findings"]}
        self.assertLessEqual({"cert_expired", "cert_self_signed", "cert_name_mismatch"}, slugs)

    def test_a_policy_that_warns_lets_the_traffic_through(self):
        server = self.openssl(self.maker.leaf(days=(-90, -3)))
        proxy = self.forward(policy=trust_only(self.maker.root.cert) + '[policy.lab.on]\ncert_expired = "warn"\n')
        status, body, _ = self.through(proxy, f"https://localhost:{server.port}/")
        self.assertEqual(status, 0)
        self.assertIn(b"s_server", body)
        line = proxy.wait_line(event="upstream_handshake")
        self.assertEqual((line["error.type"], line["level"]), ("cert_expired", "warning"))

    def test_a_client_that_does_not_trust_our_ca_is_named(self):
        nginx = self.nginx()
        proxy = self.forward()
        status, _, _ = self.through(proxy, f"https://localhost:{nginx.tls_port}/", ca=self.maker.root.cert)
        self.assertEqual(status, 60)
        line = proxy.wait_line(error__type="client_rejects_our_ca")
        self.assertEqual((line["failure.leg"], line["alert.received"]), ("client", 48))

    def test_a_host_in_the_tunnel_list_is_relayed_untouched(self):
        nginx = self.nginx()
        nginx.file("hello.txt", b"through the tunnel\n")
        proxy = self.forward(listener='tunnel = ["localhost"]')
        status, body, errors = self.through(proxy, f"https://localhost:{nginx.tls_port}/hello.txt",
                                            ca=self.maker.root.cert)
        self.assertEqual((status, body, errors), (0, b"through the tunnel\n", ""))

    def test_a_refused_connection_is_named_inside_tls(self):
        server = PythonServer()
        server.stop()
        proxy = self.forward()
        status, body, _ = self.through(proxy, "-H", "Accept: application/json", f"https://localhost:{server.port}/")
        self.assertEqual(status, 0)
        problem = json.loads(body)
        self.assertEqual((problem["slug"], problem["code"], problem["phase"]),
                         ("tcp_refused", "PR_CONNECT_REFUSED_ERROR", "connect"))

    def test_a_name_that_does_not_exist_is_named(self):
        proxy = self.forward()
        status, body, _ = self.through(proxy, "-H", "Accept: application/json", "https://no-such-host.invalid/")
        self.assertEqual(status, 0)
        self.assertIn(json.loads(body)["slug"], ("dns_not_found", "dns_failed"))

    def test_plain_http_on_the_tls_port_is_named(self):
        nginx = self.nginx()
        proxy = self.forward()
        status, body, _ = self.through(proxy, "-H", "Accept: application/json",
                                       f"https://localhost:{nginx.plain_port}/")
        self.assertEqual((status, json.loads(body)["slug"]), (0, "tls_plain_http"))

    def test_a_client_certificate_that_the_upstream_wants_is_named_in_both_tls_versions(self):
        for version in ("-tls1_2", "-tls1_3"):
            with self.subTest(version=version):
                server = self.openssl(self.maker.leaf(), "-Verify", "1", version)
                proxy = self.forward()
                status, body, _ = self.through(proxy, "-H", "Accept: application/json",
                                               f"https://localhost:{server.port}/")
                self.assertEqual((status, json.loads(body)["slug"]), (0, "tls_client_cert_required"))

    def test_an_upstream_without_a_common_cipher_is_named(self):
        server = self.openssl(self.maker.leaf(), "-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384")
        proxy = self.forward(policy=trust_only(self.maker.root.cert) +
                             'tls = { max_version = "TLSv1.2", ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" }\n')
        status, body, _ = self.through(proxy, "-H", "Accept: application/json", f"https://localhost:{server.port}/")
        self.assertEqual((status, json.loads(body)["slug"]), (0, "tls_no_common_cipher"))

    def test_a_pin_alone_is_enough_and_a_wrong_pin_is_named(self):
        server = self.openssl(self.maker.leaf(self_signed=True))
        proxy = self.forward()
        _, body, _ = self.through(proxy, "-H", "Accept: application/json", f"https://localhost:{server.port}/")
        pin = proxy.wait_line(event="upstream_handshake")["tls.server.pin"]
        self.assertTrue(pin.startswith("sha256/"))
        self.assertIn(pin, body.decode())
        wrong = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        for value, expected in ((pin, None), (wrong, "pin_mismatch")):
            with self.subTest(pin=value):
                pinned = self.forward(policy=f'pins = ["{value}"]\n')
                status, body, _ = self.through(pinned, "-H", "Accept: application/json",
                                               f"https://localhost:{server.port}/")
                self.assertEqual(status, 0)
                if expected is None:
                    self.assertIn(b"s_server", body)
                else:
                    self.assertEqual(json.loads(body)["slug"], expected)

    def test_connect_to_a_port_that_is_not_allowed_is_refused(self):
        proxy = self.forward()
        with Client(proxy.port("dev")) as client:
            client.send(b"CONNECT localhost:25 HTTP/1.1\r\nHost: localhost:25\r\n\r\n")
            status, _, body = client.response()
        self.assertEqual(status, 403)
        self.assertIn(b"proxy_port_denied", body)

    def test_a_request_to_the_proxy_itself_does_not_loop(self):
        proxy = self.forward()
        port = proxy.port("dev")
        status, body, _ = self.through(proxy, "-w", "%{http_code}", f"http://127.0.0.1:{port}/")
        self.assertEqual((status, body[-3:]), (0, b"508"))
        proxy.wait_line(error__type="proxy_loop")
