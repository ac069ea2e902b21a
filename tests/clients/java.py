"""A client in Java: URLConnection of the JDK."""

from command_line import LIMIT, PATIENCE, PROGRAMS, CommandLineClient, first
from observation import Observation

PASSWORD = "gallery"


class Java(CommandLineClient):
    name = "Java"
    needs = ("java", "javac", "keytool")

    def version(self):
        if not self.available():
            return None
        done = self.run(["java", "-version"], limit=60)
        return first(done.err, r'version "([^"]+)"')

    def prepare(self, ca_file):
        self.once("classes", self._compile)
        self.once(("trusted", ca_file), lambda folder: self._trust(folder, ca_file))

    def visit(self, host, port, ca_file):
        classes = self.once("classes", self._compile)
        trusted = self.once(("trusted", ca_file), lambda folder: self._trust(folder, ca_file))
        hosts = self.folder() / f"hosts-{host}"
        hosts.write_text(f"127.0.0.1 {host}\n", encoding="ascii")
        done = self.run(["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
                         f"-Djdk.net.hosts.file={hosts}", f"-Djavax.net.ssl.trustStore={trusted}",
                         f"-Djavax.net.ssl.trustStorePassword={PASSWORD}", "-cp", classes, "Visit",
                         f"https://{host}:{port}/", PATIENCE], limit=2 * LIMIT)
        if done.status == 0:
            return Observation("connects", raw=done.raw)
        return Observation("refuses", first(done.err, r'^Exception in thread "main" ([\w.$]+)'), done.err.strip(), done.raw)

    def _compile(self, folder):
        classes = folder / "classes"
        done = self.run(["javac", "-d", classes, PROGRAMS / "Visit.java"], limit=120)
        if done.status != 0:
            raise RuntimeError(f"javac: {done.raw}")
        return classes

    def _trust(self, folder, ca_file):
        store = folder / "trusted.p12"
        done = self.run(["keytool", "-importcert", "-noprompt", "-alias", "gallery", "-file", ca_file, "-keystore", store,
                         "-storetype", "PKCS12", "-storepass", PASSWORD], limit=120)
        if done.status != 0:
            raise RuntimeError(f"keytool: {done.raw}")
        return store
