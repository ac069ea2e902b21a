"""What deploy/ ships works with the program that was built."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

from certificates import CertificateMaker
from harness import BIN, GALLERY, PATIENCE, ROOT, EndToEnd, require_tool, run_whytls, wait_until

QUICKSTART = str(ROOT / "deploy" / "quickstart")


class Deploy(EndToEnd):
    def setUp(self):
        super().setUp()
        self.maker = CertificateMaker(self.scratch.path)
        self.leaf = self.maker.leaf()

    def with_files(self, sample):
        """A copy of the sample whose certificate and key files exist."""
        etc = self.scratch.path / "etc"
        text = sample.read_text(encoding="utf-8")
        for name in set(re.findall(r'"/etc/whytls/([^"]+)"', text)):
            source = self.leaf.key if "key" in name else self.leaf.cert
            target = etc / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((self.maker.root.cert if "root" in name else source).read_bytes())
        return self.scratch.write(sample.name, text.replace('"/etc/whytls/', f'"{etc}/'))

    def test_every_sample_configuration_is_accepted(self):
        samples = sorted((ROOT / "deploy" / "config").glob("*.toml"))
        self.assertTrue(samples, "no sample configuration")
        for sample in samples:
            with self.subTest(sample=sample.name):
                done = run_whytls(self.scratch, "config", "check", self.with_files(sample))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_systemd_unit_is_valid(self):
        require_tool("systemd-analyze")
        unit = self.scratch.path / "whytls.service"
        # Neither the program nor its man pages need to be installed here for the unit to be right.
        text = (ROOT / "deploy" / "whytls.service").read_text(encoding="utf-8")
        unit.write_text(text.replace("/usr/bin/whytls", shutil.which("true")), encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "whytls.service" in line]
        self.assertEqual(complaints, [])

    def test_what_the_systemd_unit_names_is_installed(self):
        build = pathlib.Path(BIN).resolve().parents[1]
        if not (build / "cmake_install.cmake").exists():
            self.skipTest(f"{BIN} is in no build folder")
        require_tool("cmake")
        prefix = self.scratch.path / "usr"
        done = subprocess.run(["cmake", "--install", str(build), "--prefix", str(prefix)], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        unit = (ROOT / "deploy" / "whytls.service").read_text(encoding="utf-8")
        named = re.search("^Documentation=(.*)$", unit, re.M).group(1).split()
        named += re.findall("^Exec[A-Za-z]+=(/usr/bin/whytls)", unit, re.M)
        for name in named:
            page = re.fullmatch(r"man:(.+)\((\d)\)", name)
            path = f"share/man/man{page[2]}/{page[1]}.{page[2]}" if page else re.sub("^(file://)?/usr/", "", name)
            self.assertTrue((prefix / path).is_file(), f"{name} is not installed")
        readme = prefix / "share" / "doc" / "whytls" / "README.md"
        for target in re.findall(r"\]\(((?:docs|deploy)/[^)]+)", readme.read_text(encoding="utf-8")):
            file, _, section = target.partition("#")
            if file.startswith("docs/man/"):
                continue
            self.assertTrue((readme.parent / file).exists(), f"the README links {target}")
            if section:
                headings = re.findall("^#+ (.*)$", (readme.parent / file).read_text(encoding="utf-8"), re.M)
                self.assertIn(section, [re.sub("[^a-z0-9 _-]", "", text.lower()).replace(" ", "-") for text in headings])


class Quickstart(EndToEnd):
    """The script itself, on the programs under test instead of on those that it would build."""

    # The ports that it has, and that its texts name; 8079 is the admin listener's default.
    PORTS = (8080, 8090, 8079)

    def setUp(self):
        super().setUp()
        self.build = self.scratch.path / "build"
        self.environment = self.scratch.environment(XDG_STATE_HOME=str(self.scratch.path / "state"),
                                                    WHYTLS_BUILD_DIR=str(self.build))

    def run_it(self, *options):
        # Files, not pipes: what it leaves in the background must not keep this waiting.
        with open(self.scratch.path / "out", "w+", encoding="utf-8") as out:
            done = subprocess.run([QUICKSTART, *options], env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT, timeout=PATIENCE * 2, check=False)
            out.seek(0)
            return done.returncode, out.read()

    def running(self):
        """Process ids of the programs in this test's build folder."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe").startswith(f"{self.build}/"):
                    found.append(int(process.name))
            except OSError:
                pass
        return found

    def end_leftovers(self):
        for process in self.running():
            os.kill(process, signal.SIGKILL)

    def provide_programs(self):
        """Puts the programs where the script looks for them; skips when it could not listen."""
        for port in self.PORTS:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    self.skipTest(f"port {port} is in use, and the quickstart's ports are fixed")
        for program, place in ((BIN, "proxy/whytls"), (GALLERY, "tests/whytls-gallery")):
            if not os.access(program, os.X_OK):
                self.skipTest(f"{program} is not built")
            (self.build / place).parent.mkdir(parents=True)
            # A copy: the script knows its processes by where their program is.
            shutil.copy2(program, self.build / place)
        self.addCleanup(self.end_leftovers)

    def ask_gallery(self):
        status, body, errors = self.curl("-H", "Accept: application/problem+json", "http://expired.localhost:8090/")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn(b'"cert_expired"', body)

    def test_the_gallery_in_the_background_answers_and_ends(self):
        self.provide_programs()
        status, text = self.run_it("--no-build", "--gallery", "--background")
        self.assertEqual(status, 0, text)
        self.assertEqual(len(self.running()), 2)
        self.assertIn("http://expired.localhost:8090/", text)
        self.ask_gallery()
        ca_file = re.search(r"CA certificate: (\S+)", text).group(1)
        self.assertIn("BEGIN CERTIFICATE", pathlib.Path(ca_file).read_text(encoding="ascii"))
        status, text = self.run_it("--no-build", "--background")
        self.assertEqual(status, 1, text)
        self.assertIn("already", text)
        self.assertEqual(len(self.running()), 2, "a second start changes nothing")
        status, text = self.run_it("--stop")
        self.assertEqual((status, self.running()), (0, []), text)
        status, text = self.run_it("--stop")
        self.assertEqual((status, text), (0, "nothing is running\n"))

    def test_ctrl_c_ends_everything_that_was_started_in_the_foreground(self):
        self.provide_programs()
        with open(self.scratch.path / "out", "w+", encoding="utf-8") as out:
            # A test run in the background of a shell has SIGINT ignored, and a script can't take that back itself.
            script = subprocess.Popen([QUICKSTART, "--no-build", "--gallery"], env=self.environment,
                                      stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                      preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
            try:
                wait_until(lambda: script.poll() is not None or "Ctrl-C" in
                           (self.scratch.path / "out").read_text(encoding="utf-8"), "the last line of the hints")
                self.ask_gallery()
                script.send_signal(signal.SIGINT)
                self.assertEqual(script.wait(PATIENCE), 130)
            finally:
                script.kill()
                script.wait()
        self.assertEqual(self.running(), [])

    def test_it_says_what_is_not_built(self):
        status, text = self.run_it("--no-build")
        self.assertEqual(status, 1, text)
        self.assertTrue(str(self.build / "proxy" / "whytls") in text or "in use" in text, text)

    def test_it_explains_itself(self):
        status, text = self.run_it("--help")
        self.assertEqual(status, 0, text)
        for word in ("--gallery", "--background", "--no-build", "--stop", "WHYTLS_BUILD_DIR"):
            self.assertIn(word, text)

    def test_it_refuses_an_unknown_option(self):
        self.assertEqual(self.run_it("--galery")[0], 2)


if __name__ == "__main__":
    unittest.main()
