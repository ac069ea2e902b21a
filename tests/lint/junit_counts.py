#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED" of a JUnit file, summed over its suites; then why tests were skipped, a reason a line."""

import collections
import sys
import xml.etree.ElementTree as ET


def counts(path):
    """Returns (passed, failed, {reason: how many were skipped for it})."""
    passed = failed = 0
    skipped = collections.Counter()
    for case in ET.parse(path).getroot().iter("testcase"):
        # ctest says it in an attribute, others in a child element.
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            mark = case.find("skipped")
            reason = mark.get("message") if mark is not None else None
            skipped[reason or f"{case.get('name')} was not run"] += 1
        else:
            passed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    passed_count, failed_count, reasons = counts(sys.argv[1])
    print(passed_count, failed_count, reasons.total())
    for why, times in reasons.most_common():
        print(f"skipped {times} x: {why}")
