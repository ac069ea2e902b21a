"""The program as a process: start, refusal to start, reload, drain, the admin listener."""

import os
import signal
import socket
import subprocess
import threading

from certificates import CertificateMaker
from harness import BIN, PATIENCE, Client, EndToEnd, forward_config, reverse_config, run_whytls, wait_until
from upstreams import PythonServer


class StartAndRefusal(EndToEnd):
    def refused(self, config, status):
        path = self.scratch.write("refused.toml", config)
        done = run_whytls(self.scratch, "run", "-c", path)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("listening", done.stderr)
        return done.stderr, path

    def test_three_mistakes_give_three_messages_and_exit_2(self):
        config = (forward_config().replace('mode = "forward"', 'mode = "forwards"')
                  .replace('extends = "browser"', 'extend = "browser"')
                  .replace('listen = "127.0.0.1:0"\npolicy', 'listen = "127.0.0.1:99999"\npolicy'))
        for command in ("run", "check"):
            with self.subTest(command=command):
                path = self.scratch.write("mistakes.toml", config)
                arguments = ("run", "-c", path) if command == "run" else ("config", "check", path)
                done = run_whytls(self.scratch, *arguments)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                messages = [line for line in (done.stdout + done.stderr).splitlines() if f"{path}:" in line]
                self.assertEqual(len(messages), 3, done.stdout + done.stderr)
                for message in messages:
                    place = message.split(f"{path}:")[1].split(":")
                    self.assertTrue(place[0].isdigit() and place[1].isdigit(), message)
                self.assertTrue(any('"forward"' in m for m in messages), messages)
                self.assertTrue(any('"extends"' in m for m in messages), messages)

    def test_a_port_in_use_is_named_and_exits_1(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            text, _ = self.refused(forward_config().replace(
                'mode = "forward"\nlisten = "127.0.0.1:0"', f'mode = "forward"\nlisten = "127.0.0.1:{port}"'), 1)
        self.assertIn(f"127.0.0.1:{port}", text)
        self.assertIn("in use", text)

    def test_a_key_that_does_not_match_is_named_and_exits_1(self):
        maker = CertificateMaker(self.scratch.path)
        one, other = maker.leaf(), maker.leaf()
        text, _ = self.refused(reverse_config(upstream="https://localhost:9", tls=f'{{ certificate = "{one.chain}", '
                                              f'key = "{other.key}" }}'), 1)
        self.assertIn(str(other.key), text)

    def test_a_key_that_is_not_there_is_named_and_exits_1(self):
        maker = CertificateMaker(self.scratch.path)
        text, _ = self.refused(reverse_config(upstream="https://localhost:9", tls=f'{{ certificate = '
                                              f'"{maker.leaf().chain}", key = "/nonexistent/key.pem" }}'), 1)
        self.assertIn("/nonexistent/key.pem", text)

    def test_no_file_can_crash_it(self):
        documents = (b"", b"\0", b"\xff\xfe", b"[[[[", b"a = [" * 1000, b'a = "\\uD800"', b"a = 1e999999", b"=",
                     b"[a]\n[a]", b"a.b.c = {d.e = 1\n", b"a = 0x", b"a = 1979-99-99", b'"""', os.urandom(4096))
        for number, document in enumerate(documents):
            with self.subTest(document=document[:20]):
                path = self.scratch.write(f"bad{number}.toml", document)
                done = subprocess.run([BIN, "config", "check", path], env=self.scratch.environment(),
                                      stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
                self.assertIn(done.returncode, (0, 2), done.stderr)

    def test_the_ca_key_is_readable_by_its_owner_alone(self):
        proxy = self.start(forward_config())
        proxy.port("dev")
        files = [path for path in self.scratch.data_home.rglob("*") if path.is_file()]
        keys = [path for path in files if "PRIVATE KEY" in path.read_text(errors="replace")]
        self.assertEqual(len(keys), 1, files)
        self.assertEqual(keys[0].stat().st_mode & 0o777, 0o600)
        self.assertNotIn("PRIVATE", proxy.ca_file().read_text(encoding="ascii"))


class SignalsAndAdmin(EndToEnd):
    def setUp(self):
        super().setUp()
        self.server = PythonServer()
        self.addCleanup(self.server.stop)
        self.config = reverse_config(upstream=f"http://127.0.0.1:{self.server.port}")
        self.proxy = self.start(self.config)
        self.port = self.proxy.port("front")

    def get(self, path="/x"):
        with Client(self.port) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            status, _, body = client.response()
            return status, body

    def begin_slow_request(self):
        answers = []

        def ask():
            try:
                answers.append(self.get("/slow"))
            except (OSError, AssertionError) as fault:
                answers.append(fault)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        self.assertTrue(self.server.entered.wait(PATIENCE))
        return thread, answers

    def refuses_connections(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return False
        except OSError:
            return True

    def test_sigterm_lets_a_running_request_finish(self):
        thread, answers = self.begin_slow_request()
        self.proxy.signal(signal.SIGTERM)
        wait_until(self.refuses_connections, "the listener to close")
        self.assertIsNone(self.proxy.process.poll())
        self.server.release.set()
        thread.join(PATIENCE)
        self.assertEqual(answers, [(200, b"late but complete")])
        self.assertEqual(self.proxy.wait(), 0)

    def test_a_second_sigterm_ends_it_at_once(self):
        thread, answers = self.begin_slow_request()
        self.proxy.signal(signal.SIGTERM)
        wait_until(self.refuses_connections, "the listener to close")
        self.proxy.signal(signal.SIGTERM)
        self.proxy.wait(10)
        thread.join(PATIENCE)
        self.assertIsInstance(answers[0], Exception, "the request was cut off, not waited for")

    def test_sigint_ends_an_idle_proxy(self):
        self.assertEqual(self.get()[0], 200)
        self.proxy.signal(signal.SIGINT)
        self.assertEqual(self.proxy.wait(), 0)

    def test_sighup_with_a_broken_file_keeps_the_old_configuration_and_says_why(self):
        self.proxy.config_path.write_text(self.config.replace('mode = "reverse"', 'mode = "sideways"'),
                                          encoding="utf-8")
        self.proxy.signal(signal.SIGHUP)
        wait_until(lambda: "sideways" in self.proxy.output(), "the reason in the log")
        self.assertEqual(self.get(), (200, b"GET /x"))

    def test_sighup_takes_a_new_upstream(self):
        other = PythonServer()
        self.addCleanup(other.stop)
        self.proxy.config_path.write_text(
            self.config.replace(str(self.server.port), str(other.port)), encoding="utf-8")
        self.server.stop()
        self.proxy.signal(signal.SIGHUP)
        wait_until(lambda: self.get()[0] == 200, "an answer of the new upstream")

    def test_healthz_and_metrics_answer_on_the_admin_listener(self):
        self.get()
        base = f"http://127.0.0.1:{self.proxy.port('admin')}"
        status, body, _ = self.curl("-w", "%{http_code}", base + "/healthz")
        self.assertEqual((status, body[-3:]), (0, b"200"))
        status, body, _ = self.curl(base + "/metrics")
        self.assertEqual(status, 0)
        names = {line.split("{")[0].split(" ")[0] for line in body.decode().splitlines() if line and line[0] != "#"}
        self.assertTrue(any("requests" in name for name in names), names)
        self.assertTrue(any("handshakes" in name for name in names), names)
        self.assertTrue(any("failures" in name for name in names), names)

    def test_an_access_line_is_written_for_each_request(self):
        self.get("/access?x=1")
        wait_until(lambda: any("/access?x=1" in text for text in self.proxy.raw), "the access line")

    def test_file_descriptors_are_given_back(self):
        before = self.proxy.open_sockets()
        for _ in range(50):
            self.get()
        # One pooled connection per worker may stay.
        wait_until(lambda: self.proxy.open_sockets() <= before + 2, "the sockets to be closed")
