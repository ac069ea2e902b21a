"""A client in Go, of its standard library alone."""

from command_line import PATIENCE, PROGRAMS, CommandLineClient
from observation import Observation


class Go(CommandLineClient):
    name = "Go"
    needs = ("go",)

    def version_command(self):
        return ("go", "version")

    def prepare(self, ca_file):
        self.once("program", self._compile)

    def visit(self, host, port, ca_file):
        program = self.once("program", self._compile)
        done = self.run([program, f"https://{host}:{port}/", ca_file, PATIENCE])
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        return Observation("refuses", "", done.err.strip(), done.raw)

    def _compile(self, folder):
        program = folder / "visit"
        done = self.run(["go", "build", "-o", program, PROGRAMS / "visit.go"], limit=300,
                        env=self.environment(GOCACHE=str(folder / "cache"), GOPATH=str(folder / "go"), GOFLAGS="-mod=mod",
                                             GOPROXY="off", GOTOOLCHAIN="local", GO111MODULE="off", CGO_ENABLED="0"))
        if done.status != 0:
            raise RuntimeError(f"go build: {done.raw}")
        return program
