"""openssl s_client, told to verify the chain and the name and to stop where that fails."""

from command_line import REQUEST, CommandLineClient, first, lines_with
from observation import Observation

# The progress of the verification, and of the handshake, is not what somebody would paste.
WORDS = r"^(verify error:|[0-9A-F]{6,}:error:|Verification error: |connect:errno|write:errno|read:errno|\w+:errno=)"


class OpenSsl(CommandLineClient):
    name = "OpenSSL"
    needs = ("openssl",)

    def version_command(self):
        return ("openssl", "version")

    def visit(self, host, port, ca_file):
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", host, "-verify_return_error",
                   "-verify_hostname", host, "-CAfile", ca_file]
        done = self.converse(command, REQUEST % host.encode(), rb"healthy\n|\n220 ")
        message = lines_with(f"{done.err}\n{done.out}", WORDS)
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        code = first(message, r"verify error:num=(\d+)", r"(errno=\d+)", r":error:([0-9A-F]{8}):")
        return Observation("refuses", code, message, done.raw)
