"""Revocation against a CA, lists and OCSP responses that the openssl command makes, and servers that staple them."""

import json
import signal

from certificates import CertificateMaker
from harness import EndToEnd, reverse_config
from upstreams import Nginx, OpensslServer


class Revocation(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)
        self.leaf = self.maker.leaf()

    def server(self, *options, leaf=None):
        server = OpensslServer(leaf or self.leaf, *options)
        self.addCleanup(server.stop)
        return f"https://localhost:{server.port}"

    def nginx(self, response):
        server = Nginx(self.scratch.path, self.leaf, f"ssl_stapling on; ssl_stapling_file {response};")
        self.addCleanup(server.stop)
        return f"https://localhost:{server.tls_port}"

    def proxy(self, upstream, lists=(), more=""):
        quoted = ", ".join(f'"{path}"' for path in lists)
        trust = f'trust = {{ system = false, ca_files = ["{self.maker.root.cert}"], crl_files = [{quoted}] }}\n'
        return self.start(reverse_config(upstream=upstream, policy=trust + more))

    def slug(self, proxy):
        """Of the failure that a client is shown; "" when it gets through."""
        status, body, errors = self.curl("-H", "Accept: application/problem+json",
                                         f"http://127.0.0.1:{proxy.port('front')}/")
        self.assertEqual((status, errors), (0, ""), body)
        return json.loads(body)["slug"] if body.startswith(b"{") else ""

    def test_a_list_of_openssl_ca_refuses_what_it_names_after_sighup(self):
        revocations = self.maker.revocation_list()
        proxy = self.proxy(self.server(), lists=[revocations], more='revocation = "hard"\n')
        self.assertEqual(self.slug(proxy), "")
        self.maker.revoke(self.leaf)
        self.maker.revocation_list()
        proxy.signal(signal.SIGHUP)
        proxy.wait_line(event="reloaded")
        self.assertEqual(self.slug(proxy), "cert_revoked")
        line = proxy.find_line(**{"error.type": "cert_revoked"})
        self.assertIn("reason: keyCompromise", line["error.message"])

    def test_a_list_that_ended_is_a_warning_at_start_and_for_each_request(self):
        proxy = self.proxy(self.server(), lists=[self.maker.revocation_list(begin_days=-9, end_days=-1)])
        self.assertEqual(self.slug(proxy), "")
        self.assertIn("the CRL of \\\"Test Root\\\" expired on", proxy.output())
        self.assertEqual(proxy.wait_line(event="upstream_handshake")["verdict"], "forward_with_warning")

    def test_openssl_and_nginx_staple_what_openssl_ocsp_answered(self):
        good = self.maker.ocsp_response(self.leaf)
        for upstream in (self.server("-status_file", str(good)), self.nginx(good)):
            self.assertEqual(self.slug(self.proxy(upstream, more='revocation = "hard"\n')), "")

    def test_a_stapled_revocation_is_refused(self):
        self.maker.revoke(self.leaf, "superseded")
        proxy = self.proxy(self.nginx(self.maker.ocsp_response(self.leaf)))
        self.assertEqual(self.slug(proxy), "cert_revoked")
        self.assertIn("reason: superseded", proxy.find_line(**{"error.type": "cert_revoked"})["error.message"])

    def test_the_response_about_another_certificate_is_refused(self):
        other = self.maker.leaf(names=("other.example",))
        proxy = self.proxy(self.nginx(self.maker.ocsp_response(other)))
        self.assertEqual(self.slug(proxy), "ocsp_unusable")

    def test_must_staple_is_asked_of_the_server(self):
        leaf = self.maker.leaf(must_staple=True)
        self.assertEqual(self.slug(self.proxy(self.server(leaf=leaf))), "cert_must_staple")
        response = self.maker.ocsp_response(leaf)
        self.assertEqual(self.slug(self.proxy(self.server("-status_file", str(response), leaf=leaf))), "")

    def test_without_list_and_response_a_hard_policy_refuses(self):
        proxy = self.proxy(self.server(), more='revocation = "hard"\n')
        self.assertEqual(self.slug(proxy), "cert_revocation_unknown")
