"""tests/limbo/run: what it prints about each case, its totals and its exit status, with a corpus made here."""

import json
import lzma
import os
import pathlib
import subprocess
import unittest

from harness import BIN, PATIENCE, Scratch, require_tool

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("WHYTLS_LIMBO", pathlib.Path(BIN).parents[1] / "tests/whytls-limbo"))


class Limbo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_tool("openssl", "xz")
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.remove)
        cls.root = cls.certificate("root", ["-subj", "/CN=Root", "-addext", "keyUsage=critical,keyCertSign"])
        cls.good = cls.leaf("good", "a.test")
        cls.bad = cls.leaf("bad", "b.test")

    @classmethod
    def certificate(cls, name, options):
        files = [str(cls.scratch.path / f"{name}.{kind}") for kind in ("key", "pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "30", "-keyout", files[0], "-out", files[1], *options], check=True, capture_output=True)
        return pathlib.Path(files[1]).read_text(encoding="ascii")

    @classmethod
    def leaf(cls, name, host):
        # A request has extensions of its own where a self-signed certificate has those of a CA.
        key, request, made = (str(cls.scratch.path / f"{name}.{kind}") for kind in ("key", "csr", "pem"))
        extensions = cls.scratch.write(f"{name}.ext",
                                       f"subjectAltName=DNS:{host}\nkeyUsage=critical,digitalSignature\n"
                                       "extendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n")
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-subj", f"/CN={host}", "-out", request], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", cls.scratch.path / "root.pem", "-CAkey",
                        cls.scratch.path / "root.key", "-days", "20", "-extfile", extensions, "-set_serial",
                        "0x7123456789abcdef01", "-out", made], check=True, capture_output=True)
        return pathlib.Path(made).read_text(encoding="ascii")

    def run_it(self, cases):
        corpus = self.scratch.path / "corpus.json.xz"
        corpus.write_bytes(lzma.compress(json.dumps({"version": 1, "testcases": cases}).encode()))
        return subprocess.run([ROOT / "tests/limbo/run", corpus], env={**os.environ, "WHYTLS_LIMBO": str(PROGRAM)},
                              capture_output=True, text=True, timeout=PATIENCE, check=False)

    def case(self, name, leaf, expected, host="a.test", anchors=True, **more):
        return {"id": name, "validation_kind": "SERVER", "trusted_certs": [self.root] if anchors else [],
                "untrusted_intermediates": [], "peer_certificate": leaf, "validation_time": None,
                "expected_peer_name": {"kind": "DNS", "value": host}, "expected_result": expected, **more}

    def test_each_case_has_its_line_and_each_namespace_its_total(self):
        done = self.run_it([
            self.case("x::good", self.good, "SUCCESS"),
            self.case("x::name", self.bad, "FAILURE"),
            self.case("y::trust", self.good, "FAILURE", anchors=False),
            self.case("y::time", self.good, "FAILURE", validation_time="2020-01-01T00:00:00+00:00"),
            self.case("z::client", self.good, "SUCCESS", validation_kind="CLIENT"),
        ])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [
            "x::good\tSUCCESS\tSUCCESS\t",
            "x::name\tFAILURE\tFAILURE\tcert_name_mismatch",
            "y::trust\tFAILURE\tFAILURE\tchain_unknown_issuer",
            "y::time\tFAILURE\tFAILURE\tcert_not_yet_valid",
            "z::client\tSUCCESS\tSKIPPED\tnot about servers",
        ])
        self.assertIn("all: 5 cases, 0 false accepts, 0 false rejects, 1 skipped", done.stderr)
        self.assertIn("x: 2 cases, 0 false accepts", done.stderr)

    def test_a_false_accept_is_counted_and_fails(self):
        done = self.run_it([self.case("x::good", self.good, "FAILURE"), self.case("x::name", self.bad, "SUCCESS")])
        self.assertEqual(done.returncode, 1)
        self.assertIn("x: 2 cases, 1 false accepts, 1 false rejects, 0 skipped", done.stderr)

    def test_a_file_that_is_no_corpus_is_named(self):
        for content in (b"no xz", lzma.compress(b"{}"), lzma.compress(b"no json")):
            path = self.scratch.path / "broken.xz"
            path.write_bytes(content)
            done = subprocess.run([ROOT / "tests/limbo/run", path], env={**os.environ, "WHYTLS_LIMBO": str(PROGRAM)},
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotEqual(done.stderr, "")
        done = subprocess.run([ROOT / "tests/limbo/run", "/nowhere.xz"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere.xz", done.stderr)

    @unittest.skipUnless(os.environ.get("WHYTLS_LIMBO_CORPUS"), "WHYTLS_LIMBO_CORPUS names no corpus of x509-limbo")
    def test_the_corpus_differs_only_where_the_documentation_says_so(self):
        done = subprocess.run([ROOT / "tests/limbo/run", os.environ["WHYTLS_LIMBO_CORPUS"]],
                              env={**os.environ, "WHYTLS_LIMBO": str(PROGRAM)}, capture_output=True, text=True, check=False)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertGreater(len(rows), 100, done.stderr)
        documented = (ROOT / "docs/limbo.md").read_text(encoding="utf-8")
        for name, expected, got, slug in rows:
            if expected != got and got != "SKIPPED":
                self.assertIn(f"`{name}`", documented, f"{expected} expected, {got} {slug}")


if __name__ == "__main__":
    unittest.main()
