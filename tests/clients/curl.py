"""curl."""

from command_line import PATIENCE, CommandLineClient
from observation import Observation


class Curl(CommandLineClient):
    name = "curl"
    needs = ("curl",)

    def visit(self, host, port, ca_file):
        done = self.run(["curl", "-sS", "--noproxy", "*", "--max-time", PATIENCE, "--cacert", ca_file,
                         f"https://{host}:{port}/"])
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        return Observation("refuses", str(done.status or ""), done.err.strip(), done.raw)
