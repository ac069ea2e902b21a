"""What deploy/ ships works with the program that was built."""

import re
import shutil
import subprocess
import unittest

from certificates import CertificateMaker
from harness import ROOT, EndToEnd, require_tool, run_whytls


class Deploy(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)
        self.leaf = self.maker.leaf()

    def with_files(self, sample):
        """A copy of the sample whose certificate and key files exist."""
        etc = self.scratch.path / "etc"
        text = sample.read_text(encoding="utf-8")
        for name in set(re.findall(r'"/etc/whytls/([^"]+)"', text)):
            source = self.leaf.key if "key" in name else self.leaf.cert
            target = etc / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((self.maker.root.cert if "root" in name else source).read_bytes())
        return self.scratch.write(sample.name, text.replace('"/etc/whytls/', f'"{etc}/'))

    def test_every_sample_configuration_is_accepted(self):
        samples = sorted((ROOT / "deploy" / "config").glob("*.toml"))
        self.assertTrue(samples, "no sample configuration")
        for sample in samples:
            with self.subTest(sample=sample.name):
                done = run_whytls(self.scratch, "config", "check", self.with_files(sample))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_systemd_unit_is_valid(self):
        require_tool("systemd-analyze")
        unit = self.scratch.path / "whytls.service"
        # The program need not be installed here for the unit to be right.
        text = (ROOT / "deploy" / "whytls.service").read_text(encoding="utf-8")
        unit.write_text(text.replace("/usr/bin/whytls", shutil.which("true")), encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "whytls.service" in line]
        self.assertEqual(complaints, [])

    def test_the_quickstart_explains_itself(self):
        done = subprocess.run([str(ROOT / "deploy" / "quickstart"), "--help"], capture_output=True, text=True,
                              env=self.scratch.environment(), check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("--gallery", done.stdout)

    def test_the_quickstart_refuses_an_unknown_option(self):
        done = subprocess.run([str(ROOT / "deploy" / "quickstart"), "--galery"], capture_output=True, text=True,
                              env=self.scratch.environment(), check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
