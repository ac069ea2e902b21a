"""The memory of certificates in use: reused serial numbers, trust on first use, and a ledger that cannot be opened."""

import json
import signal
import subprocess

from certificates import Certificate
from harness import EndToEnd, free_port, reverse_config, route, run_whytls, wait_until
from upstreams import OpensslServer


class History(EndToEnd):
    def certificate(self, name, serial="4711"):
        """Self-signed for localhost, always by the same issuer."""
        base = self.scratch.path / name
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", base.with_suffix(".key"), "-out", base.with_suffix(".pem"), "-days", "30", "-subj",
                        "/CN=Device", "-set_serial", serial, "-addext", "subjectAltName=DNS:localhost", "-addext",
                        "basicConstraints=critical,CA:FALSE"], check=True, capture_output=True)
        return Certificate(base.with_suffix(".pem"), base.with_suffix(".key"), base.with_suffix(".pem"))

    def server(self, certificate, port=0):
        server = OpensslServer(certificate, port=port)
        self.addCleanup(server.stop)
        return server

    def visit(self, proxy, path="/"):
        """The slug of the failure that is shown; "" when the request gets through."""
        status, body, errors = self.curl("-H", "Accept: application/problem+json",
                                         f"http://127.0.0.1:{proxy.port('front')}{path}")
        self.assertEqual((status, errors), (0, ""), body)
        return json.loads(body)["slug"] if body.startswith(b"{") else ""

    def warning(self, proxy, port):
        """The sentence of the newest warning about the server on that port."""
        lines = [line for line in proxy.lines if line.get("upstream.port") == port and "error.message" in line]
        return lines[-1]["error.message"] if lines else ""

    def test_a_serial_number_that_another_server_had_is_told_also_after_a_restart(self):
        first, second = self.certificate("first"), self.certificate("second")
        servers = [self.server(first), self.server(second)]
        trust = f'trust = {{ system = false, ca_files = ["{first.cert}", "{second.cert}"] }}\n'
        routes = "".join(route(f"https://localhost:{s.port}", path=f"/{i}") for i, s in enumerate(servers))
        config = reverse_config(routes=routes, policy=trust)
        proxy = self.start(config)
        self.assertEqual(self.visit(proxy, "/0"), "")
        self.assertEqual(self.warning(proxy, servers[0].port), "")
        self.assertEqual(self.visit(proxy, "/1"), "")
        proxy.wait_line(**{"error.type": "cert_reused_serial"})
        self.assertIn(f"localhost:{servers[0].port}", self.warning(proxy, servers[1].port))
        proxy.stop()
        proxy = self.start(config)
        self.assertEqual(self.visit(proxy, "/0"), "")
        proxy.wait_line(**{"error.type": "cert_reused_serial"})
        self.assertIn(f"localhost:{servers[1].port}", self.warning(proxy, servers[0].port))

    def test_the_first_key_is_trusted_and_another_one_refused_also_after_a_restart(self):
        port = free_port()
        server = self.server(self.certificate("first"), port)
        config = reverse_config(upstream=f"https://localhost:{port}", policy='trust = "first_use"\n')
        proxy = self.start(config)
        self.assertEqual(self.visit(proxy), "")
        self.assertEqual(self.visit(proxy), "")
        proxy.stop()
        server.stop()
        server = self.server(self.certificate("second", serial="12"), port)
        proxy = self.start(config)
        self.assertEqual(self.visit(proxy), "key_changed")
        line = proxy.wait_line(**{"error.type": "key_changed"})
        self.assertIn("what differs: key, serial number", line["error.message"])
        server.stop()
        self.server(Certificate(*[self.scratch.path / f"first.{end}" for end in ("pem", "key", "pem")]), port)
        self.assertEqual(self.visit(proxy), "")

    def test_a_person_accepts_another_key_without_a_restart(self):
        port = free_port()
        server = self.server(self.certificate("first"), port)
        proxy = self.start(reverse_config(upstream=f"https://localhost:{port}", policy='trust = "first_use"\n'))
        self.assertEqual(self.visit(proxy), "")
        server.stop()
        self.server(self.certificate("second"), port)
        self.assertEqual(self.visit(proxy), "key_changed")

        # What is new is in the file within a second, and what the command changed is known within another one.
        def is_accepted():
            run_whytls(self.scratch, "ledger", "accept", f"localhost:{port}", "-c", proxy.config_path)
            return self.visit(proxy) == ""
        wait_until(is_accepted, "the running proxy to follow")

    def test_a_renewal_that_keeps_the_key_changes_nothing(self):
        port = free_port()
        first = self.certificate("first")
        server = self.server(first, port)
        proxy = self.start(reverse_config(upstream=f"https://localhost:{port}", policy='trust = "first_use"\n'))
        self.assertEqual(self.visit(proxy), "")
        server.stop()
        renewed = self.scratch.path / "renewed.pem"
        subprocess.run(["openssl", "req", "-x509", "-key", first.key, "-out", renewed, "-days", "60", "-subj",
                        "/CN=Device", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        self.server(Certificate(renewed, first.key, renewed), port)
        self.assertEqual(self.visit(proxy), "")

    def test_without_a_ledger_the_proxy_serves_and_says_so(self):
        blocked = self.scratch.write("blocked", "a file where the directory should be")
        server = self.server(self.certificate("first"))
        more = f'on.cert_self_signed = "warn"\n[ledger]\ndirectory = "{blocked}"\n'
        proxy = self.start(reverse_config(upstream=f"https://localhost:{server.port}", policy=more))
        self.assertIn(str(blocked), proxy.wait_line(event="ledger_unavailable")["error.message"])
        self.assertEqual(self.visit(proxy), "")
        _, body, _ = self.curl(f"http://127.0.0.1:{proxy.port('admin')}/metrics")
        self.assertIn(b"whytls_ledger_up 0", body)

    def test_the_metrics_count_what_is_remembered_and_what_ends_soon(self):
        server = self.server(self.certificate("first"))
        proxy = self.start(reverse_config(upstream=f"https://localhost:{server.port}",
                                          policy='on.cert_self_signed = "warn"\n'))
        self.assertEqual(self.visit(proxy), "")
        _, body, _ = self.curl(f"http://127.0.0.1:{proxy.port('admin')}/metrics")
        self.assertIn(b"whytls_ledger_certificates 1", body)
        self.assertIn(b'whytls_certificates_expiring{days="30"} 1', body)
        self.assertIn(b'whytls_certificates_expiring{days="14"} 0', body)

    def test_the_settings_of_the_ledger_need_a_restart(self):
        config = reverse_config(upstream="http://127.0.0.1:1")
        proxy = self.start(config)
        proxy.config_path.write_text(config + "[ledger]\nkeep_days = 7\n", encoding="ascii")
        proxy.signal(signal.SIGHUP)
        self.assertIn("restart", proxy.wait_line(event="reload_failed")["error.message"])

    def test_a_ledger_is_not_switched_on_without_a_restart(self):
        config = reverse_config(upstream="http://127.0.0.1:1")
        proxy = self.start(config + "[ledger]\nenabled = false\n")
        proxy.config_path.write_text(config, encoding="ascii")
        proxy.signal(signal.SIGHUP)
        self.assertIn("restart", proxy.wait_line(event="reload_failed")["error.message"])
