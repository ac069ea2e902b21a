"""Real browsers through the proxy: what a person sees. Screenshots go to the artifact folder."""

import struct

from browsers import Chromium, Firefox
from certificates import CertificateMaker
from harness import ARTIFACTS, SANITIZED, EndToEnd, forward_config, reverse_config, trust_only
from upstreams import Nginx, OpensslServer, PythonServer


def png_size(path):
    """Width and height out of a PNG's first chunk."""
    head = path.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        raise AssertionError(f"{path} is no PNG")
    return struct.unpack(">II", head[16:24])


class ChromiumThroughTheProxy(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)
        self.proxy = self.start(forward_config(policy=trust_only(self.maker.root.cert)))
        self.port = self.proxy.port("dev")

    def openssl(self, certificate, *options):
        server = OpensslServer(certificate, *options)
        self.addCleanup(server.stop)
        return server

    def trusting(self):
        return Chromium(self.scratch, self.port, self.proxy.ca_file())

    def test_a_healthy_site_loads_with_our_ca_trusted(self):
        nginx = Nginx(self.scratch.path, self.maker.leaf())
        self.addCleanup(nginx.stop)
        nginx.file("page.html", b"<!doctype html><title>t</title><p id=p>healthy page</p>")
        dom = self.trusting().dom(f"https://localhost:{nginx.tls_port}/page.html")
        self.assertIn("healthy page", dom)
        self.assertEqual(self.proxy.wait_line(event="upstream_handshake")["verdict"], "forward")

    def shows_failure(self, server, slug, code):
        browser = self.trusting()
        url = f"https://localhost:{server.port}/"
        dom = browser.dom(url)
        self.assertIn(code, dom)
        self.assertIn(slug, dom)
        incident = self.proxy.wait_line(error__type=slug)["incident"]
        self.assertRegex(incident, "^[0-9a-f]{16}$")
        incidents = [line["incident"] for line in self.proxy.lines if line.get("error.type") == slug]
        self.assertTrue(any(i in dom for i in incidents), "the page shows the incident of the log")
        if not SANITIZED:
            picture = ARTIFACTS / f"forward-{slug}.png"
            browser.screenshot(url, picture)
            self.assertEqual(png_size(picture), (1280, 1600))
        return dom

    def test_an_expired_certificate_gives_our_page(self):
        self.shows_failure(self.openssl(self.maker.leaf(days=(-2400, -40))), "cert_expired",
                           "SEC_ERROR_EXPIRED_CERTIFICATE")

    def test_a_certificate_with_several_faults_gives_our_page(self):
        certificate = self.maker.leaf(names=("idrac-default",), addresses=(), days=(-2400, -400))
        dom = self.shows_failure(self.openssl(certificate), "cert_name_mismatch", "SSL_ERROR_BAD_CERT_DOMAIN")
        for finding in ("cert_expired", "SEC_ERROR_EXPIRED_CERTIFICATE", "idrac-default"):
            self.assertIn(finding, dom)

    def test_plain_http_on_the_tls_port_gives_our_page(self):
        server = PythonServer()
        self.addCleanup(server.stop)
        self.shows_failure(server, "tls_plain_http", "SSL_ERROR_RX_RECORD_TOO_LONG")

    def test_a_refused_connection_gives_our_page(self):
        server = PythonServer()
        server.stop()
        self.shows_failure(server, "tcp_refused", "PR_CONNECT_REFUSED_ERROR")

    def test_without_our_ca_the_browser_refuses_and_the_log_says_so(self):
        nginx = Nginx(self.scratch.path, self.maker.leaf())
        self.addCleanup(nginx.stop)
        nginx.file("page.html", b"<p>healthy page</p>")
        dom = Chromium(self.scratch, self.port).dom(f"https://localhost:{nginx.tls_port}/page.html")
        self.assertNotIn("healthy page", dom)
        line = self.proxy.wait_line(error__type="client_rejects_our_ca")
        self.assertEqual(line["failure.leg"], "client")

    def test_hostile_text_in_a_certificate_is_shown_and_not_run(self):
        subject = "<img src=x onerror=document.title='owned'>"
        certificate = self.maker.leaf(names=("other.example",), addresses=(), issuer=self.maker.authority(subject))
        server = self.openssl(certificate)
        dom = self.trusting().dom(f"https://localhost:{server.port}/")
        self.assertIn("&lt;img src=x", dom)
        self.assertNotIn("<img src", dom)


class ChromiumAndTheReverseProxy(EndToEnd):
    def test_a_device_behind_a_listener_with_a_minted_certificate(self):
        maker = CertificateMaker(self.scratch.path)
        server = OpensslServer(maker.leaf(days=(-90, -3)))
        self.addCleanup(server.stop)
        proxy = self.start(reverse_config(upstream=f"https://localhost:{server.port}", tls="{ mint = true }",
                                          policy=trust_only(maker.root.cert)))
        browser = Chromium(self.scratch, None, proxy.ca_file())
        self.assertIn("SEC_ERROR_EXPIRED_CERTIFICATE", browser.dom(f"https://localhost:{proxy.port('front')}/"))


class FirefoxThroughTheProxy(EndToEnd):
    def test_firefox_trusts_the_minted_leaf_and_gets_our_page(self):
        maker = CertificateMaker(self.scratch.path)
        server = OpensslServer(maker.leaf(days=(-90, -3)))
        self.addCleanup(server.stop)
        proxy = self.start(forward_config(policy=trust_only(maker.root.cert)))
        browser = Firefox(self.scratch, proxy.port("dev"), proxy.ca_file())
        picture = ARTIFACTS / "firefox-cert_expired.png"
        browser.screenshot(f"https://localhost:{server.port}/", picture)
        self.assertEqual(png_size(picture)[0], 1280)
        proxy.wait_line(error__type="cert_expired")
        rejected = proxy.find_line(error__type="client_rejects_our_ca")
        self.assertIsNone(rejected, rejected)
