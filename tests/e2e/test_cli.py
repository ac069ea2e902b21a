"""The command line of the real program: help, versions, mistakes, the CA, the log file, the admin listener."""

import hashlib
import json
import os
import re
import signal
import socket
import ssl
import threading
import unittest

from harness import (PATIENCE, Client, EndToEnd, Scratch, Whytls, forward_config, reverse_config, run_whytls,
                     wait_until)


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.scratch = Scratch()
        self.addCleanup(self.scratch.remove)

    def run_it(self, *arguments, status=0):
        done = run_whytls(self.scratch, *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def test_no_arguments_print_the_help_and_exit_2(self):
        done = self.run_it(status=2)
        self.assertEqual(done.stdout, "")
        for word in ("run", "config", "ca", "--version", "Examples:"):
            self.assertIn(word, done.stderr)

    def test_help_goes_to_standard_output_and_exits_0(self):
        for command in ((), ("run",), ("config",), ("config", "check"), ("config", "show"), ("ca",), ("ca", "show"),
                        ("ca", "export"), ("page",)):
            with self.subTest(command=command):
                done = self.run_it(*command, "--help")
                self.assertEqual(done.stderr, "")
                self.assertIn(" ".join(("whytls", *command)), done.stdout)

    def test_an_unknown_option_is_named_with_its_nearest_spelling(self):
        done = self.run_it("run", "--confg", "x", status=2)
        self.assertIn('"--confg"', done.stderr)
        self.assertIn('"--config"', done.stderr)
        self.assertEqual(done.stdout, "")

    def test_the_version_names_every_library_in_use(self):
        text = self.run_it("--version").stdout
        self.assertRegex(text, r"\Awhytls \d+\.\d+\.\d+\n")
        for name in ("OpenSSL", "libuv", "llhttp", "toml11", "spdlog"):
            self.assertRegex(text, rf"(?m)^{name} \d+\.\d+")
        self.assertIn("this OpenSSL", text)

    def test_a_missing_file_is_named_and_exits_2(self):
        for arguments in (("config", "check", "/nonexistent.toml"), ("run", "-c", "/nonexistent.toml"),
                          ("config", "show", "-c", "/nonexistent.toml"), ("ca", "show", "-c", "/nonexistent.toml")):
            with self.subTest(arguments=arguments):
                done = self.run_it(*arguments, status=2)
                self.assertIn("/nonexistent.toml", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_good_file_is_ok(self):
        path = self.scratch.write("good.toml", forward_config())
        self.assertEqual(self.run_it("config", "check", path).stdout, f"{path}: ok\n")

    def test_config_show_says_where_each_value_came_from(self):
        path = self.scratch.write("a.toml", "workers = 3\n")
        text = self.run_it("config", "show", "-c", path).stdout
        self.assertRegex(text, rf"(?m)^workers +=  ?3 +# {re.escape(str(path))}:1$")
        self.assertRegex(text, r"(?m)^timeouts\.drain +=.*# default$")

    def test_the_defaults_keep_the_authority_in_the_data_home(self):
        text = self.run_it("config", "show").stdout
        self.assertIn(f'"{self.scratch.data_home}/whytls"', text)


class Authority(EndToEnd):
    def test_there_is_none_before_the_first_start(self):
        for command in ("show", "export"):
            done = run_whytls(self.scratch, "ca", command)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stdout, "")
            self.assertIn("first start", done.stderr)
        self.assertEqual(list(self.scratch.data_home.iterdir()), [])

    def test_show_and_export_agree_about_the_certificate(self):
        self.start(forward_config()).port("dev")
        shown = run_whytls(self.scratch, "ca", "show").stdout
        pem = run_whytls(self.scratch, "ca", "export").stdout
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        self.assertIn(":".join(re.findall("..", fingerprint)), shown)
        self.assertIn(f"{self.scratch.data_home}/whytls/ca.pem", shown)
        for way in ("update-ca-certificates", "Firefox", "certutil", "curl --cacert", "Valid until"):
            self.assertIn(way, shown)
        self.assertNotIn("PRIVATE", pem + shown)

    def test_export_writes_to_a_file_or_says_why_not(self):
        self.start(forward_config()).port("dev")
        out = self.scratch.path / "out.pem"
        done = run_whytls(self.scratch, "ca", "export", "--out", out)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(out.read_text(encoding="ascii"), run_whytls(self.scratch, "ca", "export").stdout)
        done = run_whytls(self.scratch, "ca", "export", "--out", "/nonexistent/out.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/out.pem", done.stderr)

    def test_a_key_that_others_may_read_stops_the_start(self):
        proxy = self.start(forward_config())
        proxy.port("dev")
        self.assertEqual(proxy.stop(), 0)
        key = self.scratch.data_home / "whytls/ca-key.pem"
        key.chmod(0o644)
        done = run_whytls(self.scratch, "run", "-c", proxy.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(key), done.stderr)


class LogFile(EndToEnd):
    def lines(self, path):
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def start_with_log(self, log):
        # Not self.start(), which waits for the ready line on standard error.
        config = reverse_config(upstream="http://127.0.0.1:9") + f'[log]\nfile = "{log}"\n'
        proxy = Whytls(self.scratch, config)
        self.addCleanup(proxy.stop)
        wait_until(lambda: log.exists() and '"ready"' in log.read_text(encoding="utf-8"), "the ready line")
        return proxy

    def test_the_file_gets_every_line_and_standard_error_none(self):
        log = self.scratch.path / "whytls.log"
        proxy = self.start_with_log(log)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(proxy.output(), "")
        events = [line["event"] for line in self.lines(log)]
        for event in ("started", "listening", "ready", "draining", "stopped"):
            self.assertIn(event, events)
        self.assertEqual(log.stat().st_mode & 0o137, 0)

    def test_sigusr1_and_sighup_reopen_it_after_a_rotation(self):
        log = self.scratch.path / "whytls.log"
        proxy = self.start_with_log(log)
        for number, (name, event) in enumerate((("SIGUSR1", "log_reopened"), ("SIGHUP", "reloaded"))):
            with self.subTest(signal=name):
                log.rename(self.scratch.path / f"whytls.log.{number}")
                proxy.signal(getattr(signal, name))
                wait_until(lambda: log.exists() and event in log.read_text(encoding="utf-8"), f"{event} in the new file")

    def test_a_file_that_cannot_be_written_stops_the_start(self):
        config = self.scratch.write("a.toml", reverse_config(upstream="http://127.0.0.1:9") +
                                    '[log]\nfile = "/nonexistent/whytls.log"\n')
        done = run_whytls(self.scratch, "run", "-c", config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/whytls.log", done.stderr)


class Reload(EndToEnd):
    def setUp(self):
        super().setUp()
        self.config = reverse_config(upstream="http://127.0.0.1:9")
        self.proxy = self.start(self.config)
        self.proxy.wait_line(event="ready")

    def reload_with(self, config):
        self.proxy.config_path.write_text(config, encoding="utf-8")
        self.proxy.signal(signal.SIGHUP)

    def metric(self, name):
        port = self.proxy.port("admin")
        status, body, _ = self.curl(f"http://127.0.0.1:{port}/metrics")
        self.assertEqual(status, 0)
        return float(re.search(rf"(?m)^{re.escape(name)} (.*)$", body.decode()).group(1))

    def test_each_mistake_is_logged_with_its_place(self):
        self.reload_with(self.config.replace('mode = "reverse"', 'mode = "sideways"') + "\n[limits]\nmax_haed_bytes = 1\n")
        self.proxy.wait_line(event="reload_failed", column=1)
        failed = [line for line in self.proxy.lines if line["event"] == "reload_failed"]
        self.assertEqual(len(failed), 2, failed)
        self.assertTrue(all(line["level"] == "error" and line["line"] > 0 for line in failed))
        self.assertTrue(any("max_head_bytes" in line["error.message"] for line in failed), failed)
        self.assertEqual(self.metric('whytls_config_reloads_total{result="failed"}'), 1)
        self.assertEqual(self.metric("whytls_config_last_reload_successful"), 0)

    def test_a_log_file_that_cannot_be_written_keeps_the_old_configuration(self):
        self.reload_with(self.config + '[log]\nfile = "/nonexistent/whytls.log"\n')
        line = self.proxy.wait_line(event="reload_failed")
        self.assertIn("/nonexistent/whytls.log", line["error.message"])

    def test_the_admin_listener_moves_or_stays(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            admin = self.config.replace('[admin]\nlisten = "127.0.0.1:0"', f'[admin]\nlisten = "{address}"')
            self.reload_with(admin)
            self.assertIn(address, self.proxy.wait_line(event="reload_failed")["error.message"])
            self.assertEqual(self.metric('whytls_config_reloads_total{result="failed"}'), 1)
        self.reload_with(self.config.replace("[admin]", "[admin]\nenabled = false"))
        self.proxy.wait_line(event="reloaded")
        port = self.proxy.port("admin")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), PATIENCE)

    def test_minting_that_was_not_prepared_needs_a_restart(self):
        self.reload_with(self.config.replace('mode = "reverse"', 'mode = "reverse"\ntls = { mint = true }'))
        self.assertIn("restart", self.proxy.wait_line(event="reload_failed")["error.message"])

    def test_a_good_file_is_taken_and_counted(self):
        self.reload_with(self.config + "\n[log]\naccess = false\n")
        self.proxy.wait_line(event="reloaded")
        self.assertEqual(self.metric('whytls_config_reloads_total{result="ok"}'), 1)
        self.assertEqual(self.metric("whytls_config_last_reload_successful"), 1)


class AdminListener(EndToEnd):
    def setUp(self):
        super().setUp()
        self.proxy = self.start(reverse_config(upstream="http://127.0.0.1:9"))
        self.port = self.proxy.port("admin")

    def ask(self, request, to_head=False):
        with Client(self.port) as client:
            client.send(request.encode())
            answer = client.response(to_head=to_head)
            self.assertTrue(client.at_end())
            return answer

    def get(self, path, host="127.0.0.1", method="GET", more=""):
        return self.ask(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n", to_head=method == "HEAD")

    def test_each_wrong_request_has_its_status(self):
        for status, arguments in ((404, {"path": "/nothing"}), (405, {"path": "/healthz", "method": "DELETE"}),
                                  (421, {"path": "/healthz", "host": "evil.example"}),
                                  (413, {"path": "/healthz", "method": "POST", "more": "Content-Length: 3\r\n"}),
                                  (414, {"path": "/" + "x" * 5000}),
                                  (431, {"path": "/healthz", "more": f"X: {'x' * 20000}\r\n"}),
                                  (400, {"path": "/healthz", "more": "Bad Header: x\r\n"})):
            with self.subTest(status=status):
                self.assertEqual(self.get(**arguments)[0], status)
        self.assertIn(("allow", "GET, HEAD"), self.get("/metrics", method="PUT")[1])

    def test_head_has_the_fields_of_get_and_no_body(self):
        status, header, _ = self.get("/healthz", method="HEAD")
        self.assertEqual(status, 200)
        self.assertIn(("content-length", "3"), header)

    def test_a_request_in_single_bytes_is_answered(self):
        with Client(self.port) as client:
            for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":
                client.send(bytes([byte]))
            self.assertEqual(client.response()[::2], (200, b"ok\n"))

    def test_a_client_that_ends_its_side_first_still_gets_its_answer(self):
        with Client(self.port) as client:
            client.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(client.response()[0], 200)

    def test_a_silent_client_is_cut_off(self):
        with Client(self.port) as client:
            client.send(b"GET /healthz HTTP/1.1\r\n")
            self.assertTrue(client.at_end())

    def test_more_clients_than_it_takes_do_not_stop_it(self):
        crowd = [Client(self.port) for _ in range(80)]
        try:
            closed = sum(self.is_closed(client) for client in crowd[64:])
            self.assertEqual(closed, 16)
        finally:
            for client in crowd:
                client.close()
        wait_until(lambda: self.answers_at_all(), "an answer after the crowd")

    @staticmethod
    def is_closed(client):
        client.socket.settimeout(PATIENCE)
        return client.at_end()

    def answers_at_all(self):
        try:
            return self.get("/healthz")[0] == 200
        except (AssertionError, ConnectionError):
            return False

    def test_nothing_it_leaves_open_stays_open(self):
        before = self.proxy.open_sockets()
        for _ in range(100):
            self.get("/healthz")
        wait_until(lambda: self.proxy.open_sockets() <= before, "the sockets to be closed")

    def test_healthz_says_draining_while_a_connection_is_served(self):
        entered, release = threading.Event(), threading.Event()
        upstream = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(upstream.close)

        def serve():
            peer, _ = upstream.accept()
            with peer:
                peer.recv(65536)
                entered.set()
                release.wait(PATIENCE)
                peer.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        proxy = self.start(reverse_config(upstream=f"http://127.0.0.1:{upstream.getsockname()[1]}"))
        with Client(proxy.port("front")) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(entered.wait(PATIENCE))
            proxy.signal(signal.SIGTERM)
            proxy.wait_line(event="draining", signal="SIGTERM")
            self.port = proxy.port("admin")
            self.assertEqual(self.get("/healthz")[::2], (503, b"draining\n"))
            self.assertIn(b"\nwhytls_draining 1\n", self.get("/metrics")[2])
            release.set()
            self.assertEqual(client.response()[0], 204)
        self.assertEqual(proxy.wait(), 0)
        self.assertEqual(proxy.find_line(event="stopped")["reason"], "drained")

    def test_the_drain_ends_at_its_deadline(self):
        upstream = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(upstream.close)
        config = reverse_config(upstream=f"http://127.0.0.1:{upstream.getsockname()[1]}")
        proxy = self.start(config + '\n[timeouts]\ndrain = "200ms"\n')
        with Client(proxy.port("front")) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            peer, _ = upstream.accept()
            with peer:
                proxy.signal(signal.SIGINT)
                self.assertEqual(proxy.wait(), 0)
        stopped = proxy.find_line(event="stopped")
        self.assertEqual((stopped["reason"], stopped["connections_cut"]), ("deadline", 1))


class ServiceManager(EndToEnd):
    def test_it_is_told_ready_reloading_and_stopping(self):
        if "libsystemd" not in run_whytls(self.scratch, "--version").stdout:
            self.skipTest("built without libsystemd")
        path = self.scratch.path / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(PATIENCE)
            os.environ["NOTIFY_SOCKET"] = str(path)
            self.addCleanup(os.environ.pop, "NOTIFY_SOCKET", None)
            proxy = self.start(reverse_config(upstream="http://127.0.0.1:9"))

            def said():
                return manager.recv(4096).decode().splitlines()

            self.assertEqual(said()[0], "READY=1")
            proxy.signal(signal.SIGHUP)
            reloading = said()
            self.assertEqual(reloading[0], "RELOADING=1")
            self.assertRegex(reloading[1], r"\AMONOTONIC_USEC=\d+\Z")
            self.assertEqual(said()[0], "READY=1")
            proxy.signal(signal.SIGTERM)
            self.assertEqual(said()[0], "STOPPING=1")
            self.assertEqual(proxy.wait(), 0)


if __name__ == "__main__":
    unittest.main()
