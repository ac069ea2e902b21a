"""gnutls-cli."""

from command_line import REQUEST, CommandLineClient, lines_with
from observation import Observation

WORDS = r"^(- Status: |\*\*\* |Could not connect)"


class GnuTls(CommandLineClient):
    name = "GnuTLS"
    needs = ("gnutls-cli",)

    def visit(self, host, port, ca_file):
        command = ["gnutls-cli", f"--x509cafile={ca_file}", f"--sni-hostname={host}", f"--verify-hostname={host}",
                   "-p", port, "127.0.0.1"]
        done = self.converse(command, REQUEST % host.encode(), rb"healthy\n|\n220 ")
        message = lines_with(f"{done.out}\n{done.err}", WORDS)
        if done.status == 0 or (done.status is None and "- Handshake was completed" in done.out):
            return Observation("connects", raw=done.raw)
        return Observation("refuses", "", message, done.raw)
