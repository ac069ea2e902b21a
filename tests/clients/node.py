"""Node.js, its https module."""

from command_line import PATIENCE, PROGRAMS, CommandLineClient, first
from observation import Observation


class Node(CommandLineClient):
    name = "Node"
    needs = ("node",)

    def visit(self, host, port, ca_file):
        done = self.run(["node", PROGRAMS / "visit.mjs", f"https://{host}:{port}/", ca_file, PATIENCE])
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        code = first(done.err, r"^  code: '?(\w+)'?", r"\n  code: '?(\w+)'?")
        return Observation("refuses", code, done.err.strip(), done.raw)
