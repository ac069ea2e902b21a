"""wget, which Debian builds with GnuTLS."""

from command_line import PATIENCE, CommandLineClient, localhost_shim
from observation import Observation


class Wget(CommandLineClient):
    name = "wget"
    needs = ("wget", "cc")

    def visit(self, host, port, ca_file):
        shim = self.once("shim", localhost_shim)
        done = self.run(["wget", "-O", "-", "--progress=dot", "--no-config", "--no-proxy", "--no-hsts", "--tries=1",
                         f"--timeout={PATIENCE}", f"--ca-certificate={ca_file}", f"https://{host}:{port}/"],
                        env=self.environment(LD_PRELOAD=shim))
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        return Observation("refuses", str(done.status or ""), done.err.strip(), done.raw)
