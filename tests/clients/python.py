"""Python, urllib.request with the default context of ssl."""

import os
import re

from command_line import PATIENCE, PROGRAMS, CommandLineClient, first
from observation import Observation

# The distribution's own, for that is the one whose OpenSSL other programs here use too.
PACKAGED = "/usr/bin/python3"


class Python(CommandLineClient):
    name = "Python"
    needs = (PACKAGED if os.access(PACKAGED, os.X_OK) else "python3",)

    def visit(self, host, port, ca_file):
        done = self.run([self.needs[0], "-I", PROGRAMS / "visit.py", f"https://{host}:{port}/", ca_file, PATIENCE])
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        message = done.err.strip()
        last = message.rpartition("\n")[2]
        code = first(last, r"\[SSL: (\w+)\]", r"\[(Errno \d+)\]") or re.split(r"[:\s]", last, maxsplit=1)[0]
        return Observation("refuses", code, message, done.raw)
