"""`whytls ledger` on a file that another process has filled, read by the parsers of other programs."""

import contextlib
import csv
import io
import json
import os
import pathlib
import sqlite3
import subprocess
import unittest

from harness import BIN, PATIENCE, Scratch, run_whytls

PROGRAM = pathlib.Path(os.environ.get("WHYTLS_LEDGER_LOAD", pathlib.Path(BIN).parents[1] / "tests/whytls-ledger-load"))
ENOUGH = 50  # certificates


class LedgerCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Scratch()
        cls.addClassCleanup(cls.scratch.remove)
        file = cls.scratch.data_home / "whytls/ledger.db"
        with subprocess.Popen([str(PROGRAM), str(file), "run"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True) as writer:
            cls.written = [writer.stdout.readline().strip() for _ in range(ENOUGH)]
            writer.kill()
            writer.stdout.read()

    def ask(self, *words, status=0):
        done = run_whytls(self.scratch, "ledger", *words, timeout=PATIENCE)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_what_was_written_is_exported_as_json_and_as_csv(self):
        exported = json.loads(self.ask("export", "--format", "json").stdout)
        self.assertLessEqual(set(self.written), {one["sha256"] for one in exported})
        # Not text mode, which would hide the ends of the rows.
        done = subprocess.run([BIN, "ledger", "export", "--format", "csv"], env=self.scratch.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True)
        self.assertTrue(done.stdout.endswith(b"\r\n"))
        rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8"), newline=""), strict=True))
        self.assertEqual({row["sha256"] for row in rows}, {one["sha256"] for one in exported})
        self.assertEqual(len(rows), sum(max(1, len(one["places"])) for one in exported))

    def test_a_list_has_no_more_rows_than_asked_for_and_all_fit_their_columns(self):
        lines = self.ask("list", "--host", "host1*", "--limit", "3").stdout.splitlines()
        self.assertEqual(len(lines), 6)
        column = lines[0].index("SHA-256")
        for line in lines[1:4]:
            self.assertRegex(line[column:], r"\A[0-9a-f]{12}\Z")
            self.assertTrue(line.startswith("host1"), line)

    def test_a_person_accepts_and_forgets(self):
        one = json.loads(self.ask("list", "--host", "host0", "--limit", "1", "--format", "json").stdout)[0]
        host = one["host"]
        accepted = self.ask("accept", host).stdout
        self.assertIn("before:", accepted)
        shown = json.loads(self.ask("show", host, "--format", "json").stdout)
        by = [place["by"] for entry in shown for place in entry["remembered_for"]]
        self.assertEqual(by, ["accepted"])
        self.assertIn(f"{host}:443", self.ask("forget", host).stdout)
        self.assertIn("Nothing is remembered", self.ask("forget", host).stdout)

    def test_a_file_that_is_missing_damaged_or_newer_is_told_with_what_to_do(self):
        other = Scratch()
        self.addCleanup(other.remove)
        done = run_whytls(other, "ledger", "list")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"{other.data_home}/whytls/ledger.db: there is no ledger", done.stderr)
        self.assertEqual(list(other.data_home.iterdir()), [])
        (other.data_home / "whytls").mkdir()
        (other.data_home / "whytls/ledger.db").write_text("not a database, " * 100, encoding="ascii")
        done = run_whytls(other, "ledger", "list")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not a ledger", done.stderr)
        self.assertIn("move the file away", done.stderr)
        (other.data_home / "whytls/ledger.db").unlink()
        with contextlib.closing(sqlite3.connect(other.data_home / "whytls/ledger.db")) as newer:
            newer.execute(f"PRAGMA application_id = {0x77746c64}")
            newer.execute("PRAGMA user_version = 99")
        done = run_whytls(other, "ledger", "list")
        self.assertEqual(done.returncode, 1)
        self.assertIn("run that newer version", done.stderr)

    def test_a_reader_that_leaves_early_ends_it(self):
        with subprocess.Popen([BIN, "ledger", "export", "--format", "json"], env=self.scratch.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as exporter:
            exporter.stdout.read(10)
            exporter.stdout.close()
            exporter.wait(PATIENCE)
            self.assertEqual(exporter.stderr.read(), b"")


if __name__ == "__main__":
    unittest.main()
