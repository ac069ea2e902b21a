"""The measured clients, the short form: a few broken servers, and what every installed client does with them."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

from harness import ARTIFACTS, BIN, GALLERY, ROOT, SANITIZED

SUITE = ROOT / "tests" / "clients" / "run"
# It takes half a minute on a machine with nothing else to do.
LONGEST = 300


class Clients(unittest.TestCase):
    def test_a_few_servers_are_the_same_to_real_clients_as_whytls_says(self):
        if SANITIZED:
            self.skipTest("the clients visit the gallery and not whytls, so a sanitizer sees nothing new")
        if not os.access(GALLERY, os.X_OK):
            self.skipTest(f"the gallery is not built: {GALLERY}")
        folder = pathlib.Path(ARTIFACTS) / "clients-short"
        done = subprocess.run([sys.executable, SUITE, "--short"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=LONGEST, check=False,
                              env={**os.environ, "WHYTLS_BIN": str(BIN), "WHYTLS_GALLERY": str(GALLERY),
                                   "WHYTLS_ARTIFACTS": str(folder)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue((folder / "clients.json").exists())
        left_out = re.findall(r"^(.*) is left out: (.*)$", done.stdout, re.M)
        if left_out:
            self.skipTest("; ".join(f"{name}: {why}" for name, why in left_out) + " (the others agree)")
