"""What tests/run reports of a JUnit file is what stands in it."""

import pathlib
import tempfile
import unittest

import junit_counts

REPORT = """<testsuite>
<testcase name="good"/>
<testcase name="bad"><failure message="m"/></testcase>
<testcase name="broken"><error message="m"/></testcase>
<testcase name="bad to ctest" status="fail"/>
<testcase name="one"><skipped message="nginx is not installed"/></testcase>
<testcase name="two"><skipped message="nginx is not installed"/></testcase>
<testcase name="off" status="disabled"/>
</testsuite>"""


class Counts(unittest.TestCase):
    def test_each_way_to_end_is_counted_and_skips_keep_their_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "report.xml"
            path.write_text(REPORT, encoding="ascii")
            passed, failed, skipped = junit_counts.counts(path)
        self.assertEqual((passed, failed), (1, 3))
        self.assertEqual(skipped, {"nginx is not installed": 2, "off was not run": 1})


if __name__ == "__main__":
    unittest.main()
