#!/usr/bin/env python3
"""Checks the #include lines of the four rooms against the arrows proxy -> config -> policy -> tls.

usage: includes.py ROOT      prints one line for each forbidden include; exit status 1 when there is one
"""

import pathlib
import re
import sys

ROOMS = ("tls", "policy", "config", "proxy")

# Programs that run during the build are no part of their room's library and may talk to a terminal.
TOOLS = "tools"
CONSOLE = "console output"

# The part of policy/ that has a file and a thread. Only it may see SQLite, and nothing else of policy/ may see it:
# judgement stays without memory.
LEDGER = "policy/ledger"

# Headers of libraries and of the system that only some rooms may see.
# (what, pattern of the included path, rooms that may)
RESERVED = (
    ("OpenSSL", re.compile(r"openssl/"), {"tls"}),
    ("libuv", re.compile(r"uv(/.*)?\.h$"), {"proxy"}),
    ("llhttp", re.compile(r"llhttp"), {"proxy"}),
    ("spdlog", re.compile(r"spdlog/"), {"proxy"}),
    ("CLI11", re.compile(r"CLI/"), {"proxy"}),
    ("SQLite", re.compile(r"sqlite3(ext)?\.h$"), {LEDGER}),
    ("toml11", re.compile(r"toml(11)?(/|\.hpp$)"), {"config"}),
    ("sockets", re.compile(r"(sys/socket|sys/un|netdb|poll|sys/epoll)\.h$"), {"proxy", "tls"}),
    (CONSOLE, re.compile(r"(iostream|print)$"), {"proxy"}),
)

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def may_include_room(room, other):
    """True when files of `room` may include headers of `other`."""
    return ROOMS.index(other) <= ROOMS.index(room)


def is_of_ledger(room, path):
    return path is not None and f"{room}/{path.parent.name}" == LEDGER


def faults_of(room, path, text):
    """Yields (line number, included path, reason) for each forbidden include of one file."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        first = target.split("/")[0]
        if first in ROOMS and "/" in target and not may_include_room(room, first):
            yield number, target, f"{room}/ must not see {first}/"
        if first == "tests":
            yield number, target, "only tests include tests/"
        if ".." in target.split("/"):
            yield number, target, "paths start at the root of the tree"
        if room == "policy" and not is_of_ledger(room, path) and target.startswith(f"{LEDGER}/"):
            yield number, target, f"policy/ must not see {LEDGER}/"
        if is_of_ledger(room, path) and first == "policy" and not target.startswith(f"{LEDGER}/"):
            yield number, target, f"{LEDGER}/ sees of policy/ only itself"
        for what, pattern, rooms in RESERVED:
            if what == CONSOLE and path is not None and path.parent.name == TOOLS:
                continue
            if LEDGER in rooms and is_of_ledger(room, path):
                continue
            if pattern.match(target) and room not in rooms:
                yield number, target, f"{what} belongs to {' and '.join(sorted(rooms))}"


def check(root):
    """Returns the messages for a tree, and how many files were read."""
    messages = []
    count = 0
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            count += 1
            for number, target, reason in faults_of(room, path, path.read_text(encoding="utf-8")):
                messages.append(f"{path.relative_to(root)}:{number}: {target}: {reason}")
    return messages, count


def main():
    messages, count = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    for message in messages:
        print(message)
    if count == 0:
        print("no source file found")
    return 1 if messages or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
