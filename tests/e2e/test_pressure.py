"""Peers that do not keep up: who does not read, does not send, or leaves early is found out, and nobody else pays."""

import socket
import threading
import time

from certificates import CertificateMaker
from harness import PATIENCE, SANITIZED, Client, EndToEnd, forward_config, reverse_config, route, trust_only, wait_until
from upstreams import ScriptedServer

SHORT = """\
[timeouts]
client_header = "1s"
client_body = "1s"
client_write = "1s"
first_byte = "1s"
upstream_write = "1s"
tunnel_idle = "30s"
"""


def read_head(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        if not piece:
            raise OSError("closed before the head was complete")
        data += piece
    return data


def read_all(sock):
    total = 0
    try:
        while piece := sock.recv(65536):
            total += len(piece)
    except ConnectionResetError:
        return -1
    return total


class Pressure(EndToEnd):
    def upstream(self, script, certificate=None):
        server = ScriptedServer(script, certificate)
        self.addCleanup(server.stop)
        return server

    def reverse(self, script, timeouts=SHORT):
        server = self.upstream(script)
        proxy = self.start(reverse_config(upstream=f"http://127.0.0.1:{server.port}", policy=timeouts))
        return proxy, proxy.port("front")

    def connected(self, proxy, target):
        client = Client(proxy.port("dev"))
        self.addCleanup(client.close)
        client.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        self.assertIn(b" 200 ", client.read_until(b"\r\n\r\n"))
        return client

    def test_who_sends_requests_and_reads_no_answer_is_held_back(self):
        proxy = self.start(forward_config())
        count = 3000
        request = b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n"
        before = proxy.rss_kib()
        with Client(proxy.port("dev"), receive_buffer=4096) as client:
            sender = threading.Thread(target=client.send, args=(request * count,), daemon=True)
            sender.start()
            threading.Event().wait(1)  # the time without reading is what is tested
            if not SANITIZED:
                self.assertLess(proxy.rss_kib("VmHWM") - before, 12 * 1024)
            answers = [client.response()[0] for _ in range(count)]
            sender.join(PATIENCE)
        self.assertEqual(set(answers), {400})

    def test_when_nobody_reads_the_client_is_the_one_who_has_to(self):
        def script(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                connection.sendall(b"x" * 65536)

        proxy, port = self.reverse(script)
        with Client(port, receive_buffer=8192) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
            with self.assertRaises(ConnectionError):
                while True:
                    client.send(b"y" * 65536)
        proxy.wait_line(error__type="client_write_timeout")

    def test_the_deadline_for_the_body_ends_with_the_body(self):
        def script(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.recv(5)
            for _ in range(5):
                connection.sendall(b"3\r\nabc\r\n")
                threading.Event().wait(0.5)  # longer than the deadline of the body, in all
            connection.sendall(b"0\r\n\r\n")

        _, port = self.reverse(script)
        with Client(port) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
            client.read_until(b"\r\n\r\n")
            client.send(b"hello")
            self.assertEqual(client._chunks(), b"abc" * 5)

    def test_a_slow_reader_gets_everything(self):
        size = 6 * 1024 * 1024

        def script(connection):
            read_head(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"z" * size)
            connection.recv(1)

        _, port = self.reverse(script, timeouts=SHORT.replace('client_write = "1s"', 'client_write = "300ms"'))
        with Client(port, receive_buffer=65536) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            client.read_until(b"\r\n\r\n")
            got = len(client.buffer)
            while got < size:
                piece = client.socket.recv(65536)
                self.assertTrue(piece, f"cut after {got} bytes")
                got += len(piece)
                time.sleep(0.02)  # the pace of the reader is what is tested
        self.assertEqual(got, size)

    def test_the_last_answer_reaches_a_client_that_pauses(self):
        def script(connection):
            size = int(read_head(connection).split()[1][1:])
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"z" * size)
            connection.recv(1)

        _, port = self.reverse(script, timeouts="")
        sizes = range(2_900_000, 4_500_000, 100_000)  # around what the kernel takes without a reader
        results = {}
        pause = threading.Event()

        def fetch(size):
            with Client(port) as client:
                client.send(b"GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % size)
                client.read_until(b"\r\n\r\n")
                pause.wait(3)
                results[size] = len(client.buffer) + read_all(client.socket)

        threads = [threading.Thread(target=fetch, args=(size,)) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(results, {size: size for size in sizes})

    def test_a_relay_delivers_everything_before_the_half_close(self):
        maker = CertificateMaker(self.scratch.path)
        sizes = range(3_300_000, 4_600_000, 100_000)
        got = {}
        pause = threading.Event()

        def script(connection):
            size = int(read_head(connection).split()[1][1:])
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nConnection: upgrade\r\n\r\n")
            pause.wait(2)
            got[size] = read_all(connection)

        server = self.upstream(script, maker.leaf())
        server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        proxy = self.start(reverse_config(upstream=f"https://localhost:{server.port}",
                                          policy=trust_only(maker.root.cert)))

        def upload(size):
            with Client(proxy.port("front")) as client:
                client.send(b"GET /%d HTTP/1.1\r\nHost: x\r\nUpgrade: tcp\r\nConnection: upgrade\r\n\r\n" % size)
                client.read_until(b"\r\n\r\n")
                client.send(b"q" * size)
                client.socket.shutdown(socket.SHUT_WR)
                read_all(client.socket)

        threads = [threading.Thread(target=upload, args=(size,)) for size in sizes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        wait_until(lambda: len(got) == len(sizes), "every upload was counted")
        self.assertEqual(got, {size: size for size in sizes})

    def test_a_tunnel_whose_client_is_gone_ends(self):
        ended = threading.Event()

        def script(connection):
            try:
                while not ended.wait(0.05):
                    connection.sendall(b"x" * 1000)
            except OSError:
                ended.set()

        server = self.upstream(script)
        proxy = self.start(forward_config(listener='tunnel = ["localhost"]'))
        client = self.connected(proxy, f"localhost:{server.port}")
        client.socket.shutdown(socket.SHUT_WR)
        client.close()
        self.assertTrue(ended.wait(PATIENCE), "the upstream still sends to nobody")

    def test_what_is_not_tls_and_not_http_is_relayed_after_connect(self):
        server = self.upstream(lambda connection: connection.sendall(b"got " + connection.recv(100)))
        proxy = self.start(forward_config())
        for words in (b"\x01\x02abc", b"SSH-2.0-test\r\n", b"GETTING\r\n"):
            with self.subTest(words=words):
                client = self.connected(proxy, f"127.0.0.1:{server.port}")
                client.send(words)
                self.assertEqual(client.read_to_end(), b"got " + words)
                client.close()
        line = proxy.wait_line(event="request", method="CONNECT")
        self.assertLess(line["duration_us"], PATIENCE * 1_000_000)

    def test_a_request_line_in_pieces_after_connect_is_http(self):
        server = self.upstream(lambda connection: (read_head(connection), connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")))
        client = self.connected(self.start(forward_config()), f"127.0.0.1:{server.port}")
        client.send(b"GE")
        threading.Event().wait(0.1)  # so that they arrive apart
        client.send(b"T / HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(client.response()[2], b"ok")

    def test_silence_after_connect_is_reported(self):
        proxy = self.start(forward_config(policy=SHORT))
        client = self.connected(proxy, "127.0.0.1:4433")
        self.assertTrue(client.at_end())
        proxy.wait_line(error__type="client_header_timeout")

    def test_a_client_that_leaves_within_a_head_is_seen_at_debug_level(self):
        proxy = self.start(reverse_config(upstream="http://127.0.0.1:1", policy='[log]\nlevel = "debug"\n'))
        with Client(proxy.port("front")) as client:
            client.send(b"GET / HTTP/1.1\r\nHo")
        proxy.wait_line(error__type="client_gone")

    def test_an_upstream_that_is_silent_after_expect_is_the_one_to_blame(self):
        proxy, port = self.reverse(lambda connection: (read_head(connection), connection.recv(1)))
        with Client(port) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            status, _, body = client.response()
        self.assertEqual(status, 504, body)
        proxy.wait_line(error__type="http_response_timeout")

    def test_a_head_that_comes_by_the_byte_has_one_deadline(self):
        def script(connection):
            read_head(connection)
            for byte in b"HTTP/1.1 200 OK\r\nA-long-field: " + b"a" * 1000:
                connection.sendall(bytes([byte]))
                threading.Event().wait(0.2)

        proxy, port = self.reverse(script)
        with Client(port) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual(client.response()[0], 504)


class Authority(EndToEnd):
    """What the client asks for, when it says so twice."""

    def test_the_absolute_form_makes_host_void(self):
        seen = []
        server = ScriptedServer(lambda connection: (seen.append(read_head(connection)), connection.sendall(
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")))
        self.addCleanup(server.stop)
        upstream = f"http://127.0.0.1:{server.port}"
        proxy = self.start(reverse_config(routes=route(upstream, host="public.test", more="preserve_host = true")))
        with Client(proxy.port("front")) as client:
            client.send(b"GET http://public.test/a HTTP/1.1\r\nHost: admin.test\r\n\r\n")
            self.assertEqual(client.response()[0], 204)
        head = seen[0].lower()
        self.assertIn(b"\r\nhost: public.test\r\n", head)
        self.assertIn(b"\r\nx-forwarded-host: public.test\r\n", head)
        self.assertNotIn(b"admin.test", head)
        with Client(proxy.port("front")) as client:
            client.send(b"GET http://admin.test/a HTTP/1.1\r\nHost: public.test\r\n\r\n")
            self.assertEqual(client.response()[0], 421)
