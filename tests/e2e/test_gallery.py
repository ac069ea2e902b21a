"""The gallery of broken servers behind whytls: each case is named as it should be, and looks as it should."""

import json
import os
import re
import subprocess
import threading
import unittest

from browsers import Chromium
from harness import ARTIFACTS, GALLERY, PATIENCE, SANITIZED, EndToEnd, free_port, require_tool, wait_until

# case: (slug, code, phase); None: it has to work.
EXPECTED = {
    "healthy": None,
    "old-device-pinned": None,
    # Only a browser that has seen one of them has something against the other.
    "reused-serial-a": None,
    "reused-serial-b": None,
    "expired": ("cert_expired", "SEC_ERROR_EXPIRED_CERTIFICATE", "certificate"),
    "not-yet-valid": ("cert_not_yet_valid", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_CERTIFICATE", "certificate"),
    "wrong-name": ("cert_name_mismatch", "SSL_ERROR_BAD_CERT_DOMAIN", "certificate"),
    "no-san": ("cert_no_san", "SSL_ERROR_BAD_CERT_DOMAIN", "certificate"),
    "self-signed": ("cert_self_signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "certificate"),
    "expired-wrong-name": ("cert_name_mismatch", "SSL_ERROR_BAD_CERT_DOMAIN", "certificate"),
    "factory-certificate": ("cert_self_signed", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "certificate"),
    "weak-key": ("cert_weak_key", "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE", "certificate"),
    "tiny-key": ("cert_weak_key", "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE", "certificate"),
    "sha1": ("cert_weak_signature", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "certificate"),
    "bad-signature": ("cert_bad_signature", "SEC_ERROR_BAD_SIGNATURE", "certificate"),
    "client-only": ("cert_wrong_eku", "SEC_ERROR_INADEQUATE_CERT_TYPE", "certificate"),
    "key-usage": ("cert_key_usage", "SEC_ERROR_INADEQUATE_KEY_USAGE", "certificate"),
    "ca-as-leaf": ("cert_ca_as_leaf", "MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY", "certificate"),
    "critical-extension": ("cert_critical_ext", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", "certificate"),
    "unparsable": ("cert_unparsable", "SEC_ERROR_BAD_DER", "certificate"),
    "no-key-identifier": ("cert_key_identifier", "SEC_ERROR_EXTENSION_VALUE_INVALID", "certificate"),
    "serial-zero": ("cert_serial", "MOZILLA_PKIX_ERROR_INVALID_INTEGER_ENCODING", "certificate"),
    "revoked": ("cert_revoked", "SEC_ERROR_REVOKED_CERTIFICATE", "certificate"),
    "must-staple": ("cert_must_staple", "MOZILLA_PKIX_ERROR_REQUIRED_TLS_FEATURE_MISSING", "certificate"),
    "old-staple": ("ocsp_unusable", "SEC_ERROR_OCSP_OLD_RESPONSE", "certificate"),
    "unknown-staple": ("ocsp_unusable", "SEC_ERROR_OCSP_UNKNOWN_CERT", "certificate"),
    "forged-staple": ("ocsp_unusable", "SEC_ERROR_OCSP_BAD_SIGNATURE", "certificate"),
    "suffix-wildcard": ("cert_name_form", "SSL_ERROR_BAD_CERT_DOMAIN", "certificate"),
    "signing-leaf": ("cert_profile", "SEC_ERROR_EXTENSION_VALUE_INVALID", "certificate"),
    "pin-mismatch": ("pin_mismatch", "MOZILLA_PKIX_ERROR_KEY_PINNING_FAILURE", "certificate"),
    "missing-intermediate": ("chain_missing_intermediate", "SEC_ERROR_UNKNOWN_ISSUER", "certificate"),
    "untrusted-root": ("chain_untrusted_root", "SEC_ERROR_UNKNOWN_ISSUER", "certificate"),
    "unknown-issuer": ("chain_unknown_issuer", "SEC_ERROR_UNKNOWN_ISSUER", "certificate"),
    "issuer-not-ca": ("chain_issuer_not_ca", "SEC_ERROR_CA_CERT_INVALID", "certificate"),
    "path-length": ("chain_path_length", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", "certificate"),
    "issuer-expired": ("chain_issuer_expired", "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", "certificate"),
    "issuer-not-yet-valid": ("chain_issuer_not_yet_valid", "MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE",
                             "certificate"),
    "issuer-weak-key": ("cert_weak_key", "MOZILLA_PKIX_ERROR_INADEQUATE_KEY_SIZE", "certificate"),
    "issuer-sha1": ("cert_weak_signature", "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED", "certificate"),
    "issuer-key-usage": ("cert_key_usage", "SEC_ERROR_INADEQUATE_KEY_USAGE", "certificate"),
    "name-constraint": ("chain_name_constraint", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE", "certificate"),
    "legacy-version": ("tls_version_refused_by_peer", "SSL_ERROR_PROTOCOL_VERSION_ALERT", "negotiation"),
    "old-version-chosen": ("tls_version_refused_by_us", "SSL_ERROR_UNSUPPORTED_VERSION", "negotiation"),
    "no-common-cipher": ("tls_no_common_cipher", "SSL_ERROR_NO_CYPHER_OVERLAP", "negotiation"),
    "unknown-name": ("tls_sni_unknown", "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "negotiation"),
    "client-certificate-tls12": ("tls_client_cert_required", "SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "certificate"),
    "client-certificate-tls13": ("tls_client_cert_required", "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
                                 "after_handshake"),
    "small-dh-group": ("tls_dh_too_small", "SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY", "key_exchange"),
    "no-secure-renegotiation": ("tls_no_renegotiation_info", "SSL_ERROR_UNSAFE_NEGOTIATION", "negotiation"),
    "bad-handshake-signature": ("tls_bad_handshake_signature", "SEC_ERROR_BAD_SIGNATURE", "key_exchange"),
    "sha1-handshake": ("tls_legacy_signature_refused", "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM", "key_exchange"),
    "bad-record": ("tls_bad_record_mac", "SSL_ERROR_BAD_MAC_READ", "finished"),
    "malformed-hello": ("tls_malformed_handshake", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "hello"),
    # Firefox does not believe either that a bare alert 40 means anything else.
    "handshake-failure": ("tls_no_common_cipher", "SSL_ERROR_NO_CYPHER_OVERLAP", "negotiation"),
    "internal-error": ("tls_alert_internal_error", "SSL_ERROR_INTERNAL_ERROR_ALERT", "negotiation"),
    "plain-http": ("tls_plain_http", "SSL_ERROR_RX_RECORD_TOO_LONG", "hello"),
    "ssh": ("tls_plain_ssh", "PR_END_OF_FILE_ERROR", "hello"),
    "smtp": ("tls_plain_smtp", "PR_END_OF_FILE_ERROR", "hello"),
    "plain-text": ("tls_plain_text", "SSL_ERROR_RX_RECORD_TOO_LONG", "hello"),
    "garbage": ("tls_garbage", "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE", "hello"),
    "refused": ("tcp_refused", "PR_CONNECT_REFUSED_ERROR", "connect"),
    "closed-before-hello": ("tls_closed_before_hello", "PR_END_OF_FILE_ERROR", "hello"),
    "closed-mid-handshake": ("tls_closed_mid_handshake", "PR_END_OF_FILE_ERROR", "negotiation"),
    "reset": ("tls_reset_mid_handshake", "PR_CONNECT_RESET_ERROR", "hello"),
    "silent": ("tls_handshake_timeout", "PR_IO_TIMEOUT_ERROR", "hello"),
    "not-http": ("http_response_invalid", "PR_IO_ERROR", "http"),
    "no-answer": ("http_closed_before_response", "PR_END_OF_FILE_ERROR", "http"),
    "slow-answer": ("http_response_timeout", "PR_IO_TIMEOUT_ERROR", "http"),
}
# Of several failures one is primary; which one is the ranking's business and tested there.
SEVERAL = {"five-faults", "hostile-text", "old-device"}
PICTURED = ("five-faults", "expired", "hostile-text", "missing-intermediate", "old-device", "plain-http", "no-answer",
            "client-certificate-tls13")


class Gallery(EndToEnd):
    def setUp(self):
        super().setUp()
        if not os.access(GALLERY, os.X_OK):
            raise unittest.SkipTest(f"the gallery is not built: {GALLERY}")
        self.page_port = free_port()
        config = self.scratch.path / "gallery.toml"
        self.gallery = subprocess.Popen(
            [GALLERY, "--dir", str(self.scratch.path / "gallery"), "--write-config", str(config), "--proxy-port",
             str(free_port()), "--page-port", str(self.page_port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.printed = []
        reader = threading.Thread(target=lambda: self.printed.extend(self.gallery.stdout), daemon=True)
        reader.start()
        self.addCleanup(self.gallery.stdout.close)
        self.addCleanup(reader.join, PATIENCE)
        self.addCleanup(self.gallery.wait, PATIENCE)
        self.addCleanup(self.gallery.terminate)
        wait_until(lambda: config.exists() or self.gallery.poll() is not None, "the gallery's configuration")
        self.text = config.read_text(encoding="utf-8")
        self.proxy = self.start('[admin]\nlisten = "127.0.0.1:0"\n' + self.text)
        self.cases = re.findall(r'^host\s*=\s*"([a-z0-9-]+)\.localhost"', self.text, re.M)

    def url(self, case):
        return f"http://{case}.localhost:{self.page_port}/"

    def test_every_case_has_the_name_that_it_should_have(self):
        self.assertEqual(set(self.cases), set(EXPECTED) | SEVERAL)
        for case in self.cases:
            with self.subTest(case=case):
                status, answer, _ = self.curl("-w", "\n%{http_code}", "-H", "Accept: application/problem+json",
                                              self.url(case))
                body, _, code = answer.rpartition(b"\n")
                self.assertEqual(status, 0)
                expected = EXPECTED.get(case)
                if case not in SEVERAL and expected is None:
                    self.assertEqual(code, b"200", body[:500])
                    continue
                problem = json.loads(body)
                self.assertEqual(str(problem["status"]), code.decode())
                self.assertIn(problem["status"], (502, 504))
                self.assertEqual(problem["leg"], "upstream")
                self.assertNotEqual(problem["slug"], "unclassified")
                if expected is not None:
                    self.assertEqual((problem["slug"], problem["code"], problem["phase"]), expected)
                incident = problem["instance"].rpartition(":")[2]
                line = self.proxy.wait_line(incident=incident, error__type=problem["slug"])
                self.assertEqual((line["error.code"], line["failure.leg"], line["failure.phase"], line["status"]),
                                 (problem["code"], problem["leg"], problem["phase"], problem["status"]))

    def test_a_clock_that_many_dates_contradict_is_doubted_first(self):
        def problem(case):
            return json.loads(self.curl("-H", "Accept: application/problem+json", self.url(case))[1])

        for case in ("expired", "issuer-expired", "expired-wrong-name"):
            self.assertNotIn("clock", problem(case), case)
        fourth = problem("five-faults")
        self.assertEqual(fourth["clock"], {"doubt": "many_fail", "behind": False, "upstreams": 4})
        self.assertRegex(fourth["detail"], "^The clock of this proxy may be wrong: it says 20[0-9TZ:-]+, and 4 upstreams")
        self.proxy.wait_line(incident=fourth["instance"].rpartition(":")[2], clock__doubt="many_fail")
        # One whose dates hold, and the clock is right.
        self.assertEqual(self.curl("-w", "%{http_code}", "-o", "/dev/null", self.url("healthy"))[1], b"200")
        self.assertNotIn("clock", problem("expired"))

    def test_five_faults_are_five_findings(self):
        _, body, _ = self.curl("-H", "Accept: application/problem+json", self.url("five-faults"))
        slugs = {finding["slug"] for finding in json.loads(body)["findings"]}
        self.assertLessEqual({"cert_expired", "cert_name_mismatch", "cert_weak_key", "cert_weak_signature"}, slugs)
        self.assertTrue(slugs & {"chain_unknown_issuer", "chain_untrusted_root", "chain_missing_intermediate"}, slugs)

    def test_the_commands_of_a_failure_run_and_meet_the_same_answer(self):
        """As they stand, but for the name, which only whytls looks up here (RFC 6761 leaves that to programs)."""
        require_tool("openssl")
        ran = alerts = 0
        silent = set()
        for case in self.cases:
            if EXPECTED.get(case, True) is None:
                continue
            problem = json.loads(self.curl("-H", "Accept: application/problem+json", self.url(case))[1])
            handshake = problem.get("handshake", {})
            received = [alert["number"] for alert in handshake.get("alerts", []) if alert["direction"] == "received"]
            for command in problem["commands"]:
                if not command.startswith("openssl s_client ") or re.search(r" -(cert|CAfile) ", command):
                    continue  # the reader has that file
                with self.subTest(case=case, command=command):
                    local = command.replace(f"-connect {case}.localhost:", "-connect 127.0.0.1:")
                    run = subprocess.run(["sh", "-c", f"timeout 5 {local}"], stdin=subprocess.DEVNULL, text=True,
                                         errors="replace", capture_output=True, timeout=PATIENCE, check=False)
                    self.assertNotRegex(run.stderr, "(?i)unknown option|use -help|error with command|syntax error")
                    ran += 1
                    if "|" in command:
                        self.assertNotEqual(run.stdout, "")
                        continue
                    if run.returncode == 124:  # the server is silent from some point on, and what was printed is lost
                        silent.add(case)
                        continue
                    if problem["phase"] != "connect":
                        self.assertIn("CONNECTED", run.stdout)
                    is_the_same = f"-min_protocol {handshake.get('offered', {}).get('min_version')} " in command
                    if received and is_the_same and problem["phase"] != "after_handshake":
                        self.assertIn(f"SSL alert number {received[0]}", run.stderr)
                        alerts += 1
        self.assertGreater(ran, 50)
        self.assertGreaterEqual(alerts, 4)
        self.assertLessEqual(silent, {"silent", "no-secure-renegotiation", "old-version-chosen"})

    def test_hostile_text_reaches_no_form_of_the_failure_raw(self):
        for accept in ("text/html", "application/problem+json", "text/plain"):
            with self.subTest(accept=accept):
                _, body, _ = self.curl("-H", f"Accept: {accept}", self.url("hostile-text"))
                text = body.decode("utf-8")
                self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
                if accept == "text/html":
                    self.assertNotIn("<script>alert", text)
                    self.assertNotIn("<img", text)
                self.assertLess(len(body), 512 * 1024)
        for line in self.proxy.raw:
            self.assertNotIn("\x1b", line)

    def test_the_index_lists_every_case_and_pages_look_right_in_chromium(self):
        browser = Chromium(self.scratch)
        dom = browser.dom(f"http://localhost:{self.page_port}/")
        for case in self.cases:
            self.assertIn(f"{case}.localhost", dom)
        if SANITIZED:
            return
        browser.screenshot(f"http://localhost:{self.page_port}/", ARTIFACTS / "gallery.png")
        for case in PICTURED:
            picture = ARTIFACTS / f"gallery-{case}.png"
            browser.screenshot(self.url(case), picture, height=1150)
            self.assertGreater(picture.stat().st_size, 20_000)
