"""The comparison runs and prints its ratios; its figures are not judged here."""

import json
import subprocess

from harness import BIN, ROOT, SANITIZED, EndToEnd, require_tool


class Bench(EndToEnd):
    def test_the_comparison_runs_without_errors(self):
        if SANITIZED:
            self.skipTest("the figures of a sanitized build say nothing")
        require_tool("nginx", "haproxy", "wrk", "openssl")
        report = self.scratch.path / "figures.json"
        done = subprocess.run([str(ROOT / "bench" / "compare"), "--rounds", "1", "--seconds", "1", "--connections", "16",
                               "--proxy", BIN, "--json", str(report)], env=self.scratch.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        figures = json.loads(report.read_text(encoding="ascii"))
        for workload in ("http", "tls"):
            self.assertIn(f"\n{workload}: ", done.stdout)
            for name in ("whytls", "nginx", "haproxy"):
                rounds = figures["workloads"][workload]["figures"][name]
                self.assertEqual([r["errors"] for r in rounds], [0])
                self.assertGreater(rounds[0]["requests"], 100)
            self.assertEqual(len(figures["workloads"][workload]["ratios"]["cpu"]), 1)
        self.assertIn("to the best peer", done.stdout)
