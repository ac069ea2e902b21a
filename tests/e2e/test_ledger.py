"""The ledger after kill -9, in short; tests/ledger/kill does it a hundred times."""

import os
import pathlib
import subprocess
import unittest

from harness import BIN, ROOT

PROGRAM = pathlib.Path(os.environ.get("WHYTLS_LEDGER_LOAD", pathlib.Path(BIN).parents[1] / "tests/whytls-ledger-load"))
KILLS = 5


class Ledger(unittest.TestCase):
    def test_nothing_that_was_reported_as_stored_is_missing_after_a_kill(self):
        done = subprocess.run([str(ROOT / "tests/ledger/kill"), str(PROGRAM), str(KILLS)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{KILLS} kills, ", done.stdout)
        self.assertIn(" none missing", done.stdout)


if __name__ == "__main__":
    unittest.main()
