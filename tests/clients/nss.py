"""tstclnt, the test client of NSS: the library of Firefox, without Firefox's judgement of certificates."""

import ctypes

from command_line import REQUEST, CommandLineClient, first, lines_with, localhost_shim
from observation import Observation

WORDS = r"^tstclnt: (?!connecting to |using )"


class Nss(CommandLineClient):
    name = "NSS (tstclnt)"
    needs = ("tstclnt", "certutil", "cc")

    def version(self):
        if not self.available():
            return None
        version = ctypes.CDLL("libnss3.so").NSS_GetVersion
        version.restype = ctypes.c_char_p
        return version().decode().split(" ")[0]

    def visit(self, host, port, ca_file):
        shim = self.once("shim", localhost_shim)
        database = self.once(("database", ca_file), lambda folder: self._make_database(folder, ca_file))
        # From a file, for it does not notice that a pipe was closed.
        request = self.folder() / f"request-{host}"
        request.write_bytes(REQUEST % host.encode())
        done = self.converse(["tstclnt", "-h", host, "-p", port, "-d", database, "-A", request], None,
                             rb"healthy\n|220 ", env=self.environment(LD_PRELOAD=shim))
        message = lines_with(f"{done.err}\n{done.out}", WORDS)
        # It says who the server is when the handshake is done; it does not end before the server does.
        if not message and "\nReceived " in done.err:
            return Observation("connects", raw=done.raw)
        return Observation("refuses", first(message, r"\b((?:SSL|SEC|PR|MOZILLA_PKIX)_ERROR_\w+|PR_\w+_ERROR)"),
                           message, done.raw)

    def _make_database(self, folder, ca_file):
        database = f"sql:{folder}/nss"
        (folder / "nss").mkdir()
        for arguments in (("-N", "--empty-password"), ("-A", "-t", "C,,", "-n", "gallery", "-i", ca_file)):
            done = self.run(["certutil", "-d", database, *arguments], limit=60, env={"HOME": str(folder)})
            if done.status != 0:
                raise RuntimeError(f"certutil: {done.raw}")
        return database
