#!/usr/bin/env python3
"""Runs the test_*.py files of a folder and writes a JUnit file.

usage: run_unittests.py FOLDER REPORT [PATTERN...]     PATTERN as for python3 -m unittest -k
"""

import sys
import time
import unittest
import xml.etree.ElementTree as ET


class Result(unittest.TextTestResult):
    """Also keeps how each test ended: (id, seconds, kind, text)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = []
        self.begun = 0.0

    def startTest(self, test):
        self.begun = time.monotonic()
        super().startTest(test)

    def note(self, test, kind, text=""):
        self.rows.append((test.id(), time.monotonic() - self.begun, kind, text))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "error", self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failure", self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(subtest, "failure", self._exc_info_to_string(err, test))

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.note(test, "failure", "succeeded, although marked as an expected failure")


def printable(text):
    """XML cannot hold control characters, and programs print some."""
    return "".join(c if c in "\n\t" or ord(c) >= 32 else repr(c)[1:-1] for c in text)


def write_report(rows, path):
    suite = ET.Element("testsuite", name="unittest", tests=str(len(rows)))
    for name, seconds, kind, text in rows:
        folder, _, short = name.rpartition(".")
        case = ET.SubElement(suite, "testcase", classname=folder, name=short, time=f"{seconds:.3f}")
        if kind != "passed":
            ET.SubElement(case, kind, message=printable(text.strip().split("\n")[-1][:300])).text = printable(text)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def main():
    folder, report, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
    loader = unittest.TestLoader()
    if patterns:
        loader.testNamePatterns = [p if "*" in p else f"*{p}*" for p in patterns]
    suite = loader.discover(folder, pattern="test_*.py", top_level_dir=folder)
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    write_report(result.rows, report)
    return 0 if result.wasSuccessful() and result.rows else 1


if __name__ == "__main__":
    sys.exit(main())
